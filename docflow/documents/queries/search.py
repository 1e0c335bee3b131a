"""A list, a search, a count: statements that choose their plan themselves."""

from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Text,
    bindparam,
    cast,
    func,
    literal,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.core.paging import COUNTED, key_of
from docflow.documents.models import (
    Direction,
    Document,
    Urgency,
)
from docflow.documents.policy import VISIBLE, seen_by
from docflow.documents.queries.rows import ROW, Rows
from docflow.documents.search_query import tsquery_literal

_TABLE = Document.__table__
_D = _TABLE.c


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """What a list is narrowed to; None: not narrowed. Dates are of registration's documents' own ``issued_on``."""

    q: str | None = None
    direction: Direction | None = None
    unit_id: UUID | None = None
    kind: str | None = None
    urgency: Urgency | None = None
    issued_from: date | None = None
    issued_to: date | None = None
    arrived_from: date | None = None
    arrived_to: date | None = None


class Found(msgspec.Struct, frozen=True):
    """Rows of a page, one more than asked for when there are more, and how many there are at most COUNTED + 1."""

    rows: Rows
    counted: int | None


async def list_documents(
    session: AsyncSession, actor: Actor, filters: Filters, *, cursor: str | None, limit: int, total: bool
) -> Found:
    """The newest documents that the actor sees and the filters let through; ``limit + 1`` rows at most.

    With ``q`` the query chooses its plan itself, because the planner guesses wrong on both ends: the GIN index
    is probed for at most 10,001 hits, which is the total as well; when fewer, those are sorted; when more, the
    index by date is walked and meets hits soon.
    """
    sought = (filters.q or "").strip()
    given = {**msgspec.structs.asdict(filters), "q": tsquery_literal(sought) if sought else None}
    if sought and given["q"] is None:
        return Found([], 0)
    narrowed = frozenset(name for name, value in given.items() if value is not None)
    after = key_of(cursor, datetime, UUID)
    first = after is None
    at, last = after or (None, None)
    values = {**given, **seen_by(actor), "rows": limit + 1, "after_at": at, "after_id": last}
    if sought:
        return await _search(session, narrowed, values, first=first)
    counted = await session.scalar(_count(narrowed), values) if total and first else None
    return Found((await session.execute(_walk(narrowed, first), values)).all(), counted)


async def _search(
    session: AsyncSession, narrowed: frozenset[str], values: dict[str, Any], *, first: bool
) -> Found:
    rows = (await session.execute(_hits(narrowed, first), values)).all()
    counted = rows[0].counted
    if counted > COUNTED:
        rows = (await session.execute(_walk(narrowed, first), values)).all()
    return Found([row for row in rows if row.id is not None], counted if first else None)


# Statements that are built once for each set of filters: building one anew takes longer than running it.
# What decides about the plan is written into the statement, so that each reader and search gets a plan of its own.
_ROWS = bindparam("rows", type_=Integer, literal_execute=True)
_SOUGHT = cast(bindparam("q", type_=Text, literal_execute=True), TSQUERY)
_NEWEST = (_D.registered_at.desc(), _D.id.desc())
_AFTER = tuple_(bindparam("after_at"), bindparam("after_id"))
_NARROWED: dict[str, ColumnElement[bool]] = {
    "q": _D.search_vector.bool_op("@@")(_SOUGHT),
    "direction": _D.direction == bindparam("direction"),
    "unit_id": _D.unit_id == bindparam("unit_id"),
    "kind": _D.kind_code == bindparam("kind"),
    "urgency": _D.urgency == bindparam("urgency"),
    "issued_from": _D.issued_on >= bindparam("issued_from"),
    "issued_to": _D.issued_on <= bindparam("issued_to"),
    "arrived_from": _D.arrived_on >= bindparam("arrived_from"),
    "arrived_to": _D.arrived_on <= bindparam("arrived_to"),
}


def _conditions(narrowed: frozenset[str]) -> list[ColumnElement[bool]]:
    return [VISIBLE, *(_NARROWED[name] for name in sorted(narrowed))]


@cache
def _count(narrowed: frozenset[str]) -> Select[int]:
    probe = select(literal(1)).select_from(_TABLE).where(*_conditions(narrowed)).limit(COUNTED + 1)
    return select(func.count()).select_from(probe.subquery())


@cache
def _walk(narrowed: frozenset[str], first: bool) -> Select[*tuple[Any, ...]]:
    """A page by the index by date."""
    statement = select(*ROW).where(*_conditions(narrowed))
    if not first:
        statement = statement.where(tuple_(_D.registered_at, _D.id) < _AFTER)
    return statement.order_by(*_NEWEST).limit(_ROWS)


@cache
def _hits(narrowed: frozenset[str], first: bool) -> Select[*tuple[Any, ...]]:
    """A page of the hits that the GIN index gives, with their number in each row; one empty row without hits."""
    hits = (
        select(_D.id, _D.registered_at)
        .where(*_conditions(narrowed))
        .limit(COUNTED + 1)
        .cte("hits")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    total = select(func.count().label("counted")).select_from(hits).subquery("total")
    place = (hits.c.registered_at, hits.c.id)
    shown = select(hits.c.id).order_by(*(column.desc() for column in place)).limit(_ROWS)
    page = (shown if first else shown.where(tuple_(*place) < _AFTER)).subquery("page")
    found = page.join(_TABLE, _D.id == page.c.id)
    return select(total.c.counted, *ROW).select_from(total.outerjoin(found, true())).order_by(*_NEWEST)
