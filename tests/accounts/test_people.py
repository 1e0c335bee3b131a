"""People: added, amended, frozen, given roles and losing them; somebody always remains who can administer."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select

from docflow.access.actor import Actor
from docflow.accounts.errors import PersonIsLastAdministrator
from docflow.accounts.models import Person, Principal, RoleHeld
from docflow.accounts.schemas import AmendPerson
from docflow.accounts.service import people as service
from docflow.audit.models import AuditEvent
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import Sessions, transaction
from storage import ObjectStore
from tests.accounts.house import API, PASSWORD, House, change, refused, told
from tests.unchanged import unchanged

SignIn = Callable[[str], Awaitable[httpx.AsyncClient]]
ActorOf = Callable[[str], Awaitable[Actor]]
PROVINCE, HOME_AFFAIRS, FINANCE = "H99", "H99.02", "H99.03"
TODAY = clock.today()
TOMORROW = str(TODAY + timedelta(days=1))


async def people_that_exist(sessions: Sessions) -> int | None:
    async with sessions() as session:
        return await session.scalar(select(func.count()).select_from(Person))


async def roles_of(house: House, username: str) -> list[tuple[str, str]]:
    person = told(await house.admin.get(f"{API}/people/{house.people[username]}"))
    return [(role["role"], role["id"]) for role in person["roles"]]


async def take_role(client: httpx.AsyncClient, house: House, username: str, role_id: str) -> httpx.Response:
    return await client.delete(f"{API}/people/{house.people[username]}/roles/{role_id}")


async def test_a_new_person_signs_in_and_can_be_named_as_a_reader(
    house: House, client: httpx.AsyncClient, sessions: Sessions
):
    person = await house.add_person("moi", "  Lê   Thị Mới ", language="en", clearance="secret")
    assert (person["full_name"], person["clearance"], person["frozen"]) == ("Lê Thị Mới", "secret", False)
    assert (person["roles"], person["version"]) == ([], 1)
    async with sessions() as session:
        assert await session.scalar(select(Principal.no).where(Principal.person_id == person["id"]))
    me = told(await client.post(f"{API}/session", json={"username": "moi", "password": PASSWORD}), 201)["me"]
    assert (me["name"], me["language"]) == ("Lê Thị Mới", "en")


async def test_a_new_person_is_in_the_trail_by_name(house: House, sessions: Sessions):
    await house.add_person("moi", "Lê Thị Mới")
    async with sessions() as session:
        event = await session.scalar(select(AuditEvent).where(AuditEvent.tag == Tag.PERSON_ADDED))
    assert event is not None
    assert event.actor_name == "Võ Nhật Huy"
    assert event.details == {"username": "moi", "full_name": "Lê Thị Mới"}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"username": "Mới"}, "/username"),
        ({"username": "x"}, "/username"),
        ({"username": "a b"}, "/username"),
        ({"username": "a\nb"}, "/username"),
        ({"full_name": ""}, "/full_name"),
        ({"full_name": "Lê\0"}, "/full_name"),
        ({"email": "nobody"}, "/email"),
        ({"email": ""}, "/email"),
        ({"password": "too short"}, "/password"),
        ({"password": "x" * 201}, "/password"),
        ({"language": "fr"}, "/language"),
        ({"clearance": "all"}, "/clearance"),
    ],
)
async def test_a_person_that_cannot_be_is_refused_and_nothing_is_written(
    house: House, sessions: Sessions, given: dict[str, str], field: str
):
    body = {
        "username": "moi",
        "full_name": "Lê Mới",
        "post": "",
        "email": "moi@x.example",
        "password": PASSWORD,
    }
    before = await people_that_exist(sessions)
    problem = told(await house.admin.post(f"{API}/people", json={**body, **given}), 422)
    assert [error["pointer"] for error in problem["errors"]] == [field], problem
    assert await people_that_exist(sessions) == before


async def test_a_field_that_nobody_knows_is_refused(house: House):
    answer = await house.patch("people", house.people["datcv"], {"username": "other"})
    refused(answer, 422, "invalid")


async def test_a_user_name_is_given_once_even_to_two_at_once(house: House, sessions: Sessions):
    before = await people_that_exist(sessions) or 0
    body = {
        "username": "moi",
        "full_name": "Lê Mới",
        "post": "",
        "email": "moi@x.example",
        "password": PASSWORD,
    }
    answers = await asyncio.gather(*(house.admin.post(f"{API}/people", json=body) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    refused(await house.admin.post(f"{API}/people", json=body), 409, "username_taken")
    assert await people_that_exist(sessions) == before + 1


async def test_a_stale_change_is_refused_and_changes_nothing(house: House):
    path = f"{API}/people/{house.people['datcv']}"
    etag = (await house.admin.get(path)).headers["etag"]
    changed = await house.admin.patch(path, json={"post": "Trưởng phòng"}, headers={"if-match": etag})
    assert told(changed)["post"] == "Trưởng phòng"
    refused(await house.admin.patch(path, json={"post": "X"}, headers={"if-match": etag}), 412, "stale")
    refused(await house.admin.patch(path, json={"post": "X"}), 428, "if_match_missing")
    assert told(await house.admin.get(path))["post"] == "Trưởng phòng"


async def test_two_changes_of_one_version_at_once_leave_one(house: House):
    path = f"{API}/people/{house.people['datcv']}"
    etag = (await house.admin.get(path)).headers["etag"]
    answers = await asyncio.gather(
        *(house.admin.patch(path, json={"post": f"{n}"}, headers={"if-match": etag}) for n in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]


async def test_a_role_given_or_taken_makes_what_was_read_stale(house: House):
    path = f"{API}/people/{house.people['datcv']}"
    etag = (await house.admin.get(path)).headers["etag"]
    await house.give_role("datcv", "unit_head", HOME_AFFAIRS)
    refused(await house.admin.patch(path, json={"post": "X"}, headers={"if-match": etag}), 412, "stale")


async def test_a_new_name_takes_its_place_in_the_order(house: House):
    told(await house.patch("people", house.people["saudv"], {"full_name": "Dương Văn Ái"}))
    page = told(await house.admin.get(f"{API}/people", params={"limit": 1}))
    assert page["items"][0]["full_name"] == "Dương Văn Ái"


async def test_a_change_is_in_the_trail_with_before_and_after(house: House, sessions: Sessions):
    body = {"clearance": "top_secret", "post": "Trưởng phòng", "frozen": True, "language": "en"}
    told(await house.patch("people", house.people["datcv"], body))
    async with sessions() as session:
        event = await session.scalar(select(AuditEvent).where(AuditEvent.tag == Tag.PERSON_CHANGED))
    assert event is not None
    assert event.details["changed"] == {
        "clearance": [0, 2],
        "post": ["Văn thư Sở Nội vụ", "Trưởng phòng"],
        "frozen": [False, True],
        "language": ["vi", "en"],
    }


async def test_a_role_is_held_from_the_day_given_to_the_day_before_its_end(house: House, actor_of: ActorOf):
    await house.add_person("moi", "Lê Mới")
    given = {"valid_from": TOMORROW, "valid_to": str(TODAY + timedelta(days=3))}
    person = await house.give_role("moi", "specialist", HOME_AFFAIRS, **given)
    assert person["roles"][0]["valid_from"] == TOMORROW
    held = []
    for days in range(4):
        with clock.at(clock.now() + timedelta(days=days)):
            held.append(len((await actor_of("moi")).held))
    assert held == [0, 1, 1, 0]


async def test_a_role_is_given_with_its_address_and_told_with_the_person(house: House):
    path = f"{API}/people/{house.people['datcv']}"
    body = {"role": "specialist", "unit_id": house.units[FINANCE]}
    answer = await house.admin.post(f"{path}/roles", json=body)
    role = next(role for role in told(answer, 201)["roles"] if role["role"] == "specialist")
    assert answer.headers["location"] == f"{path}/roles/{role['id']}"
    assert answer.headers["etag"] == (await house.admin.get(path)).headers["etag"]
    assert (role["unit_name"], role["valid_from"], role["valid_to"]) == ("Sở Tài chính", str(TODAY), None)


@pytest.mark.parametrize(
    ("given", "code", "status"),
    [
        ({}, "role_already_held", 409),
        ({"valid_from": "2030-01-01", "valid_to": "2031-01-01"}, "role_already_held", 409),
        ({"role": "specialist", "valid_to": str(TODAY)}, "dates_in_wrong_order", 422),
        ({"role": "specialist", "unit_id": "01997a3e-5b60-7c11-9c1e-0b7f1d2a4c10"}, "unit_not_there", 422),
        ({"role": "specialist", "valid_from": "1990-01-01"}, "unit_not_there", 422),
        ({"role": "auditor"}, "role_for_the_top_unit", 403),
        ({"role": "emperor"}, "invalid", 422),
    ],
)
async def test_a_role_that_cannot_be_given_is_refused(
    house: House, given: dict[str, str], code: str, status: int
):
    body = {"role": "registry_clerk", "unit_id": house.units[HOME_AFFAIRS], **given}
    before = await roles_of(house, "datcv")
    answer = await house.admin.post(f"{API}/people/{house.people['datcv']}/roles", json=body)
    refused(answer, status, code)
    assert await roles_of(house, "datcv") == before


async def test_a_role_taken_away_ends_today_and_stays_in_the_books(
    house: House, actor_of: ActorOf, sessions: Sessions
):
    [(_, role_id)] = await roles_of(house, "datcv")
    told(await take_role(house.admin, house, "datcv", role_id), 204)
    assert (await actor_of("datcv")).held == ()
    assert await roles_of(house, "datcv") == []
    refused(await take_role(house.admin, house, "datcv", role_id), 404, "not_found")
    async with sessions() as session:
        assert await session.scalar(select(RoleHeld.valid_to).where(RoleHeld.id == role_id)) == TODAY


async def test_a_role_taken_away_by_mistake_is_given_back_the_same_day(house: House, actor_of: ActorOf):
    [(_, role_id)] = await roles_of(house, "datcv")
    for _ in range(2):
        told(await take_role(house.admin, house, "datcv", role_id), 204)
        person = await house.give_role("datcv", "registry_clerk", HOME_AFFAIRS)
        role_id = person["roles"][0]["id"]
    assert len((await actor_of("datcv")).held) == 1


async def test_a_role_of_somebody_else_is_not_found_at_this_person(house: House):
    [(_, role_id)] = await roles_of(house, "datcv")
    refused(await take_role(house.admin, house, "lienttb", role_id), 404, "not_found")
    assert await roles_of(house, "datcv") != []


async def test_giving_and_taking_a_role_are_in_the_trail(house: House, sessions: Sessions):
    person = await house.give_role("datcv", "specialist", FINANCE)
    role_id = next(role["id"] for role in person["roles"] if role["role"] == "specialist")
    told(await take_role(house.admin, house, "datcv", role_id), 204)
    async with sessions() as session:
        events = (await session.scalars(select(AuditEvent).order_by(AuditEvent.id))).all()
    found = [event for event in events if event.subject_id and str(event.subject_id) == person["id"]]
    assert [event.tag for event in found] == [Tag.ROLE_GIVEN, Tag.ROLE_TAKEN]
    assert {event.details["unit"] for event in found} == {"Sở Tài chính"}
    assert {event.actor_name for event in found} == {"Võ Nhật Huy"}


async def test_nobody_changes_their_own_record_or_roles(house: House, sessions: Sessions, store: ObjectStore):
    """An administrator who could would read everything: a clearance, another's address, a role in a unit."""
    [(_, role_id)] = await roles_of(house, "huyvn")
    path = f"{API}/people/{house.people['huyvn']}"
    async with unchanged(sessions, store):
        for body in (
            {"clearance": "utmost_secret"},
            {"email": "thuyhtt@truonggiang.example"},
            {"frozen": True},
            {"full_name": "X"},
        ):
            answer = await house.patch("people", house.people["huyvn"], body)
            refused(answer, 403, "own_record_by_another")
        body = {"role": "leader", "unit_id": house.units[HOME_AFFAIRS]}
        refused(await house.admin.post(f"{path}/roles", json=body), 403, "own_record_by_another")
        answer = await take_role(house.admin, house, "huyvn", role_id)
        refused(answer, 403, "own_record_by_another")
    read = told(await house.admin.get(path))
    assert (read["actions"], read["clearance"]) == (["person:read"], "none")


