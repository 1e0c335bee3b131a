"""Giving documents to units and people; opening, acknowledging; letters that tell of it."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import httpx
from sqlalchemy import select, update

from docflow.accounts.models import Person, Unit
from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.notifications.models import Letter, LetterState
from storage import ObjectStore
from tests.conftest import SignIn
from tests.documents.registering import DOCUMENTS, issue, person_id, register, unit_id
from tests.unchanged import unchanged

Work = Callable[[], Awaitable[None]]


async def give(client: httpx.AsyncClient, document: dict[str, Any], **to: Any) -> httpx.Response:
    return await client.post(f"{DOCUMENTS}/{document['id']}/routes", json=to)


async def letters(sessions: Sessions) -> list[Letter]:
    async with sessions() as session:
        return list(await session.scalars(select(Letter).order_by(Letter.no)))


def text_of(letter: Letter) -> str:
    mail = message_from_bytes(letter.content, _class=EmailMessage, policy=policy.default)
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


async def test_units_and_people_get_it_for_information_with_a_letter_each(
    sign_in: SignIn, sessions: Sessions
) -> None:
    clerk = await sign_in("anpth")
    document = await register(clerk)
    units = [await unit_id(sessions, symbol) for symbol in ("SNV", "STC")]
    leader = await person_id(sessions, "thuyhtt")
    answer = await give(clerk, document, unit_ids=units, person_ids=[leader], note="Để biết.")
    assert answer.status_code == 201
    told = [(one["name"], one["role"], one["note"], one["opened_at"]) for one in answer.json()]
    assert told == [
        ("Sở Nội vụ", "information", "Để biết.", None),
        ("Sở Tài chính", "information", "Để biết.", None),
        ("Hoàng Thị Thu Thủy", "information", "Để biết.", None),
    ]
    assert [one["unit_id"] for one in answer.json()] == [*units, None]
    assert answer.json()[2]["person_id"] == leader
    written = await letters(sessions)
    assert [letter.recipient for letter in written] == [
        "snv@truonggiang.example",
        "stc@truonggiang.example",
        "thuyhtt@truonggiang.example",
    ]
    body = text_of(written[0])
    for fact in ("05/CT-UBND", "Về việc nâng cao Chỉ số cải cách hành chính", "Để biết.", document["id"]):
        assert fact in body, body


async def test_the_letters_reach_the_mail_server(sign_in: SignIn, sessions: Sessions, work: Work) -> None:
    clerk = await sign_in("anpth")
    document = await register(clerk)
    await give(clerk, document, unit_ids=[await unit_id(sessions, "SNV")])
    await work()
    (letter,) = await letters(sessions)
    assert (letter.state, letter.attempts, letter.failure) == (LetterState.SENT, 1, None)


async def test_each_is_written_to_in_their_own_language(sign_in: SignIn, sessions: Sessions) -> None:
    clerk = await sign_in("anpth")
    document = await register(clerk)
    people = [await person_id(sessions, name) for name in ("thuka", "thuyhtt")]
    await give(clerk, document, person_ids=people)
    by_recipient = {letter.recipient: text_of(letter) for letter in await letters(sessions)}
    assert "Directive" in by_recipient["thuka@truonggiang.example"]
    assert "Chỉ thị" in by_recipient["thuyhtt@truonggiang.example"]


async def test_it_is_submitted_to_a_leader_for_direction(sign_in: SignIn, sessions: Sessions) -> None:
    clerk, leader = await sign_in("anpth"), await sign_in("thuyhtt")
    document = await register(clerk)
    to_leader = {"person_ids": [await person_id(sessions, "thuyhtt")], "role": "direction"}
    answer = await give(clerk, document, **to_leader)
    assert [one["role"] for one in answer.json()] == ["direction"]
    seen = await leader.get(f"{DOCUMENTS}/{document['id']}")
    assert seen.json()["actions"] == [
        "document:acknowledge",
        "document:read",
        "document:route",
        "document:trail",
    ]


async def test_giving_it_twice_makes_one_receipt_and_one_letter(sign_in: SignIn, sessions: Sessions) -> None:
    clerk = await sign_in("anpth")
    document = await register(clerk)
    to = {"unit_ids": [await unit_id(sessions, "SNV")]}
    await give(clerk, document, **to, note="Lần một")
    twice = await give(clerk, document, unit_ids=to["unit_ids"] * 2, note="Lần hai")
    assert twice.status_code == 201
    assert [(one["name"], one["note"]) for one in twice.json()] == [("Sở Nội vụ", "Lần một")]
    assert len(await letters(sessions)) == 1
    other_role = await give(clerk, document, **to, role="direction")
    assert [one["role"] for one in other_role.json()] == ["information", "direction"]
    assert len(await letters(sessions)) == 2


async def test_a_unit_without_an_address_gets_its_receipt_all_the_same(
    sign_in: SignIn, sessions: Sessions
) -> None:
    clerk = await sign_in("anpth")
    document = await register(clerk)
    async with transaction(sessions) as session:
        await session.execute(update(Unit).where(Unit.symbol == "SNV").values(email=None))
    answer = await give(clerk, document, unit_ids=[await unit_id(sessions, "SNV")])
    assert len(answer.json()) == 1
    assert await letters(sessions) == []


async def test_giving_it_to_nobody_or_somebody_unknown_is_refused(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    clerk = await sign_in("anpth")
    document = await register(clerk)
    snv, frozen = await unit_id(sessions, "SNV"), await person_id(sessions, "maihtx")
    ended = await unit_id(sessions, "STC")
    async with transaction(sessions) as session:
        yesterday = clock.today() - timedelta(days=1)
        await session.execute(update(Unit).where(Unit.symbol == "STC").values(valid_to=yesterday))
        await session.execute(update(Person).where(Person.username == "maihtx").values(frozen_at=clock.now()))
    nobody = document["id"]
    cases: list[tuple[dict[str, Any], str, str]] = [
        ({}, "/unit_ids", "nobody_named"),
        ({"unit_ids": [snv, nobody]}, "/unit_ids", "unit_not_known"),
        ({"unit_ids": [ended]}, "/unit_ids", "unit_not_known"),
        ({"unit_ids": [snv], "person_ids": [nobody]}, "/person_ids", "person_not_known"),
        ({"person_ids": [frozen]}, "/person_ids", "person_not_known"),
        ({"unit_ids": [snv, "x"]}, "/unit_ids/1", "field_not_valid"),
        ({"unit_ids": [snv], "role": "lead"}, "/role", "field_not_a_choice"),
        ({"unit_ids": [snv], "note": "\0"}, "/note", "text_not_allowed"),
        ({"unit_ids": [snv], "deadline": "2027-01-01"}, "/deadline", "field_unknown"),
        ({"unit_ids": [snv] * 2001}, "/unit_ids", "field_too_long"),
    ]
    async with unchanged(sessions, store):
        for body, pointer, code in cases:
            answer = await give(clerk, document, **body)
            assert answer.status_code == 422, (body, answer.text)
            assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [(pointer, code)]


async def test_whoever_received_it_passes_it_on_in_their_own_unit_only(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    clerk, department = await sign_in("anpth"), await sign_in("datcv")
    document = await register(clerk)
    own = await unit_id(sessions, "SNV")
    await give(clerk, document, unit_ids=[own])
    inside = await give(
        department,
        document,
        person_ids=[await person_id(sessions, "maihtx")],
        role="direction",
    )
    assert inside.status_code == 201
    ours, theirs = inside.json()
    assert (ours["state"], theirs["parent_id"]) == ("forwarded", ours["id"])
    itself = await give(department, document, unit_ids=[own], role="direction")
    assert (itself.status_code, itself.json()["code"]) == (409, "not_to_oneself")
    outside: list[dict[str, Any]] = [
        {"unit_ids": [await unit_id(sessions, "STC")]},
        {"unit_ids": [await unit_id(sessions, "H99.24")]},
        {"unit_ids": [own, await unit_id(sessions, "H99")]},
        {"person_ids": [await person_id(sessions, "phuongct")]},
        {"person_ids": [await person_id(sessions, "maihtx"), await person_id(sessions, "thuyhtt")]},
    ]
    async with unchanged(sessions, store):
        for to in outside:
            refused = await give(department, document, **to, role="information")
            assert refused.status_code == 403, to
            assert refused.json()["facts"] == {"reason": "target_outside_own_units"}
    stranger = await sign_in("phuongct")
    assert (await stranger.get(f"{DOCUMENTS}/{document['id']}")).status_code == 404


async def test_a_specialist_who_sees_it_may_not_pass_it_on(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    document = await register(await sign_in("anpth"))
    specialist = await sign_in("lochtt")
    async with unchanged(sessions, store):
        refused = await give(specialist, document, unit_ids=[await unit_id(sessions, "SNV")])
        assert (refused.status_code, refused.json()["facts"]["reason"]) == (403, "role_missing")


async def test_opening_is_noted_once_and_is_not_handling(sign_in: SignIn, sessions: Sessions) -> None:
    clerk, leader = await sign_in("anpth"), await sign_in("thuyhtt")
    document = await register(clerk)
    here = f"{DOCUMENTS}/{document['id']}"
    await give(clerk, document, person_ids=[await person_id(sessions, "thuyhtt")])
    opened = clock.now()
    for hours in (0, 1):
        with clock.at(opened + timedelta(hours=hours)):
            await leader.get(here)
    (receipt,) = (await clerk.get(f"{here}/receipts")).json()
    assert datetime.fromisoformat(receipt["opened_at"]) == opened
    assert receipt["acknowledged_at"] is None


async def test_acknowledging_keeps_when_it_was_opened(sign_in: SignIn, sessions: Sessions) -> None:
    clerk, leader = await sign_in("anpth"), await sign_in("thuyhtt")
    document = await register(clerk)
    here = f"{DOCUMENTS}/{document['id']}"
    await give(clerk, document, person_ids=[await person_id(sessions, "thuyhtt")])
    opened = clock.now()
    with clock.at(opened):
        await leader.get(here)
    with clock.at(opened + timedelta(hours=2)):
        answer = await leader.post(f"{here}/acknowledgement")
    assert (answer.status_code, answer.headers["etag"]) == (200, '"1"')
    (receipt,) = (await clerk.get(f"{here}/receipts")).json()
    assert datetime.fromisoformat(receipt["opened_at"]) == opened
    assert datetime.fromisoformat(receipt["acknowledged_at"]) == opened + timedelta(hours=2)


async def test_one_of_a_unit_acknowledges_for_the_unit_and_nobody_twice(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    clerk, department, colleague = [await sign_in(name) for name in ("anpth", "datcv", "maihtx")]
    document = await register(clerk)
    here = f"{DOCUMENTS}/{document['id']}"
    await give(clerk, document, unit_ids=[await unit_id(sessions, symbol) for symbol in ("SNV", "STC")])
    assert (await department.post(f"{here}/acknowledgement")).status_code == 200
    by_name = {one["name"]: one for one in (await clerk.get(f"{here}/receipts")).json()}
    assert by_name["Sở Nội vụ"]["acknowledged_at"] is not None
    assert by_name["Sở Nội vụ"]["opened_at"] is not None
    assert by_name["Sở Tài chính"]["acknowledged_at"] is None
    async with unchanged(sessions, store):
        for late in (colleague, department, clerk):
            again = await late.post(f"{here}/acknowledgement")
            assert (again.status_code, again.json()["code"]) == (409, "nothing_to_acknowledge")


async def test_an_issued_document_is_routed_like_any_other(sign_in: SignIn, sessions: Sessions) -> None:
    clerk = await sign_in("datcv")
    document = await issue(clerk)
    answer = await give(clerk, document, unit_ids=[await unit_id(sessions, "VP")])
    assert answer.status_code == 201
    (letter,) = await letters(sessions)
    assert "01/BC-SNV" in text_of(letter)
    office = await sign_in("anpth")
    assert (await office.get(f"{DOCUMENTS}/{document['id']}")).status_code == 200


async def test_routing_leaves_the_version_alone(sign_in: SignIn, sessions: Sessions) -> None:
    clerk = await sign_in("anpth")
    document = await register(clerk)
    await give(clerk, document, unit_ids=[await unit_id(sessions, "SNV")])
    amended = await clerk.patch(
        f"{DOCUMENTS}/{document['id']}", json={"note": "x"}, headers={"If-Match": '"1"'}
    )
    assert (amended.status_code, amended.headers["etag"]) == (200, '"2"')


async def test_a_receipt_goes_its_way_over_http(sign_in: SignIn, sessions: Sessions) -> None:
    clerk, leader, department = [await sign_in(name) for name in ("anpth", "thuyhtt", "datcv")]
    document = await register(clerk)
    await give(clerk, document, person_ids=[await person_id(sessions, "thuyhtt")], role="direction")
    (waiting,) = (await leader.get("/api/v1/receipts", params={"role": "direction"})).json()["items"]
    assert (waiting["document"]["id"], waiting["overdue"]) == (document["id"], False)
    here = f"/api/v1/receipts/{waiting['id']}"
    body = {"to": [{"role": "lead", "unit_id": await unit_id(sessions, "SNV"), "due_on": "2099-12-01"}]}
    assert (await leader.post(f"{here}/forwards", json=body)).status_code == 428
    passed = await leader.post(f"{here}/forwards", json=body, headers={"If-Match": '"1"'})
    assert (passed.status_code, passed.json()["state"], passed.headers["etag"]) == (200, "forwarded", '"2"')
    stale = await leader.post(f"{here}/forwards", json=body, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    (ours,) = (await department.get(f"{DOCUMENTS}/{document['id']}/receipts")).json()
    assert (ours["actions"], ours["parent_id"]) == (["forward", "complete", "return"], None)
    theirs = f"/api/v1/receipts/{ours['id']}"
    etag = {"If-Match": '"1"'}
    back = await department.post(f"{theirs}/return", json={"reason": "Không đúng thẩm quyền"}, headers=etag)
    assert (back.status_code, back.json()["state"], back.json()["end_note"]) == (
        200,
        "returned",
        "Không đúng thẩm quyền",
    )
    again = await department.post(f"{theirs}/completion", json={}, headers={"If-Match": '"2"'})
    assert (again.status_code, again.json()["code"]) == (409, "receipt_returned")
    recalled = await clerk.post(f"{here}/recall", json={"reason": "Nhầm"}, headers={"If-Match": '"3"'})
    assert (recalled.status_code, recalled.json()["state"]) == (200, "recalled")
    assert (await leader.get(here)).status_code == 404
