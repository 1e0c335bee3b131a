"""Calling a meeting off."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.meetings import plans
from docflow.meetings.invitations import Change, next_sequence
from docflow.meetings.models import Meeting
from docflow.meetings.schemas import CancellationIn
from docflow.meetings.service import bookings, letters, standing
from docflow.meetings.service.letters import News, Occasion
from docflow.meetings.workflow import Step, state_after
from docflow.notifications.service import Postman


async def cancel(
    session: AsyncSession,
    actor: Actor,
    postman: Postman,
    meeting_id: UUID,
    version: int,
    data: CancellationIn,
) -> Meeting:
    """Release the sites and send everybody CANCEL with STATUS:CANCELLED and the next SEQUENCE.

    Raises what ``standing.take`` raises, and Invalid without a reason.
    """
    meeting = await standing.take(session, actor, meeting_id, Step.CANCEL, version)
    plans.require(plans.wrong_texts({"reason": data.reason}))
    people = await standing.people_of(session, meeting)
    now = clock.now()
    meeting.state = state_after(meeting.state, Step.CANCEL, meeting.ends_at, now)
    meeting.cancel_reason = data.reason
    meeting.sequence, _ = next_sequence(meeting.sequence, Change.CANCELLED)
    await session.flush()
    await bookings.release(session, meeting.id, now)
    await standing.record(session, actor, Tag.MEETING_CANCELLED, meeting, reason=data.reason)
    news = News(Occasion.CANCELLATION, (Change.CANCELLED,), reason=data.reason)
    await letters.send(session, postman, meeting, people, news)
    return meeting
