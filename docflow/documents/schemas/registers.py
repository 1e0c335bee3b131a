"""Kinds and registers."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from docflow.documents.models import Direction, Series
from docflow.documents.schemas.documents import DocumentRow
from docflow.documents.schemas.fields import ID, UNIT, Line, Name
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


Kinds = Annotated[list[str], Meta(max_length=100)]


class RegisterState(StrEnum):
    """Where a book is in its time."""

    TO_COME = "to_come"
    RUNNING = "running"
    WAITING = "waiting"
    """Its time is over; reserved numbers in it wait to be voided before it is closed."""
    CLOSED = "closed"


class EntryState(StrEnum):
    """What a number was given to."""

    REGISTERED = "registered"
    RESERVED = "reserved"
    VOID = "void"
    RESTRICTED = "restricted"
    """To a document that the asker may not see; nothing more is told of it."""


class EntryFilter(StrEnum):
    """What the entries of a register are narrowed to."""

    RESERVED = "reserved"
    OVERDUE = "overdue"
    """Reserved until a day that has passed."""
    VOID = "void"
    LATE = "late"


class OpenRegister(In, kw_only=True):
    """A book to be opened: of a year, or of a term with its dates. It ends before ``ends_on``.

    The first book of a year opens beside it those that the year before had, as 1 January would, but for what it covers
    itself.
    """

    direction: Direction
    unit_id: UUID | None = None
    """May be left out by whoever configures one unit's registers."""
    title: Line = ""
    """For a year the usual one when left out."""
    kinds: Kinds = msgspec.field(default_factory=list)
    """Codes of the kinds it covers; none: the general book, for every kind that no other book covers."""
    is_secret: bool = False
    """The separate series of state secrets, stubs without files."""
    series: Series = Series.YEAR
    year: int | None = None
    """This year when left out."""
    starts_on: date | None = None
    """Of a term."""
    ends_on: date | None = None
    """Of a term: the first day that is no more in it."""

    example: ClassVar[dict[str, Any]] = {
        "direction": "outgoing",
        "title": "Sổ đăng ký quyết định năm 2026",
        "kinds": ["decision"],
        "year": 2026,
    }


class ChangeRegister(In, kw_only=True):
    """What changes about a book; kinds only while it has given no number, the end only of a term."""

    title: Name | UnsetType = UNSET
    kinds: Kinds | UnsetType = UNSET
    ends_on: date | UnsetType = UNSET

    example: ClassVar[dict[str, Any]] = {"title": "Sổ đăng ký quyết định năm 2026"}


class Reserve(In, kw_only=True):
    """Numbers to be taken now for documents to come."""

    count: Annotated[int, Meta(ge=1, le=50)] = 1
    reserved_for: Name
    """What they are kept for."""
    until: date
    """From then on they are listed as overdue; they stay reserved until they are used or voided."""

    example: ClassVar[dict[str, Any]] = {
        "count": 3,
        "reserved_for": "Quyết định khen thưởng kỳ họp cuối năm",
        "until": "2026-11-30",
    }


class VoidNumber(In, kw_only=True):
    """Why a number is given to nobody any more."""

    reason: Annotated[str, Meta(min_length=1, max_length=500)]

    example: ClassVar[dict[str, Any]] = {"reason": "Đăng ký nhầm sổ"}


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
    state: RegisterState
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
        "state": "running",
        "closed_at": None,
        "version": 1,
    }


class EntryOut(Out, frozen=True, kw_only=True):
    """A number of a register; one of a document that the asker may not see tells itself and nothing more."""

    number: str
    state: EntryState
    taken_at: datetime | None = None
    reserved_for: str | None = None
    """What it was kept for; stays when it is used."""
    reserved_until: date | None = None
    is_overdue: bool = False
    voided_at: datetime | None = None
    void_reason: str | None = None
    late_reason: str | None = None
    """Of a late entry, and of a number with a letter."""
    document: DocumentRow | None = None

    example: ClassVar[dict[str, Any]] = {
        "number": "45a",
        "state": "registered",
        "taken_at": "2026-11-23T01:30:00Z",
        "reserved_for": None,
        "reserved_until": None,
        "is_overdue": False,
        "voided_at": None,
        "void_reason": None,
        "late_reason": "Văn bản bị bỏ sót",
        "document": DocumentRow.example,
    }
