"""Alembic: the schema from empty to now, run as the owner's role by ``docflow migrate``."""
