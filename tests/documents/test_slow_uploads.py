"""Uploads that take their time: silent clients hold nothing for long, and rights are asked for again at the end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import httpx
import pytest
from litestar import Litestar
from sqlalchemy import select, update

from docflow.accounts.models import ApiToken, Person, RoleHeld, UserSession
from docflow.app import create_app
from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.settings import Settings
from storage import ObjectStore
from tests.conftest import SignIn
from tests.documents.registering import DOCUMENTS, INCOMING, incoming, register
from tests.unchanged import unchanged

MIB = 1024 * 1024
IDLE = 1.0
HEADERS = {"Content-Type": "multipart/form-data; boundary=b", "Transfer-Encoding": "chunked"}
START = (
    "".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
        for name, text in incoming().items()
    ).encode()
    + b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
)
END = b"\r\n--b--\r\n"
Change = Callable[[Sessions], Awaitable[None]]


@pytest.fixture
async def hasty(settings: Settings, store: ObjectStore) -> AsyncIterator[Litestar]:
    """The application, which waits one second for a silent client."""
    app = create_app(settings, idle_seconds=IDLE)
    started, ended = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with app.lifespan():
            started.set()
            await ended.wait()

    life = asyncio.create_task(live())
    await started.wait()
    yield app
    ended.set()
    await life


def client_of(app: Litestar, cookies: httpx.Cookies) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000", cookies=cookies)


async def silent_after(sent: int) -> AsyncIterator[bytes]:
    yield START
    for _ in range(sent // MIB):
        yield b"x" * MIB
    await asyncio.sleep(30)


async def test_clients_that_fall_silent_are_given_up_and_let_the_next_upload_through(
    hasty: Litestar, sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    async with client_of(hasty, (await sign_in("anpth")).cookies) as clerk:
        async with unchanged(sessions, store), asyncio.timeout(20):
            # More than the store has threads for, each beyond what fits in memory.
            silent = [clerk.post(INCOMING, content=silent_after(5 * MIB), headers=HEADERS) for _ in range(18)]
            answers = await asyncio.gather(*silent)
        for answer in answers:
            assert (answer.status_code, answer.json()["code"]) == (408, "request_too_slow")
            assert answer.headers["connection"] == "close"
        async with asyncio.timeout(20):
            large = {"file": ("a.txt", b"x" * (6 * MIB), "text/plain")}
            assert (await register(clerk, large))["number"] == "01"


async def test_a_json_body_that_stops_half_way_is_given_up(
    hasty: Litestar, sign_in: SignIn, client: httpx.AsyncClient
) -> None:
    async def half() -> AsyncIterator[bytes]:
        yield b'{"note":'
        await asyncio.sleep(30)

    as_json = {"Content-Type": "application/json", "Transfer-Encoding": "chunked", "If-Match": '"1"'}
    nowhere = f"{DOCUMENTS}/01997a3e-5b60-7c11-9c1e-0b7f1d2a4d01"
    async with client_of(hasty, (await sign_in("anpth")).cookies) as clerk, asyncio.timeout(10):
        for slow in (
            clerk.patch(nowhere, content=half(), headers=as_json),
            clerk.post("/api/v1/session", content=half(), headers=as_json),
        ):
            answer = await slow
            assert (answer.status_code, answer.json()["code"]) == (408, "request_too_slow")
            assert answer.headers["connection"] == "close"


def anpth() -> object:
    return select(Person.id).where(Person.username == "anpth").scalar_subquery()


async def freeze(sessions: Sessions) -> None:
    async with transaction(sessions) as session:
        await session.execute(update(Person).where(Person.username == "anpth").values(frozen_at=clock.now()))


async def sign_out(sessions: Sessions) -> None:
    async with transaction(sessions) as session:
        past = clock.now() - timedelta(seconds=1)
        await session.execute(update(UserSession).values(expires_at=past))


async def take_the_role(sessions: Sessions) -> None:
    async with transaction(sessions) as session:
        held = update(RoleHeld).where(RoleHeld.person_id == anpth())
        await session.execute(held.values(valid_to=clock.today()))


async def lower_the_clearance(sessions: Sessions) -> None:
    async with transaction(sessions) as session:
        await session.execute(update(Person).where(Person.username == "anpth").values(clearance=1))


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        (freeze, 401, "not_signed_in"),
        (sign_out, 401, "not_signed_in"),
        (take_the_role, 403, "not_allowed"),
        (lower_the_clearance, 403, "not_allowed"),
    ],
)
async def test_rights_taken_away_while_the_file_comes_register_nothing(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore, change: Change, status: int, code: str
) -> None:
    clerk = await sign_in("anpth")
    half, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield START + b"x" * MIB
        half.set()
        await go_on.wait()
        yield END

    upload = asyncio.create_task(clerk.post(INCOMING, content=slow(), headers=HEADERS))
    await half.wait()
    await change(sessions)
    async with unchanged(sessions, store):
        go_on.set()
        answer = await upload
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_token_revoked_while_the_file_comes_registers_nothing(
    sign_in: SignIn, client: httpx.AsyncClient, sessions: Sessions, store: ObjectStore
) -> None:
    clerk = await sign_in("anpth")
    body = {
        "name": "a scanner",
        "scopes": ["document:register"],
        "expires_at": (clock.now() + timedelta(days=1)).isoformat(),
    }
    issued = await clerk.post("/api/v1/tokens", json=body)
    assert issued.status_code == 201, issued.text
    secret = issued.json()["secret"]
    half, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield START + b"x" * MIB
        half.set()
        await go_on.wait()
        yield END

    as_program = {**HEADERS, "Authorization": f"Bearer {secret}"}
    upload = asyncio.create_task(client.post(INCOMING, content=slow(), headers=as_program))
    await half.wait()
    async with transaction(sessions) as session:
        await session.execute(update(ApiToken).values(revoked_at=clock.now()))
    async with unchanged(sessions, store):
        go_on.set()
        answer = await upload
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
