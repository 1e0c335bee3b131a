"""The text of a manuscript in one person's hands for some hours.

Whether a copy is still out follows from the clock: one that has expired is as if it had been given back.
"""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.accounts.models import Person
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.errors import NotAllowed, invalid
from docflow.issuing.errors import CheckedOutBySomebody, ManuscriptWithoutText, NothingCheckedOut
from docflow.issuing.models import Manuscript, WorkingCopy
from docflow.issuing.policy import answers_for, decide
from docflow.issuing.queries.manuscripts import find_newest, get_manuscript
from docflow.issuing.workflow import Move, next_state


async def check_out(
    session: AsyncSession, actor: Actor, manuscript_id: UUID, lasting: timedelta
) -> WorkingCopy:
    """Take the newest version to work on, for ``lasting``; taking it again has it for as long from now.

    Raises NotFound, NotAllowed, CheckedOutBySomebody, ManuscriptWithoutText, and what ``workflow`` says.
    """
    manuscript = await _writable(session, actor, manuscript_id)
    newest = await find_newest(session, manuscript.id)
    if newest is None:
        raise ManuscriptWithoutText
    copy = await require_free(session, actor, manuscript.id)
    now = clock.now()
    extended = copy is not None
    if copy is None:
        copy = await session.get(WorkingCopy, manuscript.id) or WorkingCopy(manuscript_id=manuscript.id)
        copy.person_id, copy.taken_at, copy.number = actor.person_id, now, newest[0].number
        session.add(copy)
    copy.expires_at = now + lasting
    await session.flush()
    await audit.record(
        session,
        actor,
        Tag.MANUSCRIPT_CHECKED_OUT,
        "manuscript",
        manuscript.id,
        number=copy.number,
        until=copy.expires_at.isoformat(),
        extended=extended,
    )
    return copy


async def release(session: AsyncSession, actor: Actor, manuscript_id: UUID, reason: str) -> None:
    """Give the copy back without a new version. Whoever answers for the drafting unit, or wrote it first, takes
    another's back, with the reason.

    Raises NotFound, NotAllowed, Invalid, NothingCheckedOut.
    """
    manuscript = await get_manuscript(session, actor, manuscript_id, lock=True)
    copy = await find_copy(session, manuscript.id)
    if copy is None:
        raise NothingCheckedOut
    if copy.person_id != actor.person_id:
        if not answers_for(actor, manuscript):
            raise NotAllowed(reason="only_the_head_releases_others")
        if not reason:
            raise invalid("reason", "field_empty")
    name = await _name_of(session, copy.person_id)
    await session.delete(copy)
    await session.flush()
    await audit.record(
        session,
        actor,
        Tag.MANUSCRIPT_RELEASED,
        "manuscript",
        manuscript.id,
        number=copy.number,
        person=str(copy.person_id),
        holder=name,
        reason=reason,
    )


async def require_free(session: AsyncSession, actor: Actor, manuscript_id: UUID) -> WorkingCopy | None:
    """The actor's own copy that is out, if any. Raises CheckedOutBySomebody naming who has it until when."""
    copy = await find_copy(session, manuscript_id)
    if copy is not None and copy.person_id != actor.person_id:
        name = await _name_of(session, copy.person_id)
        raise CheckedOutBySomebody(
            name=name, until=copy.expires_at.astimezone(clock.LOCAL_ZONE).strftime("%d/%m/%Y %H:%M")
        )
    return copy


async def find_copy(session: AsyncSession, manuscript_id: UUID) -> WorkingCopy | None:
    """The copy that is out now; the caller holds the manuscript's lock or only shows it."""
    copies = await list_copies(session, [manuscript_id])
    return copies[0] if copies else None


async def list_copies(session: AsyncSession, manuscript_ids: Collection[UUID]) -> list[WorkingCopy]:
    """The copies of these manuscripts that are out now."""
    found = await session.scalars(
        select(WorkingCopy)
        .where(WorkingCopy.manuscript_id.in_(manuscript_ids), WorkingCopy.expires_at > clock.now())
        .execution_options(populate_existing=True)
    )
    return list(found)


async def _writable(session: AsyncSession, actor: Actor, manuscript_id: UUID) -> Manuscript:
    manuscript = await get_manuscript(session, actor, manuscript_id, lock=True)
    decide(actor, Action.MANUSCRIPT_WRITE, manuscript).require()
    next_state(manuscript.state, Move.EDIT)
    return manuscript


async def _name_of(session: AsyncSession, person_id: UUID) -> str:
    return (await session.get_one(Person, person_id)).full_name