async def test_when_another_administers_the_whole_the_first_may_go(house: House, sign_in: SignIn):
    await house.give_role("tungnt", "administrator", PROVINCE)
    [(_, role_id)] = await roles_of(house, "huyvn")
    other = await sign_in("tungnt")
    told(await take_role(other, house, "huyvn", role_id), 204)
    refused(await house.admin.get(f"{API}/people"), 403, "role_missing")


@pytest.mark.parametrize("way", ["taken", "frozen"])
async def test_two_administrators_cannot_end_each_others_rights_at_once(
    sessions: Sessions, actor_of: ActorOf, house: House, way: str
):
    """Each asks while the other still administers; a frozen, a coming and a lower administrator do not count."""
    person = await house.give_role("tungnt", "administrator", PROVINCE)
    second = next(role["id"] for role in person["roles"] if role["role"] == "administrator")
    [(_, first)] = await roles_of(house, "huyvn")
    await house.give_role("oanhttk", "administrator", PROVINCE, valid_from=TOMORROW)
    await house.give_role("datcv", "administrator", HOME_AFFAIRS)
    await house.give_role("lienttb", "administrator", PROVINCE)
    told(await house.freeze("lienttb"))
    actors = {name: await actor_of(name) for name in ("huyvn", "tungnt")}

    async def end(who: str, whom: str, role_id: str) -> None:
        key = actors[whom].person_id
        async with transaction(sessions) as session:
            if way == "taken":
                await service.take_role(session, actors[who], key, UUID(role_id))
            else:
                version = await session.scalar(select(Person.version).where(Person.id == key))
                await service.amend_person(session, actors[who], key, version or 0, AmendPerson(frozen=True))

    await end("huyvn", "tungnt", second)
    with pytest.raises(PersonIsLastAdministrator):
        await end("tungnt", "huyvn", first)
    told(await house.admin.get(f"{API}/people"))


