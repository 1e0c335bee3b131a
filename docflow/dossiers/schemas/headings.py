"""Headings of a year's list."""

from typing import Annotated, Any, ClassVar
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from docflow.documents.schemas.fields import ID, PERSON, UNIT, Name
from docflow.dossiers.models import Retention
from docflow.web.schemas import In, Out

Code = Annotated[
    str,
    Meta(
        pattern=r"^[0-9A-Za-zÀ-ỹĐđ](?:[0-9A-Za-zÀ-ỹĐđ.\-]{0,38}[0-9A-Za-zÀ-ỹĐđ])?$",
        description="Like `01.TCCB`; letters, digits, dots and hyphens.",
    ),
]
Year = Annotated[int, Meta(ge=1900, le=2200)]


class AddHeading(In, kw_only=True):
    """A line of the list of a unit for a year."""

    unit_id: UUID
    year: Year
    code: Code
    title: Name
    retention: Retention
    keeper_id: UUID | None = None

    example: ClassVar[dict[str, Any]] = {
        "unit_id": UNIT,
        "year": 2026,
        "code": "01.TCCB",
        "title": "Hồ sơ tuyển dụng công chức năm 2026",
        "retention": "years_70",
        "keeper_id": PERSON,
    }


class ChangeHeading(In, kw_only=True):
    """What changes about a heading; its code stays, because dossiers carry it."""

    title: Name | UnsetType = UNSET
    retention: Retention | UnsetType = UNSET
    """Of dossiers that are opened from now on."""
    keeper_id: UUID | UnsetType | None = UNSET

    example: ClassVar[dict[str, Any]] = {"title": "Hồ sơ tuyển dụng, tiếp nhận công chức năm 2026"}


class CopyList(In, kw_only=True):
    """A unit's list of one year to begin another's with. What the other has already stays as it is."""

    unit_id: UUID
    from_year: Year
    to_year: Year

    example: ClassVar[dict[str, Any]] = {"unit_id": UNIT, "from_year": 2025, "to_year": 2026}


class ListChanged(Out, frozen=True, kw_only=True):
    """What a copy or an import did to a list."""

    added: int
    changed: int
    unchanged: int

    example: ClassVar[dict[str, Any]] = {"added": 12, "changed": 1, "unchanged": 3}


class HeadingOut(Out, frozen=True, kw_only=True):
    """A heading."""

    id: UUID
    unit_id: UUID
    unit_name: str
    year: int
    code: str
    title: str
    retention: Retention
    keeper_id: UUID | None
    keeper_name: str | None
    withdrawn: bool
    actions: list[str]
    """What the asker may do: `dossier:list` change it, `dossier:keep` open a dossier under it."""
    version: int

    example: ClassVar[dict[str, Any]] = {
        "id": ID,
        "unit_name": "Sở Nội vụ",
        **AddHeading.example,
        "keeper_name": "Nguyễn Thị Lan",
        "withdrawn": False,
        "actions": ["dossier:keep"],
        "version": 1,
    }
