"""What runs beside the requests: the deliverer, the settler, the completer and the reaper."""
