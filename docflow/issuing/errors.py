"""Facts that can go wrong between a draft and its issue."""

from docflow.core.errors import DocflowError

CONSTRAINTS: dict[str, type[DocflowError]] = {}
