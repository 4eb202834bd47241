"""What runs beside the requests: the reaper, the settler and the completer. The deliverer comes with webhooks."""
