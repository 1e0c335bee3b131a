"""docflow: the back office of a provincial government."""

__version__ = "0.3.0"
