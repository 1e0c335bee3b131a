"""What comes in and goes out about signing, issuing, and what becomes of the copies."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from msgspec import Meta

from docflow.documents.schemas import DocumentRow
from docflow.documents.schemas.fields import ID, PERSON, Line
from docflow.issuing.models import Channel, RecipientRole, SuccessionKind
from docflow.web.schemas import In, Out

Passphrase = Annotated[str, Meta(min_length=1, max_length=200)]
Mail = Annotated[str, Meta(max_length=254)]


class DispatchState(StrEnum):
    """Where a recipient's copy is, the furthest that is known of it."""

    QUEUED = "queued"
    SENT = "sent"
    BOUNCED = "bounced"
    OPENED = "opened"
    ACKNOWLEDGED = "acknowledged"


class SignManuscript(In, kw_only=True):
    """With which certificate a manuscript is signed; the passphrase or PIN is used once and kept nowhere."""

    credential_id: UUID
    password: Passphrase
    """The passphrase of the container, or the token's PIN."""

    example: ClassVar[dict[str, Any]] = {"credential_id": ID, "password": "mật khẩu của chứng thư"}


class PaperSignature(In, kw_only=True):
    """The fields beside the ``file``, the scan of the signed paper."""

    note: Line = ""

    example: ClassVar[dict[str, Any]] = {"note": "Bản ký tay, đóng dấu sau khi lấy số"}


class IssueIn(In, kw_only=True):
    """Give number and date; with the office's certificate its seal is set."""

    credential_id: UUID | None = None
    """The office's; without it nothing is sealed."""
    password: Annotated[str, Meta(max_length=200)] = ""
    reason: Annotated[str, Meta(max_length=1000)] = ""
    """Why an earlier document is corrected, replaced or recalled; needed where one is."""

    example: ClassVar[dict[str, Any]] = {"credential_id": ID, "password": "mật khẩu của con dấu"}


class Recipient(In, kw_only=True):
    """One recipient: a unit or person of the house, an address outside, or a name that gets it on paper."""

    role: RecipientRole = RecipientRole.ACT
    unit_id: UUID | None = None
    person_id: UUID | None = None
    email: Mail = ""
    name: Line = ""
    """As the list of recipients says it; may be left out for the house."""
    by_link: bool = False
    """The mail has a personal link instead of the file."""

    example: ClassVar[dict[str, Any]] = {
        "role": "know",
        "email": "vanthu@bo.gov.example",
        "name": "Bộ Nội vụ",
    }


class SendOn(In, kw_only=True):
    """Further recipients of an issued document."""

    to: Annotated[list[Recipient], Meta(min_length=1, max_length=500)]

    example: ClassVar[dict[str, Any]] = {"to": [Recipient.example]}


class DispatchNote(In, kw_only=True):
    """What the registry hears of a copy on paper, or of one that came back; what is left out stays."""

    sent_on: date | None = None
    """When it left the house, on paper."""
    acknowledged_by: Line = ""
    """Who says that it arrived."""
    bounced: Line = ""
    """Why it came back."""

    example: ClassVar[dict[str, Any]] = {
        "sent_on": "2026-11-23",
        "acknowledged_by": "Nguyễn Thị Hòa, văn thư",
    }


class ConfirmDestroyed(In, kw_only=True):
    """That a recalled copy was destroyed or given back."""

    confirmed_by: Line = ""
    """Who says so; left out by whoever confirms for themselves."""

    example: ClassVar[dict[str, Any]] = {"confirmed_by": "Nguyễn Thị Hòa, văn thư"}


