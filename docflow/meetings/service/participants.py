"""Adding people to a meeting that stands, and taking one off it."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import flag_modified

from docflow.access.actor import Actor
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.errors import NotFound
from docflow.meetings import plans, queries
from docflow.meetings.errors import ChairNeeded
from docflow.meetings.invitations import Change, next_sequence
from docflow.meetings.models import Meeting, ParticipantRole
from docflow.meetings.schemas import ParticipantsIn
from docflow.meetings.service import letters, standing
from docflow.meetings.service.letters import News, Occasion
from docflow.meetings.service.schedule import invite
from docflow.meetings.workflow import Step
from docflow.notifications.service import Postman


async def add_participants(
    session: AsyncSession, actor: Actor, postman: Postman, meeting_id: UUID, data: ParticipantsIn
) -> Meeting:
    """Invite further people with the present SEQUENCE; the others hear nothing, their calendars list them not.

    Raises what ``standing.take`` raises, and Invalid.
    """
    meeting = await standing.take(session, actor, meeting_id, Step.ADD_PARTICIPANT, None)
    already = frozenset(person.email.lower() for person in await standing.people_of(session, meeting))
    sites = {site.id: site for site in await queries.list_sites_of(session, meeting)}
    plans.require(
        plans.wrong_participants(data.participants, frozenset(sites), already=already, has_chair=True)
    )
    if not data.participants:
        return meeting
    added, links = await invite(session, meeting, data.participants, sites)
    # The list is part of what the version stands for, though no column of the meeting changes.
    flag_modified(meeting, "sequence")
    await session.flush()
    names = [person.name for person in added]
    await standing.record(session, actor, Tag.MEETING_PARTICIPANT_ADDED, meeting, participants=names)
    await letters.send(session, postman, meeting, added, News(Occasion.INVITATION), links)
    return meeting


async def remove_participant(
    session: AsyncSession,
    actor: Actor,
    postman: Postman,
    meeting_id: UUID,
    version: int,
    participant_id: UUID,
) -> Meeting:
    """Take somebody off: CANCEL to them alone, REQUEST with the next SEQUENCE to the rest, answers kept.

    Raises what ``standing.take`` raises, NotFound, and ChairNeeded.
    """
    meeting = await standing.take(session, actor, meeting_id, Step.REMOVE_PARTICIPANT, version)
    people = await standing.people_of(session, meeting)
    leaving = next((person for person in people if person.id == participant_id), None)
    if leaving is None:
        raise NotFound
    if leaving.role is ParticipantRole.CHAIR:
        raise ChairNeeded
    rest = [person for person in people if person is not leaving]
    leaving.removed_at = clock.now()
    meeting.sequence, _ = next_sequence(meeting.sequence, Change.ATTENDEE_REMOVED)
    links = letters.new_links(meeting, rest)
    await session.flush()
    await standing.record(session, actor, Tag.MEETING_PARTICIPANT_REMOVED, meeting, participant=leaving.name)
    await letters.send(session, postman, meeting, [leaving], News(Occasion.WITHDRAWAL))
    news = News(Occasion.UPDATE, (Change.ATTENDEE_REMOVED,))
    await letters.send(session, postman, meeting, rest, news, links)
    return meeting
