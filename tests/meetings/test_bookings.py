"""No site is booked twice: what clashes, what does not, what the refusal tells, and who wins a race."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, date
from typing import Any

import msgspec
import pytest
from psycopg import errors as pg
from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError

from docflow.access.actor import Actor
from docflow.access.roles import Role
from docflow.accounts.models import RoleHeld, Unit
from docflow.core.db import Sessions, transaction
from docflow.core.errors import Invalid
from docflow.meetings.errors import SiteAlreadyBooked
from docflow.meetings.models import Booking, Meeting, Site
from docflow.meetings.schemas import MeetingChange
from docflow.meetings.service.change import change
from docflow.meetings.service.schedule import schedule
from docflow.notifications.service import Postman
from storage import ObjectStore
from tests.meetings.convening import Hall, at, count_letters
from tests.unchanged import unchanged

ActorOf = Callable[[str], Awaitable[Actor]]
Book = Callable[..., Awaitable[Meeting]]


@pytest.fixture
async def hall(sessions: Sessions) -> Hall:
    return await Hall.of(sessions)


@pytest.fixture
async def book(sessions: Sessions, postman: Postman, actor_of: ActorOf, hall: Hall) -> Book:
    """Schedule in a transaction of its own, as the office's organizer unless ``by`` another."""
    organizer = await actor_of("phuoclh")

    async def book(by: Actor = organizer, **fields: Any) -> Meeting:
        async with transaction(sessions) as session:
            return await schedule(session, by, postman, hall.plan(**fields))

    return book


async def organizer_of(sessions: Sessions, actor_of: ActorOf, username: str, unit: str) -> Actor:
    """Somebody of the province, made an organizer of a unit."""
    person = await actor_of(username)
    async with transaction(sessions) as session:
        unit_id = await session.scalar(select(Unit.id).where(Unit.code == unit))
        row = {"person_id": person.person_id, "unit_id": unit_id, "role": Role.MEETING_ORGANIZER}
        await session.execute(insert(RoleHeld), [{**row, "valid_from": date(2020, 1, 1)}])
    return await actor_of(username)


async def test_a_second_meeting_at_a_booked_site_is_refused_naming_site_meeting_and_time(
    book: Book, hall: Hall, sessions: Sessions, store: ObjectStore
) -> None:
    first = await book(sites=3)
    async with unchanged(sessions, store):
        with pytest.raises(SiteAlreadyBooked) as refused:
            await book(
                central_site_id=str(hall.ids[2]),
                site_ids=[str(hall.ids[2]), str(hall.ids[5])],
                participants=[{**hall.guests(1)[0], "site_id": str(hall.ids[5])}],
                starts_at=at(10.5).isoformat(),
                ends_at=at(12).isoformat(),
            )
    (clash,) = refused.value.facts["clashes"]
    assert clash["site"] == hall.names[2]
    assert (clash["meeting_id"], clash["meeting"]) == (str(first.id), first.subject)
    assert clash["when"] == f"{at(8):%d/%m/%Y} 08:00–11:00"
    assert refused.value.facts["named"] == f"{hall.names[2]} ({clash['when']}) “{first.subject}”"


async def test_a_clash_with_a_meeting_that_one_may_not_see_tells_site_and_time_only(
    book: Book, hall: Hall, sessions: Sessions, actor_of: ActorOf
) -> None:
    first = await book(sites=2)
    finance = await organizer_of(sessions, actor_of, "nghiant", "H99.03")
    with pytest.raises(SiteAlreadyBooked) as refused:
        await book(by=finance, sites=2, subject="Giao ban")
    for clash in refused.value.facts["clashes"]:
        assert (clash["meeting_id"], clash["meeting"]) == (None, None)
    assert first.subject not in str(refused.value.facts)
    assert hall.names[0] in refused.value.facts["named"]


