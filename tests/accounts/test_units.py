"""The tree of units: adding, amending, moving, ending; what a change means for roles and for readers."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from docflow.access.actor import Actor
from docflow.access.roles import Role
from docflow.accounts.models import Principal, Unit
from docflow.audit.models import AuditEvent
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import Sessions
from storage import ObjectStore
from tests.accounts.house import API, House, change, refused, told
from tests.unchanged import unchanged

SignIn = Callable[[str], Awaitable[httpx.AsyncClient]]
ActorOf = Callable[[str], Awaitable[Actor]]
PROVINCE, HOME_AFFAIRS, FINANCE, SCIENCE = "H99", "H99.02", "H99.03", "H99.04"
TODAY = clock.today()
TOMORROW = str(TODAY + timedelta(days=1))


async def lineages(sessions: Sessions) -> dict[str, list[str]]:
    """The codes of all units above each and its own."""
    async with sessions() as session:
        rows = (await session.execute(select(Unit.no, Unit.code, Unit.lineage))).all()
    codes = {row.no: row.code for row in rows}
    return {row.code: [codes[no] for no in row.lineage] for row in rows}


async def principal_of(sessions: Sessions, unit_id: str) -> int | None:
    async with sessions() as session:
        return await session.scalar(select(Principal.no).where(Principal.unit_id == unit_id))


async def units_that_exist(sessions: Sessions) -> int | None:
    async with sessions() as session:
        return await session.scalar(select(func.count()).select_from(Unit))


async def test_a_new_unit_lies_below_its_parent_and_can_be_named_as_a_reader(
    house: House, sessions: Sessions
):
    unit = await house.add_unit("H99.02.01", HOME_AFFAIRS, symbol="TCBC", email="tcbc@truonggiang.example")
    assert (unit["version"], unit["valid_to"], unit["symbol"]) == (1, None, "TCBC")
    assert (await lineages(sessions))["H99.02.01"] == [PROVINCE, HOME_AFFAIRS, "H99.02.01"]
    assert await principal_of(sessions, unit["id"]) is not None
    read = await house.admin.get(f"{API}/units/{unit['id']}")
    assert told(read) == unit
    assert read.headers["etag"] == '"1"'


async def test_a_new_unit_is_told_with_its_address(house: House):
    body = house.unit_body("X1", PROVINCE, symbol="SKHĐT", name_vi="  Phòng\tKế hoạch  ")
    answer = await house.admin.post(f"{API}/units", json=body)
    unit = told(answer, 201)
    assert answer.headers["location"] == f"{API}/units/{unit['id']}"
    assert unit["name_vi"] == "Phòng Kế hoạch"
    assert unit["email"] is None


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"kind": "moon_base"}, "/kind", "unit_kind_not_known"),
        ({"symbol": "S N V"}, "/symbol", "symbol_not_valid"),
        ({"symbol": "SNV/X"}, "/symbol", "symbol_not_valid"),
        ({"symbol": " "}, "/symbol", "text_blank"),
        ({"name_vi": "\u00a0"}, "/name_vi", "text_blank"),
        ({"name_vi": "Phòng\0"}, "/name_vi", "text_not_allowed"),
        ({"email": "not an address"}, "/email", "email_not_valid"),
        ({"email": "a@b.example\r\nBcc: c@d.example"}, "/email", "email_not_valid"),
        ({"parent_id": "01997a3e-5b60-7c11-9c1e-0b7f1d2a4c10"}, "/parent_id", "unit_above_not_there"),
        ({"valid_from": "1990-01-01"}, "/parent_id", "unit_above_not_there"),
        ({"code": "H 99"}, "/code", ""),
        ({"code": "Đ1"}, "/code", ""),
        ({"code": "x" * 36}, "/code", ""),
        ({"name_en": "x" * 301}, "/name_en", ""),
        ({"valid_from": "2026-02-30"}, "/valid_from", ""),
    ],
)
async def test_a_unit_that_cannot_be_is_refused_and_nothing_is_written(
    house: House, sessions: Sessions, given: dict[str, Any], field: str, code: str
):
    body = {**house.unit_body("X1", PROVINCE), **given}
    before = await units_that_exist(sessions)
    problem = told(await house.admin.post(f"{API}/units", json=body), 422)
    assert [error["pointer"] for error in problem["errors"]] == [field], problem
    assert code in {"", problem["errors"][0]["code"]}
    assert await units_that_exist(sessions) == before


async def test_a_decomposed_name_is_kept_composed(house: House):
    unit = await house.add_unit("X1", PROVINCE, name_vi="Sở Nội vụ", symbol="SKHĐT")
    assert unit["name_vi"] == "Sở Nội vụ"


async def test_a_code_is_given_once(house: House):
    body = house.unit_body(HOME_AFFAIRS, PROVINCE)
    refused(await house.admin.post(f"{API}/units", json=body), 409, "unit_code_taken")


async def test_only_an_administrator_changes_units(house: House, sign_in: SignIn):
    head = await sign_in("nguyetdtm")
    answer = await change(head, "PATCH", f"/units/{house.units[HOME_AFFAIRS]}", {"name_vi": "X"})
    refused(answer, 403, "role_missing")


async def test_a_stale_change_is_refused_and_changes_nothing(house: House):
    path = f"{API}/units/{house.units[HOME_AFFAIRS]}"
    etag = (await house.admin.get(path)).headers["etag"]
    changed = await house.admin.patch(path, json={"name_en": "Home Affairs"}, headers={"if-match": etag})
    assert told(changed)["name_en"] == "Home Affairs"
    assert changed.headers["etag"] != etag
    stale = await house.admin.patch(path, json={"name_en": "Lost"}, headers={"if-match": etag})
    refused(stale, 412, "stale")
    refused(await house.admin.patch(path, json={"name_en": "Lost"}), 428, "if_match_missing")
    assert told(await house.admin.get(path))["name_en"] == "Home Affairs"


async def test_a_change_is_in_the_trail_with_before_and_after(house: House, sessions: Sessions):
    key = house.units[HOME_AFFAIRS]
    told(await house.patch("units", key, {"symbol": "SNV2", "email": "", "name_vi": "Sở Nội vụ"}))
    async with sessions() as session:
        event = await session.scalar(select(AuditEvent).where(AuditEvent.tag == Tag.UNIT_CHANGED))
    assert event is not None
    assert event.details["changed"] == {
        "symbol": ["SNV", "SNV2"],
        "email": ["snv@truonggiang.example", None],
    }


async def test_a_change_that_says_what_is_so_already_changes_nothing(house: House, sessions: Sessions):
    answer = await house.patch("units", house.units[HOME_AFFAIRS], {"symbol": "SNV"})
    assert told(answer)["version"] == 1
    async with sessions() as session:
        assert await session.scalar(select(AuditEvent).where(AuditEvent.tag == Tag.UNIT_CHANGED)) is None


async def test_moving_a_unit_moves_all_below_it(house: House, sessions: Sessions):
    await house.add_unit("A", HOME_AFFAIRS)
    await house.add_unit("A.1", "A")
    await house.add_unit("A.1.1", "A.1")
    await house.add_unit("B", HOME_AFFAIRS)
    moved = told(await house.patch("units", house.units["A"], {"parent_id": house.units[FINANCE]}))
    assert moved["parent_id"] == house.units[FINANCE]
    found = await lineages(sessions)
    assert found["A"] == [PROVINCE, FINANCE, "A"]
    assert found["A.1.1"] == [PROVINCE, FINANCE, "A", "A.1", "A.1.1"]
    assert found["B"] == [PROVINCE, HOME_AFFAIRS, "B"]
    told(await house.patch("units", house.units["A.1"], {"parent_id": house.units[PROVINCE]}))
    found = await lineages(sessions)
    assert found["A.1.1"] == [PROVINCE, "A.1", "A.1.1"]
    assert found["A"] == [PROVINCE, FINANCE, "A"]


async def test_a_unit_is_not_moved_below_itself(house: House, sessions: Sessions):
    await house.add_unit("A", HOME_AFFAIRS)
    await house.add_unit("A.1", "A")
    before = await lineages(sessions)
    for target in (HOME_AFFAIRS, "A", "A.1"):
        answer = await house.patch("units", house.units[HOME_AFFAIRS], {"parent_id": house.units[target]})
        refused(answer, 422, "unit_inside_itself")
    answer = await house.patch("units", house.units[PROVINCE], {"parent_id": house.units["A.1"]})
    refused(answer, 422, "unit_inside_itself")
    assert await lineages(sessions) == before


async def test_two_moves_at_once_never_make_a_circle(house: House, sessions: Sessions):
    answers = await asyncio.gather(
        house.patch("units", house.units[HOME_AFFAIRS], {"parent_id": house.units[FINANCE]}),
        house.patch("units", house.units[FINANCE], {"parent_id": house.units[HOME_AFFAIRS]}),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 422]
    found = await lineages(sessions)
    assert {len(found[HOME_AFFAIRS]), len(found[FINANCE])} == {2, 3}


async def test_a_unit_is_added_to_where_its_parent_lies_when_that_moves_at_the_same_time(
    house: House, sessions: Sessions
):
    await house.add_unit("A", HOME_AFFAIRS)
    await asyncio.gather(
        house.patch("units", house.units["A"], {"parent_id": house.units[FINANCE]}),
        house.add_unit("A.1", "A"),
    )
    assert (await lineages(sessions))["A.1"] == [PROVINCE, FINANCE, "A", "A.1"]


async def test_an_ended_unit_gives_no_rights(house: House, sign_in: SignIn):
    told(await house.end_unit(FINANCE, TOMORROW))
    clerk = await sign_in("lienttb")
    told(await clerk.get(f"{API}/units"))
    with clock.at(clock.now() + timedelta(days=1)):
        clerk = await sign_in("lienttb")
        refused(await clerk.get(f"{API}/units"), 403, "role_missing")


async def test_a_unit_that_has_not_begun_gives_no_rights_yet(house: House, actor_of: ActorOf):
    await house.add_unit("A", PROVINCE, valid_from=TOMORROW)
    await house.add_person("moi", "Lê Mới")
    await house.give_role("moi", "specialist", "A", valid_from=TOMORROW)
    assert (await actor_of("moi")).held == ()
    with clock.at(clock.now() + timedelta(days=1)):
        assert [held.role.value for held in (await actor_of("moi")).held] == ["specialist"]


async def test_the_people_of_a_successor_read_what_the_ended_unit_could(
    house: House, sessions: Sessions, actor_of: ActorOf
):
    finance = await principal_of(sessions, house.units[FINANCE])
    assert finance not in (await actor_of("maihtx")).principals
    told(await house.end_unit(FINANCE, str(TODAY), HOME_AFFAIRS))
    assert finance in (await actor_of("maihtx")).principals
    assert finance not in (await actor_of("lienttb")).principals
    assert finance not in (await actor_of("vinhpt")).principals


async def test_reading_is_inherited_through_a_line_of_successors(
    house: House, sessions: Sessions, actor_of: ActorOf
):
    told(await house.end_unit(FINANCE, str(TODAY), HOME_AFFAIRS))
    told(await house.end_unit(HOME_AFFAIRS, str(TODAY), SCIENCE))
    inherited = {await principal_of(sessions, house.units[code]) for code in (FINANCE, HOME_AFFAIRS, SCIENCE)}
    assert inherited <= set((await actor_of("vinhpt")).principals)


async def test_nothing_is_inherited_before_the_unit_has_ended(
    house: House, sessions: Sessions, actor_of: ActorOf
):
    finance = await principal_of(sessions, house.units[FINANCE])
    told(await house.end_unit(FINANCE, TOMORROW, HOME_AFFAIRS))
    heir = await actor_of("maihtx")
    assert finance not in heir.principals
    assert heir.inherited == ()
    with clock.at(clock.now() + timedelta(days=1)):
        assert finance in (await actor_of("maihtx")).principals


async def test_the_roles_held_in_a_successor_reach_the_ended_unit_but_are_not_held_there(
    house: House, actor_of: ActorOf
):
    told(await house.end_unit(FINANCE, str(TODAY), HOME_AFFAIRS))
    heir = await actor_of("datcv")
    assert [str(held.unit_id) for held in heir.held] == [house.units[HOME_AFFAIRS]]
    assert [(held.role, str(held.unit_id)) for held in heir.inherited] == [
        (Role.REGISTRY_CLERK, house.units[FINANCE])
    ]
    assert {str(unit) for unit in heir.member_units} == {house.units[HOME_AFFAIRS], house.units[FINANCE]}


@pytest.mark.parametrize("role", ["administrator", "auditor"])
async def test_who_keeps_or_watches_a_unit_reads_nothing_of_it_and_inherits_nothing(
    house: House, sessions: Sessions, actor_of: ActorOf, role: str
):
    await house.add_unit("A", PROVINCE)
    told(await house.end_unit("A", TOMORROW, PROVINCE))
    await house.add_person("moi", "Lê Mới")
    await house.give_role("moi", role, PROVINCE)
    with clock.at(clock.now() + timedelta(days=1)):
        actor = await actor_of("moi")
        leader = await actor_of("khaitq")
    assert [held.role.value for held in actor.held] == [role]
    assert actor.principals == (actor.person_principal,)
    assert (actor.inherited, actor.member_units) == ((), frozenset())
    units = {await principal_of(sessions, house.units[code]) for code in ("A", PROVINCE)}
    assert units <= set(leader.principals)


async def test_a_unit_does_not_end_before_the_units_below_it(house: House):
    await house.add_unit("A", HOME_AFFAIRS, name_vi="Phòng A")
    problem = refused(await house.end_unit(HOME_AFFAIRS, TOMORROW), 409, "units_below_last_longer")
    assert "Phòng A" in problem["detail"]
    told(await house.end_unit("A", TOMORROW))
    refused(await house.end_unit(HOME_AFFAIRS, str(TODAY)), 409, "units_below_last_longer")
    told(await house.end_unit(HOME_AFFAIRS, TOMORROW))


async def test_a_unit_ends_once_but_a_planned_end_may_be_changed(house: House):
    told(await house.end_unit(FINANCE, TOMORROW, HOME_AFFAIRS))
    ended = told(await house.end_unit(FINANCE, str(TODAY)))
    assert (ended["valid_to"], ended["successor_id"]) == (str(TODAY), None)
    refused(await house.end_unit(FINANCE, TOMORROW), 409, "unit_ended")
    refused(await house.patch("units", house.units[FINANCE], {"name_vi": "X"}), 409, "unit_ended")


@pytest.mark.parametrize(
    ("valid_to", "successor", "code"),
    [
        ("2008-03-01", None, "dates_in_wrong_order"),
        ("1999-01-01", None, "dates_in_wrong_order"),
        (TOMORROW, FINANCE, "successor_not_there"),
        (TOMORROW, "ended", "successor_not_there"),
        (TOMORROW, "later", "successor_not_there"),
    ],
)
async def test_an_end_that_cannot_be_is_refused(
    house: House, valid_to: str, successor: str | None, code: str
):
    await house.add_unit("ended", PROVINCE)
    told(await house.end_unit("ended", str(TODAY)))
    await house.add_unit("later", PROVINCE, valid_from=str(TODAY + timedelta(days=30)))
    refused(await house.end_unit(FINANCE, valid_to, successor), 422, code)
    assert told(await house.admin.get(f"{API}/units/{house.units[FINANCE]}"))["valid_to"] is None


async def test_the_top_unit_does_not_end_while_nobody_above_it_administers(house: House):
    refused(await house.end_unit(PROVINCE, TOMORROW), 409, "person_is_last_administrator")


async def test_nothing_is_put_below_a_unit_that_is_to_end(house: House, sessions: Sessions):
    told(await house.end_unit(FINANCE, TOMORROW))
    body = {"parent_id": house.units[FINANCE]}
    refused(await house.patch("units", house.units[HOME_AFFAIRS], body), 422, "unit_above_not_there")


async def test_ending_takes_the_version_that_was_read(house: House):
    path = f"{API}/units/{house.units[FINANCE]}/ending"
    body = {"valid_to": TOMORROW}
    refused(await house.admin.post(path, json=body, headers={"if-match": '"9"'}), 412, "stale")
    refused(await house.admin.post(path, json=body), 428, "if_match_missing")


async def test_an_administrator_of_a_unit_administers_what_lies_below_and_nothing_else(
    house: House, sign_in: SignIn
):
    await house.add_unit("A", HOME_AFFAIRS)
    await house.give_role("maihtx", "administrator", HOME_AFFAIRS)
    local = await sign_in("maihtx")

    async def rename(code: str) -> httpx.Response:
        return await change(local, "PATCH", f"/units/{house.units[code]}", {"name_en": "Renamed"})

    assert told(await rename("A"))["name_en"] == "Renamed"
    assert told(await rename(HOME_AFFAIRS))["name_en"] == "Renamed"
    for code in (FINANCE, PROVINCE):
        refused(await rename(code), 403, "outside_administered_units")
    move = {"parent_id": house.units[FINANCE]}
    answer = await change(local, "PATCH", f"/units/{house.units['A']}", move)
    refused(answer, 403, "outside_administered_units")
    end = {"valid_to": TOMORROW, "successor_id": house.units[FINANCE]}
    answer = await change(local, "POST", f"/units/{house.units['A']}", end, "/ending")
    refused(answer, 403, "outside_administered_units")
    offered = {
        unit["code"]
        for unit in told(await local.get(f"{API}/units"))["items"]
        if "unit:administer" in unit["actions"]
    }
    assert offered == {"A", HOME_AFFAIRS}


async def test_a_kind_of_unit_is_added_once_and_listed(house: House, sign_in: SignIn):
    body = {"code": "division", "name_vi": "Phòng", "name_en": "division"}
    assert told(await house.admin.post(f"{API}/unit-kinds", json=body), 201) == body
    refused(await house.admin.post(f"{API}/unit-kinds", json=body), 409, "unit_kind_code_taken")
    clerk = await sign_in("anpth")
    assert body in told(await clerk.get(f"{API}/unit-kinds"))
    refused(await clerk.post(f"{API}/unit-kinds", json={**body, "code": "x"}), 403, "role_missing")
    await house.add_unit("A", HOME_AFFAIRS, kind="division")


async def test_kinds_are_for_the_whole_house_so_an_administrator_below_the_top_adds_none(
    house: House, sign_in: SignIn, sessions: Sessions, store: ObjectStore
):
    await house.give_role("maihtx", "administrator", HOME_AFFAIRS)
    local = await sign_in("maihtx")
    unit_kind = {"code": "division", "name_vi": "Phòng", "name_en": "division"}
    kind = {"code": "conclusion", "symbol": "KL", "name_vi": "Kết luận", "name_en": "Conclusion"}
    async with unchanged(sessions, store):
        refused(await local.post(f"{API}/unit-kinds", json=unit_kind), 403, "kinds_by_the_top_unit")
        refused(await local.post(f"{API}/kinds", json=kind), 403, "kinds_by_the_top_unit")
    told(await house.admin.post(f"{API}/kinds", json=kind), 201)


async def test_a_new_unit_is_in_the_trail_by_name(house: House, sessions: Sessions):
    await house.add_unit("X1", PROVINCE, name_vi="Phòng Tổ chức")
    async with sessions() as session:
        event = await session.scalar(select(AuditEvent).where(AuditEvent.tag == Tag.UNIT_ADDED))
    assert event is not None
    assert event.actor_name == "Võ Nhật Huy"
    assert event.details == {"code": "X1", "unit_name": "Phòng Tổ chức"}


async def test_a_retried_post_under_one_key_adds_one_unit(house: House, sessions: Sessions):
    body = house.unit_body("X1", PROVINCE)
    before = await units_that_exist(sessions)
    first, second = [
        await house.admin.post(f"{API}/units", json=body, headers={"idempotency-key": "k"}) for _ in range(2)
    ]
    assert told(first, 201) == told(second, 201)
    assert second.headers["location"] == first.headers["location"]
    assert await units_that_exist(sessions) == (before or 0) + 1


async def test_an_unknown_unit_is_not_found(house: House):
    refused(await house.admin.get(f"{API}/units/01997a3e-5b60-7c11-9c1e-0b7f1d2a4c10"), 404, "not_found")
    assert (await house.admin.get(f"{API}/units/no-key")).status_code == 404


async def test_units_are_listed_as_they_stand_on_a_day(house: House):
    told(await house.end_unit(FINANCE, str(TODAY)))
    await house.add_unit("later", PROVINCE, valid_from=TOMORROW)

    async def codes(**params: str) -> set[str]:
        page = told(await house.admin.get(f"{API}/units", params={"limit": "200", **params}))
        return {unit["code"] for unit in page["items"]}

    assert {FINANCE, "later"} & await codes() == set()
    assert {FINANCE, "later"} & await codes(valid_on=TOMORROW) == {"later"}
    assert {FINANCE, "later"} & await codes(valid_on="2020-01-01") == {FINANCE}
    assert {FINANCE, "later"} & await codes(all="true") == {FINANCE, "later"}
    assert await codes(valid_on="2000-01-01") == {PROVINCE}
    assert told(await house.admin.get(f"{API}/units/{house.units[FINANCE]}"))["valid_to"] == str(TODAY)
