"""Mail to the registry: fetched and kept (``polling``, ``keeping``), and what people do about it (``settling``)."""
