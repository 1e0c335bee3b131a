"""API tokens: shown once, narrowed, ended by time, by hand, by freezing; never more than their owner's roles."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from docflow.accounts.models import ApiToken
from docflow.accounts.queries import TOUCH_AFTER
from docflow.accounts.service.tokens import LONGEST, TOKEN_PREFIX
from docflow.audit.models import AuditEvent
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.core.ids import digest_of
from docflow.sample.loader import SAMPLE_PASSWORD
from docflow.web.idempotency import KeptAnswer
from tests.accounts.house import API, PASSWORD, House, refused, told

SignIn = Callable[[str], Awaitable[httpx.AsyncClient]]
READ = ["unit:read", "self:administer"]


async def issue(owner: httpx.AsyncClient, scopes: list[str], days: float = 30) -> dict[str, Any]:
    expires_at = (clock.now() + timedelta(days=days)).isoformat()
    body = {"name": "Báo cáo", "scopes": scopes, "expires_at": expires_at}
    issued: dict[str, Any] = told(await owner.post(f"{API}/tokens", json=body), 201)
    return issued


def bearer(issued: dict[str, Any]) -> dict[str, str]:
    return {"authorization": f"Bearer {issued['secret']}"}


async def test_a_token_lets_a_program_in_as_its_owner(sign_in: SignIn, client: httpx.AsyncClient):
    issued = await issue(await sign_in("anpth"), READ)
    me = told(await client.get(f"{API}/me", headers=bearer(issued)))
    assert me["username"] == "anpth"
    assert me["actions"] == ["self:administer", "unit:read"]


async def test_what_lies_outside_the_scopes_is_refused_although_the_roles_would_allow_it(
    sign_in: SignIn, client: httpx.AsyncClient
):
    issued = await issue(await sign_in("anpth"), READ)
    told(await client.get(f"{API}/units", headers=bearer(issued)))
    refused(await client.get(f"{API}/people", headers=bearer(issued)), 403, "role_missing")


async def test_a_scope_beyond_the_roles_is_not_given(sign_in: SignIn):
    clerk = await sign_in("anpth")
    expires_at = (clock.now() + timedelta(days=1)).isoformat()
    body = {"name": "x", "scopes": ["unit:read", "audit:read"], "expires_at": expires_at}
    answer = await clerk.post(f"{API}/tokens", json=body)
    problem = refused(answer, 422, "scope_beyond_roles")
    assert "audit:read" in problem["errors"][0]["detail"]


async def test_a_token_loses_what_its_owner_loses(house: House, sign_in: SignIn, client: httpx.AsyncClient):
    issued = await issue(await sign_in("datcv"), ["unit:read", "document:register"])
    person = told(await house.admin.get(f"{API}/people/{house.people['datcv']}"))
    role = person["roles"][0]["id"]
    told(await house.admin.delete(f"{API}/people/{person['id']}/roles/{role}"), 204)
    refused(await client.get(f"{API}/units", headers=bearer(issued)), 403, "role_missing")


async def test_a_token_makes_no_tokens(sign_in: SignIn, client: httpx.AsyncClient):
    clerk = await sign_in("anpth")
    body = {"name": "x", "scopes": ["token:administer"], "expires_at": "2026-12-01T00:00:00Z"}
    with clock.at(datetime(2026, 11, 23, tzinfo=UTC)):
        fresh = await sign_in("anpth")
        refused(await fresh.post(f"{API}/tokens", json=body), 422, "scope_never_for_tokens")
    issued = await issue(clerk, READ)
    refused(await client.get(f"{API}/tokens", headers=bearer(issued)), 403, "role_missing")
    refused(await client.post(f"{API}/tokens", json=body, headers=bearer(issued)), 403, "role_missing")


async def test_a_token_that_was_given_the_scope_by_other_means_makes_no_tokens_either(
    sign_in: SignIn, client: httpx.AsyncClient, sessions: Sessions
):
    issued = await issue(await sign_in("anpth"), READ)
    async with transaction(sessions) as session:
        token = await session.scalar(select(ApiToken))
        assert token is not None
        token.scopes = ["token:administer", "no:such_action"]
    body = {"name": "x", "scopes": ["unit:read"], "expires_at": (clock.now() + timedelta(days=1)).isoformat()}
    refused(await client.post(f"{API}/tokens", json=body, headers=bearer(issued)), 403, "not_with_a_token")
    path = f"{API}/tokens/{issued['token']['id']}"
    refused(await client.delete(path, headers=bearer(issued)), 403, "not_with_a_token")


async def test_a_token_does_not_change_the_password(sign_in: SignIn, client: httpx.AsyncClient):
    issued = await issue(await sign_in("anpth"), READ)
    body = {"current_password": SAMPLE_PASSWORD, "new_password": PASSWORD}
    answer = await client.put(f"{API}/me/password", json=body, headers=bearer(issued))
    refused(answer, 403, "not_with_a_token")


async def test_an_expired_token_is_nobody(sign_in: SignIn, client: httpx.AsyncClient):
    issued = await issue(await sign_in("anpth"), READ, days=2)
    with clock.at(clock.now() + timedelta(days=2) - timedelta(minutes=1)):
        told(await client.get(f"{API}/me", headers=bearer(issued)))
    with clock.at(clock.now() + timedelta(days=2)):
        refused(await client.get(f"{API}/me", headers=bearer(issued)), 401, "not_signed_in")


async def test_a_revoked_token_is_nobody_and_is_listed_no_more(sign_in: SignIn, client: httpx.AsyncClient):
    clerk = await sign_in("anpth")
    kept, gone = await issue(clerk, READ), await issue(clerk, READ)
    path = f"{API}/tokens/{gone['token']['id']}"
    told(await clerk.delete(path), 204)
    refused(await client.get(f"{API}/me", headers=bearer(gone)), 401, "not_signed_in")
    told(await client.get(f"{API}/me", headers=bearer(kept)))
    assert [token["id"] for token in told(await clerk.get(f"{API}/tokens"))["items"]] == [kept["token"]["id"]]
    refused(await clerk.delete(path), 404, "not_found")


async def test_nobody_sees_or_revokes_anothers_token(sign_in: SignIn):
    issued = await issue(await sign_in("anpth"), READ)
    for other in (await sign_in("datcv"), await sign_in("huyvn")):
        assert told(await other.get(f"{API}/tokens"))["items"] == []
        refused(await other.delete(f"{API}/tokens/{issued['token']['id']}"), 404, "not_found")


async def test_freezing_somebody_kills_their_tokens_for_good(
    house: House, sign_in: SignIn, client: httpx.AsyncClient
):
    issued = await issue(await sign_in("datcv"), READ)
    told(await house.freeze("datcv"))
    refused(await client.get(f"{API}/me", headers=bearer(issued)), 401, "not_signed_in")
    told(await house.freeze("datcv", frozen=False))
    refused(await client.get(f"{API}/me", headers=bearer(issued)), 401, "not_signed_in")


@pytest.mark.parametrize("days", [-1, 0, LONGEST.days + 1])
async def test_a_token_ends_after_now_and_within_a_year(sign_in: SignIn, days: int):
    clerk = await sign_in("anpth")
    body = {"name": "x", "scopes": READ, "expires_at": (clock.now() + timedelta(days=days)).isoformat()}
    refused(await clerk.post(f"{API}/tokens", json=body), 422, "token_end_out_of_range")


@pytest.mark.parametrize(
    "body",
    [
        {"name": "x", "scopes": [], "expires_at": "2026-12-01T00:00:00Z"},
        {"name": "x", "scopes": ["everything"], "expires_at": "2026-12-01T00:00:00Z"},
        {"name": "x", "scopes": READ, "expires_at": "2026-12-01T00:00:00"},
        {"name": " ", "scopes": READ, "expires_at": "2026-12-01T00:00:00Z"},
        {"name": "x", "scopes": READ, "expires_at": "2026-12-01T00:00:00Z", "person_id": "somebody"},
        {"scopes": READ, "expires_at": "2026-12-01T00:00:00Z"},
    ],
)
async def test_a_token_that_is_not_described_whole_is_refused(
    sign_in: SignIn, sessions: Sessions, body: dict[str, Any]
):
    clerk = await sign_in("anpth")
    assert told(await clerk.post(f"{API}/tokens", json=body), 422)["code"] == "invalid"
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(ApiToken)) == 0


async def test_the_secret_is_shown_once_and_only_its_digest_is_kept(sign_in: SignIn, sessions: Sessions):
    clerk = await sign_in("anpth")
    body = {"name": "x", "scopes": READ, "expires_at": (clock.now() + timedelta(days=1)).isoformat()}
    answer = await clerk.post(f"{API}/tokens", json=body, headers={"idempotency-key": "once"})
    secret = told(answer, 201)["secret"]
    assert secret.startswith(TOKEN_PREFIX)
    assert len(secret) == len(TOKEN_PREFIX) + 43
    assert answer.headers["location"] == f"{API}/tokens/{answer.json()['token']['id']}"
    assert answer.headers["cache-control"] == "no-store"
    assert secret not in (await clerk.get(f"{API}/tokens")).text
    async with sessions() as session:
        assert await session.scalar(select(ApiToken.digest)) == digest_of(secret)
        assert await session.scalar(select(func.count()).select_from(KeptAnswer)) == 0
        events = (await session.scalars(select(AuditEvent))).all()
    assert secret not in str([event.details for event in events])


async def test_issuing_and_revoking_are_in_the_trail(sign_in: SignIn, sessions: Sessions):
    clerk = await sign_in("anpth")
    issued = await issue(clerk, READ)
    told(await clerk.delete(f"{API}/tokens/{issued['token']['id']}"), 204)
    async with sessions() as session:
        tags = select(AuditEvent.tag).where(AuditEvent.subject_kind == "token").order_by(AuditEvent.id)
        assert list(await session.scalars(tags)) == [Tag.TOKEN_ISSUED, Tag.TOKEN_REVOKED]


async def test_that_a_token_is_used_is_noted(sign_in: SignIn, client: httpx.AsyncClient):
    clerk = await sign_in("anpth")
    issued = await issue(clerk, READ)
    assert issued["token"]["used_at"] is None
    moment = clock.now() + TOUCH_AFTER
    with clock.at(moment):
        told(await client.get(f"{API}/me", headers=bearer(issued)))
    used_at = told(await clerk.get(f"{API}/tokens"))["items"][0]["used_at"]
    assert datetime.fromisoformat(used_at) == moment


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer dfk_",
        "Bearer something",
        "Basic dXNlcjpwYXNz",
        "dfk_x",
        "Bearer dfk_\u00ff",
    ],
)
async def test_a_made_up_token_is_nobody_and_does_not_fall_back_to_the_cookie(sign_in: SignIn, header: str):
    clerk = await sign_in("anpth")
    answer = await clerk.get(f"{API}/me", headers={b"authorization": header.encode("latin-1")})
    refused(answer, 401, "not_signed_in")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_tokens_come_page_by_page_the_newest_first(sign_in: SignIn):
    clerk = await sign_in("anpth")
    ids = [(await issue(clerk, READ))["token"]["id"] for _ in range(5)]
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = told(await clerk.get(f"{API}/tokens", params={"limit": 2, "cursor": cursor}))
        found += [token["id"] for token in page["items"]]
        cursor = page["next"]
    assert found == ids[::-1]
