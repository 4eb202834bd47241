"""What runs beside the requests: the reaper. Deliverer, settler and completer come with webhooks and payments."""
