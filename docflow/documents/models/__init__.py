"""Tables of documents: registers and their numbers, documents and receipts, circulation, intake, citations, kept searches."""

from docflow.documents.models.circulation import Acquaintance, Comment, Reading
from docflow.documents.models.citations import Citation
from docflow.documents.models.documents import Document, DocumentFile, Receipt
from docflow.documents.models.intake import Draft, DraftFile, ImportedRow, Mailbox, MailMessage
from docflow.documents.models.registers import DocumentKind, Register, RegisterEntry, RegisterPrint
from docflow.documents.models.searches import SavedSearch, SavedSearchHit, SearchWord
from docflow.documents.models.words import (
    Authority,
    Direction,
    DraftState,
    MailState,
    PrintKind,
    ReceiptRole,
    ReceiptState,
    Relation,
    Series,
    Source,
    Urgency,
)

__all__ = [
    "Acquaintance",
    "Authority",
    "Citation",
    "Comment",
    "Direction",
    "Document",
    "DocumentFile",
    "DocumentKind",
    "Draft",
    "DraftFile",
    "DraftState",
    "ImportedRow",
    "MailMessage",
    "MailState",
    "Mailbox",
    "PrintKind",
    "Reading",
    "Receipt",
    "ReceiptRole",
    "ReceiptState",
    "Register",
    "RegisterEntry",
    "RegisterPrint",
    "Relation",
    "SavedSearch",
    "SavedSearchHit",
    "SearchWord",
    "Series",
    "Source",
    "Urgency",
]
