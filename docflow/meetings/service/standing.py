"""A meeting that stands: taking hold of it for a change, its people, its trail."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import require_version
from docflow.meetings import queries
from docflow.meetings.models import Meeting, Participant
from docflow.meetings.policy import Concern, decide
from docflow.meetings.workflow import Step, state_after


async def take(
    session: AsyncSession, actor: Actor, meeting_id: UUID, step: Step, version: int | None
) -> Meeting:
    """The meeting, held until the transaction ends, on which the actor may do ``step``.

    Raises NotFound, NotAllowed, Stale, MeetingCancelled, MeetingOver, in this order.
    """
    meeting = await queries.lock_meeting(session, actor, meeting_id)
    decide(actor, Action.MEETING_ORGANIZE, Concern(meeting.unit_id)).require()
    if version is not None:
        require_version(meeting.version, version)
    state_after(meeting.state, step, meeting.ends_at, clock.now())
    return meeting


async def people_of(session: AsyncSession, meeting: Meeting) -> list[Participant]:
    """Everybody on the meeting, held: an answer given meanwhile is either seen here or refused after."""
    rows = await session.scalars(
        select(Participant)
        .where(Participant.meeting_id == meeting.id, Participant.removed_at.is_(None))
        .order_by(Participant.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(rows)


async def record(
    session: AsyncSession,
    actor: Actor | None,
    tag: Tag,
    meeting: Meeting,
    *,
    name: str = "",
    address: str = "",
    **details: Any,
) -> None:
    """Write the meeting's trail; in that of the document it is about, only that it happened.

    Who reads a document's story need not see the meeting, so neither its subject nor a name stands there.
    """
    acting_for = meeting.unit_id if actor else None
    facts = {"subject": meeting.subject, "sequence": meeting.sequence, **details}
    await audit.record(
        session,
        actor,
        tag,
        "meeting",
        meeting.id,
        name=name,
        address=address,
        on_behalf_of=acting_for,
        **facts,
    )
    if meeting.document_id is not None:
        await audit.record(
            session,
            actor,
            tag,
            "document",
            meeting.document_id,
            name="invited",
            on_behalf_of=acting_for,
            meeting=str(meeting.id),
            sequence=meeting.sequence,
        )
