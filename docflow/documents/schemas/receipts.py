"""Giving a document to somebody."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from docflow.documents.models import ReceiptRole
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


class ReceiptOut(Out, frozen=True, kw_only=True):
    """Who got the document and for what; opening it is not handling it."""

    id: UUID
    unit_id: UUID | None
    person_id: UUID | None
    name: str
    role: ReceiptRole
    note: str
    sent_at: datetime
    opened_at: datetime | None
    acknowledged_at: datetime | None

    example: ClassVar[dict[str, Any]] = {
        "id": ID,
        "unit_id": UNIT,
        "person_id": None,
        "name": "Sở Nội vụ",
        "role": "lead",
        "note": "",
        "sent_at": "2026-11-23T02:00:00Z",
        "opened_at": "2026-11-23T02:05:00Z",
        "acknowledged_at": None,
    }
