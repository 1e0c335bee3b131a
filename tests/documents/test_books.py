"""Books over the API: opened for kinds, changed while unused, closed for ever; and who may."""

import asyncio
from typing import Any

import pytest

from docflow.access.actions import Action
from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.documents.models import Direction, Document
from docflow.documents.schemas import OpenRegister
from docflow.documents.service.intake import register_incoming
from docflow.documents.service.registers.books import open_register
from docflow.documents.service.registers.numbers import Wanted, take_number
from storage import ObjectStore
from tests.conftest import SignIn
from tests.documents.books import REGISTERS, local, open_book, registers, until_somebody_waits
from tests.documents.registering import (
    DOCUMENTS,
    OUTGOING,
    issue,
    outgoing,
    paper,
    received,
    register,
    to_register,
    unit_id,
)
from tests.documents.test_numbering import ActorOf
from tests.unchanged import unchanged

DECISIONS: dict[str, Any] = {"title": "Sổ quyết định", "kinds": ["decision"]}


async def test_a_kind_with_a_book_of_its_own_counts_for_itself_and_the_rest_together(sign_in: SignIn) -> None:
    clerk = await sign_in("datcv")
    book = await open_book(clerk, **DECISIONS)
    year = clock.today().year
    assert (book["state"], book["last_number"], book["version"]) == ("running", 0, 1)
    assert (book["starts_on"], book["ends_on"]) == (f"{year}-01-01", f"{year + 1}-01-01")
    issued = [
        await issue(clerk, files=paper(b"%d" % place), kind=kind)
        for place, kind in enumerate(("decision", "report", "decision", "plan"))
    ]
    assert [one["symbol"] for one in issued] == ["01/QĐ-SNV", "01/BC-SNV", "02/QĐ-SNV", "02/KH-SNV"]
    titles = {one["title"]: one["last_number"] for one in await registers(clerk)}
    assert titles == {"Sổ quyết định": 2, f"Sổ đăng ký văn bản đi năm {year}": 2}


async def test_an_internal_document_has_a_series_of_its_own(sign_in: SignIn) -> None:
    clerk = await sign_in("datcv")
    await issue(clerk)
    answer = await clerk.post("/api/v1/documents/internal", data=outgoing(), files=paper(b"2"))
    body = answer.json()
    assert (answer.status_code, body["direction"], body["symbol"]) == (201, "internal", "01/BC-SNV")
    assert "document:amend" not in body["actions"]
    refused = await clerk.patch(answer.headers["location"], json={"note": "x"}, headers={"If-Match": '"1"'})
    assert (refused.status_code, refused.json()["code"]) == (409, "issued_never_edited")


async def test_the_series_of_a_term_counts_over_the_year_in_the_partys_form(sign_in: SignIn) -> None:
    term = {
        "series": "term",
        "title": "Nhiệm kỳ 2025-2030",
        "starts_on": "2025-10-01",
        "ends_on": "2030-10-01",
    }
    with clock.at(local(2026, 12, 30)):
        clerk = await sign_in("datcv")
        book = await open_book(clerk, **term)
        assert (await issue(clerk, kind="decision"))["symbol"] == "01-QĐ/SNV"
    with clock.at(local(2027, 1, 4)):
        clerk = await sign_in("datcv")
        letter = await issue(clerk, files=paper(b"2"), kind="official_letter")
        assert (letter["symbol"], letter["register_id"]) == ("02-CV/SNV", book["id"])
    with clock.at(local(2030, 10, 1)):
        clerk = await sign_in("datcv")
        answer = await clerk.post(OUTGOING, data=outgoing(), files=paper(b"3"))
        assert (answer.status_code, answer.json()["code"]) == (409, "term_over")
        assert "Nhiệm kỳ 2025-2030" in answer.json()["detail"]
        following = {
            **term,
            "starts_on": "2030-10-01",
            "ends_on": "2035-10-01",
            "title": "Nhiệm kỳ 2030-2035",
        }
        await open_book(clerk, **following)
        assert (await issue(clerk, files=paper(b"4")))["symbol"] == "01-BC/SNV"


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"kinds": ["poem"]}, "/kinds", "kind_not_known"),
    ({"year": 2020}, "/year", "year_not_possible"),
    ({"year": 2999}, "/year", "year_not_possible"),
    ({"starts_on": "2026-01-01"}, "/starts_on", "term_dates_of_year"),
    ({"series": "term", "year": 2026}, "/year", "year_of_term"),
    ({"series": "term", "starts_on": "2026-01-01"}, "/ends_on", "term_dates_missing"),
    ({"series": "term", "starts_on": "2025-01-01", "ends_on": "2030-01-01"}, "/title", "term_title_missing"),
    (
        {"series": "term", "starts_on": "2020-01-01", "ends_on": "2025-01-01", "title": "T"},
        "/ends_on",
        "term_not_possible",
    ),
    (
        {"series": "term", "starts_on": "2025-01-01", "ends_on": "2099-01-01", "title": "T"},
        "/ends_on",
        "term_not_possible",
    ),
    ({"direction": "sideways"}, "/direction", "field_not_a_choice"),
]


