"""What comes in and goes out about a document itself."""

from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from docflow.documents.models import Authority, Direction, Source, Urgency
from docflow.documents.schemas.fields import ID, UNIT, Count, Language, Line, Name, Number, Prose, Subject
from docflow.files.models import TextOrigin, TextStatus
from docflow.web.schemas import In, Out

Field = Annotated[str, Meta(max_length=20, pattern=r"^[^\W_]*$")]


class Signed(In, kw_only=True):
    """Fields that incoming and outgoing documents share."""

    subject: Subject
    kind: str | None = None
    """Code of the kind; may be left out when the symbol says it."""
    unit_id: UUID | None = None
    """The unit in whose register it goes; may be left out by a clerk of one unit."""
    signer_name: Line = ""
    signer_post: Line = ""
    signer_authority: Authority | None = None
    urgency: Urgency = Urgency.NORMAL
    due_on: date | None = None
    language: Language = "vi"
    page_count: Count | None = None
    copies: Count | None = None
    recipients: Prose = ""
    note: Prose = ""
    confirm_duplicate: bool = False
    """Register although the same document seems to be registered already."""
    reserved_number: Number | None = None
    """A number that was reserved in the book that covers the document; without it the next one is given."""
    after_number: Number | None = None
    """Enter it as ``45a`` after this number; ``late_reason`` tells why."""
    late_reason: Annotated[str, Meta(max_length=500)] = ""
    """Why it is entered later than the next working day after its arrival; kept when it is."""


class RegisterIncoming(Signed, kw_only=True):
    """The fields of the form beside its ``file``."""

    symbol: Annotated[str, Meta(min_length=1, max_length=100)]
    issued_on: date
    issuer: Name
    issuer_unit_id: UUID | None = None
    arrived_on: date | None = None
    """Today when left out."""
    secrecy: Literal["none", "secret", "top_secret", "utmost_secret"] = "none"

    example: ClassVar[dict[str, Any]] = {
        "symbol": "05/CT-UBND",
        "kind": "directive",
        "issued_on": "2026-11-20",
        "issuer": "Ủy ban nhân dân tỉnh",
        "subject": "Về việc nâng cao Chỉ số cải cách hành chính",
        "signer_name": "Nguyễn Văn Ánh",
        "signer_authority": "KT.",
        "urgency": "urgent",
    }


class IssueOutgoing(Signed, kw_only=True):
    """The fields of the form beside its ``file``; number and date are given when it is registered."""

    field: Field = ""
    """Drafting unit or field in the symbol of an official letter, ``VX`` in ``12/UBND-VX``."""
    answers_id: UUID | None = None
    """The document this one replies to."""
    copy_kept_by: Line = ""
    """Who keeps the file copy; in the register of outgoing documents."""

    example: ClassVar[dict[str, Any]] = {
        "kind": "report",
        "subject": "Kết quả rà soát Chỉ số cải cách hành chính",
        "signer_name": "Lê Thị Hồng Hạnh",
        "signer_post": "Giám đốc",
    }


class RegisterStub(Signed, kw_only=True):
    """A state secret: named in the unit's secret series, without a file.

    An incoming one has ``symbol``, ``issued_on`` and ``issuer``; of one that the unit issues they are made.
    """

    direction: Direction = Direction.INCOMING
    secrecy: Literal["secret", "top_secret", "utmost_secret"]
    subject: Annotated[str, Meta(max_length=500)] = ""
    """Left out where it is secret itself; a word for the class stands in its place."""
    symbol: Annotated[str, Meta(max_length=100)] = ""
    issued_on: date | None = None
    issuer: Line = ""
    issuer_unit_id: UUID | None = None
    arrived_on: date | None = None
    """Today when left out."""
    field: Field = ""
    answers_id: UUID | None = None
    copy_kept_by: Line = ""

    example: ClassVar[dict[str, Any]] = {
        "secrecy": "secret",
        "symbol": "12/BC-BTL",
        "issued_on": "2026-11-20",
        "issuer": "Bộ Tư lệnh Quân khu",
    }


