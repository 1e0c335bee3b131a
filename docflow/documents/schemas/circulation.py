"""What circulates: submissions, queues, acquaintance lists, readings, comments, who may see it, and the sheet."""

from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from docflow.documents.schemas.documents import DocumentRow
from docflow.documents.schemas.fields import ID, PERSON, UNIT, Name, Prose
from docflow.web.schemas import In, Out

Moment = Annotated[datetime, Meta(tz=True)]
Units = Annotated[list[UUID], Meta(max_length=2000)]
People = Annotated[list[UUID], Meta(max_length=2000)]


class Submit(In, kw_only=True):
    """Submit a document to a leader for direction. ``allow_substitute``: if away, to whoever stands in."""

    person_id: UUID
    note: Prose = ""
    due_at: Moment | None = None
    allow_substitute: bool = False

    example: ClassVar[dict[str, Any]] = {
        "person_id": PERSON,
        "note": "Kính trình đồng chí cho ý kiến chỉ đạo.",
        "due_at": "2026-11-25T10:00:00Z",
        "allow_substitute": True,
    }


class ToPassOn(Out, frozen=True, kw_only=True):
    """A document that its registry has registered and given to nobody yet."""

    document: DocumentRow
    pass_on_by: datetime
    is_overdue: bool

    example: ClassVar[dict[str, Any]] = {
        "document": DocumentRow.example,
        "pass_on_by": "2026-11-24T10:00:00Z",
        "is_overdue": False,
    }


class ToDirect(Out, frozen=True, kw_only=True):
    """A document that waits with a leader for direction."""

    receipt_id: UUID
    document: DocumentRow
    given_to: str
    """The leader, who may be somebody for whom the asker stands in, or a unit."""
    sent_by_name: str
    sent_at: datetime
    note: str
    due_at: datetime | None
    opened_at: datetime | None
    is_overdue: bool

    example: ClassVar[dict[str, Any]] = {
        "receipt_id": ID,
        "document": DocumentRow.example,
        "given_to": "Ngô Quang Khải",
        "sent_by_name": "Phạm Thị Hồng An",
        "sent_at": "2026-11-23T02:00:00Z",
        "note": "Kính trình đồng chí.",
        "due_at": "2026-11-25T10:00:00Z",
        "opened_at": None,
        "is_overdue": False,
    }


class Acquaint(In, kw_only=True):
    """Have units and people make themselves acquainted with a document."""

    title: Name
    unit_ids: Units = msgspec.field(default_factory=list)
    person_ids: People = msgspec.field(default_factory=list)
    due_on: date | None = None
    note: Prose = ""

    example: ClassVar[dict[str, Any]] = {
        "title": "Phổ biến Quy chế làm việc",
        "unit_ids": [UNIT],
        "person_ids": [PERSON],
        "due_on": "2026-12-04",
        "note": "Đọc trước cuộc họp giao ban.",
    }


class AcquaintanceOut(Out, frozen=True, kw_only=True):
    """An acquaintance list. ``people`` are all who are to read it, members of its units included."""

    id: UUID
    document_id: UUID
    title: str
    due_on: date | None
    made_by_name: str
    made_at: datetime
    entries: int
    people: int
    read: int

    example: ClassVar[dict[str, Any]] = {
        "id": ID,
        "document_id": ID,
        "title": "Phổ biến Quy chế làm việc",
        "due_on": "2026-12-04",
        "made_by_name": "Phạm Thị Hồng An",
        "made_at": "2026-11-23T02:00:00Z",
        "entries": 2,
        "people": 12,
        "read": 5,
    }