async def test_an_administrator_of_a_part_may_go_while_somebody_above_remains(house: House):
    person = await house.give_role("datcv", "administrator", HOME_AFFAIRS)
    role_id = next(role["id"] for role in person["roles"] if role["role"] == "administrator")
    told(await take_role(house.admin, house, "datcv", role_id), 204)


async def test_two_administrators_who_take_each_others_role_leave_one(house: House, sign_in: SignIn):
    person = await house.give_role("tungnt", "administrator", PROVINCE)
    [(_, first)] = await roles_of(house, "huyvn")
    second = next(role["id"] for role in person["roles"] if role["role"] == "administrator")
    other = await sign_in("tungnt")
    answers = await asyncio.gather(
        take_role(house.admin, house, "tungnt", second), take_role(other, house, "huyvn", first)
    )
    # Whoever comes second administers no more, or would leave nobody.
    codes = sorted(answer.status_code for answer in answers)
    assert codes in ([204, 403], [204, 409])


class TestAnAdministratorOfOneDepartment:
    """``datcv`` administers home affairs, and of the rest of the house nothing."""

    @pytest.fixture
    async def local(self, house: House, sign_in: SignIn) -> httpx.AsyncClient:
        await house.give_role("datcv", "administrator", HOME_AFFAIRS)
        return await sign_in("datcv")

    async def change(
        self, local: httpx.AsyncClient, house: House, username: str, **body: Any
    ) -> httpx.Response:
        return await change(local, "PATCH", f"/people/{house.people[username]}", body)

    async def give(
        self, local: httpx.AsyncClient, house: House, username: str, role: str, unit: str
    ) -> httpx.Response:
        body = {"role": role, "unit_id": house.units[unit]}
        return await local.post(f"{API}/people/{house.people[username]}/roles", json=body)

    async def test_changes_the_people_of_the_department(self, local: httpx.AsyncClient, house: House):
        assert told(await self.change(local, house, "maihtx", post="Trưởng phòng"))["post"] == "Trưởng phòng"
        path = f"{API}/people/{house.people['maihtx']}/password"
        told(await local.post(path, json={"new_password": PASSWORD}), 204)

    async def test_changes_nobody_else(self, local: httpx.AsyncClient, house: House):
        for username in ("lienttb", "khaitq", "huyvn"):
            refused(await self.change(local, house, username, post="X"), 403, "outside_administered_units")
            path = f"{API}/people/{house.people[username]}/password"
            answer = await local.post(path, json={"new_password": PASSWORD})
            refused(answer, 403, "outside_administered_units")
        person = told(await local.get(f"{API}/people/{house.people['huyvn']}"))
        assert (person["clearance"], person["actions"]) == (None, ["person:read"])

    async def test_does_not_reach_who_holds_or_held_a_role_elsewhere_too(
        self, local: httpx.AsyncClient, house: House
    ):
        person = await house.give_role("maihtx", "specialist", FINANCE, valid_from="2026-01-01")
        refused(await self.change(local, house, "maihtx", post="X"), 403, "outside_administered_units")
        role_id = next(role["id"] for role in person["roles"] if role["unit_id"] == house.units[FINANCE])
        told(await take_role(house.admin, house, "maihtx", role_id), 204)
        refused(await self.change(local, house, "maihtx", post="X"), 403, "outside_administered_units")

    async def test_adds_people_and_gives_them_roles_in_the_department(
        self, local: httpx.AsyncClient, house: House, actor_of: ActorOf
    ):
        body = {
            "username": "moi",
            "full_name": "Lê Mới",
            "post": "",
            "email": "m@x.example",
            "password": PASSWORD,
        }
        person = told(await local.post(f"{API}/people", json=body), 201)
        house.people["moi"] = person["id"]
        told(await self.give(local, house, "moi", "specialist", HOME_AFFAIRS), 201)
        assert [held.role.value for held in (await actor_of("moi")).held] == ["specialist"]

    async def test_gives_no_role_above_or_beside(self, local: httpx.AsyncClient, house: House):
        reasons = {"maihtx": "outside_administered_units", "datcv": "own_record_by_another"}
        for unit in (PROVINCE, FINANCE):
            for username, reason in reasons.items():
                answer = await self.give(local, house, username, "administrator", unit)
                refused(answer, 403, reason)

    async def test_gives_nobody_the_audit_of_the_whole_house(self, local: httpx.AsyncClient, house: House):
        answer = await self.give(local, house, "maihtx", "auditor", HOME_AFFAIRS)
        refused(answer, 403, "role_for_the_top_unit")

    async def test_draws_nobody_in_from_elsewhere(self, local: httpx.AsyncClient, house: House):
        answer = await self.give(local, house, "lienttb", "specialist", HOME_AFFAIRS)
        refused(answer, 403, "outside_administered_units")

    async def test_takes_no_role_that_is_held_elsewhere(self, local: httpx.AsyncClient, house: House):
        [(_, role_id)] = await roles_of(house, "lienttb")
        refused(await take_role(local, house, "lienttb", role_id), 403, "outside_administered_units")


