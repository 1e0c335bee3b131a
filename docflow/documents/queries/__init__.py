"""Reading documents: one, a list, a search, a count; always through ``policy.visible_to``."""

from docflow.documents.queries.documents import (
    find_duplicates,
    find_visible,
    get_document,
    lineage_of,
    lineages_of_people,
)
from docflow.documents.queries.files import get_file, list_files
from docflow.documents.queries.receipts import list_receipts, list_waiting
from docflow.documents.queries.registers import list_kinds, list_registers
from docflow.documents.queries.rows import ROW, Rows
from docflow.documents.queries.search import Filters, Found, list_documents

__all__ = [
    "ROW",
    "Filters",
    "Found",
    "Rows",
    "find_duplicates",
    "find_visible",
    "get_document",
    "get_file",
    "lineage_of",
    "lineages_of_people",
    "list_documents",
    "list_files",
    "list_kinds",
    "list_receipts",
    "list_registers",
    "list_waiting",
]
