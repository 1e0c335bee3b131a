"""Facts that can go wrong."""

from docflow.core.errors import DocflowError

CONSTRAINTS: dict[str, type[DocflowError]] = {}
