"""Reading documents: one, a list, a search, a count; always through ``policy.visible_to``."""

from docflow.documents.queries.documents import (
    find_duplicates,
    find_visible,
    get_document,
    lineage_of,
)
from docflow.documents.queries.excerpts import Excerpt, find_excerpts
from docflow.documents.queries.facets import FACETS, Facet, list_facets, names_of
from docflow.documents.queries.files import get_file, latest_versions, list_files, list_newest
from docflow.documents.queries.filters import Filters, Status
from docflow.documents.queries.orders import Order
from docflow.documents.queries.receipts import (
    get_receipt,
    list_open_receipts,
    list_receipts,
    list_waiting,
    place_of,
    places_of_people,
)
from docflow.documents.queries.registers import list_kinds, list_registers
from docflow.documents.queries.rows import ROW, Rows
from docflow.documents.queries.search import Found, list_documents
from docflow.documents.queries.suggestions import find_suggestion

__all__ = [
    "FACETS",
    "ROW",
    "Excerpt",
    "Facet",
    "Filters",
    "Found",
    "Order",
    "Rows",
    "Status",
    "find_duplicates",
    "find_excerpts",
    "find_suggestion",
    "find_visible",
    "get_document",
    "get_file",
    "get_receipt",
    "latest_versions",
    "lineage_of",
    "list_documents",
    "list_facets",
    "list_files",
    "list_kinds",
    "list_newest",
    "list_open_receipts",
    "list_receipts",
    "list_registers",
    "list_waiting",
    "names_of",
    "place_of",
    "places_of_people",
]
