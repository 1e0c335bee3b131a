"""How many documents of a list have which kind, unit, year and so on.

Each facet counts the list narrowed by every filter but its own, so that the other choices stay to be seen, with what
they would give. Counts are exact up to COUNTED documents. Above that they are taken over COUNTED of them: the newest
among the last FAR that were registered or, where hardly any are among those, any; each is then "at least".
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import (
    CTE,
    ColumnElement,
    Integer,
    Select,
    Text,
    cast,
    extract,
    func,
    literal,
    literal_column,
    null,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.accounts.models import Unit
from docflow.core import paging
from docflow.core.messages import Language
from docflow.documents.models import Document, DocumentKind, Register
from docflow.documents.queries import statements
from docflow.documents.queries.filters import OWN_RECEIPTS, Filters, Status
from docflow.documents.queries.orders import Order
from docflow.documents.queries.search import FAR, by_index, is_dense, narrow, values_of

SHOWN = 30
"""Values of a facet that are named, the most frequent first."""
ENOUGH = 1_000
"""Of the newest documents so many matches must be there to count these."""

FAR_IN_WORDS = 20_000

_D = Document.__table__.c

COUNTED_BY: dict[str, ColumnElement[Any]] = {
    "direction": _D.direction,
    "kind": _D.kind_code,
    "unit_id": _D.unit_id,
    "register_id": _D.register_id,
    "urgency": _D.urgency,
    "source": _D.source,
    "year": extract("year", _D.issued_on),
    "issuer": _D.issuer_key,
    "signer": _D.signer_key,
    "late": _D.late_reason.is_not(None),
}
"""Facets whose values part the documents: their counts and ``others`` together are the total."""
NAMED_BY: dict[str, ColumnElement[Any]] = {"issuer": _D.issuer, "signer": _D.signer_name}
"""Where a value is folded: what it is called, as somebody wrote it."""
NARROWED_BY: dict[str, tuple[str, ...]] = {"year": ("issued_from", "issued_to"), "status": ("status",)}
"""The filters of a facet, where they are not called like it."""
FACETS = (*COUNTED_BY, "status")


class Value(msgspec.Struct, frozen=True):
    """One value and how many documents have it."""

    value: str
    name: str | None
    count: int


class Facet(msgspec.Struct, frozen=True):
    """Its most frequent values, and how many documents have another one; ``counted`` as in a list.

    A status is none of them for documents that were not given to the asker, and may be two of them.
    """

    facet: str
    counted: int
    values: Sequence[Value]
    others: int


async def list_facets(
    session: AsyncSession, actor: Actor, filters: Filters, facets: Sequence[str] = FACETS
) -> tuple[int, list[Facet]]:
    """How many documents there are, COUNTED + 1 at most, and the facets, in the order asked for."""
    own = [facet for facet in facets if _filters_of(facet, filters)]
    others = tuple(facet for facet in facets if facet not in own)
    counted, found = await _counted(session, actor, filters, others)
    for facet in own:
        without = msgspec.structs.replace(filters, **dict.fromkeys(_filters_of(facet, filters)))
        found |= (await _counted(session, actor, without, (facet,)))[1]
    return counted, [found[facet] for facet in facets]


def _filters_of(facet: str, filters: Filters) -> list[str]:
    return [name for name in NARROWED_BY.get(facet, (facet,)) if getattr(filters, name) is not None]


async def _counted(
    session: AsyncSession, actor: Actor, filters: Filters, facets: tuple[str, ...]
) -> tuple[int, dict[str, Facet]]:
    narrowing = await narrow(session, actor, filters)
    if narrowing.impossible:
        return 0, {facet: Facet(facet, 0, [], 0) for facet in facets}
    # A walk over words reads every vector on its way.
    values = {**values_of(narrowing, actor), "steps": FAR_IN_WORDS if narrowing.is_search else FAR}
    if await is_dense(session, narrowing, values):
        rows = (await session.execute(_newest_counts(narrowing.names, facets), values)).all()
        if _among(rows) > paging.COUNTED:
            return _among(rows), {facet: _facet(facet, rows, _among(rows)) for facet in facets}
    await by_index(session)
    rows = (await session.execute(_counts(narrowing.names, facets), values)).all()
    counted = _among(rows)
    if counted > paging.COUNTED:
        newest = (await session.execute(_newest_counts(narrowing.names, facets), values)).all()
        rows = newest if _among(newest) >= ENOUGH else rows
    return counted, {facet: _facet(facet, rows, counted) for facet in facets}


async def names_of(session: AsyncSession, language: Language, facet: Facet) -> dict[str, str]:
    """What the values of a facet are called that are keys of something: units, registers, kinds."""
    named = _NAMES.get(facet.facet)
    if named is None or not facet.values:
        return {}
    key, vietnamese, english = named
    name = vietnamese if language is Language.VI else func.coalesce(func.nullif(english, ""), vietnamese)
    keys = [value.value for value in facet.values]
    rows = await session.execute(select(cast(key, Text), name).where(key.in_(keys)))
    return {str(value): called for value, called in rows}


_NAMES: dict[str, tuple[Any, Any, Any]] = {
    "kind": (DocumentKind.code, DocumentKind.name_vi, DocumentKind.name_en),
    "unit_id": (Unit.id, Unit.name_vi, Unit.name_en),
    "register_id": (Register.id, Register.title, Register.title),
}


def _facet(name: str, rows: Sequence[Any], counted: int) -> Facet:
    found = [Value(row.value, row.called, row.amount) for row in rows if row.facet == name]
    among = _among(rows)
    others = 0 if name == "status" else among - sum(value.count for value in found)
    return Facet(name, counted, found, others)


def _among(rows: Sequence[Any]) -> int:
    """Over how many documents the facets were counted."""
    amount: int = next(row.amount for row in rows if not row.facet)
    return amount


@lru_cache(maxsize=500)
def _counts(names: frozenset[str], facets: tuple[str, ...]) -> Select[*tuple[Any, ...]]:
    return _counting(statements.kept_hits(names, _columns(facets)), facets)


@lru_cache(maxsize=500)
def _newest_counts(names: frozenset[str], facets: tuple[str, ...]) -> Select[*tuple[Any, ...]]:
    walk = statements.walked_hits(names, Order.NEWEST, _columns(facets))
    return _counting(walk.cte("hits").prefix_with("MATERIALIZED", dialect="postgresql"), facets)


def _columns(facets: Sequence[str]) -> list[ColumnElement[Any]]:
    columns: list[ColumnElement[Any]] = [_D.id.label("id"), _D.voided_at.label("voided_at")]
    for facet in facets:
        if facet in COUNTED_BY:
            columns.append(COUNTED_BY[facet].label(f"of_{facet}"))
        if facet in NAMED_BY:
            columns.append(NAMED_BY[facet].label(f"called_{facet}"))
    return columns


def _counting(hits: CTE, facets: Sequence[str]) -> Select[*tuple[Any, ...]]:
    """The number of hits first, then each facet's values."""
    whole: Select[*tuple[Any, ...]] = select(
        literal_column("''").label("facet"),
        literal_column("''").label("value"),
        cast(null(), Text).label("called"),
        func.count().label("amount"),
    ).select_from(hits)
    parts = [_values(hits, facet) for facet in facets if facet != "status"]
    if "status" in facets:
        parts += [_with_status(hits, status) for status in Status]
    return union_all(whole, *(select(part.subquery()) for part in parts))  # type: ignore[return-value]


def _values(hits: CTE, facet: str) -> Select[*tuple[Any, ...]]:
    value = hits.c[f"of_{facet}"]
    called = func.max(hits.c[f"called_{facet}"]) if facet in NAMED_BY else cast(null(), Text)
    return (
        select(
            literal(facet, literal_execute=True).label("facet"),
            cast(cast(value, Integer) if facet == "year" else value, Text).label("value"),
            called.label("called"),
            func.count().label("amount"),
        )
        .where(cast(value, Text) != "")
        .group_by(value)
        .order_by(func.count().desc(), value)
        .limit(SHOWN)
    )


def _with_status(hits: CTE, status: Status) -> Select[*tuple[Any, ...]]:
    amount: Select[*tuple[Any, ...]] = select(
        literal_column("'status'").label("facet"),
        literal_column(f"'{status.value}'").label("value"),
        cast(null(), Text).label("called"),
        func.count().label("amount"),
    ).select_from(hits)
    if status is Status.VOID:
        amount = amount.where(hits.c.voided_at.is_not(None))
    else:
        amount = amount.where(hits.c.id.in_(OWN_RECEIPTS[status]))
    return amount