class Amend(In, kw_only=True):
    """A correction of what was registered; fields that are left out stay."""

    subject: Subject | UnsetType = UNSET
    issuer: Name | UnsetType = UNSET
    signer_name: Line | UnsetType = UNSET
    signer_post: Line | UnsetType = UNSET
    urgency: Urgency | UnsetType = UNSET
    due_on: date | UnsetType | None = UNSET
    page_count: Count | UnsetType | None = UNSET
    copies: Count | UnsetType | None = UNSET
    recipients: Prose | UnsetType = UNSET
    note: Prose | UnsetType = UNSET

    example: ClassVar[dict[str, Any]] = {"note": "Bản chính gửi sau.", "urgency": "urgent"}


class AddFile(In, kw_only=True):
    """The fields beside the ``file`` of a new version."""

    annex: Annotated[int, Meta(ge=0, le=999)] = 0
    """0 is the document itself, then its annexes in order; the number after the last adds a new annex."""
    note: Prose = ""

    example: ClassVar[dict[str, Any]] = {"note": "Bản quét rõ hơn"}


class DocumentRow(Out, frozen=True, kw_only=True):
    """A document in a list."""

    id: UUID
    direction: Direction
    unit_id: UUID
    number: str
    """The number in the register of the year, as it is written: arrival number, or number of issue."""
    symbol: str
    kind: str
    issuer: str
    issued_on: date
    arrived_on: date | None
    subject: str
    urgency: Urgency
    due_on: date | None
    registered_at: datetime

    example: ClassVar[dict[str, Any]] = {
        "id": ID,
        "direction": "incoming",
        "unit_id": UNIT,
        "number": "01",
        "symbol": "05/CT-UBND",
        "kind": "directive",
        "issuer": "Ủy ban nhân dân tỉnh",
        "issued_on": "2026-11-20",
        "arrived_on": "2026-11-23",
        "subject": "Về việc nâng cao Chỉ số cải cách hành chính",
        "urgency": "urgent",
        "due_on": None,
        "registered_at": "2026-11-23T01:30:00Z",
    }


class FileOut(Out, frozen=True, kw_only=True):
    """A version of the document's file. ``text`` says how far reading its text is, ``marks`` what was noticed in it."""

    id: UUID
    annex: int
    """0 is the document itself, then its annexes in order."""
    version: int
    filename: str
    media_type: str
    size: int
    sha256: str
    text: TextStatus
    text_reason: str | None
    text_origin: TextOrigin | None
    page_count: int | None
    marks: list[str]
    added_at: datetime
    note: str

    example: ClassVar[dict[str, Any]] = {
        "id": ID,
        "annex": 0,
        "version": 1,
        "filename": "chi-thi-05.pdf",
        "media_type": "application/pdf",
        "size": 204800,
        "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "text": "extracted",
        "text_reason": None,
        "text_origin": "layer",
        "page_count": 2,
        "marks": ["signed"],
        "added_at": "2026-11-23T01:30:00Z",
        "note": "",
    }


class DocumentOut(DocumentRow, frozen=True, kw_only=True):
    """A document with everything that was registered about it."""

    issuer_unit_id: UUID | None
    language: str
    page_count: int | None
    copies: int | None
    note: str
    signer_name: str
    signer_post: str
    signer_authority: Authority | None
    recipients: str
    copy_kept_by: str
    secrecy: str
    source: Source
    """How it came into the house."""
    register_id: UUID
    late_reason: str | None
    """Why it was entered later than it had to be; it is marked as late in the register."""
    voided_at: datetime | None
    """When its number was voided; it stays readable, and nothing is begun with it any more."""
    answers_id: UUID | None
    files: list[FileOut]
    actions: list[str]
    """What the asker may do to it."""
    version: int

    example: ClassVar[dict[str, Any]] = {
        **DocumentRow.example,
        "issuer_unit_id": None,
        "language": "vi",
        "page_count": 2,
        "copies": None,
        "note": "",
        "signer_name": "Nguyễn Văn Ánh",
        "signer_post": "Phó Chủ tịch",
        "signer_authority": "KT.",
        "recipients": "",
        "copy_kept_by": "",
        "secrecy": "none",
        "source": "upload",
        "register_id": ID,
        "late_reason": None,
        "voided_at": None,
        "answers_id": None,
        "files": [FileOut.example],
        "actions": ["document:acknowledge", "document:read"],
        "version": 1,
    }
