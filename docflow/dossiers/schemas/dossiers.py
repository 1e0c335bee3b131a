"""Dossiers."""

from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from docflow.documents.schemas.fields import ID, PERSON, UNIT, Name, Prose
from docflow.dossiers.models import DossierAccess, DossierState, Retention
from docflow.web.schemas import In, Out

People = Annotated[list[UUID], Meta(max_length=500)]
Reason = Annotated[str, Meta(min_length=1, max_length=500)]


class OpenDossier(In, kw_only=True):
    """A dossier to be opened under a heading, by whoever does the work."""

    heading_id: UUID
    title: Name | None = None
    """The heading's when left out."""
    keeper_id: UUID | None = None
    """Who keeps it, of the heading's unit; left out: whoever opens it."""
    access: DossierAccess = DossierAccess.OPEN
    person_ids: People = msgspec.field(default_factory=list)
    """Who may use it besides its keeper, unless every member of its unit may."""
    note: Prose = ""

    example: ClassVar[dict[str, Any]] = {
        "heading_id": ID,
        "title": "Tuyển dụng công chức đợt 1 năm 2026",
        "access": "conditional",
        "person_ids": [PERSON],
    }


class ChangeDossier(In, kw_only=True):
    """What changes about a dossier."""

    title: Name | UnsetType = UNSET
    keeper_id: UUID | UnsetType = UNSET
    note: Prose | UnsetType = UNSET
    confirmation: Annotated[str, Meta(max_length=64)] | None = None
    """That the new keeper may see it, where they could not before."""

    example: ClassVar[dict[str, Any]] = {"note": "Còn chờ kết quả phúc khảo"}


class ChangeAccess(In, kw_only=True):
    """Who may use it from now on. Where more people could than before, the refusal names them and gives the
    ``confirmation`` with which the request is repeated."""

    access: DossierAccess
    person_ids: People = msgspec.field(default_factory=list)
    confirmation: Annotated[str, Meta(max_length=64)] | None = None

    example: ClassVar[dict[str, Any]] = {"access": "conditional", "person_ids": [PERSON]}


class CloseDossier(In, kw_only=True):
    """The work is done. ``confirm``: although documents in it still wait with somebody."""

    confirm: bool = False

    example: ClassVar[dict[str, Any]] = {"confirm": True}


class WithReason(In, kw_only=True):
    """Why."""

    reason: Reason

    example: ClassVar[dict[str, Any]] = {"reason": "Bổ sung văn bản kết luận"}


class PrintHandOver(In, kw_only=True):
    """The sheets of a hand-over: `minutes` (biên bản giao nhận) or `index` (mục lục hồ sơ) of these dossiers."""

    dossier_ids: Annotated[list[UUID], Meta(min_length=1, max_length=1000)]
    sheet: Literal["minutes", "index"]
    format: Literal["pdf", "docx", "xlsx"] = "pdf"

    example: ClassVar[dict[str, Any]] = {"dossier_ids": [ID], "sheet": "index", "format": "pdf"}


class DossierRow(Out, frozen=True, kw_only=True):
    """A dossier in a list."""

    id: UUID
    unit_id: UUID
    unit_name: str
    year: int
    code: str
    title: str
    retention: Retention
    access: DossierAccess
    keeper_id: UUID
    keeper_name: str
    state: DossierState
    opened_on: date
    closed_on: date | None
    hand_over_by: date | None
    proposed_at: datetime | None
    """When it was offered to the archive, which has not decided yet."""
    handed_over_on: date | None

    example: ClassVar[dict[str, Any]] = {
        "id": ID,
        "unit_id": UNIT,
        "unit_name": "Sở Nội vụ",
        "year": 2026,
        "code": "01.TCCB",
        "title": "Tuyển dụng công chức đợt 1 năm 2026",
        "retention": "years_70",
        "access": "open",
        "keeper_id": PERSON,
        "keeper_name": "Nguyễn Thị Lan",
        "state": "open",
        "opened_on": "2026-03-02",
        "closed_on": None,
        "hand_over_by": None,
        "proposed_at": None,
        "handed_over_on": None,
    }


class NamedOut(Out, frozen=True, kw_only=True):
    """Somebody who may use the dossier."""

    person_id: UUID
    name: str

    example: ClassVar[dict[str, Any]] = {"person_id": PERSON, "name": "Nguyễn Thị Lan"}


class DossierOut(DossierRow, frozen=True, kw_only=True):
    """A dossier with what the asker sees of it. ``documents`` and ``pages`` count what they see."""

    heading_id: UUID
    note: str
    named: list[NamedOut]
    documents: int
    pages: int
    actions: list[str]
    """What the asker may do to it."""
    version: int

    example: ClassVar[dict[str, Any]] = {
        **DossierRow.example,
        "heading_id": ID,
        "note": "",
        "named": [],
        "documents": 12,
        "pages": 48,
        "actions": ["dossier:keep", "dossier:read"],
        "version": 1,
    }
