"""Closing, reopening, and the way into the archive and back; the notice before it."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from docflow.access.roles import Role
from docflow.core import clock
from docflow.core.db import Sessions
from docflow.dossiers.service.noticing import notice_hand_overs
from docflow.notifications.models import Letter
from docflow.notifications.service import Postman
from tests.conftest import SignIn
from tests.documents.registering import person_id
from tests.dossiers.dossiers import (
    DOSSIERS,
    a_document,
    give_role,
    heading,
    hide,
    if_match,
    now,
    open_dossier,
    put_in,
    step,
    tags_of,
)

REASON = {"reason": "Bổ sung văn bản kết luận"}


async def test_a_closed_dossier_keeps_its_totals_and_takes_nothing(
    sign_in: SignIn, sessions: Sessions
) -> None:
    clerk = await sign_in("datcv")
    made = await open_dossier(clerk, await heading(clerk, sessions))
    await put_in(clerk, made, await a_document(clerk, 1, page_count=3), await a_document(clerk, 2))
    with clock.at(datetime(2028, 2, 29, 3, tzinfo=UTC)):
        clerk = await sign_in("datcv")
        closed = (await step(clerk, made, "closing")).json()
    assert (closed["state"], closed["closed_on"], closed["hand_over_by"]) == (
        "closed",
        "2028-02-29",
        "2029-02-28",
    )
    again = await clerk.post(f"{DOSSIERS}/{made['id']}/closing", json={}, headers=if_match(closed))
    assert again.json()["code"] == "dossier_not_open"
    other = await a_document(clerk, 3)
    full = await clerk.post(f"{DOSSIERS}/{made['id']}/documents", json={"document_ids": [other["id"]]})
    assert full.json()["code"] == "dossier_not_open"
    reopened = (await step(clerk, made, "reopening", REASON)).json()
    assert (reopened["state"], reopened["hand_over_by"]) == ("open", None)
    trail = dict(await tags_of(sessions, made["id"]))
    assert (trail["dossier:closed"]["documents"], trail["dossier:closed"]["pages"]) == (2, 3)
    assert trail["dossier:reopened"]["reason"] == REASON["reason"]


async def test_open_work_is_told_before_a_dossier_is_closed(sign_in: SignIn, sessions: Sessions) -> None:
    clerk = await sign_in("datcv")
    made = await open_dossier(clerk, await heading(clerk, sessions))
    waiting, quiet = await a_document(clerk, 1), await a_document(clerk, 2)
    await put_in(clerk, made, waiting, quiet)
    to = {"person_ids": [await person_id(sessions, "nguyetdtm")], "role": "direction"}
    routed = await clerk.post(f"/api/v1/documents/{waiting['id']}/routes", json=to)
    assert routed.status_code < 300, routed.text
    warned = await step(clerk, made, "closing")
    assert (warned.status_code, warned.json()["code"]) == (409, "dossier_work_open")
    assert [one["id"] for one in warned.json()["facts"]["documents"]] == [waiting["id"]]
    assert (await step(clerk, made, "closing", {"confirm": True})).status_code == 200


async def test_a_dossier_goes_into_the_archive_and_comes_back_only_by_the_archivist(
    sign_in: SignIn, sessions: Sessions
) -> None:
    await give_role(sessions, "lochtt", Role.ARCHIVIST, "H99")
    clerk, archivist = await sign_in("datcv"), await sign_in("lochtt")
    made = await open_dossier(clerk, await heading(clerk, sessions), access="conditional")
    too_early = await step(clerk, made, "hand-over")
    assert too_early.json()["code"] == "dossier_not_closed"
    await step(clerk, made, "closing")
    assert (await archivist.get(f"{DOSSIERS}/{made['id']}")).status_code == 404
    await step(clerk, made, "hand-over")
    listed = (await archivist.get(DOSSIERS, params={"proposed": True})).json()["items"]
    assert [row["id"] for row in listed] == [made["id"]]
    waiting = await step(clerk, made, "reopening", REASON)
    assert waiting.json()["code"] == "dossier_proposed"
    refused = await step(archivist, made, "hand-over/refusal", {"reason": "Thiếu mục lục"})
    assert refused.status_code == 204
    assert (await archivist.get(f"{DOSSIERS}/{made['id']}")).status_code == 404
    await step(clerk, made, "hand-over")
    not_mine = await step(clerk, made, "hand-over/receipt")
    assert not_mine.status_code == 403
    received = await step(archivist, made, "hand-over/receipt")
    assert (received.status_code, received.json()["state"]) == (200, "handed_over")
    assert (await step(clerk, made, "reopening", REASON)).json()["code"] == "dossier_handed_over"
    assert (await step(clerk, made, "return", REASON)).status_code == 403
    assert (await step(archivist, made, "return", REASON)).status_code == 204
    assert (await now(clerk, made))["state"] == "closed"
    trail = [tag for tag, _ in await tags_of(sessions, made["id"]) if tag != "dossier:read"]
    assert trail == [
        "dossier:opened",
        "dossier:closed",
        "dossier:proposed",
        "dossier:refused",
        "dossier:proposed",
        "dossier:handed_over",
        "dossier:returned",
    ]


@pytest.mark.parametrize("file_format", ["pdf", "docx", "xlsx"])
async def test_the_sheets_of_a_hand_over_are_for_its_two_sides(
    sign_in: SignIn, sessions: Sessions, file_format: str
) -> None:
    await give_role(sessions, "lochtt", Role.ARCHIVIST, "H99")
    clerk, archivist = await sign_in("datcv"), await sign_in("lochtt")
    made = await open_dossier(clerk, await heading(clerk, sessions))
    body = {"dossier_ids": [made["id"]], "sheet": "minutes", "format": file_format}
    early = await clerk.post(f"{DOSSIERS}/hand-over-sheets", json=body)
    assert early.json()["errors"][0]["code"] == "dossier_not_offered"
    await step(clerk, made, "closing")
    await step(clerk, made, "hand-over")
    for sheet in ("minutes", "index"):
        for side in (clerk, archivist):
            answer = await side.post(f"{DOSSIERS}/hand-over-sheets", json={**body, "sheet": sheet})
            assert answer.status_code == 200, answer.text
            assert answer.content[:2] == (b"%P" if file_format == "pdf" else b"PK")
    worker = await sign_in("maihtx")
    refused = await worker.post(f"{DOSSIERS}/hand-over-sheets", json=body)
    assert refused.json()["facts"]["reason"] == "no_party_of_the_hand_over"


async def test_keeper_and_head_are_told_once_thirty_days_before(
    sign_in: SignIn, sessions: Sessions, postman: Postman
) -> None:
    clerk, worker = await sign_in("datcv"), await sign_in("maihtx")
    made = await open_dossier(worker, await heading(clerk, sessions))
    hidden = await a_document(clerk, 1, subject="Điều không ai được biết")
    await put_in(clerk, made, hidden, await a_document(clerk, 2))
    await step(worker, made, "closing")
    await hide(sessions, hidden)
    due = datetime.fromisoformat((await now(worker, made))["hand_over_by"]).replace(hour=5, tzinfo=UTC)

    async def letters() -> list[Letter]:
        async with sessions() as session:
            found = await session.scalars(
                select(Letter).where(Letter.subject_kind == "dossier").order_by(Letter.no)
            )
            return list(found)

    for days, expected in ((31, 0), (30, 2), (29, 2)):
        with clock.at(datetime.fromtimestamp(due.timestamp() - days * 86_400, UTC)):
            await notice_hand_overs(sessions, postman)
        assert len(await letters()) == expected
    sent = await letters()
    assert {one.recipient.split("@")[0] for one in sent} == {"maihtx", "nguyetdtm"}
    for one in sent:
        assert one.subject.startswith("Sắp đến hạn nộp lưu hồ sơ 01.TCCB (2026)")
        assert "Điều không ai" not in one.subject
    told = [details for tag, details in await tags_of(sessions, made["id"]) if tag == "dossier:noticed"]
    assert [set(one["to"]) for one in told] == [{"Hồ Thị Xuân Mai", "Đặng Thị Minh Nguyệt"}]


def test_the_notice_reads_as_it_was_agreed(postman: Postman) -> None:
    from datetime import date
    from pathlib import Path

    from docflow.core.messages import Language

    facts = {
        "recipient_name": "Hồ Thị Xuân Mai",
        "code": "01.TCCB (2026)",
        "title": "Hồ sơ tuyển dụng công chức năm 2026",
        "unit_name": "Sở Nội vụ",
        "keeper_name": "Hồ Thị Xuân Mai",
        "closed_on": date(2026, 11, 23),
        "hand_over_by": date(2027, 11, 23),
        "days": 30,
        "document_count": 12,
        "link": "http://127.0.0.1:8000/api/v1/dossiers/1",
    }
    golden = Path(__file__).parent / "golden"
    for language in Language:
        words = postman.words("dossiers/hand_over", language, facts)
        for name, text in (("txt", f"{words.subject}\n\n{words.text}"), ("html", words.html)):
            assert text == (golden / f"hand_over.{language.value}.{name}").read_text("utf-8")
