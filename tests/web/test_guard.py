"""The route gate: fails closed, knows who asks, narrows tokens, keeps foreign pages and slow clients out."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar, get
from sqlalchemy import func, insert, select, update

from docflow.access.actions import Action
from docflow.accounts.api.session import authenticate
from docflow.accounts.models import ApiToken, Person, RoleHeld, Unit, UserSession
from docflow.accounts.service.tokens import TOKEN_PREFIX
from docflow.app import create_app
from docflow.audit.models import AuditEvent
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.core.ids import digest_of, new_secret
from docflow.settings import Settings
from docflow.web import problems
from docflow.web.guard import RouteGate
from docflow.web.transaction import TransactionMiddleware
from storage import ObjectStore
from tests.conftest import SignIn
from tests.documents.registering import DOCUMENTS, incoming, paper, register
from tests.unchanged import unchanged

ME = "/api/v1/me"
SESSION = "/api/v1/session"


async def refusals(sessions: Sessions) -> list[tuple[str, str]]:
    """(who, reason) of every refusal in the trail."""
    async with sessions() as session:
        events = await session.scalars(
            select(AuditEvent).where(AuditEvent.tag == Tag.ACCESS_REFUSED).order_by(AuditEvent.id)
        )
        return [(event.actor_name, event.details["reason"]) for event in events]


async def test_a_route_without_an_action_is_closed_to_everybody(sessions: Sessions) -> None:
    @get("/forgotten")
    async def forgotten() -> str:
        return "open"

    @get("/misspelt", opt={"action": "document:read"})
    async def misspelt() -> str:
        return "open"

    @get("/nearly-public", opt={"public": "yes"})
    async def nearly_public() -> str:
        return "open"

    app = Litestar(
        [forgotten, misspelt, nearly_public],
        guards=[RouteGate(authenticate, "http://here")],
        middleware=[TransactionMiddleware(sessions, {}, problems.render_bare)],
        exception_handlers={Exception: problems.render},
        openapi_config=None,
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as web:  # type: ignore[arg-type]
        for address in ("/forgotten", "/misspelt", "/nearly-public"):
            answer = await web.get(address)
            assert answer.status_code == 403
            assert answer.json()["facts"] == {"reason": "route_without_action"}


async def test_whoever_is_not_known_is_asked_to_sign_in(client: httpx.AsyncClient, sign_in: SignIn) -> None:
    for headers in (
        {},
        {"Cookie": "docflow_session=made-up"},
        {"Authorization": "Bearer made-up"},
        {"Authorization": f"Bearer {TOKEN_PREFIX}made-up"},
        {"Authorization": "Basic YTpi"},
        {"Authorization": TOKEN_PREFIX},
    ):
        answer = await client.get(ME, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in"), headers
        assert answer.headers["www-authenticate"] == "Bearer"
    clerk = await sign_in("anpth")
    assert (await clerk.get(ME, headers={"Authorization": "Bearer made-up"})).status_code == 401


async def test_a_session_ends_by_signing_out_by_time_and_by_freezing(
    sign_in: SignIn, sessions: Sessions
) -> None:
    clerk, colleague = await sign_in("anpth"), await sign_in("lochtt")
    cookie = {"Cookie": f"docflow_session={clerk.cookies['docflow_session']}"}
    assert (await clerk.delete(SESSION)).status_code == 204
    assert (await colleague.get(ME)).json()["username"] == "lochtt"
    clerk.cookies.clear()
    assert (await clerk.get(ME, headers=cookie)).status_code == 401
    with clock.at(clock.now() + timedelta(hours=12, minutes=1)):
        assert (await colleague.get(ME)).status_code == 401
    async with transaction(sessions) as session:
        await session.execute(update(Person).where(Person.username == "lochtt").values(frozen_at=clock.now()))
    assert (await colleague.get(ME)).status_code == 401


async def test_a_used_session_lives_on_and_is_noted_once_a_minute(
    sign_in: SignIn, sessions: Sessions
) -> None:
    clerk = await sign_in("anpth")
    start = clock.now()
    for hours in (6, 12, 18, 24):
        with clock.at(start + timedelta(hours=hours)):
            assert (await clerk.get(ME)).status_code == 200
    async with sessions() as session:
        (used,) = await session.scalars(select(UserSession))
    assert used.seen_at == start + timedelta(hours=24)
    assert timedelta(hours=11) < used.expires_at - used.seen_at < timedelta(hours=13)


async def with_token(
    client: httpx.AsyncClient, sessions: Sessions, username: str, *scopes: Action, **changes: Any
) -> httpx.AsyncClient:
    secret = new_secret(TOKEN_PREFIX)
    async with transaction(sessions) as session:
        person_id = await session.scalar(select(Person.id).where(Person.username == username))
        values = {
            "person_id": person_id,
            "name": "a scanner",
            "digest": digest_of(secret),
            "scopes": [scope.value for scope in scopes],
            "issued_at": clock.now(),
            "expires_at": clock.now() + timedelta(days=1),
            **changes,
        }
        await session.execute(insert(ApiToken).values(values))
    client.headers["authorization"] = f"Bearer {secret}"
    return client


async def test_a_token_opens_its_scopes_and_nothing_else(
    client: httpx.AsyncClient, sessions: Sessions, store: ObjectStore
) -> None:
    scanner = await with_token(client, sessions, "anpth", Action.DOCUMENT_REGISTER)
    document = await register(scanner)
    assert document["actions"] == []
    async with unchanged(sessions, store):
        for method, address in (
            ("GET", DOCUMENTS),
            ("GET", f"{DOCUMENTS}/{document['id']}"),
            ("GET", ME),
            ("POST", f"{DOCUMENTS}/{document['id']}/acknowledgement"),
        ):
            answer = await scanner.request(method, address)
            assert answer.status_code == 403
            assert answer.json()["facts"]["reason"] == "role_missing"


async def test_a_token_gives_nothing_that_its_persons_roles_do_not(
    client: httpx.AsyncClient, sessions: Sessions
) -> None:
    program = await with_token(client, sessions, "thuyhtt", Action.DOCUMENT_REGISTER, Action.DOCUMENT_READ)
    assert (await program.get(DOCUMENTS)).status_code == 200
    assert (await program.post(f"{DOCUMENTS}/incoming", data=incoming(), files=paper())).status_code == 403


@pytest.mark.parametrize(
    "changes",
    [
        {"expires_at": clock.now() - timedelta(seconds=1)},
        {"revoked_at": clock.now()},
    ],
)
async def test_an_ended_token_opens_nothing(
    client: httpx.AsyncClient, sessions: Sessions, changes: dict[str, Any]
) -> None:
    program = await with_token(client, sessions, "anpth", Action.DOCUMENT_READ, **changes)
    assert (await program.get(DOCUMENTS)).status_code == 401


async def test_a_role_counts_while_it_and_its_unit_are_valid(sign_in: SignIn, sessions: Sessions) -> None:
    clerk = await sign_in("anpth")
    assert (await clerk.get(DOCUMENTS)).status_code == 200
    today = clock.today()
    async with transaction(sessions) as session:
        person = select(Person.id).where(Person.username == "anpth").scalar_subquery()
        await session.execute(update(RoleHeld).where(RoleHeld.person_id == person).values(valid_to=today))
    assert (await clerk.get(DOCUMENTS)).status_code == 403
    async with transaction(sessions) as session:
        await session.execute(update(RoleHeld).where(RoleHeld.person_id == person).values(valid_to=None))
        await session.execute(update(Unit).where(Unit.symbol == "VP").values(valid_to=today))
    assert (await clerk.get(DOCUMENTS)).status_code == 403


FOREIGN: list[dict[str, str]] = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:8001"},
    {"Origin": "http://127.0.0.1:8000.evil.example"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "http://127.0.0.1:8000", "Sec-Fetch-Site": "cross-site"},
]
OWN: list[dict[str, str]] = [
    {},
    {"Origin": "http://127.0.0.1:8000", "Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
]


async def test_a_page_from_elsewhere_changes_nothing_with_a_persons_cookie(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    clerk = await sign_in("anpth")
    document = await register(clerk)
    here = f"{DOCUMENTS}/{document['id']}"
    async with unchanged(sessions, store):
        for headers in FOREIGN:
            for answer in (
                await clerk.post(f"{DOCUMENTS}/incoming", data=incoming(), files=paper(), headers=headers),
                await clerk.patch(here, json={"note": "x"}, headers={**headers, "If-Match": '"1"'}),
                await clerk.post(SESSION, json={"username": "a", "password": "b"}, headers=headers),
                await clerk.delete(SESSION, headers=headers),
            ):
                assert answer.status_code == 403, headers
                assert answer.json()["facts"] == {"reason": "foreign_origin"}
    assert (await clerk.get(DOCUMENTS, headers=FOREIGN[0])).status_code == 200
    for version, headers in enumerate(OWN, 1):
        own = {**headers, "If-Match": f'"{version}"'}
        assert (await clerk.patch(here, json={"note": str(version)}, headers=own)).status_code == 200


async def test_a_body_of_another_type_is_refused_before_anybody_is_asked_who_they_are(
    client: httpx.AsyncClient,
) -> None:
    for content_type in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=b",
    ):
        answer = await client.post(SESSION, content=b"{}", headers={"Content-Type": content_type})
        assert (answer.status_code, answer.json()["code"]) == (415, "wrong_media_type")
        assert answer.json()["facts"]["expected"] == "application/json"
    utf8 = {"Content-Type": "application/json; charset=utf-8"}
    assert (await client.post(SESSION, content=b"{}", headers=utf8)).status_code == 422


async def test_refusals_are_recorded_and_survive_their_rollback(sign_in: SignIn, sessions: Sessions) -> None:
    leader = await sign_in("thuyhtt")
    await leader.post(f"{DOCUMENTS}/incoming", data=incoming(), files=paper())
    await leader.post(f"{DOCUMENTS}/incoming", data=incoming(), files=paper(), headers=FOREIGN[0])
    assert await refusals(sessions) == [
        ("Hoàng Thị Thu Thủy", "role_missing"),
        ("somebody", "foreign_origin"),
    ]
    async with sessions() as session:
        event = await session.scalar(select(AuditEvent).where(AuditEvent.tag == Tag.ACCESS_REFUSED))
    assert event is not None
    assert event.details["path"] == f"{DOCUMENTS}/incoming"
    assert event.details["method"] == "POST"
    assert event.address == "127.0.0.1"


@pytest.fixture
async def small(settings: Settings, store: ObjectStore) -> AsyncIterator[Litestar]:
    """The application with two connections to its database."""
    app = create_app(msgspec.structs.replace(settings, database_connections=2))
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


async def test_refusals_at_once_do_not_wait_for_each_others_connections(
    small: Litestar, sign_in: SignIn, sessions: Sessions
) -> None:
    cookies = (await sign_in("thuyhtt")).cookies
    transport = httpx.ASGITransport(small)  # type: ignore[arg-type]
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1:8000", cookies=cookies
    ) as leader:
        async with asyncio.timeout(5):
            answers = await asyncio.gather(*(leader.get("/api/v1/audit") for _ in range(12)))
    assert {answer.status_code for answer in answers} == {403}
    assert len(await refusals(sessions)) == 12


async def test_slow_bodies_hold_no_connection_to_the_database(small: Litestar, sign_in: SignIn) -> None:
    cookies = (await sign_in("anpth")).cookies
    go_on = asyncio.Event()

    async def slow_body() -> AsyncIterator[bytes]:
        yield b'{"note":'
        await go_on.wait()
        yield b'"x"}'

    transport = httpx.ASGITransport(small)  # type: ignore[arg-type]
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1:8000", cookies=cookies
    ) as clerk:
        nowhere = f"{DOCUMENTS}/01997a3e-5b60-7c11-9c1e-0b7f1d2a4d01"
        as_json = {"Content-Type": "application/json", "If-Match": '"1"', "Transfer-Encoding": "chunked"}
        slow = [
            asyncio.create_task(clerk.patch(nowhere, content=slow_body(), headers=as_json)) for _ in range(4)
        ]
        await asyncio.sleep(0.1)
        async with asyncio.timeout(5):
            assert (await clerk.get(ME)).status_code == 200
        go_on.set()
        assert [(await one).status_code for one in slow] == [404] * 4


async def test_only_failures_of_the_trail_itself_stay_unrecorded(
    client: httpx.AsyncClient, sessions: Sessions
) -> None:
    for address in (ME, DOCUMENTS, "/api/v1/nothing"):
        await client.get(address)
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(AuditEvent)) == 0


async def test_an_address_with_a_nul_is_not_found(client: httpx.AsyncClient) -> None:
    assert (await client.get("/static/a%00b")).status_code == 404
