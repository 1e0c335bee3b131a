"""Searches that somebody keeps, and what came to them; each person sees their own and nobody else's."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, exists, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.core.errors import NotFound
from docflow.core.paging import COUNTED
from docflow.documents.models import Document, SavedSearch, SavedSearchHit
from docflow.documents.policy import VISIBLE, seen_by, visible_to
from docflow.documents.queries.filters import Filters, conditions
from docflow.documents.queries.rows import Rows
from docflow.documents.queries.search import narrow, values_of

_D = Document.__table__.c


async def list_kept(session: AsyncSession, actor: Actor) -> Sequence[tuple[SavedSearch, int]]:
    """The actor's searches by name, each with how many documents are new that they see now, COUNTED + 1 at most."""
    rows = await session.execute(
        _new_counts().where(SavedSearch.person_id == actor.person_id), seen_by(actor)
    )
    return [(row[0], row[1]) for row in rows]


async def get_kept(
    session: AsyncSession, actor: Actor, search_id: UUID, *, lock: bool = False
) -> tuple[SavedSearch, int]:
    """One of the actor's searches with the number of new documents. Raises NotFound."""
    mine = (SavedSearch.id == search_id, SavedSearch.person_id == actor.person_id)
    if lock:
        await session.execute(select(SavedSearch.id).where(*mine).with_for_update())
    row = (await session.execute(_new_counts().where(*mine), seen_by(actor))).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


async def count_kept(session: AsyncSession, actor: Actor) -> int:
    """How many searches the actor keeps."""
    mine = select(func.count()).where(SavedSearch.person_id == actor.person_id)
    return await session.scalar(mine) or 0


async def list_touched(
    session: AsyncSession,
    actor: Actor,
    filters: Filters,
    *,
    search_id: UUID,
    since: datetime,
    limit: int,
) -> Rows:
    """Documents that match, that the actor sees and that came to be found after ``since``, without those that the
    search was told of; the first touched first: ``id``, ``touched_at``, ``symbol``, ``subject``, ``issuer``."""
    narrowing = await narrow(session, actor, filters)
    if narrowing.impossible:
        return []
    values = {**values_of(narrowing, actor), "search_id": search_id, "since": since, "most": limit}
    rows: Rows = (await session.execute(_touched(narrowing.names), values)).all()
    return rows


async def list_new(session: AsyncSession, actor: Actor, search: SavedSearch, limit: int) -> Rows:
    """What came to a search since its owner looked, as far as they see it now, the last first."""
    statement = (
        select(_D.id, _D.symbol, _D.subject, _D.issuer)
        .join(SavedSearchHit, SavedSearchHit.document_id == _D.id)
        .where(
            SavedSearchHit.search_id == search.id,
            SavedSearchHit.found_at > search.looked_at,
            visible_to(actor),
        )
        .order_by(SavedSearchHit.found_at.desc(), _D.id.desc())
        .limit(limit)
    )
    return (await session.execute(statement)).all()


@lru_cache(maxsize=1)
def _new_counts() -> Select[Any]:
    fresh = (
        select(_D.id)
        .join(SavedSearchHit, SavedSearchHit.document_id == _D.id)
        .where(
            SavedSearchHit.search_id == SavedSearch.id,
            SavedSearchHit.found_at > SavedSearch.looked_at,
            VISIBLE,
        )
        .limit(COUNTED + 1)
        .correlate(SavedSearch)
        .subquery("fresh")
    )
    counted = select(func.count().label("amount")).select_from(fresh).lateral("counted")
    return select(SavedSearch, counted.c.amount).join(counted, true()).order_by(SavedSearch.name)


@lru_cache(maxsize=500)
def _touched(names: frozenset[str]) -> Select[Any]:
    told = exists().where(
        SavedSearchHit.search_id == bindparam("search_id"), SavedSearchHit.document_id == _D.id
    )
    return (
        select(_D.id, _D.touched_at, _D.symbol, _D.subject, _D.issuer)
        .where(*conditions(names, walking=True), _D.touched_at > bindparam("since"), ~told)
        .order_by(_D.touched_at, _D.id)
        .limit(bindparam("most"))
    )
