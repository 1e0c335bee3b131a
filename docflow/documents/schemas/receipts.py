"""Giving a document to somebody."""

from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from docflow.documents.models import ReceiptRole, ReceiptState
from docflow.documents.routing import Step
from docflow.documents.schemas.documents import DocumentRow
from docflow.documents.schemas.fields import ID, PERSON, UNIT, Prose
from docflow.web.schemas import In, Out


class Route(In, kw_only=True):
    """Give a document to units and people."""

    role: Literal["information", "direction"] = "information"
    unit_ids: Annotated[list[UUID], Meta(max_length=2000)] = msgspec.field(default_factory=list)
    person_ids: Annotated[list[UUID], Meta(max_length=2000)] = msgspec.field(default_factory=list)
    note: Prose = ""

    example: ClassVar[dict[str, Any]] = {
        "role": "direction",
        "person_ids": [PERSON],
        "note": "Kính trình đồng chí cho ý kiến chỉ đạo.",
    }


class Receiver(In, kw_only=True):
    """One unit or one person, for what, until when."""

    role: ReceiptRole
    unit_id: UUID | None = None
    person_id: UUID | None = None
    due_on: date | None = None
    reply_required: bool = False

    example: ClassVar[dict[str, Any]] = {
        "role": "lead",
        "person_id": PERSON,
        "due_on": "2099-12-01",
        "reply_required": True,
    }


class Forward(In, kw_only=True):
    """Pass a document on from one's own receipt."""

    to: Annotated[list[Receiver], Meta(min_length=1, max_length=2000)]
    note: Prose = ""

    example: ClassVar[dict[str, Any]] = {
        "to": [Receiver.example],
        "note": "Đồng chí tham mưu văn bản trả lời.",
    }


class GiveBackReceipt(In, kw_only=True):
    """Why it goes back."""

    reason: Annotated[str, Meta(min_length=1, max_length=2000)]

    example: ClassVar[dict[str, Any]] = {"reason": "Không thuộc chức năng, nhiệm vụ của đơn vị."}


class RecallReceipt(In, kw_only=True):
    """Why it is taken back."""

    reason: Annotated[str, Meta(min_length=1, max_length=2000)]

    example: ClassVar[dict[str, Any]] = {"reason": "Chuyển nhầm đơn vị."}


class CompleteReceipt(In, kw_only=True):
    """It is done; with the document that replies, where there is one."""

    note: Prose = ""
    reply_id: UUID | None = None

    example: ClassVar[dict[str, Any]] = {"note": "Đã có văn bản trả lời.", "reply_id": ID}


class ReceiptOut(Out, frozen=True, kw_only=True):
    """Who got the document, from whom and for what, and how far it is with them; opening it is not handling it."""

    id: UUID
    parent_id: UUID | None
    """The receipt from which it was passed on, if you see that one."""
    unit_id: UUID | None
    person_id: UUID | None
    name: str
    role: ReceiptRole
    state: ReceiptState
    note: str
    sender_name: str
    sent_at: datetime
    due_at: datetime | None
    overdue: bool
    opened_at: datetime | None
    acknowledged_at: datetime | None
    handled_at: datetime | None
    ended_at: datetime | None
    end_note: str | None
    reply_required: bool
    reply_id: UUID | None
    """The document that replied, if you may see it."""
    actions: list[Step]
    """What you may do with it now."""
    version: int

    example: ClassVar[dict[str, Any]] = {
        "id": ID,
        "parent_id": None,
        "unit_id": UNIT,
        "person_id": None,
        "name": "Sở Nội vụ",
        "role": "lead",
        "state": "waiting",
        "note": "",
        "sender_name": "Trần Thị Bình",
        "sent_at": "2026-11-23T02:00:00Z",
        "due_at": "2026-12-04T10:00:00Z",
        "overdue": False,
        "opened_at": "2026-11-23T02:05:00Z",
        "acknowledged_at": None,
        "handled_at": None,
        "ended_at": None,
        "end_note": None,
        "reply_required": False,
        "reply_id": None,
        "actions": ["forward", "complete", "return"],
        "version": 1,
    }


class OpenReceipt(Out, frozen=True, kw_only=True):
    """A document that waits for you or your unit in a role."""

    id: UUID
    role: ReceiptRole
    unit_id: UUID | None
    """Your unit that it waits for; none: yourself."""
    sender_name: str
    sent_at: datetime
    note: str
    due_at: datetime | None
    overdue: bool
    opened_at: datetime | None
    reply_required: bool
    version: int
    document: DocumentRow

    example: ClassVar[dict[str, Any]] = {
        "id": ID,
        "role": "lead",
        "unit_id": UNIT,
        "sender_name": "Trần Thị Bình",
        "sent_at": "2026-11-23T02:00:00Z",
        "note": "",
        "due_at": "2026-12-04T10:00:00Z",
        "overdue": False,
        "opened_at": None,
        "reply_required": False,
        "version": 1,
        "document": DocumentRow.example,
    }
