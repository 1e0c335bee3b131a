"""Numbers that are kept for later, used, left out and given to nobody: reservations, suffixes, late entries, voids."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from docflow.core import clock
from docflow.core.db import Sessions
from storage import ObjectStore
from tests.conftest import SignIn
from tests.documents.books import REGISTERS, assert_whole, entries, local, open_book, reserve, void
from tests.documents.registering import (
    DOCUMENTS,
    INCOMING,
    OUTGOING,
    incoming,
    issue,
    outgoing,
    paper,
    person_id,
    register,
    unit_id,
)
from tests.unchanged import unchanged


async def test_reserved_numbers_are_taken_now_and_used_later_on_the_day_of_their_use(
    sign_in: SignIn, sessions: Sessions
) -> None:
    clerk = await sign_in("datcv")
    first = await issue(clerk)
    kept = await reserve(clerk, first["register_id"], 2)
    assert [(one["number"], one["state"], one["document"]) for one in kept] == [
        ("02", "reserved", None),
        ("03", "reserved", None),
    ]
    assert (await issue(clerk, files=paper(b"4")))["symbol"] == "04/BC-SNV"
    with clock.at(clock.now() + timedelta(minutes=3)):
        used = await issue(clerk, files=paper(b"3"), reserved_number=3)
        assert (used["number"], used["symbol"]) == ("03", "03/BC-SNV")
        assert used["issued_on"] == clock.today().isoformat()
    rows = await assert_whole(sessions)
    assert [row.number for row in sorted(rows, key=lambda row: row.taken_at)] == [1, 2, 3, 4]
    shown = await entries(clerk, first["register_id"], limit=2)
    assert [(one["number"], one["state"]) for one in shown] == [
        ("01", "registered"),
        ("02", "reserved"),
        ("03", "registered"),
        ("04", "registered"),
    ]
    assert shown[2]["reserved_for"] == "Quyết định khen thưởng"
    assert shown[2]["document"]["id"] == used["id"]
    assert [one["number"] for one in await entries(clerk, first["register_id"], only="reserved")] == ["02"]


async def test_overdue_reservations_are_listed_and_can_still_be_used(sign_in: SignIn) -> None:
    clerk = await sign_in("datcv")
    first = await issue(clerk)
    await reserve(clerk, first["register_id"], until=clock.today().isoformat())
    assert await entries(clerk, first["register_id"], only="overdue") == []
    with clock.at(clock.now() + timedelta(days=1)):
        clerk = await sign_in("datcv")
        (overdue,) = await entries(clerk, first["register_id"], only="overdue")
        assert (overdue["number"], overdue["is_overdue"]) == ("02", True)
        assert (await issue(clerk, files=paper(b"2"), reserved_number=2))["number"] == "02"
        assert await entries(clerk, first["register_id"], only="overdue") == []


async def test_only_a_reserved_number_of_the_book_that_covers_the_document_is_used_and_once(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    clerk = await sign_in("datcv")
    first = await issue(clerk)
    await reserve(clerk, first["register_id"], 3)
    decisions = await open_book(clerk, kinds=["decision"])
    await reserve(clerk, decisions["id"], 1)
    assert (await void(clerk, first["register_id"], "4")).status_code == 200
    await issue(clerk, files=paper(b"2"), reserved_number=2)
    cases: list[tuple[dict[str, Any], str]] = [
        ({"reserved_number": 1}, "number_not_reserved"),
        ({"reserved_number": 9}, "number_not_reserved"),
        ({"reserved_number": 2, "kind": "decision"}, "number_not_reserved"),
        ({"reserved_number": 4}, "number_voided"),
        ({"reserved_number": 2}, "number_already_taken"),
    ]
    async with unchanged(sessions, store):
        for fields, code in cases:
            answer = await clerk.post(OUTGOING, data=outgoing(**fields), files=paper(b"x"))
            assert (answer.status_code, answer.json()["code"]) == (409, code), fields
        both = {"reserved_number": 3, "after_number": 1, "late_reason": "x"}
        for form in (outgoing(reserved_number=0), outgoing(**both)):
            assert (await clerk.post(OUTGOING, data=form, files=paper(b"x"))).status_code == 422
    await assert_whole(sessions)


async def test_of_eight_who_use_a_reserved_number_at_once_one_does(
    sign_in: SignIn, sessions: Sessions
) -> None:
    clerk = await sign_in("datcv")
    first = await issue(clerk)
    await reserve(clerk, first["register_id"])
    answers = await asyncio.gather(
        *(
            clerk.post(OUTGOING, data=outgoing(reserved_number=2), files=paper(b"%d" % turn))
            for turn in range(8)
        ),
        void(clerk, first["register_id"], "01"),
    )
    statuses = [answer.status_code for answer in answers]
    assert sorted(statuses) == [200, 201] + [409] * 7
    await assert_whole(sessions)


async def test_reservations_that_cannot_be_are_refused(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    clerk, head = await sign_in("datcv"), await sign_in("nguyetdtm")
    first = await issue(clerk)
    following = await open_book(clerk, year=clock.today().year + 1)
    here = f"{REGISTERS}/{first['register_id']}/reservations"
    good = {"reserved_for": "x", "until": clock.today().isoformat()}
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"count": 0}, "/count"),
        ({"count": 51}, "/count"),
        ({"reserved_for": " "}, "/reserved_for"),
        ({"until": "2020-01-01"}, "/until"),
        ({"until": f"{clock.today().year + 1}-01-01"}, "/until"),
    ]
    async with unchanged(sessions, store):
        for fields, pointer in wrong:
            answer = await clerk.post(here, json={**good, **fields})
            assert answer.status_code == 422, answer.text
            assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]
        early = await clerk.post(f"{REGISTERS}/{following['id']}/reservations", json=good)
        assert (early.status_code, early.json()["code"]) == (409, "register_not_of_today")
        refused = await head.post(here, json=good)
        assert (refused.status_code, refused.json()["facts"]["reason"]) == (403, "role_missing")


async def test_a_suffix_stands_after_its_number_says_why_and_is_marked_late(
    sign_in: SignIn, sessions: Sessions
) -> None:
    clerk = await sign_in("datcv")
    for number in range(2):
        await issue(clerk, files=paper(b"%d" % number))
    for letter in "ab":
        body = await issue(clerk, files=paper(letter.encode()), after_number=1, late_reason="Bỏ sót")
        assert (body["number"], body["symbol"]) == (f"01{letter}", f"01{letter}/BC-SNV")
        assert (body["late_reason"], body["issued_on"]) == ("Bỏ sót", clock.today().isoformat())
    assert (await issue(clerk, files=paper(b"3")))["number"] == "03"
    shown = await entries(clerk, body["register_id"], limit=1)
    assert [one["number"] for one in shown] == ["01", "01a", "01b", "02", "03"]
    late = await entries(clerk, body["register_id"], only="late")
    assert [(one["number"], one["late_reason"]) for one in late] == [("01a", "Bỏ sót"), ("01b", "Bỏ sót")]
    await assert_whole(sessions)


async def test_a_suffix_needs_a_reason_and_a_number_that_was_given(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    clerk = await sign_in("datcv")
    await issue(clerk)
    async with unchanged(sessions, store):
        for fields, pointer, code in (
            ({"after_number": 1}, "/late_reason", "late_reason_of_suffix"),
            ({"after_number": 2, "late_reason": "x"}, "/after_number", "number_not_given"),
        ):
            answer = await clerk.post(OUTGOING, data=outgoing(**fields), files=paper(b"2"))
            assert answer.status_code == 422
            assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [(pointer, code)]


async def test_two_suffixes_at_once_are_two_letters(sign_in: SignIn, sessions: Sessions) -> None:
    clerk = await sign_in("datcv")
    await issue(clerk)
    bodies = await asyncio.gather(
        *(issue(clerk, files=paper(b"s%d" % turn), after_number=1, late_reason="Bỏ sót") for turn in range(6))
    )
    assert sorted(body["number"] for body in bodies) == [f"01{letter}" for letter in "abcdef"]
    await assert_whole(sessions)


LATE = [
    # On Monday 2 March 2026: today, the weekend and Friday are in time; Thursday is not.
    ((2026, 3, 2), "2026-03-02", False),
    ((2026, 3, 2), "2026-02-28", False),
    ((2026, 3, 2), "2026-02-27", False),
    ((2026, 3, 2), "2026-02-26", True),
    # Tet 2026: the first working day after 13 February is the 23rd.
    ((2026, 2, 23), "2026-02-13", False),
    ((2026, 2, 24), "2026-02-13", True),
]


@pytest.mark.parametrize(("today", "arrived_on", "late"), LATE)
async def test_what_is_entered_after_the_next_working_day_tells_why(
    sign_in: SignIn, today: tuple[int, int, int], arrived_on: str, late: bool
) -> None:
    with clock.at(local(*today)):
        clerk = await sign_in("anpth")
        form = incoming(arrived_on=arrived_on)
        answer = await clerk.post(INCOMING, data=form, files=paper())
        if late:
            assert answer.status_code == 422
            assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [
                ("/late_reason", "late_reason_missing")
            ]
        else:
            assert (answer.status_code, answer.json()["late_reason"]) == (201, None)
        body = await register(
            clerk, files=paper(b"2"), symbol="9/CT-UBND", arrived_on=arrived_on, late_reason="Bưu điện chậm"
        )
        assert body["late_reason"] == ("Bưu điện chậm" if late else None)
        assert body["number"] == ("01" if late else "02"), "the next number, never one of before"


async def test_a_void_number_stays_and_its_document_is_only_read(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    clerk, leader = await sign_in("anpth"), await sign_in("thuyhtt")
    document = await register(clerk)
    here = f"{DOCUMENTS}/{document['id']}"
    given = {"person_ids": [await person_id(sessions, "thuyhtt")], "role": "direction"}
    assert (await clerk.post(f"{here}/routes", json=given)).status_code == 201
    answer = await void(clerk, document["register_id"], "1", "Đăng ký nhầm")
    entry = answer.json()
    assert (answer.status_code, entry["number"], entry["state"]) == (200, "01", "void")
    assert (entry["void_reason"], entry["document"]["id"]) == ("Đăng ký nhầm", document["id"])
    shown = await clerk.get(here)
    assert shown.json()["voided_at"] is not None
    assert shown.headers["etag"] == '"2"'
    assert {"document:amend", "document:route", "number:void"}.isdisjoint(shown.json()["actions"])
    assert [one["role"] for one in (await clerk.get(f"{here}/receipts")).json()] == ["direction"]
    task = {
        "lead_unit_id": await unit_id(sessions, "SNV"),
        "content": "x",
        "due": {"amount": 5, "unit": "working_days"},
    }
    async with unchanged(sessions, store):
        tries = [
            await clerk.post(f"{here}/routes", json=given),
            await clerk.patch(here, json={"note": "x"}, headers={"If-Match": '"2"'}),
            await clerk.post(f"{here}/files", files=paper(b"2"), headers={"If-Match": '"2"'}),
            await leader.post(f"{here}/directions", json={"content": "x", "tasks": [task]}),
        ]
        assert [(one.status_code, one.json()["code"]) for one in tries] == [(409, "document_voided")] * 4
        again = await void(clerk, document["register_id"], "01")
        assert (again.status_code, again.json()["code"]) == (409, "number_voided")
    assert (await register(clerk))["number"] == "02", "the void one is no duplicate"
    assert [one["number"] for one in await entries(clerk, document["register_id"], only="void")] == ["01"]
    story = (await clerk.get(f"{here}/trail")).json()["items"]
    voided = [event["details"] for event in story if event["tag"] == "document:voided"]
    assert voided == [{"number": "01", "reason": "Đăng ký nhầm"}]
    await assert_whole(sessions)


async def test_numbers_that_cannot_be_voided_are_refused(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    clerk, outsider, head = [await sign_in(name) for name in ("datcv", "anpth", "nguyetdtm")]
    register_id = (await issue(clerk))["register_id"]
    async with unchanged(sessions, store):
        for number in ("2", "1a", "0", "x", "-1", "1 ", "99999999", "1%2F2", "01đ"):
            assert (await void(clerk, register_id, number)).status_code == 404, number
        assert (await void(clerk, register_id, "1", " ")).status_code == 422
        assert (await void(outsider, register_id, "1")).status_code == 404
        refused = await void(head, register_id, "1")
        assert (refused.status_code, refused.json()["facts"]["reason"]) == (403, "role_missing")


async def test_a_book_with_open_reservations_waits_to_be_closed(sign_in: SignIn) -> None:
    clerk = await sign_in("datcv")
    first = await issue(clerk)
    here = f"{REGISTERS}/{first['register_id']}"
    await reserve(clerk, first["register_id"], 2)
    with clock.at(local(clock.today().year + 1, 1, 2)):
        clerk = await sign_in("datcv")
        assert (await clerk.get(here)).json()["state"] == "waiting"
        refused = await clerk.post(f"{here}/closing", headers={"If-Match": '"1"'})
        assert (refused.status_code, refused.json()["facts"]) == (409, {"numbers": "02, 03"})
        late = await clerk.post(OUTGOING, data=outgoing(reserved_number=2), files=paper(b"2"))
        assert (late.status_code, late.json()["code"]) == (409, "number_not_reserved"), "of another year"
        for number in ("2", "3"):
            assert (await void(clerk, first["register_id"], number)).status_code == 200
        closed = await clerk.post(f"{here}/closing", headers={"If-Match": '"1"'})
        assert closed.json()["state"] == "closed"
        gone = await void(clerk, first["register_id"], "1")
        assert (gone.status_code, gone.json()["code"]) == (409, "register_closed")
