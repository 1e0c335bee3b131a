"""Changing a meeting: its time, sites, seats, page and texts, and telling everybody."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from msgspec import UNSET, UnsetType
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.errors import FieldError
from docflow.meetings import plans, queries
from docflow.meetings.invitations import Change, next_sequence
from docflow.meetings.models import Answer, Meeting, Participant, Site
from docflow.meetings.plans import Plan
from docflow.meetings.schemas import MeetingChange
from docflow.meetings.service import bookings, letters, standing
from docflow.meetings.service.letters import News, Occasion
from docflow.meetings.workflow import Step
from docflow.notifications.service import Postman

T = TypeVar("T")


async def change(
    session: AsyncSession,
    actor: Actor,
    postman: Postman,
    meeting_id: UUID,
    version: int,
    data: MeetingChange,
) -> Meeting:
    """Change what is given and write to everybody; nothing is written when nothing becomes different.

    Time, sites and join page raise SEQUENCE. A new time or page asks everybody again, a new seat whoever sits
    there. Raises what ``standing.take`` raises, Invalid, and SiteAlreadyBooked.
    """
    meeting = await standing.take(session, actor, meeting_id, Step.CHANGE, version)
    people = await standing.people_of(session, meeting)
    held = {site.id: site for site in await queries.list_sites_of(session, meeting)}
    sites = await _sites_wanted(session, meeting, data, held)
    old = _plan_of(meeting, people, held)
    plans.require(_wrong_seats(data, people, sites))
    new = _plan_wanted(old, data, sites)
    changes = plans.changes_between(old, new)
    if not changes:
        return meeting
    plans.require(*_wrong(old, new, changes))
    _apply(meeting, new, changes)
    if Change.TIME in changes or new.site_nos != old.site_nos:
        await bookings.refuse_clashes(session, actor, meeting, sites.values())
        await bookings.hold(session, actor, meeting, sites.values())
    asked_again = _ask_again(people, old, new, changes)
    links = letters.new_links(meeting, people)
    await session.flush()
    await standing.record(session, actor, Tag.MEETING_CHANGED, meeting, **_told(old, new, changes))
    news = News(Occasion.UPDATE, tuple(changes), asked_again)
    await letters.send(session, postman, meeting, people, news, links)
    return meeting


async def _sites_wanted(
    session: AsyncSession, meeting: Meeting, data: MeetingChange, held: Mapping[UUID, Site]
) -> dict[UUID, Site]:
    """The sites after the change; the central one belongs to them whether it is listed or not."""
    central = next(site.id for site in held.values() if site.no == meeting.central_site_no)
    listed = frozenset(_given(data.site_ids, list(held)))
    plans.require(plans.wrong_number_of_sites(listed))
    wanted = listed | {_given(data.central_site_id, central)}
    return await bookings.sites_named(session, wanted, "site_ids")


def _plan_of(meeting: Meeting, people: Sequence[Participant], held: Mapping[UUID, Site]) -> Plan:
    return Plan(
        subject=meeting.subject,
        description=meeting.description,
        letter_number=meeting.letter_number,
        join_url=meeting.join_url,
        starts_at=meeting.starts_at,
        ends_at=meeting.ends_at,
        central_site_no=meeting.central_site_no,
        site_nos=frozenset(site.no for site in held.values()),
        seats={person.id: person.site_no for person in people},
    )


def _plan_wanted(old: Plan, data: MeetingChange, sites: Mapping[UUID, Site]) -> Plan:
    moved = {seat.participant_id: sites[seat.site_id].no for seat in data.participant_sites or ()}
    central = old.central_site_no
    if data.central_site_id is not UNSET:
        central = sites[data.central_site_id].no
    return Plan(
        subject=_given(data.subject, old.subject),
        description=_given(data.description, old.description),
        letter_number=_given(data.letter_number, old.letter_number),
        join_url=_given(data.join_url, old.join_url),
        starts_at=old.starts_at if data.starts_at is UNSET else plans.moment(data.starts_at),
        ends_at=old.ends_at if data.ends_at is UNSET else plans.moment(data.ends_at),
        central_site_no=central,
        site_nos=frozenset(site.no for site in sites.values()),
        seats={**old.seats, **moved},
    )


def _given(value: T | UnsetType, otherwise: T) -> T:
    return otherwise if isinstance(value, UnsetType) else value


def _wrong_seats(
    data: MeetingChange, people: Collection[Participant], sites: Mapping[UUID, Site]
) -> Iterator[FieldError]:
    """Seats of people who are not on the meeting or at sites that are not its own; people left without one."""
    known = {person.id for person in people}
    seated = set()
    for number, seat in enumerate(data.participant_sites or ()):
        place = f"/participant_sites/{number}"
        if seat.participant_id not in known:
            yield FieldError(f"{place}/participant_id", "participant_not_known")
        if seat.site_id not in sites:
            yield FieldError(f"{place}/site_id", "participant_elsewhere")
        seated.add(seat.participant_id)
    numbers = {site.no for site in sites.values()}
    lost = [person.name for person in people if person.id not in seated and person.site_no not in numbers]
    if lost:
        yield FieldError("/site_ids", "participants_without_site", {"names": ", ".join(lost)})


def _wrong(old: Plan, new: Plan, changes: Sequence[Change]) -> Iterator[Iterator[FieldError]]:
    yield plans.wrong_texts(
        {
            "subject": new.subject,
            "description": new.description,
            "letter_number": new.letter_number,
            "join_url": new.join_url,
        }
    )
    if Change.TIME in changes:
        anew = new.starts_at != old.starts_at
        yield plans.wrong_times(new.starts_at, new.ends_at, clock.now(), begins_anew=anew)


def _apply(meeting: Meeting, new: Plan, changes: Sequence[Change]) -> None:
    meeting.subject = new.subject
    meeting.description = new.description
    meeting.letter_number = new.letter_number
    meeting.join_url = new.join_url
    meeting.starts_at = new.starts_at
    meeting.ends_at = new.ends_at
    meeting.central_site_no = new.central_site_no
    meeting.sequence, _ = next_sequence(meeting.sequence, *changes)


def _ask_again(
    people: Sequence[Participant], old: Plan, new: Plan, changes: Sequence[Change]
) -> frozenset[UUID]:
    """Seat people, and reset the answers of those for whom what they answered to has changed.

    A site is what an invitation names as its place, so a new one concerns whoever sits there.
    """
    asked = set()
    for person in people:
        person.site_no = new.seats[person.id]
        moved = person.site_no != old.seats[person.id]
        theirs = [one for one in changes if one is not Change.SITE or moved]
        _, again = next_sequence(0, *theirs)
        if again:
            person.answer, person.answer_note, person.answered_at = Answer.NEEDS_ACTION, "", None
            asked.add(person.id)
    return frozenset(asked)


def _told(old: Plan, new: Plan, changes: Sequence[Change]) -> dict[str, Any]:
    told: dict[str, Any] = {"changes": [change.value for change in changes]}
    if Change.TIME in changes:
        told["before"] = [old.starts_at.isoformat(), old.ends_at.isoformat()]
        told["after"] = [new.starts_at.isoformat(), new.ends_at.isoformat()]
    return told
