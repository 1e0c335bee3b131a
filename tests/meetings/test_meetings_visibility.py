"""Who sees which meeting, what of it, and who may do what with it: by role, by id, in lists, counts and calendars."""

from collections.abc import Awaitable, Callable
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import insert, select, update

from docflow.access.actions import Action
from docflow.access.actor import Actor, Held, Secrecy
from docflow.access.roles import GRANTS, Role
from docflow.accounts.models import Person, RoleHeld, Unit
from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.core.messages import Language
from docflow.meetings.policy import Concern, decide, decide_site
from docflow.meetings.queries import list_today
from storage import ObjectStore
from tests.conftest import SignIn
from tests.documents.registering import register, unit_id
from tests.meetings.convening import (
    CHAIR,
    MEETINGS,
    Hall,
    answers_of,
    at,
    schedule,
)
from tests.unchanged import unchanged


@pytest.fixture
async def hall(sessions: Sessions) -> Hall:
    return await Hall.of(sessions)


@pytest.fixture
async def organizer(sign_in: SignIn) -> httpx.AsyncClient:
    return await sign_in("phuoclh")


async def test_only_an_organizer_schedules_and_only_for_their_own_unit(
    organizer: httpx.AsyncClient, hall: Hall, sessions: Sessions, sign_in: SignIn, store: ObjectStore
) -> None:
    office, finance = await unit_id(sessions, "VP"), await unit_id(sessions, "STC")
    others = [await sign_in(username) for username in ("anpth", "thinhbd", "huyvn")]
    async with unchanged(sessions, store):
        refused = await organizer.post(MEETINGS, json=hall.meeting(unit_id=finance))
        assert (refused.status_code, refused.json()["facts"]["reason"]) == (403, "not_organizer_of_the_unit")
        for somebody in others:
            assert (await somebody.post(MEETINGS, json=hall.meeting())).status_code == 403
    assert (await schedule(organizer, hall.meeting(unit_id=office)))["unit_id"] == office


async def meetings_seen(somebody: httpx.AsyncClient) -> tuple[list[str], int]:
    page = (await somebody.get(MEETINGS, params={"total": "true"})).json()
    return [meeting["subject"] for meeting in page["items"]], page["total"]["value"]


SEES = ["phuoclh", "anpth", "thinhbd", "maihtx", "lienttb"]
"""Organizer, a colleague, the chair, and clerks of two units whose sites join."""
SEES_NOT = ["huongdt", "phuongct", "khaitq", "huyvn", "anhmtn"]
"""Clerks of units that have nothing to do with it, another leader, the administrator, the auditor."""