async def test_books_that_cannot_be_are_refused_by_field(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    clerk = await sign_in("datcv")
    async with unchanged(sessions, store):
        for fields, pointer, code in REFUSED:
            answer = await clerk.post(REGISTERS, json={"direction": "outgoing", **fields})
            assert answer.status_code == 422, (fields, answer.text)
            assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [(pointer, code)]


async def test_two_books_never_cover_the_same_at_the_same_time(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    clerk = await sign_in("datcv")
    year = clock.today().year
    await open_book(clerk, kinds=["decision", "plan"])
    await open_book(clerk)
    await open_book(clerk, kinds=["decision"], direction="incoming")
    clashing: list[dict[str, Any]] = [
        {"kinds": ["plan", "report"]},
        {},
        {"kinds": ["decision"], "series": "term", "starts_on": f"{year}-05-01", "ends_on": f"{year + 4}-05-01", "title": "T"},
        {"series": "term", "starts_on": f"{year - 1}-05-01", "ends_on": f"{year + 4}-01-01", "title": "T"},
    ]  # fmt: skip
    async with unchanged(sessions, store):
        for fields in clashing:
            answer = await clerk.post(REGISTERS, json={"direction": "outgoing", **fields})
            assert (answer.status_code, answer.json()["code"]) == (409, "book_overlaps"), fields


async def test_a_kind_that_was_numbered_in_the_general_book_gets_its_own_next_year(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    clerk = await sign_in("datcv")
    await issue(clerk, kind="decision")
    async with unchanged(sessions, store):
        answer = await clerk.post(REGISTERS, json={"direction": "outgoing", **DECISIONS})
        assert (answer.status_code, answer.json()["code"]) == (409, "kind_numbered_already")
        assert answer.json()["facts"] == {"kinds": "decision"}
    await open_book(clerk, kinds=["report"])
    following = await open_book(clerk, **DECISIONS, year=clock.today().year + 1)
    assert following["state"] == "to_come"
    assert (await issue(clerk, files=paper(b"2"), kind="decision"))["number"] == "02"


async def test_of_two_who_open_the_same_book_at_once_one_does(sign_in: SignIn) -> None:
    clerk, head = await sign_in("datcv"), await sign_in("datcv")
    answers = await asyncio.gather(
        *(who.post(REGISTERS, json={"direction": "outgoing", **DECISIONS}) for who in (clerk, head) * 4)
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert len(await registers(clerk)) == 1


async def test_who_waits_for_the_general_book_while_its_kind_gets_its_own_is_numbered_there(
    sessions: Sessions, actor_of: ActorOf
) -> None:
    clerk = await actor_of("datcv")
    (unit,) = clerk.units_for(Action.DOCUMENT_REGISTER)
    wanted = Wanted(unit_id=unit, direction=Direction.OUTGOING, kind="decision")
    async with transaction(sessions) as session:
        general = await take_number(
            session, clerk, Wanted(unit_id=unit, direction=Direction.OUTGOING, kind="report")
        )

    async def take() -> Any:
        async with transaction(sessions) as other:
            return await take_number(other, clerk, wanted)

    async with transaction(sessions) as session, asyncio.timeout(20):
        book = await open_register(
            session, clerk, OpenRegister(direction=Direction.OUTGOING, title="Q", kinds=["decision"])
        )
        waiting = asyncio.create_task(take())
        await until_somebody_waits(sessions)
    taken = await waiting
    assert (taken.register_id, taken.number) == (book.id, 1)
    assert taken.register_id != general.register_id


async def test_a_registration_that_waits_meanwhile_is_filed_and_found_in_the_kinds_own_book(
    sessions: Sessions, actor_of: ActorOf, sign_in: SignIn
) -> None:
    actor, clerk = await actor_of("datcv"), await sign_in("datcv")
    await register(clerk, symbol="1/BC-SNV")

    async def enter() -> Document:
        async with transaction(sessions) as other:
            return await register_incoming(other, actor, to_register(), received(2))

    async with asyncio.timeout(20), transaction(sessions) as session:
        form = OpenRegister(direction=Direction.INCOMING, title="Chỉ thị", kinds=["directive"])
        book = await open_register(session, actor, form)
        waiting = asyncio.create_task(enter())
        await until_somebody_waits(sessions)
    document = await waiting
    assert (document.register_id, document.register_number) == (book.id, 1)
    found = await clerk.get(DOCUMENTS, params={"register_id": str(book.id)})
    assert [one["id"] for one in found.json()["items"]] == [str(document.id)]


async def test_an_unused_book_changes_what_it_covers_and_a_used_one_only_its_title(sign_in: SignIn) -> None:
    clerk = await sign_in("datcv")
    book = await open_book(clerk, **DECISIONS)
    here = f"{REGISTERS}/{book['id']}"
    changed = await clerk.patch(
        here, json={"kinds": ["plan"], "title": "Sổ kế hoạch"}, headers={"If-Match": '"1"'}
    )
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    assert (changed.json()["kinds"], changed.json()["title"]) == (["plan"], "Sổ kế hoạch")
    assert (await issue(clerk, kind="plan"))["register_id"] == book["id"]
    assert (await issue(clerk, files=paper(b"2"), kind="decision"))["register_id"] != book["id"]
    second = {"If-Match": '"2"'}
    for body, status, code in (
        ({"kinds": ["report"]}, 409, "register_in_use"),
        ({"ends_on": "2031-01-01"}, 422, "invalid"),
        ({"title": " "}, 422, "invalid"),
    ):
        refused = await clerk.patch(here, json=body, headers=second)
        assert (refused.status_code, refused.json()["code"]) == (status, code)
    stale = await clerk.patch(here, json={"title": "X"}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    named = await clerk.patch(here, json={"title": "Sổ kế hoạch của Sở"}, headers=second)
    assert (named.status_code, named.json()["title"]) == (200, "Sổ kế hoạch của Sở")


async def test_a_term_is_prolonged_and_ended_early(sign_in: SignIn) -> None:
    clerk = await sign_in("datcv")
    today = clock.today()
    term = {"series": "term", "title": "T", "starts_on": "2025-01-01", "ends_on": "2030-01-01"}
    book = await open_book(clerk, **term)
    here = f"{REGISTERS}/{book['id']}"
    longer = await clerk.patch(here, json={"ends_on": "2031-01-01"}, headers={"If-Match": '"1"'})
    assert longer.json()["ends_on"] == "2031-01-01"
    await issue(clerk)
    closed = await clerk.post(f"{here}/closing", headers={"If-Match": '"2"'})
    assert (closed.status_code, closed.json()["state"]) == (200, "closed")
    assert closed.json()["ends_on"] == today.fromordinal(today.toordinal() + 1).isoformat()


async def test_a_years_book_is_closed_when_the_year_is_over_or_before_it_was_used(sign_in: SignIn) -> None:
    clerk = await sign_in("datcv")
    unused = await open_book(clerk, **DECISIONS)
    closed = await clerk.post(f"{REGISTERS}/{unused['id']}/closing", headers={"If-Match": '"1"'})
    assert (closed.status_code, closed.json()["state"]) == (200, "closed")
    again = await clerk.post(f"{REGISTERS}/{unused['id']}/closing", headers={"If-Match": '"2"'})
    assert (again.status_code, again.json()["code"]) == (409, "register_closed")
    used = (await issue(clerk, kind="decision"))["register_id"]
    assert used != unused["id"], "as if it had never been"
    early = await clerk.post(f"{REGISTERS}/{used}/closing", headers={"If-Match": '"1"'})
    assert (early.status_code, early.json()["code"]) == (409, "register_still_runs")
    with clock.at(local(clock.today().year + 1, 1, 2)):
        clerk = await sign_in("datcv")
        closed = await clerk.post(f"{REGISTERS}/{used}/closing", headers={"If-Match": '"1"'})
        assert closed.json()["state"] == "closed"
        changed = await clerk.patch(
            f"{REGISTERS}/{used}", json={"title": "X"}, headers={"If-Match": closed.headers["etag"]}
        )
        assert (changed.status_code, changed.json()["code"]) == (409, "register_closed")


async def test_registry_and_head_configure_their_own_units_books_and_nobody_else(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    clerk = await sign_in("datcv")
    other = await unit_id(sessions, "STC")
    book = await open_book(clerk, **DECISIONS)
    outsider, leader = await sign_in("anpth"), await sign_in("thuyhtt")
    async with unchanged(sessions, store):
        for client, body, reason in (
            (clerk, {"unit_id": other}, "not_the_registry_of_this_unit"),
            (leader, {}, "role_missing"),
        ):
            refused = await client.post(REGISTERS, json={"direction": "outgoing", **body})
            assert (refused.status_code, refused.json()["facts"]["reason"]) == (403, reason)
        hidden = await outsider.get(f"{REGISTERS}/{book['id']}")
        assert hidden.status_code == 404
        here = f"{REGISTERS}/{book['id']}"
        closed = await outsider.post(f"{here}/closing", headers={"If-Match": '"1"'})
        reserved = await outsider.post(
            f"{here}/reservations", json={"reserved_for": "x", "until": "2030-01-01"}
        )
        assert (closed.status_code, reserved.status_code) == (404, 404)


@pytest.mark.parametrize("direction", ["incoming", "internal"])
async def test_every_direction_has_its_books(sign_in: SignIn, direction: str) -> None:
    clerk = await sign_in("datcv")
    book = await open_book(clerk, direction=direction, kinds=["directive"])
    shown = await clerk.get(f"{REGISTERS}/{book['id']}")
    assert (shown.status_code, shown.headers["etag"], shown.json()) == (200, '"1"', book)
    if direction == "incoming":
        assert (await register(clerk))["register_id"] == book["id"]
    listed = await clerk.get(REGISTERS, params={"direction": direction})
    assert [one["id"] for one in listed.json()] == [book["id"]]
