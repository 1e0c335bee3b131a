"""Lists, facets and searches that people keep."""

from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from docflow.core.paging import Total
from docflow.core.text import TextNotAllowed, clean_line
from docflow.documents.models import Authority, Direction, Source, Urgency
from docflow.documents.queries.filters import Status
from docflow.documents.queries.orders import Order
from docflow.documents.schemas.fields import ID, UNIT, Name
from docflow.web.schemas import In, Out


class ExcerptOut(Out, frozen=True, kw_only=True):
    """A passage in which the search stands. ``html`` is escaped text with ``<mark>`` and nothing else.

    ``annex`` 0 is the document itself; ``page`` counts from 1, where the file has pages.
    """

    place: Literal["subject", "note", "text"]
    html: str
    annex: int | None = None
    page: int | None = None

    example: ClassVar[dict[str, Any]] = {
        "place": "text",
        "html": "… nâng cao Chỉ số <mark>cải cách hành chính</mark> …",
        "annex": 0,
        "page": 2,
    }


class ListedDocument(Out, frozen=True, kw_only=True):
    """A document in a list: its id and the columns that were chosen."""

    id: UUID
    direction: Direction | UnsetType = UNSET
    unit_id: UUID | UnsetType = UNSET
    register_id: UUID | UnsetType = UNSET
    number: str | UnsetType = UNSET
    """The number in the register as it is written: arrival number, or number of issue."""
    symbol: str | UnsetType = UNSET
    kind: str | UnsetType = UNSET
    issuer: str | UnsetType = UNSET
    issued_on: date | UnsetType = UNSET
    arrived_on: date | UnsetType | None = UNSET
    subject: str | UnsetType = UNSET
    urgency: Urgency | UnsetType = UNSET
    due_on: date | UnsetType | None = UNSET
    registered_at: datetime | UnsetType = UNSET
    signer_name: str | UnsetType = UNSET
    signer_post: str | UnsetType = UNSET
    signer_authority: Authority | UnsetType | None = UNSET
    recipients: str | UnsetType = UNSET
    note: str | UnsetType = UNSET
    page_count: int | UnsetType | None = UNSET
    copies: int | UnsetType | None = UNSET
    copy_kept_by: str | UnsetType = UNSET
    language: str | UnsetType = UNSET
    source: Source | UnsetType = UNSET
    secrecy: str | UnsetType = UNSET
    late_reason: str | UnsetType | None = UNSET
    """Why it was entered late, if it was."""
    voided_at: datetime | UnsetType | None = UNSET
    """When its number was voided, if it was."""
    excerpts: list[ExcerptOut] | UnsetType = UNSET
    """Of a search: where it stands in the document, as far as was looked."""

    example: ClassVar[dict[str, Any]] = {
        "id": ID,
        "direction": "incoming",
        "unit_id": UNIT,
        "register_id": ID,
        "number": "01",
        "symbol": "05/CT-UBND",
        "kind": "directive",
        "issuer": "Ủy ban nhân dân tỉnh",
        "issued_on": "2026-11-20",
        "arrived_on": "2026-11-23",
        "subject": "Về việc nâng cao Chỉ số cải cách hành chính",
        "urgency": "urgent",
        "due_on": None,
        "registered_at": "2026-11-23T01:30:00Z",
        "signer_name": "Nguyễn Văn Ánh",
        "signer_post": "Phó Chủ tịch",
        "signer_authority": "KT.",
        "recipients": "",
        "note": "",
        "page_count": 2,
        "copies": None,
        "copy_kept_by": "",
        "language": "vi",
        "source": "upload",
        "secrecy": "none",
        "late_reason": None,
        "voided_at": None,
        "excerpts": [ExcerptOut.example],
    }