async def test_a_meeting_is_seen_by_those_concerned_and_leaks_to_nobody_else(
    organizer: httpx.AsyncClient, hall: Hall, sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    meeting = await schedule(organizer, hall.meeting(subject="Hội nghị kín"))
    place = f"{MEETINGS}/{meeting['id']}"
    for username in SEES:
        somebody = await sign_in(username)
        assert await meetings_seen(somebody) == (["Hội nghị kín"], 1), username
        for address in (place, f"{place}/calendar.ics"):
            assert (await somebody.get(address)).status_code == 200, username
    for username in SEES_NOT:
        stranger = await sign_in(username)
        assert await meetings_seen(stranger) == ([], 0), username
        filtered = await stranger.get(MEETINGS, params={"site_id": str(hall.ids[0])})
        assert filtered.json()["items"] == []
        async with unchanged(sessions, store):
            answers = [await stranger.get(place), await stranger.get(f"{place}/calendar.ics")]
            answers.append(await stranger.post(f"{place}/answer", json={"answer": "accepted"}))
        assert [answer.status_code for answer in answers] == [404] * 3, username
        assert "kín" not in "".join(answer.text for answer in answers)


async def test_an_organizer_of_another_unit_cannot_tell_it_from_one_that_does_not_exist(
    organizer: httpx.AsyncClient, hall: Hall, sign_in: SignIn, sessions: Sessions
) -> None:
    meeting = await schedule(organizer, hall.meeting())
    async with transaction(sessions) as session:
        # The organizer changes over to a unit without a part in the meeting.
        moved = select(Unit.id).where(Unit.code == "H99.04").scalar_subquery()
        me = select(Person.id).where(Person.username == "phuoclh").scalar_subquery()
        await session.execute(update(RoleHeld).where(RoleHeld.person_id == me).values(unit_id=moved))
    for place in (f"{MEETINGS}/{meeting['id']}", f"{MEETINGS}/{uuid4()}"):
        answers = [
            await organizer.get(place),
            await organizer.patch(place, json={"subject": "x"}, headers={"If-Match": '"1"'}),
            await organizer.post(f"{place}/participants", json={"participants": []}),
            await organizer.delete(f"{place}/participants/{uuid4()}", headers={"If-Match": '"1"'}),
            await organizer.post(f"{place}/cancellation", json={"reason": "x"}, headers={"If-Match": '"1"'}),
        ]
        assert [answer.status_code for answer in answers] == [404] * 5
        assert {answer.json()["code"] for answer in answers} == {"not_found"}


async def test_addresses_and_notes_are_for_organizers_and_oneself(
    organizer: httpx.AsyncClient, hall: Hall, sign_in: SignIn
) -> None:
    meeting = await schedule(organizer, hall.meeting())
    assert [one["email"] for one in meeting["participants"]][:2] == [CHAIR, "guest1@mail.example"]
    chair, member = await sign_in("thinhbd"), await sign_in("maihtx")
    place = f"{MEETINGS}/{meeting['id']}"
    said = {"answer": "tentative", "note": "Có thể muộn"}
    assert (await chair.post(f"{place}/answer", json=said)).status_code == 200
    own = (await chair.get(place)).json()
    seen = (await member.get(place)).json()
    assert [one["email"] for one in own["participants"]] == [CHAIR, None, None, None]
    assert own["participants"][0]["answer_note"] == "Có thể muộn"
    assert (own["actions"], seen["actions"]) == (["meeting:answer"], [])
    for one in seen["participants"]:
        assert (one["email"], one["person_id"], one["answer_note"]) == (None, None, None)
    assert seen["participants"][0]["answer"] == "tentative"
    assert (await organizer.get(place)).json()["actions"] == ["meeting:organize"]


async def test_whoever_is_invited_answers_for_themselves_only_while_the_meeting_stands(
    organizer: httpx.AsyncClient, hall: Hall, sign_in: SignIn, sessions: Sessions
) -> None:
    meeting = await schedule(organizer, hall.meeting())
    place = f"{MEETINGS}/{meeting['id']}"
    chair, member = await sign_in("thinhbd"), await sign_in("maihtx")
    refused = await member.post(f"{place}/answer", json={"answer": "accepted"})
    assert (refused.status_code, refused.json()["facts"]["reason"]) == (403, "not_invited")
    answered = await chair.post(f"{place}/answer", json={"answer": "declined", "note": ""})
    assert (answered.status_code, answered.headers["etag"]) == (200, '"1"')
    assert (await answers_of(sessions, meeting["id"]))[CHAIR] == "declined"
    with clock.at(at(11)):
        chair = await sign_in("thinhbd")
        late = await chair.post(f"{place}/answer", json={"answer": "accepted"})
    assert (late.status_code, late.json()["code"]) == (409, "meeting_over")


async def test_a_meeting_about_a_document_shows_it_to_its_readers_only_and_stands_in_its_trail(
    organizer: httpx.AsyncClient, hall: Hall, sign_in: SignIn, sessions: Sessions
) -> None:
    clerk, member = await sign_in("anpth"), await sign_in("maihtx")
    document = await register(clerk)
    meeting = await schedule(organizer, hall.meeting(document_id=document["id"]))
    place = f"{MEETINGS}/{meeting['id']}"
    assert meeting["document_id"] == document["id"]
    assert (await member.get(place)).json()["document_id"] is None
    about = {"document_id": document["id"], "total": "true"}
    assert (await organizer.get(MEETINGS, params=about)).json()["total"]["value"] == 1
    hidden = (await member.get(MEETINGS, params=about)).json()
    assert (hidden["items"], hidden["total"]["value"]) == ([], 0)
    trail = (await clerk.get(f"/api/v1/documents/{document['id']}/trail")).json()["items"]
    assert "meeting:scheduled" in [event["tag"] for event in trail]


async def test_todays_meetings_are_those_one_is_invited_to_or_ones_site_joins(
    organizer: httpx.AsyncClient,
    hall: Hall,
    sessions: Sessions,
    actor_of: Callable[[str], Awaitable[Actor]],
) -> None:
    await schedule(organizer, hall.meeting(subject="Hôm nay"))
    await schedule(
        organizer,
        hall.meeting(subject="Mai", starts_at=at(24).isoformat(), ends_at=at(25).isoformat()),
    )

    async def today(username: str) -> list[str]:
        async with sessions() as session:
            rows = await list_today(session, await actor_of(username))
        return [row.meeting.subject for row in rows]

    with clock.at(at(0.5)):
        assert await today("thinhbd") == ["Hôm nay"]
        assert await today("maihtx") == ["Hôm nay"]
        assert await today("huongdt") == []
    assert await today("thinhbd") == []


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("at_home", [True, False])
def test_who_may_do_what_with_a_meeting(role: Role, at_home: bool) -> None:
    home, elsewhere = uuid4(), uuid4()
    actor = Actor(
        person_id=uuid4(),
        name="Ai",
        username="ai",
        language=Language.VI,
        clearance=Secrecy.NONE,
        held=(Held(role, home, 1, (1,)),),
        principals=(1,),
        person_principal=1,
    )
    unit = home if at_home else elsewhere
    organizes = role is Role.MEETING_ORGANIZER and at_home
    assert bool(decide(actor, Action.MEETING_ORGANIZE, Concern(unit, invited=True))) == organizes
    assert bool(decide(actor, Action.MEETING_ANSWER, Concern(unit, invited=True)))
    assert not decide(actor, Action.MEETING_ANSWER, Concern(unit, invited=False))
    for other in set(Action) - {Action.MEETING_ORGANIZE, Action.MEETING_ANSWER}:
        assert not decide(actor, other, Concern(unit, invited=True))
    assert Action.MEETING_ANSWER in GRANTS[role]


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(
    ("places", "kept"),
    [([], True), ([(1, 2)], True), ([(1, 2, 3)], True), ([(1,)], False), ([(1, 2), (1, 4)], False)],
)
def test_sites_are_kept_by_administrators_of_their_units_or_above(
    role: Role, places: list[tuple[int, ...]], kept: bool
) -> None:
    actor = Actor(
        person_id=uuid4(),
        name="Ai",
        username="ai",
        language=Language.VI,
        clearance=Secrecy.NONE,
        held=(Held(role, uuid4(), 2, (1, 2)),),
        principals=(1,),
        person_principal=1,
    )
    assert decide_site(actor, *places).allowed == (kept and role is Role.ADMINISTRATOR)


async def amend_address(sessions: Sessions, username: str, email: str) -> None:
    async with transaction(sessions) as session:
        await session.execute(update(Person).where(Person.username == username).values(email=email))


async def test_whoever_is_given_the_address_of_an_invited_person_sees_and_answers_nothing(
    organizer: httpx.AsyncClient, hall: Hall, sign_in: SignIn, sessions: Sessions
) -> None:
    meeting = await schedule(organizer, hall.meeting())
    place = f"{MEETINGS}/{meeting['id']}"
    await amend_address(sessions, "phuongct", CHAIR.upper())
    stranger = await sign_in("phuongct")
    assert await meetings_seen(stranger) == ([], 0)
    answers = [await stranger.get(place), await stranger.post(f"{place}/answer", json={"answer": "declined"})]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert (await answers_of(sessions, meeting["id"]))[CHAIR] == "needs_action"
    await amend_address(sessions, "thinhbd", "new@truonggiang.example")
    chair = await sign_in("thinhbd")
    assert (await chair.post(f"{place}/answer", json={"answer": "accepted"})).status_code == 200


async def test_an_address_that_several_people_share_is_nobodys_own_seat(
    organizer: httpx.AsyncClient, hall: Hall, sign_in: SignIn, sessions: Sessions
) -> None:
    """All of them get the letter and see the meeting; who answers is known by the link of the letter alone."""
    await amend_address(sessions, "phuongct", CHAIR)
    meeting = await schedule(organizer, hall.meeting())
    place = f"{MEETINGS}/{meeting['id']}"
    assert meeting["participants"][0]["person_id"] is None
    for username in ("phuongct", "thinhbd"):
        somebody = await sign_in(username)
        seen = (await somebody.get(place)).json()
        assert (seen["actions"], seen["participants"][0]["email"]) == ([], None), username
        refused = await somebody.post(f"{place}/answer", json={"answer": "accepted"})
        assert (refused.status_code, refused.json()["facts"]["reason"]) == (403, "not_invited")
    assert (await answers_of(sessions, meeting["id"]))[CHAIR] == "needs_action"
    async with transaction(sessions) as session:
        gone = update(Person).where(Person.username == "phuongct").values(frozen_at=clock.now())
        await session.execute(gone)
    chair = await sign_in("thinhbd")
    assert (await chair.post(f"{place}/answer", json={"answer": "accepted"})).status_code == 200


async def test_the_successor_of_the_convening_unit_changes_and_cancels_its_meetings_and_convenes_none_for_it(
    organizer: httpx.AsyncClient, hall: Hall, sign_in: SignIn, sessions: Sessions
) -> None:
    office = await unit_id(sessions, "VP")
    meeting = await schedule(organizer, hall.meeting())
    place = f"{MEETINGS}/{meeting['id']}"
    async with transaction(sessions) as session:
        heir = select(Unit.id).where(Unit.code == "H99.04").scalar_subquery()
        me = select(Person.id).where(Person.username == "phuongct").scalar_subquery()
        given = {"person_id": me, "unit_id": heir, "role": Role.MEETING_ORGANIZER}
        await session.execute(insert(RoleHeld).values(valid_from=clock.today(), **given))
        ended = update(Unit).where(Unit.code == "H99.01")
        await session.execute(ended.values(valid_to=clock.today(), successor_id=heir))
    successor = await sign_in("phuongct")
    assert (await organizer.get(place)).status_code == 403
    seen = (await successor.get(place)).json()
    assert (seen["actions"], seen["participants"][0]["email"]) == (["meeting:organize"], CHAIR)
    refused = await successor.post(MEETINGS, json=hall.meeting(unit_id=office))
    assert (refused.status_code, refused.json()["facts"]["reason"]) == (403, "not_organizer_of_the_unit")
    changed = await successor.patch(place, json={"subject": "Mới"}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.json()["subject"]) == (200, "Mới")
    cancelled = await successor.post(
        f"{place}/cancellation", json={"reason": "Sáp nhập"}, headers={"If-Match": changed.headers["etag"]}
    )
    assert cancelled.json()["state"] == "cancelled"
    body = hall.meeting(starts_at=at(14).isoformat(), ends_at=at(15).isoformat())
    own = await schedule(successor, body)
    assert own["unit_id"] == await unit_id(sessions, "H99.04")
