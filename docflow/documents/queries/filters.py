"""What a list is narrowed to, and what that means for the statement: words and marks for the index, columns beside."""

from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Integer, Text, any_, bindparam, cast, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY
from sqlalchemy.sql.elements import BindParameter

from docflow.core.clock import LOCAL_ZONE
from docflow.core.text import fold
from docflow.documents import search_marks as marks
from docflow.documents.citations import cited_as
from docflow.documents.models import Direction, Document, Receipt, Source, Urgency
from docflow.documents.policy import VISIBLE
from docflow.documents.queries.citations import CITES
from docflow.documents.search_query import Query, read_query
from docflow.documents.search_terms import lexemes

_D = Document.__table__.c


class Status(StrEnum):
    """How far the asker's own receipts of a document are; or that its number was voided."""

    UNREAD = "unread"
    WAITING = "waiting"
    """Not acknowledged yet."""
    ACKNOWLEDGED = "acknowledged"
    VOID = "void"


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """What a list is narrowed to; None: not narrowed. Spans of dates include both ends."""

    q: str | None = None
    direction: Direction | None = None
    unit_id: UUID | None = None
    """The unit in whose register it stands."""
    register_id: UUID | None = None
    kind: str | None = None
    urgency: Urgency | None = None
    source: Source | None = None
    status: Status | None = None
    issuer: str | None = None
    """The issuer's whole name, folded."""
    signer: str | None = None
    """Words of the signer's name as they follow each other, folded."""
    cites: UUID | None = None
    """Documents that cite this one; none when the asker does not see it."""
    late: bool | None = None
    """Entered late, or not."""
    issued_from: date | None = None
    issued_to: date | None = None
    arrived_from: date | None = None
    arrived_to: date | None = None
    registered_from: date | None = None
    registered_to: date | None = None
    """Days on the province's wall."""


class Cited(msgspec.Struct, frozen=True):
    """The document that others are to cite."""

    symbol_key: str
    issued_on: date


class Narrowing(msgspec.Struct, frozen=True):
    """Filters as a statement takes them. ``names`` choose the conditions, ``values`` are what they are bound to."""

    names: frozenset[str]
    values: dict[str, Any]
    query: Query | None
    impossible: bool = False
    """A search that names nothing to look for, or a citation of what is not there: nothing is found."""

    @property
    def is_search(self) -> bool:
        return self.query is not None


def narrowing_of(filters: Filters, cited: Cited | None = None) -> Narrowing:
    """How ``filters`` narrow. ``cited`` is what ``filters.cites`` names, if the asker sees it."""
    given = {name: value for name, value in msgspec.structs.asdict(filters).items() if value is not None}
    sought = (given.pop("q", None) or "").strip()
    query = read_query(sought) if sought else None
    values: dict[str, Any] = {**given}
    if "cites" in given:
        del values["cites"]
        if cited is None:
            return Narrowing(frozenset(), {}, query, impossible=True)
        values["cited"] = cited_as(cited.symbol_key, cited.issued_on)
    if sought and query is None:
        return Narrowing(frozenset(), {}, None, impossible=True)
    if filters.registered_from is not None:
        values["registered_from"] = _midnight(filters.registered_from)
    if filters.registered_to is not None:
        values["registered_to"] = _midnight(filters.registered_to, timedelta(days=1))
    if filters.issuer is not None:
        values["issuer"] = fold(" ".join(filters.issuer.split()))
    if filters.signer is not None:
        values["signer"] = f"% {_pattern(fold(' '.join(filters.signer.split())))} %"
    for name in ("late", "status"):
        if name in given:
            del given[name], values[name]
            given[f"{name}_{str(getattr(filters, name)).lower()}"] = True
    names = set(given)
    if found := _index_query(filters, query):
        names.add("index")
        values["index"] = found
    if query is not None:
        names.add("words")
        values |= {"words": query.tsquery(pairs=False), "exact": query.exact_tsquery()}
    return Narrowing(frozenset(names), values, query)


def conditions(names: frozenset[str], *, walking: bool = False) -> list[ColumnElement[bool]]:
    """The read rule and these filters, by the names of a Narrowing.

    ``walking``: document by document, where only the words of a search need the vector, which costs most to look at.
    """
    left_out = "index" if walking else "words"
    return [VISIBLE, *(_CONDITIONS[name] for name in sorted(names) if name != left_out)]