async def test_meetings_that_follow_one_another_do_not_clash(book: Book) -> None:
    await book(starts_at=at(8).isoformat(), ends_at=at(10).isoformat())
    await book(starts_at=at(10).isoformat(), ends_at=at(12).isoformat())
    await book(starts_at=at(7).isoformat(), ends_at=at(8).isoformat())
    with pytest.raises(SiteAlreadyBooked) as refused:
        await book(starts_at=at(9.9).isoformat(), ends_at=at(10.1).isoformat())
    assert len(refused.value.facts["clashes"]) == 6


async def test_the_database_itself_refuses_a_second_booking(
    book: Book, hall: Hall, sessions: Sessions
) -> None:
    meeting = await book()
    row = {"meeting_id": meeting.id, "site_no": 1, "during": Range(at(10), at(12))}
    async with sessions() as session:
        with pytest.raises(IntegrityError) as refused:
            await session.execute(insert(Booking), [row])
    assert isinstance(refused.value.orig, pg.ExclusionViolation)
    assert refused.value.orig.diag.constraint_name == "ex_booking_site_twice"


async def test_of_eight_organizers_at_once_exactly_one_gets_the_sites(book: Book, sessions: Sessions) -> None:
    outcomes = await asyncio.gather(*(book(sites=10) for _ in range(8)), return_exceptions=True)
    won = [outcome for outcome in outcomes if isinstance(outcome, Meeting)]
    lost = [outcome for outcome in outcomes if isinstance(outcome, SiteAlreadyBooked)]
    assert (len(won), len(lost)) == (1, 7)
    for refusal in lost:
        assert {clash["meeting_id"] for clash in refusal.facts["clashes"]} == {str(won[0].id)}
        assert len(refusal.facts["clashes"]) == 10
    async with sessions() as session:
        assert len((await session.scalars(select(Booking.id))).all()) == 10
    assert await count_letters(sessions) == 4


async def test_overlapping_choices_of_sites_in_any_order_never_wait_for_each_other_in_a_circle(
    book: Book, hall: Hall, sessions: Sessions
) -> None:
    def sites(*numbers: int) -> dict[str, Any]:
        ids = [str(hall.ids[number]) for number in numbers]
        chair = {**hall.guests(1)[0], "site_id": ids[0]}
        return {"central_site_id": ids[0], "site_ids": ids, "participants": [chair]}

    choices = [sites(0, 1, 2), sites(2, 1, 0), sites(3, 0), sites(2, 3), sites(1, 4, 3), sites(4, 0)]
    outcomes = await asyncio.gather(*(book(**choice) for choice in choices), return_exceptions=True)
    assert all(isinstance(outcome, Meeting | SiteAlreadyBooked) for outcome in outcomes), outcomes
    async with sessions() as session:
        booked = (await session.scalars(select(Booking.site_no))).all()
    assert 0 < len(booked) == len(set(booked))


