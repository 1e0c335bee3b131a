"""Reading lists and dossiers, always through ``policy``."""
