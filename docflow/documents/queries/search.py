"""A list of documents: which of the ways to a page is taken, and its key for the next one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, literal, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.core import paging
from docflow.core.errors import invalid
from docflow.core.paging import cursor_of, key_of
from docflow.documents.models import Document
from docflow.documents.policy import seen_by, visible_to
from docflow.documents.queries import statements
from docflow.documents.queries.filters import Cited, Filters, Narrowing, narrowing_of
from docflow.documents.queries.orders import KEYS, Order
from docflow.documents.queries.rows import USUAL, Rows, read_columns

_D = Document.__table__.c

Reader = tuple[tuple[int, ...], int]
"""Principals and clearance."""

NEAR = 2_000
"""Documents that are walked over for a page before the index is asked for all that the reader sees."""
NEARLY = 10_000
"""The same, when those before have shown that the page will be there."""
FAR = 40_000
"""Documents that are walked over when more than COUNTED match: then the page is near in most cases."""
SAMPLE = 200
"""Newest documents that are looked at to see whether a search finds almost everything."""
DENSE = 0.5
"""The part of them from which on walking counts sooner than the index."""
FREQUENT = 0.02
"""The part of them from which on there may be more than COUNTED."""
FEW = 1_000
"""Who sees no more documents is answered from the index at once, and no planner takes another way to so few."""
READERS = 10_000
"""Of so many it is remembered whether they see few."""
RANKED = 1_000
"""Of more than COUNTED hits so many of the newest are put in order of relevance."""
_sees_few: dict[Reader, bool] = {}
"""Whether a reader saw few documents when they were last counted. It decides about speed alone."""
_LAST_ID = UUID(int=2**128 - 1)
_BY_PLANNER = text("SELECT set_config('enable_seqscan', 'on', true)")
_BY_INDEX = text("SELECT set_config('enable_seqscan', 'off', true), set_config('work_mem', '64MB', true)")


class Found(msgspec.Struct, frozen=True):
    """Rows of a page, one more than asked for when there are more.

    ``counted``: how many there are, COUNTED + 1 at most; None when nobody asked. ``ranked``: of how many of the
    newest hits this is the order of relevance; None when it is of all.
    """

    rows: Rows
    counted: int | None
    order: Order
    ranked: int | None = None
    until: datetime | None = None

    def page(self, limit: int) -> tuple[Rows, str | None]:
        """The page, and the cursor of the next one."""
        if len(self.rows) <= limit:
            return self.rows, None
        last = self.rows[limit - 1]
        key = [last._mapping[f"key_{place}"] for place in range(len(KEYS[self.order].columns))]
        if self.order is Order.RELEVANCE:
            key.append(self.until)
        return self.rows[:limit], cursor_of(*key)


class _Asked(msgspec.Struct, frozen=True):
    """One page that is asked for."""

    narrowing: Narrowing
    order: Order
    columns: statements.Columns
    values: dict[str, Any]
    first: bool
    limit: int
    until: datetime | None
    reader: Reader

    @property
    def is_everything(self) -> bool:
        """Whether this is a list of all that the reader sees."""
        return not self.narrowing.names

    @property
    def is_few(self) -> bool:
        """Whether that is known to be few documents."""
        return self.is_everything and _sees_few.get(self.reader, False)

    @property
    def exact(self) -> bool:
        return self.order is Order.RELEVANCE and bool(self.narrowing.query and self.narrowing.query.exact)


async def list_documents(
    session: AsyncSession,
    actor: Actor,
    filters: Filters,
    *,
    cursor: str | None,
    limit: int,
    total: bool,
    order: Order = Order.NEWEST,
    columns: Sequence[str] = USUAL,
) -> Found:
    """Documents that the actor sees and the filters let through, in this order; ``limit + 1`` rows at most.

    A search always counts. Raises Invalid for a made-up cursor and for relevance without a search.
    """
    narrowing = await narrow(session, actor, filters)
    if order is Order.RELEVANCE and not narrowing.is_search and not narrowing.impossible:
        raise invalid("sort", "relevance_without_search")
    last, until = _key_of(cursor, order)
    if narrowing.impossible:
        return Found([], None if cursor else 0, order)
    values = {
        **values_of(narrowing, actor),
        **{f"after_{place}": part for place, part in enumerate(last or ())},
        "rows": limit + 1,
    }
    reader = (actor.principals, int(actor.clearance))
    asked = _Asked(narrowing, order, read_columns(tuple(columns)), values, last is None, limit, until, reader)
    if order is Order.RELEVANCE and until is not None:
        return await _ranked(session, asked, until)
    if not total and not narrowing.is_search and KEYS[order].walkable and not asked.is_few:
        rows = await _near(session, asked)
        if len(rows) > limit:
            return Found(rows, None, order)
    if narrowing.is_search and asked.first and order in (Order.NEWEST, Order.RELEVANCE):
        found = await _frequent(session, asked)
        if found is not None:
            return found
    return await _probe(session, asked, counting=total or narrowing.is_search)


async def _frequent(session: AsyncSession, asked: _Asked) -> Found | None:
    """The first page of a search that finds more than COUNTED, if the newest documents show that; None otherwise."""
    newest = msgspec.structs.replace(
        asked, order=Order.NEWEST, values={**asked.values, "rows": SAMPLE}, limit=SAMPLE
    )
    rows = await _walk(session, newest, SAMPLE)
    if len(rows) >= max(SAMPLE * DENSE, asked.limit + 1):
        counted = await count_dense(session, asked.narrowing, asked.values)
        if counted is not None and asked.order is Order.NEWEST:
            return Found(rows[: asked.limit + 1], counted, asked.order)
        if counted is not None and counted > paging.COUNTED:
            return msgspec.structs.replace(await _ranked(session, asked, None), counted=counted)
    if asked.order is Order.RELEVANCE and len(rows) >= SAMPLE * FREQUENT:
        # Counting alone costs less than ranking what is then too much.
        await by_index(session)
        counted = await session.scalar(statements.count_hits(asked.narrowing.names), asked.values) or 0
        if counted > paging.COUNTED:
            return msgspec.structs.replace(await _ranked(session, asked, None), counted=counted)
    return None


async def is_dense(session: AsyncSession, narrowing: Narrowing, values: dict[str, Any]) -> bool:
    """Whether most of the newest documents match."""
    found = await session.scalar(statements.count_walked(narrowing.names), {**values, "steps": SAMPLE})
    return (found or 0) >= SAMPLE * DENSE


async def count_dense(session: AsyncSession, narrowing: Narrowing, values: dict[str, Any]) -> int | None:
    """How many match, COUNTED + 1 at most, by a walk, for what matches most documents; None when it cannot tell."""
    steps = round((paging.COUNTED + 1) / DENSE)
    counted = await session.scalar(statements.count_walked(narrowing.names), {**values, "steps": steps}) or 0
    if counted <= paging.COUNTED and await _holds_more_than(session, steps):
        return None
    return counted


async def _holds_more_than(session: AsyncSession, documents: int) -> bool:
    """Whether the registry does, whoever sees them: if not, a walk over so many has counted everything."""
    some = select(literal(1)).select_from(Document.__table__).limit(documents + 1).subquery()
    return (await session.scalar(select(func.count()).select_from(some)) or 0) > documents


async def narrow(session: AsyncSession, actor: Actor, filters: Filters) -> Narrowing:
    """The filters as a statement takes them; what ``cites`` names is looked up as the actor sees it."""
    cited = None
    if filters.cites is not None:
        row = (
            await session.execute(
                select(_D.symbol_key, _D.issued_on).where(_D.id == filters.cites, visible_to(actor))
            )
        ).one_or_none()
        cited = Cited(row.symbol_key, row.issued_on) if row else None
    return narrowing_of(filters, cited)


def values_of(narrowing: Narrowing, actor: Actor) -> dict[str, Any]:
    """What the statements of ``statements`` are bound to."""
    return {**narrowing.values, **seen_by(actor), "probed": paging.COUNTED + 1}


async def _near(session: AsyncSession, asked: _Asked) -> Rows:
    """The page if it is near: a short walk, and a longer one if by the first it promises to come to its end.

    Not for a reader of whom nothing is known: the index then tells once how much there is to see.
    """
    rows = await _walk(session, asked, NEAR)
    if 0 < len(rows) <= asked.limit and (not asked.is_everything or asked.reader in _sees_few):
        steps = round(1.5 * NEAR * (asked.limit + 1) / len(rows))
        if steps <= NEARLY:
            return await _walk(session, asked, steps)
    return rows


async def by_index(session: AsyncSession) -> None:
    """Let the statements of this transaction ask the index, however common what they look for is.

    The planner would read the whole table for a common word, and read every text on the way. The memory is for the
    places that the index gives: with less of it they are kept by pages, and each row of a page is read again.
    """
    await session.execute(_BY_INDEX)


async def _probe(session: AsyncSession, asked: _Asked, *, counting: bool) -> Found:
    """A page by what the index gives, if that is not too much."""
    if not asked.is_few:
        await by_index(session)
    statement = statements.hits_page(
        asked.narrowing.names, asked.order, asked.columns, asked.first, asked.exact
    )
    values = asked.values
    if asked.order is Order.RELEVANCE and not asked.first:
        # The first page has counted. What was added since must not cut off what was there.
        values = {**values, "probed": 2 * paging.COUNTED}
    rows = (await session.execute(statement, values)).all()
    counted = rows[0].counted
    if asked.is_everything and (asked.reader in _sees_few or len(_sees_few) < READERS):
        _sees_few[asked.reader] = counted <= FEW
    told = counted if counting and asked.first else None
    if counted <= paging.COUNTED or (asked.order is Order.RELEVANCE and not asked.first):
        return Found([row for row in rows if row.id is not None], told, asked.order)
    if asked.order is Order.RELEVANCE:
        return msgspec.structs.replace(await _ranked(session, asked, None), counted=told)
    return Found(await _many(session, asked), told, asked.order)


async def _many(session: AsyncSession, asked: _Asked) -> Rows:
    """A page of more than COUNTED."""
    if KEYS[asked.order].walkable:
        rows = await _walk(session, asked, FAR)
        if len(rows) > asked.limit:
            return rows
    await session.execute(_BY_PLANNER)
    statement = statements.sorted_page(
        asked.narrowing.names, asked.order, asked.columns, asked.first, asked.exact
    )
    return (await session.execute(statement, asked.values)).all()


async def _walk(session: AsyncSession, asked: _Asked, steps: int) -> Rows:
    statement = statements.walk_page(asked.narrowing.names, asked.order, asked.columns, asked.first)
    return (await session.execute(statement, {**asked.values, "steps": steps})).all()


async def _ranked(session: AsyncSession, asked: _Asked, until: datetime | None) -> Found:
    """A page by relevance among the newest RANKED that were there at the first page."""
    start = {"after_0": until, "after_1": _LAST_ID} if until else {}
    newest = msgspec.structs.replace(
        asked,
        order=Order.NEWEST,
        columns=(_D.id,),
        first=until is None,
        limit=RANKED - 1,
        values={**asked.values, **start, "rows": RANKED},
    )
    found = await _many(session, newest)
    if not found:
        return Found([], None, asked.order)
    values = {**asked.values, "among": [row.id for row in found]}
    statement = statements.ranked_page(asked.columns, asked.first, asked.exact)
    rows = (await session.execute(statement, values)).all()
    return Found(rows, None, asked.order, RANKED, until or found[0].key_0)


def _key_of(cursor: str | None, order: Order) -> tuple[tuple[Any, ...] | None, datetime | None]:
    types = KEYS[order].types
    if order is not Order.RELEVANCE:
        return key_of(cursor, *types), None
    key = key_of(cursor, *types, datetime | None)
    return (key[:-1], key[-1]) if key else (None, None)
