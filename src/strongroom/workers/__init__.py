"""What runs beside the requests: deliverer, settler and reaper. The completer comes with payments."""