class Listing(Out, frozen=True, kw_only=True):
    """A page of a list; ``next`` is the cursor of the following one, null at the end."""

    items: list[ListedDocument]
    next: str | None
    total: Total | None
    suggestion: str | None
    """A search that finds something, when this one finds nothing."""
    ranked: int | None
    """Of more than 10,000 hits, how many of the newest stand here in order of relevance; null: all do."""

    example: ClassVar[dict[str, Any]] = {
        "items": [ListedDocument.example],
        "next": None,
        "total": {"value": 1, "relation": "eq"},
        "suggestion": None,
        "ranked": None,
    }


class FacetValueOut(Out, frozen=True, kw_only=True):
    """A value to narrow to, what it is called, and how many documents have it."""

    value: str
    name: str | None
    count: int

    example: ClassVar[dict[str, Any]] = {"value": "directive", "name": "Chỉ thị", "count": 12}


class FacetOut(Out, frozen=True, kw_only=True):
    """The most frequent values, and how many documents have another one or none.

    Counted without the facet's own filter. Above 10,000 documents (``gte``) each count is "at least".
    """

    facet: str
    total: Total
    values: list[FacetValueOut]
    others: int

    example: ClassVar[dict[str, Any]] = {
        "facet": "kind",
        "total": {"value": 12, "relation": "eq"},
        "values": [FacetValueOut.example],
        "others": 0,
    }


class FacetsOut(Out, frozen=True, kw_only=True):
    """What a list can be narrowed to."""

    total: Total
    facets: list[FacetOut]

    example: ClassVar[dict[str, Any]] = {
        "total": {"value": 12, "relation": "eq"},
        "facets": [FacetOut.example],
    }


class Search(In, kw_only=True):
    """A search as it is kept: the words, filters, order and columns of a list."""

    q: Annotated[str, Meta(max_length=1000)] | None = None
    direction: Direction | None = None
    unit_id: UUID | None = None
    register_id: UUID | None = None
    kind: Annotated[str, Meta(max_length=61)] | None = None
    urgency: Urgency | None = None
    source: Source | None = None
    status: Status | None = None
    issuer: Annotated[str, Meta(max_length=300)] | None = None
    signer: Annotated[str, Meta(max_length=300)] | None = None
    cites: UUID | None = None
    late: bool | None = None
    issued_from: date | None = None
    issued_to: date | None = None
    arrived_from: date | None = None
    arrived_to: date | None = None
    registered_from: date | None = None
    registered_to: date | None = None
    sort: Order = Order.NEWEST
    columns: Annotated[list[str], Meta(max_length=40)] = msgspec.field(default_factory=list)
    """As in a list; none: the usual ones."""

    example: ClassVar[dict[str, Any]] = {"q": "cải cách hành chính", "kind": "directive", "sort": "newest"}

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.q is not None:
            try:
                self.q = clean_line(self.q)
            except TextNotAllowed as error:
                raise ValueError("q: text_not_allowed") from error


class KeepSearch(In, kw_only=True):
    """A search to keep."""

    name: Name
    search: Search
    by_mail: bool = False
    """Tell of new hits by mail, too."""

    example: ClassVar[dict[str, Any]] = {
        "name": "Chỉ thị về cải cách hành chính",
        "search": Search.example,
        "by_mail": True,
    }


class ChangeSearch(In, kw_only=True):
    """What is to change of a kept search; what is left out stays."""

    name: Name | UnsetType = UNSET
    search: Search | UnsetType = UNSET
    by_mail: bool | UnsetType = UNSET

    example: ClassVar[dict[str, Any]] = {"by_mail": False}


class SavedSearchOut(Out, frozen=True, kw_only=True):
    """A search that you keep. ``new`` documents came since you last looked, as many as you see of them now."""

    id: UUID
    name: str
    search: dict[str, Any]
    by_mail: bool
    kept_at: datetime
    looked_at: datetime
    new: Total
    version: int

    example: ClassVar[dict[str, Any]] = {
        "id": ID,
        "name": "Chỉ thị về cải cách hành chính",
        "search": Search.example,
        "by_mail": True,
        "kept_at": "2026-11-23T01:30:00Z",
        "looked_at": "2026-11-23T02:00:00Z",
        "new": {"value": 2, "relation": "eq"},
        "version": 1,
    }
