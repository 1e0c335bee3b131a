"""What is in a dossier."""

from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from msgspec import Meta

from docflow.documents.schemas import DocumentRow
from docflow.documents.schemas.fields import ID, PERSON
from docflow.web.schemas import In, Out


class AddDocuments(In, kw_only=True):
    """Documents to be put into a dossier. ``threads``: with what they answer and what answers them."""

    document_ids: Annotated[list[UUID], Meta(min_length=1, max_length=500)]
    threads: bool = False

    example: ClassVar[dict[str, Any]] = {"document_ids": [ID], "threads": True}


class RemoveDocument(In, kw_only=True):
    """Why a document does not belong into the dossier."""

    reason: Annotated[str, Meta(min_length=1, max_length=500)]

    example: ClassVar[dict[str, Any]] = {"reason": "Đưa nhầm hồ sơ"}


class MoveDocument(RemoveDocument, kw_only=True):
    """Where it belongs instead, and why."""

    to: UUID

    example: ClassVar[dict[str, Any]] = {"to": ID, "reason": "Thuộc hồ sơ đợt 2"}


class PutIn(Out, frozen=True, kw_only=True):
    """What was put in; what was there before is not among it."""

    added: list[UUID]
    there_before: list[UUID]

    example: ClassVar[dict[str, Any]] = {"added": [ID], "there_before": []}


class ContentRow(Out, frozen=True, kw_only=True):
    """A document at its place in the dossier."""

    ordinal: int
    document: DocumentRow
    page_count: int | None
    voided: bool
    added_by: UUID
    added_by_name: str
    added_at: datetime

    example: ClassVar[dict[str, Any]] = {
        "ordinal": 1,
        "document": DocumentRow.example,
        "page_count": 2,
        "voided": False,
        "added_by": PERSON,
        "added_by_name": "Nguyễn Thị Lan",
        "added_at": "2026-11-23T02:00:00Z",
    }
