"""Signing in: a fresh secret each time, waits that grow with failures and touch nobody else."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import func, select

from docflow.accounts.errors import SignInBlocked, SignInRefused
from docflow.accounts.models import SignInThrottle, UserSession
from docflow.accounts.passwords import hash_password
from docflow.accounts.queries import TOUCH_AFTER
from docflow.accounts.service.sign_in import (
    ADDRESS_ALLOWANCE,
    FREE_FAILURES,
    HALVED_EVERY,
    LONGEST_ADDRESS_WAIT,
    LONGEST_WAIT,
    SignedIn,
    Visitor,
    _count_failure,
    forget_ended,
    sign_in,
)
from docflow.audit.models import AuditEvent
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.core.ids import digest_of
from docflow.sample.loader import SAMPLE_PASSWORD
from tests.accounts.house import API, PASSWORD, House, refused, told

COOKIE = "docflow_session"
NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
SignIn = Callable[[str], Awaitable[httpx.AsyncClient]]


async def attempt(
    sessions: Sessions, username: str = "anpth", password: str = "wrong", address: str = "10.0.0.1"
) -> SignedIn:
    return await sign_in(sessions, username=username, password=password, visitor=Visitor(address), hours=12)


async def fail(sessions: Sessions, times: int, username: str = "anpth", address: str = "10.0.0.1") -> None:
    for _ in range(times):
        with pytest.raises((SignInRefused, SignInBlocked)):
            await attempt(sessions, username, address=address)


async def failures_of(sessions: Sessions, key: str) -> int | None:
    async with sessions() as session:
        return await session.scalar(select(SignInThrottle.failures).where(SignInThrottle.key == key))


async def waits(sessions: Sessions, failures: int) -> list[int]:
    """Seconds that the user name is blocked for after each failure, the next made as soon as the wait is over."""
    told: list[int] = []
    now = NOW
    for _ in range(failures):
        with clock.at(now):
            await fail(sessions, 1)
        async with sessions() as session:
            until = await session.scalar(select(func.max(SignInThrottle.blocked_until)))
        assert until is not None
        told.append(int((until - now).total_seconds()))
        now = until
    return told


async def failed_before(sessions: Sessions, key: str, failures: int, at: datetime = NOW) -> None:
    async with transaction(sessions) as session:
        session.add(SignInThrottle(key=key, failures=failures, failed_at=at, blocked_until=at))


async def test_signing_in_tells_who_i_am_and_sets_a_cookie_that_scripts_cannot_read(
    client: httpx.AsyncClient,
):
    answer = await client.post(f"{API}/session", json={"username": "ANPTH", "password": SAMPLE_PASSWORD})
    me = told(answer, 201)["me"]
    assert (me["username"], me["name"]) == ("anpth", "Phạm Thị Hoài An")
    assert "document:register" in me["actions"]
    assert "person:administer" not in me["actions"]
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert told(await client.get(f"{API}/me")) == me


async def test_every_sign_in_gets_a_secret_of_its_own_and_only_its_digest_is_kept(sessions: Sessions):
    first = await attempt(sessions, password=SAMPLE_PASSWORD)
    second = await attempt(sessions, password=SAMPLE_PASSWORD)
    assert first.secret != second.secret
    async with sessions() as session:
        digests = set(await session.scalars(select(UserSession.digest)))
    assert digests == {digest_of(first.secret), digest_of(second.secret)}


async def test_a_made_up_cookie_never_becomes_a_session(client: httpx.AsyncClient, sessions: Sessions):
    client.cookies.set(COOKIE, "chosen-by-somebody-else")
    refused(await client.get(f"{API}/me"), 401, "not_signed_in")
    answer = await client.post(f"{API}/session", json={"username": "anpth", "password": SAMPLE_PASSWORD})
    assert told(answer, 201)
    assert "chosen-by-somebody-else" not in answer.headers["set-cookie"]
    async with sessions() as session:
        made_up = select(UserSession).where(UserSession.digest == digest_of("chosen-by-somebody-else"))
        assert await session.scalar(made_up) is None


async def test_signing_in_again_ends_the_session_that_the_browser_had(
    sign_in: SignIn, client: httpx.AsyncClient
):
    clerk = await sign_in("anpth")
    before = clerk.cookies[COOKIE]
    body = {"username": "anpth", "password": SAMPLE_PASSWORD}
    told(await clerk.post(f"{API}/session", json=body), 201)
    assert clerk.cookies[COOKIE] != before
    told(await clerk.get(f"{API}/me"))
    client.cookies.set(COOKIE, before)
    refused(await client.get(f"{API}/me"), 401, "not_signed_in")


async def test_signing_out_makes_the_cookie_worthless(sign_in: SignIn, client: httpx.AsyncClient):
    clerk = await sign_in("anpth")
    secret = clerk.cookies[COOKIE]
    told(await clerk.delete(f"{API}/session"), 204)
    client.cookies.set(COOKIE, secret)
    refused(await client.get(f"{API}/me"), 401, "not_signed_in")


async def test_an_unknown_name_a_wrong_password_and_a_frozen_person_are_told_the_same(
    client: httpx.AsyncClient, house: House
):
    await house.freeze("datcv")
    answers = [
        await client.post(f"{API}/session", json={"username": username, "password": password})
        for username, password in (
            ("nobody", SAMPLE_PASSWORD),
            ("anpth", "wrong"),
            ("datcv", SAMPLE_PASSWORD),
        )
    ]
    problems = [refused(answer, 401, "sign_in_refused") for answer in answers]
    assert problems[0] == problems[1] == problems[2]


async def test_failures_are_counted_although_the_request_is_rolled_back(
    client: httpx.AsyncClient, sessions: Sessions
):
    for _ in range(2):
        await client.post(f"{API}/session", json={"username": "Nobody", "password": "wrong"})
    assert await failures_of(sessions, "name:nobody") == 2
    assert await failures_of(sessions, "address:127.0.0.1") == 2
    async with sessions() as session:
        refusals = select(func.count()).where(AuditEvent.tag == Tag.SESSION_REFUSED)
        assert await session.scalar(refusals) == 2


async def test_the_wait_doubles_with_each_failure_up_to_a_quarter_of_an_hour(sessions: Sessions):
    assert await waits(sessions, FREE_FAILURES + 12) == [
        0,
        0,
        0,
        0,
        1,
        2,
        4,
        8,
        16,
        32,
        64,
        128,
        256,
        512,
        900,
        900,
    ]


async def test_some_failures_cost_nothing(sessions: Sessions):
    with clock.at(NOW):
        await fail(sessions, FREE_FAILURES)
        assert (await attempt(sessions, password=SAMPLE_PASSWORD)).actor.username == "anpth"


async def test_the_wait_is_told_with_the_refusal(client: httpx.AsyncClient):
    body = {"username": "anpth", "password": "wrong"}
    for _ in range(FREE_FAILURES + 1):
        refused(await client.post(f"{API}/session", json=body), 401, "sign_in_refused")
    answer = await client.post(f"{API}/session", json={**body, "password": SAMPLE_PASSWORD})
    refused(answer, 429, "sign_in_blocked")
    assert 1 <= int(answer.headers["retry-after"]) <= 3


async def test_the_right_password_after_the_wait_lets_in_and_clears_the_count(sessions: Sessions):
    with clock.at(NOW):
        await fail(sessions, FREE_FAILURES + 1)
    with clock.at(NOW + timedelta(seconds=4)):
        await attempt(sessions, password=SAMPLE_PASSWORD)
    assert await failures_of(sessions, "name:anpth") is None


async def test_a_blocked_name_blocks_nobody_else_even_in_the_same_office(sessions: Sessions):
    with clock.at(NOW):
        await fail(sessions, FREE_FAILURES * 2)
        with pytest.raises(SignInBlocked):
            await attempt(sessions, password=SAMPLE_PASSWORD)
        assert (await attempt(sessions, "datcv", SAMPLE_PASSWORD)).actor.username == "datcv"


async def test_an_address_that_tries_very_many_names_is_blocked_for_all_for_a_short_time(
    sessions: Sessions,
):
    free = FREE_FAILURES * ADDRESS_ALLOWANCE
    await failed_before(sessions, "address:10.0.0.1", free - 1)
    with clock.at(NOW):
        await fail(sessions, 1, "guess1")
        assert (await attempt(sessions, "datcv", SAMPLE_PASSWORD)).secret
        await fail(sessions, 1, "guess2")
        with pytest.raises(SignInBlocked):
            await attempt(sessions, "datcv", SAMPLE_PASSWORD)
        assert (await attempt(sessions, "datcv", SAMPLE_PASSWORD, address="10.0.0.2")).secret
    await failed_before(sessions, "address:10.0.0.3", free * 1000)
    with clock.at(NOW):
        await fail(sessions, 1, "guess3", address="10.0.0.3")
        with pytest.raises(SignInBlocked) as blocked:
            await attempt(sessions, "datcv", SAMPLE_PASSWORD, address="10.0.0.3")
    assert blocked.value.facts["retry_after"] == LONGEST_ADDRESS_WAIT.total_seconds()


async def test_failures_count_half_with_every_quarter_of_an_hour(sessions: Sessions):
    await failed_before(sessions, "name:anpth", 12)
    for quarters, counted in ((1, 7), (2, 4), (4, 2), (40, 1)):
        with clock.at(NOW + HALVED_EVERY * quarters):
            await fail(sessions, 1)
        assert await failures_of(sessions, "name:anpth") == counted


async def test_an_office_in_which_somebody_mistypes_every_minute_is_never_kept_out(sessions: Sessions):
    async with transaction(sessions) as session:
        for minute in range(6 * 60):
            with clock.at(NOW + timedelta(minutes=minute)):
                await _count_failure(session, f"typist-{minute}", "10.0.0.1")
    assert (await failures_of(sessions, "address:10.0.0.1") or 0) <= 30
    with clock.at(NOW + timedelta(hours=6)):
        assert (await attempt(sessions, "datcv", SAMPLE_PASSWORD)).secret


async def test_a_name_that_is_guessed_at_whenever_its_wait_is_over_stays_at_the_longest_wait(
    sessions: Sessions,
):
    assert (await waits(sessions, FREE_FAILURES + 20))[-10:] == [LONGEST_WAIT.total_seconds()] * 10


async def test_attempts_in_parallel_are_all_counted(sessions: Sessions):
    answers = await asyncio.gather(*(attempt(sessions) for _ in range(16)), return_exceptions=True)
    assert {type(answer) for answer in answers} <= {SignInRefused, SignInBlocked}
    async with sessions() as session:
        refusals = await session.scalar(select(func.count()).where(AuditEvent.tag == Tag.SESSION_REFUSED))
    assert await failures_of(sessions, "name:anpth") == refusals == 16


async def test_a_right_password_that_comes_through_after_the_block_began_is_refused_like_a_wrong_one(
    sessions: Sessions,
):
    queue = [asyncio.create_task(hash_password(PASSWORD)) for _ in range(20)]
    late = asyncio.create_task(attempt(sessions, password=SAMPLE_PASSWORD))
    await asyncio.sleep(0.05)
    async with transaction(sessions) as session:
        until = clock.now() + timedelta(minutes=1)
        session.add(SignInThrottle(key="name:anpth", failures=9, failed_at=clock.now(), blocked_until=until))
    with pytest.raises(SignInBlocked):
        await late
    await asyncio.gather(*queue)


async def test_a_password_is_the_same_however_a_keyboard_writes_its_accents(
    house: House, client: httpx.AsyncClient
):
    await house.add_person("moi", "Lê Mới", password="mật khẩu rất dài")
    body = {"username": "moi", "password": "mật khẩu rất dài"}
    assert told(await client.post(f"{API}/session", json=body), 201)["me"]["name"] == "Lê Mới"


async def test_a_user_name_with_nul_is_refused_and_a_password_with_nul_is_just_wrong(
    client: httpx.AsyncClient,
):
    answer = await client.post(f"{API}/session", json={"username": "an\0pth", "password": "x"})
    assert refused(answer, 422, "text_not_allowed")["errors"][0]["pointer"] == "/username"
    answer = await client.post(f"{API}/session", json={"username": "anpth", "password": "a\0b"})
    refused(answer, 401, "sign_in_refused")


async def test_half_a_character_is_not_understood(client: httpx.AsyncClient):
    answer = await client.post(
        f"{API}/session",
        content=b'{"username": "anpth", "password": "\\ud800"}',
        headers={"content-type": "application/json"},
    )
    refused(answer, 400, "not_understood")


async def test_freezing_somebody_ends_their_sessions_at_once_and_thawing_does_not_bring_them_back(
    sign_in: SignIn, house: House
):
    clerk = await sign_in("datcv")
    told(await clerk.get(f"{API}/me"))
    told(await house.freeze("datcv"))
    refused(await clerk.get(f"{API}/me"), 401, "not_signed_in")
    told(await house.freeze("datcv", frozen=False))
    refused(await clerk.get(f"{API}/me"), 401, "not_signed_in")
    assert await sign_in("datcv")


async def test_a_session_ends_when_it_is_not_used_and_lives_on_when_it_is(
    sessions: Sessions, client: httpx.AsyncClient
):
    with clock.at(NOW):
        client.cookies.set(COOKIE, (await attempt(sessions, password=SAMPLE_PASSWORD)).secret)
    with clock.at(NOW + timedelta(hours=11)):
        told(await client.get(f"{API}/me"))
    with clock.at(NOW + timedelta(hours=22)):
        told(await client.get(f"{API}/me"))
    with clock.at(NOW + timedelta(hours=34, seconds=1)):
        refused(await client.get(f"{API}/me"), 401, "not_signed_in")


async def test_that_a_session_is_used_is_noted_at_most_once_a_minute(
    sessions: Sessions, client: httpx.AsyncClient
):
    async def seen_at() -> datetime | None:
        async with sessions() as session:
            return await session.scalar(select(UserSession.seen_at))

    with clock.at(NOW):
        client.cookies.set(COOKIE, (await attempt(sessions, password=SAMPLE_PASSWORD)).secret)
    with clock.at(NOW + TOUCH_AFTER):
        told(await client.get(f"{API}/me"))
    assert await seen_at() == NOW
    with clock.at(NOW + TOUCH_AFTER + timedelta(seconds=1)):
        told(await client.get(f"{API}/me"))
    assert await seen_at() == NOW + TOUCH_AFTER + timedelta(seconds=1)


async def test_ended_sessions_and_cooled_throttles_are_forgotten(sessions: Sessions):
    with clock.at(NOW):
        await attempt(sessions, password=SAMPLE_PASSWORD)
        await fail(sessions, 1, "datcv")
    with clock.at(NOW + timedelta(days=1, seconds=1)):
        await attempt(sessions, password=SAMPLE_PASSWORD)
        async with transaction(sessions) as session:
            await forget_ended(session)
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(UserSession)) == 1
        assert await session.scalar(select(func.count()).select_from(SignInThrottle)) == 0


async def test_a_person_without_a_role_signs_in_and_may_do_nothing(house: House, client: httpx.AsyncClient):
    await house.add_person("moi", "Lê Mới")
    answer = await client.post(f"{API}/session", json={"username": "moi", "password": PASSWORD})
    assert told(answer, 201)["me"]["actions"] == []
    refused(await client.get(f"{API}/units"), 403, "role_missing")


async def test_a_foreign_page_cannot_sign_anybody_in(client: httpx.AsyncClient):
    body = {"username": "anpth", "password": SAMPLE_PASSWORD}
    answer = await client.post(f"{API}/session", json=body, headers={"origin": "https://elsewhere.example"})
    refused(answer, 403, "foreign_origin")