async def test_who_holds_no_administrating_role_changes_nobody(house: House, sign_in: SignIn):
    head = await sign_in("nguyetdtm")
    path = f"{API}/people/{house.people['datcv']}"
    body = {"username": "moi", "full_name": "X", "post": "", "email": "m@x.example", "password": PASSWORD}
    for answer in (
        await head.post(f"{API}/people", json=body),
        await head.patch(path, json={"post": "X"}, headers={"if-match": '"1"'}),
        await head.post(f"{path}/password", json={"new_password": PASSWORD}),
        await head.post(f"{path}/roles", json={"role": "specialist", "unit_id": house.units[HOME_AFFAIRS]}),
    ):
        refused(answer, 403, "role_missing")


async def test_an_unknown_person_is_not_found(house: House):
    path = f"{API}/people/01997a3e-5b60-7c11-9c1e-0b7f1d2a4c10"
    refused(await house.admin.get(path), 404, "not_found")
    refused(await house.admin.patch(path, json={}, headers={"if-match": '"1"'}), 404, "not_found")
    refused(await house.admin.post(f"{path}/password", json={"new_password": PASSWORD}), 404, "not_found")


async def test_a_body_that_is_not_json_is_not_understood(house: House):
    headers = {"content-type": "application/json"}
    answer = await house.admin.post(f"{API}/people", content=b"{", headers=headers)
    refused(answer, 400, "not_understood")
    answer = await house.admin.post(f"{API}/people", content=b"a=b", headers={"content-type": "text/plain"})
    refused(answer, 415, "wrong_media_type")
