"""Keeping a search: it finds what its owner may see at that moment, and the worker tells them what comes to it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.accounts.models import Person
from docflow.accounts.queries import find_actor
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import require_version
from docflow.core.errors import invalid
from docflow.documents.errors import SearchNotUnderstood, TooManySearches
from docflow.documents.models import SavedSearch, SavedSearchHit
from docflow.documents.queries import Filters, Order
from docflow.documents.queries.kept import count_kept, get_kept, list_new, list_touched
from docflow.documents.queries.rows import CHOSEN, Rows
from docflow.documents.schemas import ChangeSearch, KeepSearch, Search
from docflow.notifications.mail import Mailbox
from docflow.notifications.service import Draft, Postman

MOST_KEPT = 100
"""Searches of one person."""
OVERLAP = timedelta(minutes=10)
"""A document is touched before its commit: so far back is looked again, and what was told is not told twice."""
AT_ONCE = 1_000
"""Documents that one turn of the worker tells of one search."""
IN_LETTER = 10


def filters_of(search: Search) -> Filters:
    """The filters of a kept search."""
    given = msgspec.structs.asdict(search)
    return Filters(**{name: given[name] for name in Filters.__struct_fields__})


def read_search(kept: SavedSearch) -> Search:
    """What was kept. Raises SearchNotUnderstood when it was written by rules that are no more."""
    try:
        return msgspec.convert(kept.search, Search)
    except msgspec.ValidationError as error:
        raise SearchNotUnderstood from error


async def keep_search(session: AsyncSession, actor: Actor, data: KeepSearch) -> SavedSearch:
    """Keep a search. Raises Invalid, TooManySearches, and SearchNameTaken by its constraint."""
    _check(data.search)
    if await count_kept(session, actor) >= MOST_KEPT:
        raise TooManySearches(most=MOST_KEPT)
    now = clock.now()
    kept = SavedSearch(
        person_id=actor.person_id,
        name=data.name,
        search=_written(data.search),
        by_mail=data.by_mail,
        kept_at=now,
        looked_at=now,
        told_until=now,
    )
    session.add(kept)
    await session.flush()
    await _begin(session, actor, kept, data.search)
    await audit.record(session, actor, Tag.SEARCH_KEPT, "search", kept.id, name=kept.name)
    return kept


async def change_search(
    session: AsyncSession, actor: Actor, search_id: UUID, version: int, data: ChangeSearch
) -> SavedSearch:
    """Change a kept search. What came to it before it looked for something else is forgotten.

    Raises NotFound, Stale, Invalid, and SearchNameTaken by its constraint.
    """
    kept, _ = await get_kept(session, actor, search_id, lock=True)
    require_version(kept.version, version)
    changed = [name for name, value in msgspec.structs.asdict(data).items() if value is not msgspec.UNSET]
    if not isinstance(data.name, msgspec.UnsetType):
        kept.name = data.name
    if not isinstance(data.by_mail, msgspec.UnsetType):
        kept.by_mail = data.by_mail
    if not isinstance(data.search, msgspec.UnsetType):
        _check(data.search)
        kept.search = _written(data.search)
        kept.looked_at = kept.told_until = clock.now()
        await session.execute(delete(SavedSearchHit).where(SavedSearchHit.search_id == kept.id))
        await _begin(session, actor, kept, data.search)
    await session.flush()
    await audit.record(session, actor, Tag.SEARCH_CHANGED, "search", kept.id, name=kept.name, changed=changed)
    return kept


async def drop_search(session: AsyncSession, actor: Actor, search_id: UUID, version: int) -> None:
    """Keep a search no longer. Raises NotFound, Stale."""
    kept, _ = await get_kept(session, actor, search_id, lock=True)
    require_version(kept.version, version)
    name = kept.name
    await session.delete(kept)
    await session.flush()
    await audit.record(session, actor, Tag.SEARCH_DROPPED, "search", search_id, name=name)


async def note_looked(session: AsyncSession, kept: SavedSearch) -> None:
    """Its owner looks at what it finds: nothing is new any more. No change of the search: its version stays."""
    await session.execute(
        update(SavedSearch)
        .where(SavedSearch.id == kept.id)
        .values(looked_at=clock.now())
        .execution_options(synchronize_session=False)
    )


async def tell_next(session: AsyncSession, postman: Postman, before: Any) -> bool:
    """Look for what came to the search that has waited longest since before then; False when none has.

    Whoever is frozen, or may read documents no more, is told nothing, not even later.
    """
    kept = await session.scalar(
        select(SavedSearch)
        .where(SavedSearch.told_until < before)
        .order_by(SavedSearch.told_until)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if kept is None:
        return False
    until = max(clock.now(), before)
    actor = await find_actor(session, kept.person_id)
    if actor is not None and actor.may(Action.DOCUMENT_READ):
        found = await _touched(session, actor, kept)
        await _note_found(session, kept, found)
        if len(found) == AT_ONCE:
            until = found[-1].touched_at
        if found and kept.by_mail:
            await _write_letter(session, actor, postman, kept, len(found))
    await session.execute(
        update(SavedSearch)
        .where(SavedSearch.id == kept.id)
        .values(told_until=until)
        .execution_options(synchronize_session=False)
    )
    return True


def _check(search: Search) -> None:
    """Whether a list can be asked for so. Raises Invalid."""
    if search.sort is Order.RELEVANCE and not search.q:
        raise invalid("search/sort", "relevance_without_search")
    if unknown := [name for name in search.columns if name not in CHOSEN]:
        raise invalid("search/columns", "column_not_known", column=unknown[0], known=", ".join(CHOSEN))


def _written(search: Search) -> dict[str, Any]:
    written: dict[str, Any] = msgspec.to_builtins(search)
    return written


async def _begin(session: AsyncSession, actor: Actor, kept: SavedSearch, search: Search) -> None:
    """What was there already is not new, although the worker looks back over it."""
    found = await list_touched(
        session,
        actor,
        filters_of(search),
        search_id=kept.id,
        since=kept.told_until - OVERLAP,
        limit=AT_ONCE,
    )
    await _note_found(session, kept, found, at=kept.looked_at)


async def _touched(session: AsyncSession, actor: Actor, kept: SavedSearch) -> Rows:
    try:
        filters = filters_of(read_search(kept))
    except SearchNotUnderstood:
        return []
    return await list_touched(
        session, actor, filters, search_id=kept.id, since=kept.told_until - OVERLAP, limit=AT_ONCE
    )


async def _note_found(session: AsyncSession, kept: SavedSearch, found: Rows, *, at: Any = None) -> None:
    if found:
        await session.execute(
            insert(SavedSearchHit).on_conflict_do_nothing(),
            [{"search_id": kept.id, "document_id": row.id, "found_at": at or clock.now()} for row in found],
        )


async def _write_letter(
    session: AsyncSession, actor: Actor, postman: Postman, kept: SavedSearch, count: int
) -> None:
    """A digest of what is new to the owner, at most one for each turn of the worker."""
    email = await session.scalar(select(Person.email).where(Person.id == kept.person_id))
    rows = await list_new(session, actor, kept, IN_LETTER)
    if not email or not rows:
        return
    facts = {
        "recipient_name": actor.name,
        "search": kept.name,
        "subject": rows[0].subject,
        "count": count,
        "documents": [
            {
                "symbol": row.symbol,
                "subject": row.subject,
                "issuer": row.issuer,
                "link": postman.link(f"/api/v1/documents/{row.id}"),
            }
            for row in rows[: min(count, IN_LETTER)]
        ],
        "link": postman.link(f"/api/v1/searches/{kept.id}/documents"),
    }
    letter = Draft(
        effect=f"search/{kept.id}/told/{rows[0].id}/{kept.told_until.isoformat()}",
        thread=f"search/{kept.id}",
        to=Mailbox(email, actor.name),
        words=postman.words("documents/found", actor.language, facts),
        about=("search", kept.id),
    )
    await postman.post(session, [letter])