def _index_query(filters: Filters, query: Query | None) -> str:
    """All that the index over words can narrow by, as a tsquery."""
    wanted = [query.tsquery(pairs=True)] if query else []
    if filters.direction is not None:
        wanted.append(_mark(marks.direction_mark(filters.direction)))
    if filters.kind is not None:
        wanted.append(_mark(marks.kind_mark(filters.kind)))
    if filters.unit_id is not None:
        wanted.append(_mark(marks.unit_mark(filters.unit_id)))
    if filters.register_id is not None:
        wanted.append(_mark(marks.register_mark(filters.register_id)))
    if filters.urgency is not None:
        wanted.append(_mark(marks.urgency_mark(filters.urgency)))
    if filters.source is not None:
        wanted.append(_mark(marks.source_mark(filters.source)))
    if filters.issuer is not None:
        wanted.append(_mark(marks.issuer_mark(fold(" ".join(filters.issuer.split())))))
    if filters.late:
        wanted.append(_mark(marks.LATE))
    if filters.signer is not None:
        wanted += [f"'{lexeme}':B" for _, lexeme in lexemes(filters.signer)]
    if years := marks.year_marks(filters.issued_from, filters.issued_to):
        wanted.append(f"({' | '.join(map(_mark, years))})")
    if months := marks.arrival_marks(filters.arrived_from, filters.arrived_to):
        wanted.append(f"({' | '.join(map(_mark, months))})")
    return " & ".join(dict.fromkeys(wanted))


def _mark(mark: str) -> str:
    return f"'={mark}'"


def _midnight(day: date, later: timedelta = timedelta()) -> datetime:
    """When a day begins on the wall. The last days that dates can name have no moment after them."""
    try:
        return datetime.combine(day, time(), LOCAL_ZONE) + later
    except OverflowError:
        return datetime.combine(day, time(), LOCAL_ZONE)


def _pattern(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


_PRINCIPALS: BindParameter[Any] = bindparam("principals", type_=ARRAY(Integer), literal_execute=True)
_OWN = Receipt.principal_no == any_(cast(_PRINCIPALS, ARRAY(Integer)))
OWN_RECEIPTS = {
    Status.UNREAD: select(Receipt.document_id).where(
        _OWN, Receipt.opened_at.is_(None), Receipt.acknowledged_at.is_(None)
    ),
    Status.WAITING: select(Receipt.document_id).where(_OWN, Receipt.acknowledged_at.is_(None)),
    Status.ACKNOWLEDGED: select(Receipt.document_id).where(_OWN, Receipt.acknowledged_at.is_not(None)),
}
"""Documents by the receipts of the asker and their units."""
_CONDITIONS: dict[str, ColumnElement[bool]] = {
    "index": _D.search_vector.bool_op("@@")(
        cast(bindparam("index", type_=Text, literal_execute=True), TSQUERY)
    ),
    "words": _D.search_vector.bool_op("@@")(
        cast(bindparam("words", type_=Text, literal_execute=True), TSQUERY)
    ),
    "direction": _D.direction == bindparam("direction"),
    "unit_id": _D.unit_id == bindparam("unit_id"),
    "register_id": _D.register_id == bindparam("register_id"),
    "kind": _D.kind_code == bindparam("kind"),
    "urgency": _D.urgency == bindparam("urgency"),
    "source": _D.source == bindparam("source"),
    "issuer": _D.issuer_key == bindparam("issuer"),
    "signer": literal(" ").concat(_D.signer_key).concat(" ").like(bindparam("signer")),
    "cites": CITES,
    "late_true": _D.late_reason.is_not(None),
    "late_false": _D.late_reason.is_(None),
    "status_unread": _D.id.in_(OWN_RECEIPTS[Status.UNREAD]),
    "status_waiting": _D.id.in_(OWN_RECEIPTS[Status.WAITING]),
    "status_acknowledged": _D.id.in_(OWN_RECEIPTS[Status.ACKNOWLEDGED]),
    "status_void": _D.voided_at.is_not(None),
    "issued_from": _D.issued_on >= bindparam("issued_from"),
    "issued_to": _D.issued_on <= bindparam("issued_to"),
    "arrived_from": _D.arrived_on >= bindparam("arrived_from"),
    "arrived_to": _D.arrived_on <= bindparam("arrived_to"),
    "registered_from": _D.registered_at >= bindparam("registered_from"),
    "registered_to": _D.registered_at < bindparam("registered_to"),
}
