"""Facts that can go wrong with retention."""

from docflow.core.errors import DocflowError

CONSTRAINTS: dict[str, type[DocflowError]] = {}
