"""Keeping the list of sites over the API."""

from typing import Any
from unicodedata import normalize
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import select

from docflow.audit.models import AuditEvent
from docflow.core.db import Sessions
from storage import ObjectStore
from tests.conftest import SignIn
from tests.documents.registering import person_id, unit_id
from tests.meetings.convening import MEETINGS, SITES, Hall, at
from tests.unchanged import unchanged


@pytest.fixture
async def admin(sign_in: SignIn) -> httpx.AsyncClient:
    return await sign_in("huyvn")


@pytest.fixture
async def site(sessions: Sessions) -> dict[str, Any]:
    """A body for POST /sites."""
    return {
        "name": "Điểm cầu Sở Khoa học và Công nghệ",
        "kind_code": "branch",
        "unit_id": await unit_id(sessions, "H99.04"),
        "room": "Phòng họp 1",
        "address": "5 đường Nguyễn Huệ",
        "seats": 30,
        "technician": "Lê Văn Tám",
        "technician_phone": "0100 000 199",
    }


async def test_an_administrator_adds_a_site_that_everybody_finds(
    admin: httpx.AsyncClient, site: dict[str, Any], sign_in: SignIn
) -> None:
    added = await admin.post(SITES, json=site)
    assert added.status_code == 201, added.text
    clerk = await sign_in("saudv")
    read = await clerk.get(added.headers["location"])
    assert read.json() == {"id": added.json()["id"], **site, "closed_at": None}
    assert read.headers["etag"] == '"1"'


@pytest.mark.parametrize(
    "q", ["so noi vu", "Sở Nội vụ", "SỞ NỘI VỤ", normalize("NFD", "Sở Nội vụ"), "Phòng họp 301", "hoa ban"]
)
async def test_a_site_is_found_by_a_part_of_its_name_room_or_address_with_or_without_marks(
    sign_in: SignIn, q: str
) -> None:
    clerk = await sign_in("saudv")
    answer = await clerk.get(SITES, params={"q": q})
    assert [site["name"] for site in answer.json()["items"]] == ["Điểm cầu Sở Nội vụ"]


async def test_signs_of_patterns_in_a_search_mean_themselves(sign_in: SignIn) -> None:
    clerk = await sign_in("saudv")
    assert (await clerk.get(SITES, params={"q": "%"})).json()["items"] == []
    refused = await clerk.get(SITES, params={"q": "a\0"})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "text_not_allowed")


async def test_sites_come_in_pages_and_by_unit(sign_in: SignIn, sessions: Sessions) -> None:
    clerk = await sign_in("saudv")
    names, cursor = [], None
    for _ in range(4):
        page = (await clerk.get(SITES, params={"limit": 3} | ({"cursor": cursor} if cursor else {}))).json()
        names += [site["name"] for site in page["items"]]
        cursor = page["next"]
    assert (names, cursor) == ((await Hall.of(sessions)).names, None)
    of_unit = await clerk.get(SITES, params={"unit_id": await unit_id(sessions, "SNV")})
    assert [site["name"] for site in of_unit.json()["items"]] == ["Điểm cầu Sở Nội vụ"]


async def test_the_kinds_of_site_are_listed(sign_in: SignIn) -> None:
    clerk = await sign_in("saudv")
    kinds = (await clerk.get("/api/v1/site-kinds")).json()
    assert [kind["code"] for kind in kinds] == ["branch", "central"]
    assert kinds[1]["name_vi"] == "Điểm cầu trung tâm"


async def test_only_administrators_keep_the_list(
    sign_in: SignIn, site: dict[str, Any], sessions: Sessions, store: ObjectStore
) -> None:
    hall = await Hall.of(sessions)
    for username in ("phuoclh", "thinhbd", "anpth"):
        somebody = await sign_in(username)
        async with unchanged(sessions, store):
            assert (await somebody.post(SITES, json=site)).status_code == 403
            change = await somebody.patch(
                f"{SITES}/{hall.ids[0]}", json={"seats": 1}, headers={"If-Match": '"1"'}
            )
            assert change.status_code == 403


