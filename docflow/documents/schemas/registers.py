"""Kinds and registers."""

from datetime import date, datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from msgspec import Meta

from docflow.documents.models import Direction, Series
from docflow.documents.schemas.fields import ID, UNIT, Name
from docflow.web.schemas import In, Out


class KindIn(In, kw_only=True):
    """A kind of document that the province adds."""

    code: Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{1,60}$")]
    symbol: Annotated[str, Meta(min_length=1, max_length=10)] | None = None
    name_vi: Name
    name_en: Name

    example: ClassVar[dict[str, Any]] = {
        "code": "conclusion",
        "symbol": "KL",
        "name_vi": "Kết luận",
        "name_en": "Conclusion",
    }


class KindOut(Out, frozen=True, kw_only=True):
    """A kind of document; no symbol where numbers of the kind carry none."""

    code: str
    symbol: str | None
    name_vi: str
    name_en: str

    example: ClassVar[dict[str, Any]] = {
        "code": "directive",
        "symbol": "CT",
        "name_vi": "Chỉ thị",
        "name_en": "Directive",
    }


class RegisterOut(Out, frozen=True, kw_only=True):
    """A unit's book of one direction for a year or a term, and the last number it gave. It ends before ``ends_on``."""

    id: UUID
    unit_id: UUID
    direction: Direction
    title: str
    kinds: list[str]
    """Codes of the kinds it covers; none: every kind that no other book covers."""
    is_secret: bool
    series: Series
    starts_on: date
    ends_on: date
    last_number: int
    closed_at: datetime | None
    version: int

    example: ClassVar[dict[str, Any]] = {
        "id": ID,
        "unit_id": UNIT,
        "direction": "incoming",
        "title": "Sổ đăng ký văn bản đến năm 2026",
        "kinds": [],
        "is_secret": False,
        "series": "year",
        "starts_on": "2026-01-01",
        "ends_on": "2027-01-01",
        "last_number": 1,
        "closed_at": None,
        "version": 1,
    }
