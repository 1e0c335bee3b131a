"""Prints of registers."""

from datetime import date, datetime
from typing import Any, ClassVar, Literal
from uuid import UUID

from docflow.core.messages import Language
from docflow.documents.models import PrintKind
from docflow.documents.schemas.fields import ID, PERSON
from docflow.web.schemas import In, Out


class PrintRegister(In, kw_only=True):
    """Which days of a book, and as what. Both days count; numbers are printed by the day on which they were given."""

    format: Literal["xlsx", "docx", "pdf"]
    since: date | None = None
    """The book's first day when left out."""
    until: date | None = None
    """Today, or the book's last day, when left out."""
    language: Language | None = None
    """Yours when left out."""

    example: ClassVar[dict[str, Any]] = {"format": "pdf", "since": "2026-01-01", "until": "2026-06-30"}


class PrintOut(Out, frozen=True, kw_only=True):
    """A print that was made. ``checksum``: SHA-256 in hexadecimal, as on its last page. It ends before ``ends_on``."""

    id: UUID
    code: str
    register_id: UUID
    kind: PrintKind
    starts_on: date
    ends_on: date
    language: Language
    format: str
    rows: int
    restricted_rows: int
    """Rows of which whoever printed might not see everything."""
    checksum: str
    printed_by: UUID
    printed_by_name: str
    printed_at: datetime

    example: ClassVar[dict[str, Any]] = {
        "id": ID,
        "code": "7K3M-Q2XD-9T4C",
        "register_id": ID,
        "kind": "register",
        "starts_on": "2026-01-01",
        "ends_on": "2026-07-01",
        "language": "vi",
        "format": "pdf",
        "rows": 412,
        "restricted_rows": 0,
        "checksum": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "printed_by": PERSON,
        "printed_by_name": "Nguyễn Thị Mai",
        "printed_at": "2026-07-01T01:15:00Z",
    }
