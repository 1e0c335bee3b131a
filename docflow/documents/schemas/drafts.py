"""What waits in a registry: drafts, and the mails that brought them."""

from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from msgspec import Meta

from docflow.documents.models import DraftState, MailState, Source
from docflow.documents.schemas.documents import DocumentRow, RegisterIncoming, RegisterStub
from docflow.documents.schemas.fields import ID, UNIT, Prose
from docflow.files.models import TextStatus
from docflow.web.schemas import In, Out

Reason = Annotated[str, Meta(min_length=1, max_length=1000)]


class AddDraft(In, kw_only=True):
    """The fields of the form beside its ``file``."""

    unit_id: UUID | None = None
    """The unit in whose registry it waits; may be left out by a clerk of one unit."""
    note: Prose = ""

    example: ClassVar[dict[str, Any]] = {"note": "Bản giấy do nhân viên bưu điện chuyển."}


class RegisterDraft(RegisterIncoming, kw_only=True):
    """The fields of an incoming document, and which of the draft's files it is.

    Without ``arrived_on`` it arrived on the day on which the draft came.
    """

    document_file_id: UUID | None = None
    """The file that is the document; the draft's first when left out."""
    annex_file_ids: Annotated[list[UUID], Meta(max_length=500)] | None = None
    """Its annexes in order; all other files when left out. A file that is not named stays with the draft alone."""
    acknowledge: bool = True
    """Tell the sender of the mail the arrival number. Programs and lists are never written to."""

    example: ClassVar[dict[str, Any]] = {**RegisterIncoming.example, "document_file_id": ID}


class RegisterDraftStub(RegisterStub, kw_only=True):
    """A state secret that should not have come this way: its stub is registered, everything of the draft is dropped."""

    example: ClassVar[dict[str, Any]] = RegisterStub.example


class DiscardDraft(In, kw_only=True):
    """Why it is none of this registry's business."""

    reason: Reason

    example: ClassVar[dict[str, Any]] = {"reason": "Thư quảng cáo."}


class SettleMail(In, kw_only=True):
    """What was done about a mail that was set aside."""

    note: Prose = ""

    example: ClassVar[dict[str, Any]] = {"note": "Đã gọi điện, nơi gửi sẽ gửi lại."}


class DraftFileOut(Out, frozen=True, kw_only=True):
    """A file of a draft. ``text`` says how far reading its text is, ``marks`` what was noticed in it."""

    id: UUID
    filename: str
    media_type: str
    size: int
    sha256: str
    text: TextStatus
    text_reason: str | None
    page_count: int | None
    marks: list[str]
    is_proposed: bool
    """Whether this one is probably the document itself."""

    example: ClassVar[dict[str, Any]] = {
        "id": ID,
        "filename": "chi-thi-05.pdf",
        "media_type": "application/pdf",
        "size": 204800,
        "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "text": "extracted",
        "text_reason": None,
        "page_count": 2,
        "marks": [],
        "is_proposed": True,
    }


class SuggestionOut(Out, frozen=True, kw_only=True):
    """What a field of the form probably is, and where that was read. Nothing is registered by itself."""

    field: str
    value: str
    file_id: UUID | None
    """The file in which, or by whose name, it was told."""
    page: int | None
    line: int | None
    excerpt: str
    sure: bool
    """The paper says it plainly; the others are to be looked at."""
    read_in: Literal["text", "filename", "mail_subject"]

    example: ClassVar[dict[str, Any]] = {
        "field": "symbol",
        "value": "05/CT-UBND",
        "file_id": ID,
        "page": 1,
        "line": 2,
        "excerpt": "Số: 05/CT-UBND",
        "sure": True,
        "read_in": "text",
    }


class DraftRow(Out, frozen=True, kw_only=True):
    """A draft in a list."""

    id: UUID
    unit_id: UUID
    source: Source
    came_at: datetime
    state: DraftState
    filename: str | None
    """Of its first file; none when they were dropped."""
    file_count: int
    sender: str | None
    """Of the mail it came with; anybody can write anything there."""
    subject: str | None
    note: str
    version: int

    example: ClassVar[dict[str, Any]] = {
        "id": ID,
        "unit_id": UNIT,
        "source": "mail",
        "came_at": "2026-11-23T01:30:00Z",
        "state": "waiting",
        "filename": "chi-thi-05.pdf",
        "file_count": 2,
        "sender": "vanthu@sonoivu.example",
        "subject": "Gửi Chỉ thị số 05/CT-UBND",
        "note": "Kính gửi Văn phòng Ủy ban.",
        "version": 1,
    }


class MailRow(Out, frozen=True, kw_only=True):
    """A mail in a list. Sender, subject and date are its own words: anybody can write anything there."""

    id: UUID
    unit_id: UUID
    fetched_at: datetime
    sent_at: datetime | None
    sender: str
    sender_name: str
    subject: str
    message_id: str | None
    size: int
    is_automatic: bool
    """A program or a list sent it: it is never answered."""
    is_kept: bool
    """Whether it can be downloaded as it came; otherwise it is on the mail server alone."""
    state: MailState
    reason: str | None
    """Why it was set aside, or what is odd about it: a code, and the words for it in ``reason_text``."""
    reason_text: str | None
    draft_id: UUID | None
    version: int

    example: ClassVar[dict[str, Any]] = {
        "id": ID,
        "unit_id": UNIT,
        "fetched_at": "2026-11-23T01:30:00Z",
        "sent_at": "2026-11-23T01:29:00Z",
        "sender": "vanthu@sonoivu.example",
        "sender_name": "Văn thư Sở Nội vụ",
        "subject": "Gửi Chỉ thị số 05/CT-UBND",
        "message_id": "<20261123.0829@sonoivu.example>",
        "size": 281_004,
        "is_automatic": False,
        "is_kept": True,
        "state": "drafted",
        "reason": None,
        "reason_text": None,
        "draft_id": ID,
        "version": 1,
    }


class MailOut(MailRow, frozen=True, kw_only=True):
    """A mail with what was done about it."""

    settled_at: datetime | None
    settled_note: str | None
    actions: list[str]
    """What the asker may do with it."""

    example: ClassVar[dict[str, Any]] = {
        **MailRow.example,
        "settled_at": None,
        "settled_note": None,
        "actions": [],
    }


class DraftOut(DraftRow, frozen=True, kw_only=True):
    """A draft with its files, its mail, what was read in it, and documents that may be the same."""

    files: list[DraftFileOut]
    mail: MailRow | None
    suggestions: list[SuggestionOut]
    same_bytes: list[DocumentRow]
    """Documents that you see and that have one of these files already."""
    document_id: UUID | None
    """What it was registered as, if you see that."""
    closed_at: datetime | None
    discard_reason: str | None
    arrived_on: date
    """The day on which it came, for the register."""
    actions: list[str]
    """What the asker may do with it."""

    example: ClassVar[dict[str, Any]] = {
        **DraftRow.example,
        "files": [DraftFileOut.example],
        "mail": MailRow.example,
        "suggestions": [SuggestionOut.example],
        "same_bytes": [],
        "document_id": None,
        "closed_at": None,
        "discard_reason": None,
        "arrived_on": "2026-11-23",
        "actions": ["draft:settle"],
    }
