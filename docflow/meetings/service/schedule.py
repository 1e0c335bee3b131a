"""Scheduling: the sites are held and the invitations written in one transaction."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.accounts import addressees
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.errors import NotFound, invalid
from docflow.core.ids import digest_of, new_secret
from docflow.documents.queries import get_document
from docflow.meetings import plans
from docflow.meetings.models import Meeting, MeetingState, Participant, Site
from docflow.meetings.policy import Concern, decide
from docflow.meetings.schemas import MeetingIn, ParticipantIn
from docflow.meetings.service import bookings, letters, standing
from docflow.meetings.service.letters import News, Occasion
from docflow.notifications.service import Postman


async def schedule(session: AsyncSession, actor: Actor, postman: Postman, data: MeetingIn) -> Meeting:
    """Hold the sites, invite everybody by mail (METHOD:REQUEST, SEQUENCE 0).

    Raises NotAllowed for a unit that the actor does not organize for, Invalid for what is impossible in
    itself, SiteAlreadyBooked for what is impossible now.
    """
    unit_id = _convening_unit(actor, data.unit_id)
    decide(actor, Action.MEETING_ORGANIZE, Concern(unit_id, fresh=True)).require()
    site_ids = frozenset({data.central_site_id, *data.site_ids})
    _check(data, site_ids)
    await _require_visible(session, actor, data.document_id)
    sites = await bookings.sites_named(session, site_ids, "site_ids")
    meeting = _meeting(actor, postman, data, unit_id, sites[data.central_site_id].no)
    await bookings.refuse_clashes(session, actor, meeting, sites.values())
    session.add(meeting)
    await session.flush()
    await bookings.hold(session, actor, meeting, sites.values())
    invited, links = await invite(session, meeting, data.participants, sites)
    await standing.record(
        session,
        actor,
        Tag.MEETING_SCHEDULED,
        meeting,
        letter_number=meeting.letter_number,
        starts_at=meeting.starts_at.isoformat(),
        ends_at=meeting.ends_at.isoformat(),
        sites=sorted(site.name for site in sites.values()),
        participants=len(invited),
    )
    await letters.send(session, postman, meeting, invited, News(Occasion.INVITATION), links)
    return meeting


async def invite(
    session: AsyncSession, meeting: Meeting, people: Sequence[ParticipantIn], sites: Mapping[UUID, Site]
) -> tuple[list[Participant], dict[UUID, str]]:
    """Add participants, and the secret of each one's answer link by participant.

    Linked is who is named, or known by an address that is theirs alone.

    Raises Invalid for a person who does not exist or left.
    """
    named = {person.person_id for person in people if person.person_id is not None}
    await addressees.people(session, named, "participants")
    known = await addressees.find_people_by_email(session, [person.email for person in people])
    links = {person.email.lower(): new_secret() for person in people}

    def row(person: ParticipantIn) -> dict[str, Any]:
        owner = known.get(person.email.lower())
        return {
            "meeting_id": meeting.id,
            "person_id": person.person_id or (owner.person_id if owner else None),
            "email": person.email,
            "name": person.name,
            "role": person.role,
            "site_no": sites[person.site_id].no,
            "answer_note": "",
            "link_digest": digest_of(links[person.email.lower()]),
            "link_sequence": meeting.sequence,
        }

    rows = [row(person) for person in people]
    added = await session.scalars(insert(Participant).returning(Participant), rows)
    invited = sorted(added, key=lambda one: one.id)
    return invited, {one.id: links[one.email.lower()] for one in invited}


def _convening_unit(actor: Actor, unit_id: UUID | None) -> UUID:
    if unit_id is not None:
        return unit_id
    own = actor.units_for(Action.MEETING_ORGANIZE)
    if len(own) != 1:
        raise invalid("unit_id", "convening_unit_to_be_named")
    return next(iter(own))


def _check(data: MeetingIn, site_ids: frozenset[UUID]) -> None:
    plans.require(
        plans.wrong_texts(
            {
                "subject": data.subject,
                "description": data.description,
                "letter_number": data.letter_number,
                "join_url": data.join_url,
            }
        ),
        plans.wrong_times(plans.moment(data.starts_at), plans.moment(data.ends_at), clock.now()),
        plans.wrong_number_of_sites(site_ids),
        plans.wrong_participants(data.participants, site_ids),
    )


async def _require_visible(session: AsyncSession, actor: Actor, document_id: UUID | None) -> None:
    if document_id is None:
        return
    try:
        await get_document(session, actor, document_id)
    except NotFound as error:
        raise invalid("document_id", "document_not_known") from error


def _meeting(actor: Actor, postman: Postman, data: MeetingIn, unit_id: UUID, central_site_no: int) -> Meeting:
    return Meeting(
        unit_id=unit_id,
        organizer_id=actor.person_id,
        document_id=data.document_id,
        subject=data.subject,
        description=data.description,
        letter_number=data.letter_number,
        join_url=data.join_url,
        starts_at=plans.moment(data.starts_at),
        ends_at=plans.moment(data.ends_at),
        central_site_no=central_site_no,
        state=MeetingState.SCHEDULED,
        uid=f"{uuid4()}@{postman.domain}",
        # Lower case: mail servers on the way may change the case of an address.
        token=secrets.token_hex(20),
        sequence=0,
    )
