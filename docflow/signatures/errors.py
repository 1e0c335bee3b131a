"""Facts that can go wrong with signatures and credentials."""

from docflow.core.errors import DocflowError

CONSTRAINTS: dict[str, type[DocflowError]] = {}
