"""Remarks on versions, and settling them."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.errors import NotFound
from docflow.issuing.errors import CommentSettled
from docflow.issuing.models import ManuscriptComment, ManuscriptState
from docflow.issuing.policy import decide
from docflow.issuing.queries.manuscripts import get_manuscript, get_version
from docflow.issuing.schemas.manuscript_versions import WriteRemark
from docflow.issuing.workflow import Move, next_state


async def comment(
    session: AsyncSession, actor: Actor, manuscript_id: UUID, data: WriteRemark
) -> ManuscriptComment:
    """Write a remark on a version, while it is written or in review; whoever sees the manuscript may.

    Raises NotFound, and what ``workflow`` says is in the way.
    """
    manuscript = await get_manuscript(session, actor, manuscript_id, lock=True)
    version, _ = await get_version(session, actor, manuscript_id, data.number)
    decide(actor, Action.MANUSCRIPT_READ, manuscript).require()
    if manuscript.state is not ManuscriptState.IN_REVIEW:
        next_state(manuscript.state, Move.EDIT)
    written = ManuscriptComment(
        manuscript_id=manuscript.id,
        number=version.number,
        author_id=actor.person_id,
        written_at=clock.now(),
        body=data.body,
    )
    session.add(written)
    await session.flush()
    await audit.record(
        session,
        actor,
        Tag.MANUSCRIPT_COMMENTED,
        "manuscript",
        manuscript.id,
        comment=str(written.id),
        number=version.number,
        body=data.body,
    )
    return written


async def settle(session: AsyncSession, actor: Actor, comment_id: UUID) -> ManuscriptComment:
    """Say that a remark was dealt with: whoever works on the text, or whoever made it. Raises NotFound, NotAllowed,
    CommentSettled."""
    found = await session.get(ManuscriptComment, comment_id)
    if found is None:
        raise NotFound
    manuscript = await get_manuscript(session, actor, found.manuscript_id, lock=True)
    await session.refresh(found)
    if found.author_id != actor.person_id:
        decide(actor, Action.MANUSCRIPT_WRITE, manuscript).require()
    if found.settled_at is not None:
        raise CommentSettled
    found.settled_at, found.settled_by = clock.now(), actor.person_id
    await session.flush()
    await audit.record(
        session,
        actor,
        Tag.MANUSCRIPT_COMMENTED,
        "manuscript",
        manuscript.id,
        comment=str(found.id),
        number=found.number,
        settled=True,
    )
    return found


async def count_unsettled(session: AsyncSession, manuscript_id: UUID) -> int:
    """Remarks on any of its versions that nobody has dealt with."""
    return (
        await session.scalar(
            select(func.count())
            .select_from(ManuscriptComment)
            .where(ManuscriptComment.manuscript_id == manuscript_id, ManuscriptComment.settled_at.is_(None))
        )
        or 0
    )
