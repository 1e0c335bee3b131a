"""A meeting as a file for one's own calendar: METHOD:PUBLISH (RFC 5546 §3.2.1), which asks nobody anything."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.accounts.models import Unit
from docflow.core import clock
from docflow.core.messages import Language
from docflow.meetings.invitations import Attendee, Invitation, publish
from docflow.meetings.models import MeetingState, ParticipantRole
from docflow.meetings.queries import MeetingView
from docflow.meetings.service.letters import edition_of, facts_of, join_link
from docflow.notifications.service import Postman


async def published(session: AsyncSession, actor: Actor, postman: Postman, view: MeetingView) -> bytes:
    """The meeting as the actor sees it, at their own site, or at the central one when they are not invited."""
    meeting = view.meeting
    name = Unit.name_en if actor.language is Language.EN else Unit.name_vi
    convening = await session.scalar(select(name).where(Unit.id == meeting.unit_id))
    sites = facts_of(view.sites, postman.domain)
    own = next((one for one in view.participants if one.id in view.own), None)
    invitation = Invitation(
        edition=edition_of(meeting, postman.domain, convening or "", sites, None),
        recipient=Attendee("", actor.name, own.role if own else ParticipantRole.GUEST),
        site=sites[own.site_no if own else meeting.central_site_no],
        stamp=clock.now(),
        language=actor.language,
        description=meeting.description,
        join_url=join_link(postman, meeting),
    )
    return publish(invitation, cancelled=meeting.state is MeetingState.CANCELLED)
