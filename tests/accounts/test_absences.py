"""Absence: who says it, who acts for whom meanwhile, and that nothing of it is left when it ends."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.access.roles import Role
from docflow.accounts.absence_schemas import SetAbsence
from docflow.accounts.errors import PersonAlreadyAway
from docflow.accounts.queries import find_absence, find_actor
from docflow.accounts.service import absences as service
from docflow.audit.models import AuditEvent
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import Sessions, transaction
from tests.accounts.house import API, House, refused, told

SignIn = Callable[[str], Awaitable[httpx.AsyncClient]]
ActorOf = Callable[[str], Awaitable[Actor]]
TODAY = clock.today()
HEAD, CLERK, SPECIALIST, CHAIRMAN, VICE = "nguyetdtm", "datcv", "maihtx", "khaitq", "thuyhtt"
OTHER_HEAD, ADMINISTRATOR = "nghiant", "huyvn"


def days(first: int, end: int) -> dict[str, str]:
    return {"starts_on": str(TODAY + timedelta(days=first)), "ends_on": str(TODAY + timedelta(days=end))}


async def set_absence(
    client: httpx.AsyncClient, house: House, who: str, substitute: str | None, first: int = 0, end: int = 3
) -> httpx.Response:
    body: dict[str, Any] = {**days(first, end), "reason": "Nghỉ phép"}
    body["substitute_id"] = substitute and house.people[substitute]
    return await client.post(f"{API}/people/{house.people[who]}/absences", json=body)


def moment_of(day: int) -> datetime:
    return datetime.combine(TODAY + timedelta(days=day), time(9), clock.LOCAL_ZONE)


async def actor_on(sessions: Sessions, house: House, who: str, day: int) -> Actor:
    with clock.at(moment_of(day)):
        async with sessions() as session:
            actor = await find_actor(session, UUID(house.people[who]))
    assert actor is not None
    return actor


async def test_while_it_lasts_the_substitute_acts_with_the_roles_and_sees_what_was_given(
    house: House, sign_in: SignIn, sessions: Sessions, actor_of: ActorOf
):
    head = await actor_of(HEAD)
    before = await actor_of(SPECIALIST)
    assert not before.may(Action.DOCUMENT_DIRECT)
    answer = told(await set_absence(await sign_in(HEAD), house, HEAD, SPECIALIST), 201)
    assert (answer["substitute_name"], answer["uncovered"]) == (before.name, [])
    during = await actor_of(SPECIALIST)
    assert {held.role for held in during.held} == {Role.SPECIALIST, Role.UNIT_HEAD}
    assert during.may(Action.DOCUMENT_DIRECT)
    assert set(head.principals) <= set(during.principals)
    assert during.principals[0] == during.person_principal == before.person_principal
    assert [away.person_id for away in during.standing_in] == [head.person_id]
    assert during.persons == {before.person_id, head.person_id}
    me = told(await (await sign_in(SPECIALIST)).get(f"{API}/me"))
    assert [away["name"] for away in me["standing_in"]] == [head.name]


async def test_it_begins_and_ends_by_itself_and_leaves_nothing(
    house: House, sign_in: SignIn, sessions: Sessions
):
    before = await actor_on(sessions, house, SPECIALIST, 0)
    told(await set_absence(await sign_in(HEAD), house, HEAD, SPECIALIST, first=1, end=3), 201)
    for day, lent in ((0, False), (1, True), (2, True), (3, False), (400, False)):
        actor = await actor_on(sessions, house, SPECIALIST, day)
        assert bool(actor.standing_in) is lent, day
        if not lent:
            assert actor == before


async def test_clearance_is_not_lent_nor_is_administration(
    house: House, sign_in: SignIn, sessions: Sessions, actor_of: ActorOf
):
    await house.patch("people", house.people[HEAD], {"clearance": "top_secret"})
    for role in ("administrator", "specialist"):
        await house.give_role(HEAD, role, "H99.03")
    told(await set_absence(await sign_in(HEAD), house, HEAD, SPECIALIST), 201)
    during = await actor_of(SPECIALIST)
    assert during.clearance == 0
    assert not during.may(Action.PERSON_ADMINISTER)
    assert Role.ADMINISTRATOR not in {held.role for held in during.held}


async def test_roles_that_are_lent_are_not_lent_on(house: House, sign_in: SignIn, actor_of: ActorOf):
    told(await set_absence(await sign_in(HEAD), house, HEAD, SPECIALIST, 0, 2), 201)
    # The substitute goes away too: whoever stands in for the substitute has the substitute's own roles alone.
    answer = told(await set_absence(await sign_in(SPECIALIST), house, SPECIALIST, CLERK, 1, 4), 201)
    assert [one["name"] for one in answer["uncovered"]] == [(await actor_of(HEAD)).name]
    with clock.at(moment_of(1)):
        clerk = await actor_of(CLERK)
    assert [away.person_id for away in clerk.standing_in] == [UUID(house.people[SPECIALIST])]
    assert Role.UNIT_HEAD not in {held.role for held in clerk.held}


async def test_a_substitute_who_is_away_is_refused(house: House, sign_in: SignIn):
    told(await set_absence(await sign_in(SPECIALIST), house, SPECIALIST, None, 1, 4), 201)
    problem = refused(
        await set_absence(await sign_in(HEAD), house, HEAD, SPECIALIST, 3, 6), 409, "substitute_away"
    )
    assert problem["facts"]["ends_on"] == str(TODAY + timedelta(days=4))
    told(await set_absence(await sign_in(HEAD), house, HEAD, SPECIALIST, 4, 6), 201)


async def test_nobody_is_away_twice_on_a_day(house: House, sign_in: SignIn):
    head = await sign_in(HEAD)
    told(await set_absence(head, house, HEAD, None, 1, 4), 201)
    refused(await set_absence(head, house, HEAD, None, 3, 6), 409, "person_already_away")
    told(await set_absence(head, house, HEAD, None, 4, 6), 201)


async def test_of_two_at_once_one_comes_second(house: House, sessions: Sessions, actor_of: ActorOf):
    head = await actor_of(HEAD)
    data = SetAbsence(starts_on=TODAY, ends_on=TODAY + timedelta(days=2))

    async def once() -> None:
        async with transaction(sessions) as session:
            await service.set_absence(session, head, head.person_id, data)

    outcomes = await asyncio.gather(once(), once(), return_exceptions=True)
    assert sorted(type(one).__name__ for one in outcomes) == ["NoneType", PersonAlreadyAway.__name__]


@pytest.mark.parametrize(
    ("first", "end", "code"),
    [(-1, 3, "absence_in_the_past"), (2, 2, "dates_in_wrong_order"), (0, 400, "absence_too_long")],
)
async def test_impossible_days_are_refused(house: House, sign_in: SignIn, first: int, end: int, code: str):
    refused(await set_absence(await sign_in(HEAD), house, HEAD, None, first, end), 422, code)


async def test_nobody_stands_in_for_themselves_nor_does_somebody_frozen(house: House, sign_in: SignIn):
    head = await sign_in(HEAD)
    refused(await set_absence(head, house, HEAD, HEAD), 422, "substitute_is_the_person")
    await house.freeze(SPECIALIST)
    refused(await set_absence(head, house, HEAD, SPECIALIST), 422, "person_not_known")


async def test_who_may_say_that_somebody_is_away(house: House, sign_in: SignIn):
    refused(await set_absence(await sign_in(CLERK), house, HEAD, CLERK), 403, "substitute_named_by_another")
    refused(await set_absence(await sign_in(CLERK), house, HEAD, SPECIALIST), 403, "absence_of_somebody_else")
    refused(await set_absence(await sign_in(OTHER_HEAD), house, CLERK, None), 403, "absence_of_somebody_else")
    told(await set_absence(await sign_in(HEAD), house, CLERK, SPECIALIST), 201)
    told(await set_absence(house.admin, house, HEAD, SPECIALIST), 201)
    refused(
        await set_absence(house.admin, house, CHAIRMAN, ADMINISTRATOR), 403, "substitute_named_by_another"
    )


async def test_a_substitute_cannot_prolong_what_they_were_lent(house: House, sign_in: SignIn):
    told(await set_absence(await sign_in(HEAD), house, HEAD, SPECIALIST, 0, 2), 201)
    substitute = await sign_in(SPECIALIST)
    refused(await set_absence(substitute, house, HEAD, CLERK, 2, 9), 403, "absence_of_somebody_else")
    refused(await set_absence(substitute, house, CLERK, OTHER_HEAD, 2, 9), 403, "absence_of_somebody_else")


async def test_cancelling_ends_it_at_once_and_only_once(house: House, sign_in: SignIn, actor_of: ActorOf):
    head = await sign_in(HEAD)
    absence = told(await set_absence(head, house, HEAD, SPECIALIST), 201)
    address = f"{API}/people/{house.people[HEAD]}/absences/{absence['id']}"
    refused(await (await sign_in(CLERK)).delete(address), 403, "absence_of_somebody_else")
    other = address.replace(house.people[HEAD], house.people[CLERK])
    refused(await (await sign_in(CLERK)).delete(other), 404, "not_found")
    told(await head.delete(address), 204)
    assert not (await actor_of(SPECIALIST)).standing_in
    refused(await head.delete(address), 409, "absence_over")
    told(await set_absence(head, house, HEAD, CLERK), 201)


async def test_whoever_is_frozen_lends_nothing(house: House, sign_in: SignIn, actor_of: ActorOf):
    told(await set_absence(await sign_in(HEAD), house, HEAD, SPECIALIST), 201)
    await house.freeze(HEAD)
    assert not (await actor_of(SPECIALIST)).standing_in


async def test_the_house_knows_who_is_away_but_not_why(house: House, sign_in: SignIn, sessions: Sessions):
    for first in (0, 5, 10):
        told(await set_absence(await sign_in(HEAD), house, HEAD, CLERK, first, first + 2), 201)
    address = f"{API}/people/{house.people[HEAD]}/absences"
    page = told(await (await sign_in(OTHER_HEAD)).get(address, params={"limit": 2}))
    rest = told(await (await sign_in(OTHER_HEAD)).get(address, params={"limit": 2, "cursor": page["next"]}))
    found = [*page["items"], *rest["items"]]
    assert [one["starts_on"] for one in found] == [str(TODAY + timedelta(days=day)) for day in (10, 5, 0)]
    assert {one["reason"] for one in found} == {None}
    assert told(await (await sign_in(HEAD)).get(address))["items"][0]["reason"] == "Nghỉ phép"
    async with sessions() as session:
        away = await find_absence(session, UUID(house.people[HEAD]), TODAY)
        assert away is not None
        assert away.substitute_id == UUID(house.people[CLERK])
        assert away.substitute_principal is not None
        assert await find_absence(session, UUID(house.people[HEAD]), TODAY + timedelta(days=2)) is None


async def test_what_a_substitute_does_is_in_the_trail_with_for_whom(
    house: House, sign_in: SignIn, sessions: Sessions
):
    told(await set_absence(await sign_in(HEAD), house, HEAD, SPECIALIST), 201)
    told(await set_absence(await sign_in(SPECIALIST), house, SPECIALIST, None, 20, 22), 201)
    async with sessions() as session:
        events = (
            await session.scalars(
                select(AuditEvent).where(AuditEvent.tag == Tag.ABSENCE_SET).order_by(AuditEvent.id)
            )
        ).all()
    assert [bool(event.details.get("standing_in_for")) for event in events] == [False, True]
    (away,) = events[1].details["standing_in_for"]
    assert away["id"] == house.people[HEAD]