class DispatchOut(Out, frozen=True, kw_only=True):
    """One recipient's copy."""

    id: UUID
    position: int
    role: RecipientRole
    channel: Channel
    name: str
    email: str | None
    state: DispatchState
    queued_at: datetime
    sent_at: datetime | None
    bounced_at: datetime | None
    bounce_reason: str | None
    opened_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    link_expires_at: datetime | None
    """Until when a personal link opens it; none: no link, or it was revoked."""
    recall_asked_at: datetime | None
    recall_confirmed_at: datetime | None
    recall_confirmed_by: str | None
    version: int

    example: ClassVar[dict[str, Any]] = {
        "id": ID,
        "position": 1,
        "role": "act",
        "channel": "mail_link",
        "name": "Bộ Nội vụ",
        "email": "vanthu@bo.gov.example",
        "state": "opened",
        "queued_at": "2026-11-23T01:30:00Z",
        "sent_at": "2026-11-23T01:30:04Z",
        "bounced_at": None,
        "bounce_reason": None,
        "opened_at": "2026-11-23T02:11:00Z",
        "acknowledged_at": None,
        "acknowledged_by": None,
        "link_expires_at": "2026-12-23T01:30:00Z",
        "recall_asked_at": None,
        "recall_confirmed_at": None,
        "recall_confirmed_by": None,
        "version": 2,
    }


class DispatchesOut(Out, frozen=True, kw_only=True):
    """The copies of a document that the asker sees, in the order of the list of recipients, and how many are where."""

    items: list[DispatchOut]
    counts: dict[str, int]
    """By state, and ``recall_asked`` and ``recall_confirmed``."""

    example: ClassVar[dict[str, Any]] = {
        "items": [DispatchOut.example],
        "counts": {"opened": 1, "recall_asked": 0, "recall_confirmed": 0},
    }


class UnsentRow(Out, frozen=True, kw_only=True):
    """An issued document of which a copy has not left yet."""

    document: DocumentRow
    waiting: int
    """Copies that have not left."""
    send_by: date
    """The next working day after its issue (Decree 30, article 17)."""
    is_overdue: bool

    example: ClassVar[dict[str, Any]] = {
        "document": DocumentRow.example,
        "waiting": 2,
        "send_by": "2026-11-24",
        "is_overdue": False,
    }


class SuccessionOut(Out, frozen=True, kw_only=True):
    """That one issued document corrects, replaces or recalls another; the document is the other one of the two."""

    kind: SuccessionKind
    document: DocumentRow
    reason: str
    made_at: datetime

    example: ClassVar[dict[str, Any]] = {
        "kind": "replaces",
        "document": DocumentRow.example,
        "reason": "Sai thời hạn báo cáo",
        "made_at": "2026-11-23T01:30:00Z",
    }


class SuccessionsOut(Out, frozen=True, kw_only=True):
    """What became of a document by later ones, and what it did to an earlier one; only what the asker sees."""

    document_id: UUID
    ended: SuccessionKind | None
    """``replaces`` or ``recalls`` where it holds no more, whether or not the asker sees by which document."""
    later: list[SuccessionOut]
    earlier: list[SuccessionOut]

    example: ClassVar[dict[str, Any]] = {
        "document_id": ID,
        "ended": "replaces",
        "later": [SuccessionOut.example],
        "earlier": [],
    }


class IssuedOut(Out, frozen=True, kw_only=True):
    """What a manuscript was issued as."""

    manuscript_id: UUID
    document: DocumentRow

    example: ClassVar[dict[str, Any]] = {"manuscript_id": ID, "document": DocumentRow.example}


class SignedOut(Out, frozen=True, kw_only=True):
    """A manuscript that was signed, and the version that holds it."""

    manuscript_id: UUID
    number: int
    signed_by: UUID
    signed_at: datetime
    on_paper: bool
    version: int

    example: ClassVar[dict[str, Any]] = {
        "manuscript_id": ID,
        "number": 4,
        "signed_by": PERSON,
        "signed_at": "2026-11-23T01:30:00Z",
        "on_paper": False,
        "version": 9,
    }


__all__ = [
    "ConfirmDestroyed",
    "DispatchNote",
    "DispatchOut",
    "DispatchState",
    "DispatchesOut",
    "IssueIn",
    "IssuedOut",
    "PaperSignature",
    "Recipient",
    "SendOn",
    "SignManuscript",
    "SignedOut",
    "SuccessionOut",
    "SuccessionsOut",
    "UnsentRow",
]