class ReadBy(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is to read it; ``first_at`` null: has not."""

    person_id: UUID
    name: str
    first_at: datetime | None


class AcquaintedOut(Out, frozen=True, kw_only=True):
    """A unit or a person of a list, and which of its people have read the document."""

    receipt_id: UUID
    unit_id: UUID | None
    person_id: UUID | None
    name: str
    people: int
    read: int
    members: list[ReadBy]

    example: ClassVar[dict[str, Any]] = {
        "receipt_id": ID,
        "unit_id": UNIT,
        "person_id": None,
        "name": "Sở Nội vụ",
        "people": 1,
        "read": 1,
        "members": [{"person_id": PERSON, "name": "Cao Văn Đạt", "first_at": "2026-11-23T03:00:00Z"}],
    }


class ReadingOut(Out, frozen=True, kw_only=True):
    """Who opened the document, first, last, and how often. Opening it is not handling it."""

    person_id: UUID
    name: str
    post: str
    first_at: datetime
    last_at: datetime
    times: int

    example: ClassVar[dict[str, Any]] = {
        "person_id": PERSON,
        "name": "Cao Văn Đạt",
        "post": "Văn thư",
        "first_at": "2026-11-23T03:00:00Z",
        "last_at": "2026-11-24T03:00:00Z",
        "times": 2,
    }


class WriteComment(In, kw_only=True):
    """A comment for every reader, or, with ``unit_id``, for the members of that unit alone."""

    content: Annotated[str, Meta(min_length=1, max_length=5000)]
    unit_id: UUID | None = None

    example: ClassVar[dict[str, Any]] = {"content": "Cần lấy thêm ý kiến Sở Tài chính.", "unit_id": None}


class CommentOut(Out, frozen=True, kw_only=True):
    """A comment; of one that was withdrawn the words are gone."""

    id: UUID
    unit_id: UUID | None
    unit_name: str | None
    author_id: UUID
    author_name: str
    written_at: datetime
    withdrawn_at: datetime | None
    content: str | None
    can_withdraw: bool

    example: ClassVar[dict[str, Any]] = {
        "id": ID,
        "unit_id": None,
        "unit_name": None,
        "author_id": PERSON,
        "author_name": "Cao Văn Đạt",
        "written_at": "2026-11-23T03:00:00Z",
        "withdrawn_at": None,
        "content": "Cần lấy thêm ý kiến Sở Tài chính.",
        "can_withdraw": True,
    }


class Permit(In, kw_only=True):
    """Who may see a document besides those to whom it was given: its whole unit, or people alone.

    ``person_ids`` see it in either case; with people alone the clerks who keep the book stay too.
    """

    whole_unit: bool
    person_ids: People = msgspec.field(default_factory=list)
    confirmation: Annotated[str, Meta(max_length=64)] | None = None

    example: ClassVar[dict[str, Any]] = {"whole_unit": False, "person_ids": [PERSON], "confirmation": None}


class ReaderOut(msgspec.Struct, frozen=True, kw_only=True):
    """A unit or a person who may see it, and why; of a unit how many ``members`` it has today."""

    unit_id: UUID | None
    person_id: UUID | None
    name: str
    reasons: list[Literal["owner_unit", "receipt", "permitted"]]
    members: int | None


class ReadersOut(Out, frozen=True, kw_only=True):
    """Who may see a document, and why; the version is also its ETag."""

    whole_unit: bool
    readers: list[ReaderOut]
    version: int

    example: ClassVar[dict[str, Any]] = {
        "whole_unit": True,
        "readers": [
            {
                "unit_id": UNIT,
                "person_id": None,
                "name": "Văn phòng",
                "reasons": ["owner_unit"],
                "members": 12,
            }
        ],
        "version": 3,
    }


class SheetGroup(msgspec.Struct, frozen=True, kw_only=True):
    """To whom in which role; null: in none."""

    role: str | None
    names: list[str]


class SheetLineOut(msgspec.Struct, frozen=True, kw_only=True):
    """What was done with the document. ``what`` is a code, ``title`` its words."""

    at: datetime
    what: str
    title: str
    by: str
    to: list[SheetGroup]
    text: str
    due_at: datetime | None


class SheetOut(Out, frozen=True, kw_only=True):
    """The circulation sheet: everything in time order that the asker may see."""

    document: DocumentRow
    lines: list[SheetLineOut]

    example: ClassVar[dict[str, Any]] = {
        "document": DocumentRow.example,
        "lines": [
            {
                "at": "2026-11-23T02:00:00Z",
                "what": "submitted",
                "title": "Trình lãnh đạo",
                "by": "Phạm Thị Hồng An",
                "to": [{"role": "direction", "names": ["Ngô Quang Khải"]}],
                "text": "Kính trình đồng chí.",
                "due_at": None,
            }
        ],
    }