async def test_who_administers_a_commune_takes_no_other_units_site_and_with_it_its_meetings(
    admin: httpx.AsyncClient, site: dict[str, Any], sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    """A site shows its unit whatever was ever booked there."""
    hall = await Hall.of(sessions)
    meeting = await (await sign_in("phuoclh")).post(MEETINGS, json=hall.meeting())
    commune, saudv = await unit_id(sessions, "H99.21"), await person_id(sessions, "saudv")
    role = {"role": "administrator", "unit_id": commune}
    assert (await admin.post(f"/api/v1/people/{saudv}/roles", json=role)).status_code == 201
    local = await sign_in("saudv")
    async with unchanged(sessions, store):
        for body in ({"unit_id": commune}, {"seats": 1}):
            refused = await local.patch(f"{SITES}/{hall.ids[1]}", json=body, headers={"If-Match": '"1"'})
            assert refused.status_code == 403
            assert refused.json()["facts"] == {"reason": "not_site_administrator"}
        assert (await local.post(SITES, json=site)).status_code == 403
    assert (await local.get(meeting.headers["location"])).status_code == 404
    own = await local.post(SITES, json={**site, "unit_id": commune})
    assert own.status_code == 201, own.text
    place = own.headers["location"]
    given_away = await local.patch(place, json={"unit_id": site["unit_id"]}, headers={"If-Match": '"1"'})
    assert given_away.json()["facts"] == {"reason": "not_site_administrator"}
    changed = await local.patch(place, json={"seats": 7}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.json()["seats"]) == (200, 7)


async def test_a_name_is_taken_once(
    admin: httpx.AsyncClient, site: dict[str, Any], sessions: Sessions, store: ObjectStore
) -> None:
    async with unchanged(sessions, store):
        refused = await admin.post(SITES, json={**site, "name": "Điểm cầu Sở Nội vụ"})
    assert (refused.status_code, refused.json()["code"]) == (409, "site_name_taken")


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("name", "   ", "text_missing"),
        ("name", "x" * 201, "text_too_long"),
        ("name", "NUL\0", "text_not_allowed"),
        ("kind_code", "cellar", "site_kind_not_known"),
        ("unit_id", "00000000-0000-4000-8000-000000000000", "unit_not_known"),
        ("seats", 0, "field_not_valid"),
        ("seats", "many", "field_not_valid"),
        ("technician_phone", "1" * 51, "text_too_long"),
    ],
)
async def test_a_field_that_is_wrong_is_named_and_nothing_is_added(
    admin: httpx.AsyncClient,
    site: dict[str, Any],
    sessions: Sessions,
    store: ObjectStore,
    field: str,
    value: Any,
    code: str,
) -> None:
    async with unchanged(sessions, store):
        refused = await admin.post(SITES, json={**site, field: value})
    assert refused.status_code == 422
    assert [(error["pointer"], error["code"]) for error in refused.json()["errors"]] == [(f"/{field}", code)]


async def test_a_name_in_decomposed_letters_is_kept_composed(
    admin: httpx.AsyncClient, site: dict[str, Any]
) -> None:
    added = await admin.post(SITES, json={**site, "name": normalize("NFD", "Điểm cầu xã Hòa Lộc")})
    assert added.json()["name"] == "Điểm cầu xã Hòa Lộc"


async def test_a_change_says_on_which_version_it_is_based(
    admin: httpx.AsyncClient, sessions: Sessions
) -> None:
    place = f"{SITES}/{(await Hall.of(sessions)).ids[0]}"
    assert (await admin.patch(place, json={"seats": 99})).status_code == 428
    changed = await admin.patch(place, json={"seats": 99}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.json()["seats"], changed.headers["etag"]) == (200, 99, '"2"')
    stale = await admin.patch(place, json={"seats": 98}, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale")
    same = await admin.patch(place, json={"seats": 99, "closed": False}, headers={"If-Match": '"2"'})
    assert same.headers["etag"] == '"2"'
    async with sessions() as session:
        events = (await session.scalars(select(AuditEvent).where(AuditEvent.subject_kind == "site"))).all()
    assert [(event.tag.value, event.details["changed"]) for event in events] == [("site:changed", ["seats"])]


async def test_a_closed_site_takes_no_more_meetings_until_it_is_opened_again(
    admin: httpx.AsyncClient, sign_in: SignIn, sessions: Sessions
) -> None:
    hall = await Hall.of(sessions)
    organizer = await sign_in("phuoclh")
    kept = await organizer.post(MEETINGS, json=hall.meeting())
    place = f"{SITES}/{hall.ids[1]}"
    closed = await admin.patch(place, json={"closed": True}, headers={"If-Match": '"1"'})
    assert closed.json()["closed_at"] is not None
    body = hall.meeting(starts_at=at(14).isoformat(), ends_at=at(15).isoformat())
    refused = await organizer.post(MEETINGS, json=body)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "site_closed")
    assert (await organizer.get(kept.headers["location"])).json()["state"] == "scheduled"
    opened = await admin.patch(place, json={"closed": False}, headers={"If-Match": '"2"'})
    assert opened.json()["closed_at"] is None
    assert (await organizer.post(MEETINGS, json=body)).status_code == 201


async def test_an_unknown_site_is_not_found(admin: httpx.AsyncClient) -> None:
    assert (await admin.get(f"{SITES}/{uuid4()}")).status_code == 404
    assert (await admin.get(f"{SITES}/first")).status_code == 404
