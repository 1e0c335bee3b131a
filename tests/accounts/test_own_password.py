"""One's own password: changed by who knows the present one; every other session ends."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import func, select

from docflow.access.actor import Actor
from docflow.accounts.models import Person, SignInThrottle
from docflow.accounts.service.own_password import change_own_password
from docflow.accounts.service.sign_in import FREE_FAILURES
from docflow.audit.models import AuditEvent
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import Sessions
from docflow.core.errors import NotSignedIn
from docflow.sample.loader import SAMPLE_PASSWORD
from tests.accounts.house import API, PASSWORD, House, refused, told

COOKIE = "docflow_session"
SignIn = Callable[[str], Awaitable[httpx.AsyncClient]]
CHANGE = {"current_password": SAMPLE_PASSWORD, "new_password": PASSWORD}


async def hash_of(sessions: Sessions, username: str) -> str | None:
    async with sessions() as session:
        return await session.scalar(select(Person.password_hash).where(Person.username == username))


async def test_changing_the_password_rotates_this_session_and_ends_the_others(
    sign_in: SignIn, client: httpx.AsyncClient
):
    here, elsewhere = await sign_in("anpth"), await sign_in("anpth")
    before = here.cookies[COOKIE]
    told(await here.put(f"{API}/me/password", json=CHANGE), 204)
    assert here.cookies[COOKIE] != before
    told(await here.get(f"{API}/me"))
    refused(await elsewhere.get(f"{API}/me"), 401, "not_signed_in")
    client.cookies.set(COOKIE, before)
    refused(await client.get(f"{API}/me"), 401, "not_signed_in")


async def test_only_the_new_password_lets_in(sign_in: SignIn, client: httpx.AsyncClient):
    clerk = await sign_in("anpth")
    told(await clerk.put(f"{API}/me/password", json=CHANGE), 204)
    old = {"username": "anpth", "password": SAMPLE_PASSWORD}
    refused(await client.post(f"{API}/session", json=old), 401, "sign_in_refused")
    told(await client.post(f"{API}/session", json={**old, "password": PASSWORD}), 201)


async def test_sessions_of_other_people_go_on(sign_in: SignIn):
    clerk, other = await sign_in("anpth"), await sign_in("datcv")
    told(await clerk.put(f"{API}/me/password", json=CHANGE), 204)
    told(await other.get(f"{API}/me"))


async def test_a_wrong_present_password_changes_nothing_and_counts_as_a_failed_sign_in(
    sign_in: SignIn, sessions: Sessions
):
    clerk = await sign_in("anpth")
    before = await hash_of(sessions, "anpth")
    answer = await clerk.put(f"{API}/me/password", json={**CHANGE, "current_password": "wrong"})
    problem = refused(answer, 422, "current_password_wrong")
    assert problem["errors"][0]["pointer"] == "/current_password"
    assert await hash_of(sessions, "anpth") == before
    async with sessions() as session:
        failures = select(SignInThrottle.failures).where(SignInThrottle.key == "name:anpth")
        assert await session.scalar(failures) == 1
    told(await clerk.get(f"{API}/me"))


async def test_guessing_the_present_password_is_blocked_like_guessing_at_the_door(sign_in: SignIn):
    clerk = await sign_in("anpth")
    for _ in range(FREE_FAILURES + 1):
        await clerk.put(f"{API}/me/password", json={**CHANGE, "current_password": "wrong"})
    refused(await clerk.put(f"{API}/me/password", json=CHANGE), 429, "sign_in_blocked")


@pytest.mark.parametrize("password", ["", "too short", "x" * 201])
async def test_a_password_too_short_or_too_long_is_refused(sign_in: SignIn, password: str):
    clerk = await sign_in("anpth")
    answer = await clerk.put(f"{API}/me/password", json={**CHANGE, "new_password": password})
    assert refused(answer, 422, "invalid")["errors"][0]["pointer"] == "/new_password"


async def test_an_administrator_who_sets_a_password_ends_that_persons_sessions_and_no_others(
    house: House, sign_in: SignIn, client: httpx.AsyncClient
):
    clerk = await sign_in("datcv")
    path = f"{API}/people/{house.people['datcv']}/password"
    told(await house.admin.post(path, json={"new_password": PASSWORD}), 204)
    refused(await clerk.get(f"{API}/me"), 401, "not_signed_in")
    told(await house.admin.get(f"{API}/me"))
    told(await client.post(f"{API}/session", json={"username": "datcv", "password": PASSWORD}), 201)


async def test_nobody_sets_their_own_password_without_the_present_one(house: House):
    path = f"{API}/people/{house.people['huyvn']}/password"
    answer = await house.admin.post(path, json={"new_password": PASSWORD})
    refused(answer, 403, "own_password_by_the_present_one")


async def test_a_session_that_ended_while_the_password_was_checked_changes_nothing(
    sessions: Sessions, actor_of: Callable[[str], Awaitable[Actor]]
):
    before = await hash_of(sessions, "anpth")
    without_a_session = await actor_of("anpth")
    with pytest.raises(NotSignedIn):
        await change_own_password(sessions, without_a_session, current=SAMPLE_PASSWORD, new=PASSWORD)
    assert await hash_of(sessions, "anpth") == before


async def test_no_password_and_no_hash_is_in_the_trail(sign_in: SignIn, sessions: Sessions, house: House):
    clerk = await sign_in("anpth")
    told(await clerk.put(f"{API}/me/password", json=CHANGE), 204)
    path = f"{API}/people/{house.people['datcv']}/password"
    told(await house.admin.post(path, json={"new_password": PASSWORD}), 204)
    async with sessions() as session:
        events = (await session.scalars(select(AuditEvent))).all()
    changes = [event for event in events if event.tag is Tag.PERSON_CHANGED]
    assert [event.details for event in changes] == [{"changed": {"password": None}}] * 2
    everything = " ".join(str(event.details) for event in events)
    assert all(secret not in everything for secret in (PASSWORD, SAMPLE_PASSWORD, "argon2"))


async def test_no_answer_to_a_new_password_is_kept_for_a_retry(house: House, sessions: Sessions):
    from docflow.web.idempotency import KeptAnswer

    path = f"{API}/people/{house.people['datcv']}/password"
    headers = {"idempotency-key": "once"}
    told(await house.admin.post(path, json={"new_password": PASSWORD}, headers=headers), 204)
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(KeptAnswer)) == 0


async def test_a_new_password_is_good_at_once_for_a_person_whose_old_one_was_blocked(
    house: House, client: httpx.AsyncClient
):
    body = {"username": "datcv", "password": "wrong"}
    for _ in range(FREE_FAILURES + 1):
        await client.post(f"{API}/session", json=body)
    path = f"{API}/people/{house.people['datcv']}/password"
    told(await house.admin.post(path, json={"new_password": PASSWORD}), 204)
    with clock.at(clock.now() + timedelta(seconds=2)):
        told(await client.post(f"{API}/session", json={**body, "password": PASSWORD}), 201)
