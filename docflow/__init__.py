"""docflow: the back office of a provincial government."""
