"""Facts that can go wrong with dossiers."""

from docflow.core.errors import DocflowError

CONSTRAINTS: dict[str, type[DocflowError]] = {}