async def test_two_meetings_moved_onto_each_other_at_once_end_with_one_at_that_time(
    book: Book, sessions: Sessions, postman: Postman, actor_of: ActorOf
) -> None:
    organizer = await actor_of("phuoclh")
    early = await book(starts_at=at(8).isoformat(), ends_at=at(9).isoformat())
    late = await book(starts_at=at(14).isoformat(), ends_at=at(15).isoformat())
    noon = MeetingChange(starts_at=at(11), ends_at=at(12))

    async def move(meeting: Meeting) -> Meeting:
        async with transaction(sessions) as session:
            return await change(session, organizer, postman, meeting.id, 1, noon)

    outcomes = await asyncio.gather(move(early), move(late), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Meeting", "SiteAlreadyBooked"]


async def test_a_meeting_moved_onto_another_stays_where_it_was(
    book: Book, sessions: Sessions, postman: Postman, actor_of: ActorOf, store: ObjectStore
) -> None:
    await book(subject="Buổi sáng")
    afternoon = await book(starts_at=at(14).isoformat(), ends_at=at(16).isoformat())
    data = MeetingChange(starts_at=at(10), ends_at=at(12))
    organizer = await actor_of("phuoclh")
    async with unchanged(sessions, store):
        with pytest.raises(SiteAlreadyBooked) as refused:
            async with transaction(sessions) as session:
                await change(session, organizer, postman, afternoon.id, 1, data)
    assert "Buổi sáng" in refused.value.facts["named"]


async def test_a_meeting_can_be_moved_over_its_own_time(
    book: Book, sessions: Sessions, postman: Postman, actor_of: ActorOf
) -> None:
    meeting = await book()
    data = MeetingChange(starts_at=at(9), ends_at=at(12))
    async with transaction(sessions) as session:
        moved = await change(session, await actor_of("phuoclh"), postman, meeting.id, 1, data)
    assert moved.starts_at == at(9)


async def test_a_site_that_leaves_a_meeting_is_free_and_nobody_may_be_left_at_it(
    book: Book, hall: Hall, sessions: Sessions, postman: Postman, actor_of: ActorOf
) -> None:
    meeting = await book(sites=3)
    organizer = await actor_of("phuoclh")
    fewer = msgspec.convert({"site_ids": [str(site) for site in hall.ids[:2]]}, MeetingChange)
    async with sessions() as session:
        with pytest.raises(Invalid) as refused:
            await change(session, organizer, postman, meeting.id, 1, fewer)
    assert [(field.pointer, field.code) for field in refused.value.fields] == [
        ("/site_ids", "participants_without_site")
    ]
    two = await book(sites=2, starts_at=at(14).isoformat(), ends_at=at(15).isoformat())
    three = msgspec.convert({"site_ids": [str(site) for site in hall.ids[:3]]}, MeetingChange)
    async with transaction(sessions) as session:
        await change(session, organizer, postman, two.id, 1, three)
    async with transaction(sessions) as session:
        await change(session, organizer, postman, two.id, 2, fewer)
    third = {**hall.guests(1)[0], "site_id": str(hall.ids[2])}
    await book(
        central_site_id=str(hall.ids[2]),
        site_ids=[],
        participants=[third],
        starts_at=at(14).isoformat(),
        ends_at=at(15).isoformat(),
    )


async def test_a_closed_site_takes_no_more_bookings(book: Book, hall: Hall, sessions: Sessions) -> None:
    async with transaction(sessions) as session:
        site = await session.get_one(Site, hall.ids[1])
        site.closed_at = at(0, days=-1)
    with pytest.raises(Invalid) as refused:
        await book()
    assert refused.value.fields[0].code == "site_closed"
    assert refused.value.fields[0].facts == {"sites": hall.names[1]}


async def test_whatever_is_asked_for_is_given_exactly_when_nothing_overlaps(
    book: Book, hall: Hall, sessions: Sessions
) -> None:
    chance = random.Random(20261203)
    given: list[tuple[int, int, set[int]]] = []
    for _ in range(60):
        begin = chance.randrange(16)
        end = begin + chance.randrange(1, 5)
        numbers = set(chance.sample(range(4), chance.randrange(1, 4)))
        expected = {
            (hall.names[number], at(other).astimezone(UTC).isoformat())
            for other, until, taken in given
            for number in numbers & taken
            if begin < until and other < end
        }
        ids = [str(hall.ids[number]) for number in numbers]
        wanted = {
            "central_site_id": ids[0],
            "site_ids": ids,
            "participants": [{**hall.guests(1)[0], "site_id": ids[0]}],
            "starts_at": at(begin).isoformat(),
            "ends_at": at(end).isoformat(),
        }
        try:
            await book(**wanted)
        except SiteAlreadyBooked as refused:
            named = {(clash["site"], clash["starts_at"]) for clash in refused.facts["clashes"]}
            assert named == expected != set()
        else:
            assert expected == set()
            given.append((begin, end, numbers))
    assert 0 < len(given) < 60
