"""What comes in and goes out about documents."""

from docflow.documents.schemas.documents import (
    AddFile,
    Amend,
    DocumentOut,
    DocumentRow,
    FileOut,
    IssueOutgoing,
    RegisterIncoming,
    Signed,
)
from docflow.documents.schemas.receipts import ReceiptOut, Route
from docflow.documents.schemas.registers import KindIn, KindOut, RegisterOut

__all__ = [
    "AddFile",
    "Amend",
    "DocumentOut",
    "DocumentRow",
    "FileOut",
    "IssueOutgoing",
    "KindIn",
    "KindOut",
    "ReceiptOut",
    "RegisterIncoming",
    "RegisterOut",
    "Route",
    "Signed",
]
