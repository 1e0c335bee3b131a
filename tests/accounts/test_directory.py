"""The house directory: found however it is accented, in the order of given names, page by page."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import func, literal, select

from docflow.accounts.listing import _folded
from docflow.core.db import Sessions
from docflow.core.paging import cursor_of
from docflow.core.text import fold
from tests.accounts.house import API, House, refused, told

SignIn = Callable[[str], Awaitable[httpx.AsyncClient]]
NEITHER = "01997a3e-5b60-7c11-9c1e-0b7f1d2a4c10"


async def names(client: httpx.AsyncClient, **params: str) -> list[str]:
    page = told(await client.get(f"{API}/people", params={"limit": "200", **params}))
    return [person["full_name"] for person in page["items"]]


async def units(client: httpx.AsyncClient, **params: str) -> list[str]:
    page = told(await client.get(f"{API}/units", params={"limit": "200", **params}))
    return [unit["code"] for unit in page["items"]]


async def everything(client: httpx.AsyncClient, path: str, limit: int) -> list[dict[str, Any]]:
    """All rows of a list, page by page."""
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = told(await client.get(f"{API}{path}", params={"limit": limit, "cursor": cursor}))
        assert len(page["items"]) <= limit
        found += page["items"]
        cursor = page["next"]
    return found


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("nguyen", {"Nguyễn Trọng Nghĩa", "Nguyễn Đình Quân"}),
        ("Nguyễn", {"Nguyễn Trọng Nghĩa", "Nguyễn Đình Quân"}),
        ("NGUYỄN", {"Nguyễn Trọng Nghĩa", "Nguyễn Đình Quân"}),
        ("nguyen dinh", {"Nguyễn Đình Quân"}),
        ("quan  nguyen", {"Nguyễn Đình Quân"}),
        ("đinh", {"Nguyễn Đình Quân"}),
        ("DO THU", {"Đỗ Thu Hương"}),
        ("thuyhtt", {"Hoàng Thị Thu Thủy"}),
        ("Thuỷ", {"Hoàng Thị Thu Thủy"}),
        ("zz", set()),
        ("100%", set()),
        ("_", set()),
        ("\\", set()),
        ("'; DROP TABLE person; --", set()),
    ],
)
async def test_people_are_found_however_their_name_is_accented(sign_in: SignIn, q: str, found: set[str]):
    assert set(await names(await sign_in("anpth"), q=q)) == found


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("so noi vu", ["H99.02"]),
        ("snv", ["H99.02"]),
        ("home affairs", ["H99.02"]),
        ("H99.02", ["H99.02"]),
        ("skhdt", ["H99.06"]),
        ("đá trắng", ["H99.25"]),
        ("da trang", ["H99.25"]),
    ],
)
async def test_units_are_found_by_name_code_and_symbol(sign_in: SignIn, q: str, found: list[str]):
    assert await units(await sign_in("anpth"), q=q) == found


async def test_an_empty_search_is_no_search(sign_in: SignIn):
    clerk = await sign_in("anpth")
    assert await names(clerk, q=" ") == await names(clerk)


@pytest.mark.parametrize("path", ["/people", "/units"])
@pytest.mark.parametrize(
    ("q", "code"),
    [("a\0b", "text_not_allowed"), ("\x1b", "text_not_allowed"), ("x" * 201, "search_too_long")],
)
async def test_a_search_that_no_text_can_hold_is_refused(sign_in: SignIn, path: str, q: str, code: str):
    clerk = await sign_in("anpth")
    problem = refused(await clerk.get(f"{API}{path}", params={"q": q}), 422, code)
    assert problem["errors"][0]["pointer"] == "/q"


async def test_people_stand_in_the_vietnamese_order_of_given_names(house: House):
    given = ["Án", "An", "Ân", "Ba", "Dũng", "Đạt", "Ánh", "Ăn", "Anh"]
    for number, name in enumerate(given):
        await house.add_person(f"moi{number}", f"Thử {name}")
    found = [name.removeprefix("Thử ") for name in await names(house.admin, q="thu moi")]
    assert found == ["An", "Án", "Anh", "Ánh", "Ăn", "Ân", "Ba", "Dũng", "Đạt"]


async def test_the_order_does_not_depend_on_the_family_name(sign_in: SignIn):
    found = await names(await sign_in("anpth"))
    assert found[:4] == ["Phạm Thị Hoài An", "Mai Thị Ngọc Ánh", "Lương Gia Bảo", "Lâm Chí Dũng"]


@pytest.mark.parametrize("limit", [1, 7, 200])
async def test_pages_together_are_the_whole_list_each_once(sign_in: SignIn, limit: int):
    clerk = await sign_in("anpth")
    assert [person["full_name"] for person in await everything(clerk, "/people", limit)] == await names(clerk)
    assert [unit["code"] for unit in await everything(clerk, "/units", limit)] == await units(clerk)


@pytest.mark.parametrize(
    "cursor",
    ["nonsense", "%00", cursor_of(1), cursor_of("a"), cursor_of("a\0", NEITHER), cursor_of("a", "b")],
)
async def test_a_made_up_page_mark_is_refused(sign_in: SignIn, cursor: str):
    clerk = await sign_in("anpth")
    answer = await clerk.get(f"{API}/people", params={"cursor": cursor})
    refused(answer, 422, "cursor_not_understood")


async def test_a_made_up_page_mark_of_units_is_refused(sign_in: SignIn):
    clerk = await sign_in("anpth")
    for cursor in (cursor_of(1), cursor_of("a\0")):
        answer = await clerk.get(f"{API}/units", params={"cursor": cursor})
        refused(answer, 422, "cursor_not_understood")


@pytest.mark.parametrize("params", [{"limit": 0}, {"limit": 201}, {"unit_id": "x"}])
async def test_a_filter_that_is_not_possible_is_refused(sign_in: SignIn, params: dict[str, Any]):
    clerk = await sign_in("anpth")
    assert told(await clerk.get(f"{API}/people", params=params), 422)["code"] == "invalid"


@pytest.mark.parametrize("kind", ["a\0", "Ở", "' OR 1=1"])
async def test_a_kind_that_no_kind_is_called_is_refused(sign_in: SignIn, kind: str):
    clerk = await sign_in("anpth")
    assert told(await clerk.get(f"{API}/units", params={"kind": kind}), 422)["code"] == "invalid"


async def test_units_are_narrowed_by_kind_and_by_the_unit_above(house: House):
    assert await units(house.admin, kind="office") == ["H99.01"]
    assert len(await units(house.admin, kind="commune", parent_id=house.units["H99"])) == 9
    assert await units(house.admin, kind="moon_base") == []
    assert await units(house.admin, parent_id=house.units["H99.01"]) == []


async def test_people_are_narrowed_by_the_unit_in_which_they_hold_a_role_today(house: House):
    assert await names(house.admin, unit_id=house.units["H99.02"]) == [
        "Cao Văn Đạt",
        "Hồ Thị Xuân Mai",
        "Đặng Thị Minh Nguyệt",
    ]
    await house.give_role("anpth", "specialist", "H99.02", valid_from="2099-01-01")
    assert "Phạm Thị Hoài An" not in await names(house.admin, unit_id=house.units["H99.02"])
    assert await names(house.admin, unit_id=NEITHER) == []


async def test_whoever_is_signed_in_sees_names_posts_and_roles_and_nothing_more(
    sign_in: SignIn, house: House
):
    clerk = await sign_in("anpth")
    path = f"{API}/people/{house.people['nguyetdtm']}"
    person = told(await clerk.get(path))
    assert (person["full_name"], person["post"]) == ("Đặng Thị Minh Nguyệt", "Giám đốc Sở Nội vụ")
    assert [(role["role"], role["unit_name"]) for role in person["roles"]] == [("unit_head", "Sở Nội vụ")]
    assert (person["clearance"], person["frozen"], person["actions"]) == (None, None, ["person:read"])
    assert "password" not in json.dumps(person)
    for_the_administrator = told(await house.admin.get(path))
    assert (for_the_administrator["clearance"], for_the_administrator["frozen"]) == ("none", False)
    assert for_the_administrator["actions"] == ["person:administer", "person:read"]


async def test_nobody_sees_the_directory_without_signing_in(client: httpx.AsyncClient):
    for path in ("/people", "/units", "/unit-kinds", f"/people/{NEITHER}", f"/units/{NEITHER}", "/tokens"):
        refused(await client.get(f"{API}{path}"), 401, "not_signed_in")


async def test_a_frozen_person_is_seen_by_who_administers_them_alone(house: House, sign_in: SignIn):
    clerk = await sign_in("anpth")
    path = f"{API}/people/{house.people['datcv']}"
    assert "Cao Văn Đạt" in await names(clerk)
    told(await house.freeze("datcv"))
    assert "Cao Văn Đạt" not in await names(clerk)
    assert await names(clerk, q="cao van dat") == []
    refused(await clerk.get(path), 404, "not_found")
    assert told(await house.admin.get(path))["frozen"] is True
    assert "Cao Văn Đạt" in await names(house.admin)
    await house.give_role("vinhpt", "administrator", "H99.04")
    elsewhere = await sign_in("vinhpt")
    refused(await elsewhere.get(path), 404, "not_found")
    assert "Cao Văn Đạt" not in await names(elsewhere)


async def test_the_database_folds_as_the_program_does(sessions: Sessions):
    text = "Đặng Thị Thuỷ ĐỖ ư Ơ Ậ ỹ ợ Ằ ß Ñ é 45/BC-SNV đ ð Ɖ Ấ\u0323 hoả hỏa"
    async with sessions() as session:
        assert await session.scalar(select(_folded(func.concat(literal(text))))) == fold(text)
