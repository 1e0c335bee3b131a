"""Citations kept and linked: late, both ways, for each reader, and nothing of what is hidden."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text, update

from docflow.access.actor import Secrecy
from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.documents import jobs
from docflow.documents.jobs import READ_AFTER, catch_up, index
from docflow.documents.models import Document
from tests.conftest import SignIn
from tests.documents.registering import DOCUMENTS, paper, register, sample

Work = Callable[[], Awaitable[None]]
FIRST = {"If-Match": '"1"'}
BASIS = "Căn cứ Quyết định số 711-QĐ/TU ngày 11 tháng 5 năm 2018 của Tỉnh ủy, Sở Nội vụ báo cáo."


async def cited(client: httpx.AsyncClient, document: dict[str, Any], **query: Any) -> list[dict[str, Any]]:
    answer = await client.get(f"{DOCUMENTS}/{document['id']}/citations", params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def citing(client: httpx.AsyncClient, document: dict[str, Any]) -> dict[str, list[str]]:
    """The symbols of the documents that cite this one, each with its relations."""
    answer = await client.get(f"{DOCUMENTS}/{document['id']}/cited-by")
    assert answer.status_code == 200, answer.text
    return {
        one["document"]["symbol"]: [citation["relation"] for citation in one["citations"]]
        for one in answer.json()["items"]
    }


async def decision(clerk: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    """The decision that BASIS names."""
    form = {
        "symbol": "711-QĐ/TU",
        "issued_on": "2018-05-11",
        "issuer": "Tỉnh ủy",
        "kind": "decision",
        **fields,
    }
    content = str(sorted(form.items())).encode()
    return await register(clerk, paper(content), confirm_duplicate="true", **form)


def saying(words: str) -> dict[str, tuple[str, bytes, str]]:
    return paper(words.encode())


async def test_a_document_that_is_registered_later_is_linked_then_both_ways(
    sign_in: SignIn, work: Work
) -> None:
    clerk = await sign_in("anpth")
    report = await register(clerk, saying(BASIS), symbol="45/BC-SNV", issued_on="2020-05-26")
    await work()
    (before,) = await cited(clerk, report)
    assert (before["link"], before["documents"]) == ("not_here", [])
    later = await decision(clerk)
    (after,) = await cited(clerk, report)
    assert (after["link"], [one["id"] for one in after["documents"]]) == ("resolved", [later["id"]])
    assert (after["written"], after["issued_on"], after["issuer"]) == ("711-QĐ/TU", "2018-05-11", "Tỉnh ủy")
    assert (after["relation"], after["place"], after["page"]) == ("basis", "text", 1)
    assert "Căn cứ Quyết định số 711-QĐ/TU" in after["excerpt"]
    assert await citing(clerk, later) == {"45/BC-SNV": ["basis"]}
    assert await cited(clerk, later) == []
    assert await citing(clerk, report) == {}


async def test_what_a_subject_cites_is_linked_at_commit_and_follows_its_correction(
    sign_in: SignIn, work: Work
) -> None:
    clerk = await sign_in("anpth")
    old, new = await decision(clerk), await decision(clerk, symbol="712-QĐ/TU")
    plan = await register(
        clerk, saying(BASIS), symbol="7/KH-SNV", subject="Về việc thực hiện Quyết định số 712-QĐ/TU"
    )
    assert [(one["written"], one["place"]) for one in await cited(clerk, plan)] == [("712-QĐ/TU", "subject")]
    assert await citing(clerk, new) == {"7/KH-SNV": ["implements"]}
    await work()
    assert await citing(clerk, old) == {"7/KH-SNV": ["basis"]}
    here = f"{DOCUMENTS}/{plan['id']}"
    assert (await clerk.patch(here, json={"subject": "Về cải cách"}, headers=FIRST)).status_code == 200
    for _ in range(2):
        assert await citing(clerk, new) == {}
        assert await citing(clerk, old) == {"7/KH-SNV": ["basis"]}
        await work()


async def test_a_newer_text_replaces_what_the_older_one_cited_and_running_again_changes_nothing(
    sign_in: SignIn, sessions: Sessions, work: Work
) -> None:
    clerk = await sign_in("anpth")
    old, new = await decision(clerk), await decision(clerk, symbol="712-QĐ/TU")
    report = await register(clerk, saying(BASIS), symbol="45/BC-SNV")
    await work()
    newer = saying("Theo Quyết định số 712-QĐ/TU.")
    added = await clerk.post(f"{DOCUMENTS}/{report['id']}/files", files=newer, headers=FIRST)
    assert added.status_code == 201
    await work()
    assert await citing(clerk, old) == {}
    assert await citing(clerk, new) == {"45/BC-SNV": ["follows"]}
    before = await cited(clerk, report)
    async with transaction(sessions) as session:
        version = await session.scalar(text("SELECT version FROM document WHERE symbol = '45/BC-SNV'"))
    await index(sessions, document_id=report["id"])
    again = await cited(clerk, report)
    assert [{**one, "id": 0} for one in before] == [{**one, "id": 0} for one in again]
    async with transaction(sessions) as session:
        now = await session.scalar(text("SELECT version FROM document WHERE symbol = '45/BC-SNV'"))
    assert now == version, "nobody changed the document"


async def test_the_sample_directives_lead_to_what_they_cite(
    sign_in: SignIn, work: Work, samples: Path
) -> None:
    clerk = await sign_in("anpth")
    directive = await register(
        clerk, sample(samples, "directive.pdf", "application/pdf"), symbol="08/CT-UBND"
    )
    await decision(clerk)
    await register(
        clerk, symbol="45/BC-SNV", issued_on="2020-05-26", issuer="Sở Nội vụ", confirm_duplicate="true"
    )
    await work()
    told = {one["written"]: one for one in await cited(clerk, directive)}
    assert {symbol: (one["issued_on"], one["link"]) for symbol, one in told.items()} == {
        "39-NQ/TW": ("2015-04-17", "not_here"),
        "711-QĐ/TU": ("2018-05-11", "resolved"),
        "4651/KH-UBND": ("2018-10-02", "not_here"),
        "45/BC-SNV": ("2020-05-26", "resolved"),
    }
    assert {one["relation"] for one in told.values()} == {"basis"}


async def test_another_date_makes_a_candidate_and_no_link(sign_in: SignIn, work: Work) -> None:
    clerk = await sign_in("anpth")
    other = await decision(clerk, issued_on="2019-05-11")
    report = await register(clerk, saying(BASIS), symbol="45/BC-SNV")
    await work()
    (one,) = await cited(clerk, report)
    assert (one["link"], one["date_differs"]) == ("ambiguous", True)
    assert [candidate["id"] for candidate in one["documents"]] == [other["id"]]
    assert await citing(clerk, other) == {}
    right = await decision(clerk)
    (one,) = await cited(clerk, report)
    assert (one["link"], one["date_differs"]) == ("resolved", False)
    assert [candidate["id"] for candidate in one["documents"]] == [right["id"]]


async def test_plain_letters_give_every_kind_they_may_mean(sign_in: SignIn, work: Work) -> None:
    clerk = await sign_in("anpth")
    report = await register(clerk, saying("Theo so 5/HD-SYT va Hop dong so 6/HD-SYT."), symbol="45/BC-SNV")
    guideline = await register(clerk, paper(b"1"), symbol="5/HD-SYT", kind="guideline")
    await work()
    (unclear, clear) = await cited(clerk, report)
    assert (unclear["link"], [one["id"] for one in unclear["documents"]]) == ("ambiguous", [guideline["id"]])
    assert clear["link"] == "not_here"
    contract = await register(clerk, paper(b"2"), symbol="5/HĐ-SYT")
    (unclear, _) = await cited(clerk, report)
    assert unclear["link"] == "ambiguous"
    assert {one["id"] for one in unclear["documents"]} == {guideline["id"], contract["id"]}
    assert await citing(clerk, contract) == await citing(clerk, guideline) == {"45/BC-SNV": ["follows"]}


async def test_one_original_in_the_registers_of_several_units_is_one(
    sign_in: SignIn, sessions: Sessions, work: Work
) -> None:
    office, department = await sign_in("anpth"), await sign_in("datcv")
    report = await register(office, saying("Theo Chỉ thị số 8/CT-UBND ngày 12/01/2024."), symbol="45/BC-SNV")
    form: dict[str, Any] = {"symbol": "08/CT-UBND", "issued_on": "2024-01-12"}
    first = await register(office, paper(b"1"), **form, issuer="Ủy ban nhân dân tỉnh")
    second = await register(department, paper(b"2"), **form, issuer="UBND tỉnh")
    await work()
    (alone,) = await cited(office, report)
    assert (alone["link"], [one["id"] for one in alone["documents"]]) == ("resolved", [first["id"]])
    await _give(sessions, first, second)
    (both,) = await cited(office, report)
    assert both["link"] == "resolved"
    assert {one["id"] for one in both["documents"]} == {first["id"], second["id"]}


async def _give(sessions: Sessions, to_readers_of: dict[str, Any], document: dict[str, Any]) -> None:
    """Let the readers of one document read another."""
    async with transaction(sessions) as session:
        await session.execute(
            text(
                "UPDATE document SET readers = readers || (SELECT readers FROM document WHERE id = CAST(:a AS uuid))"
                " WHERE id = CAST(:b AS uuid)"
            ),
            {"a": to_readers_of["id"], "b": document["id"]},
        )


async def test_what_is_hidden_is_told_in_no_answer(sign_in: SignIn, sessions: Sessions, work: Work) -> None:
    office, stranger = await sign_in("anpth"), await sign_in("datcv")
    hidden_basis = await decision(office)
    hidden_report = await register(office, saying(BASIS), symbol="45/BC-SNV")
    own_report = await register(stranger, saying(BASIS), symbol="9/BC-STC")
    await work()
    (one,) = await cited(stranger, own_report)
    assert (one["link"], one["documents"], one["date_differs"]) == ("not_here", [], False)
    own_basis = await decision(stranger)
    assert await citing(stranger, own_basis) == {"9/BC-STC": ["basis"]}
    (one,) = await cited(stranger, own_report)
    assert (one["link"], [row["id"] for row in one["documents"]]) == ("resolved", [own_basis["id"]])
    assert await listed(stranger, cites=own_basis["id"]) == {"9/BC-STC"}
    for document in (hidden_basis, hidden_report):
        assert await listed(stranger, cites=document["id"]) == set()
        for way in ("citations", "cited-by"):
            answer = await stranger.get(f"{DOCUMENTS}/{document['id']}/{way}")
            assert answer.status_code == 404
    nowhere = await stranger.get(f"{DOCUMENTS}/{UUID(int=1)}/citations")
    assert nowhere.status_code == 404
    assert await citing(office, hidden_basis) == {"45/BC-SNV": ["basis"]}
    assert await listed(office, cites=hidden_basis["id"]) == {"45/BC-SNV"}
    assert await listed(office, cites=hidden_basis["id"], q="khong co") == set()


async def listed(client: httpx.AsyncClient, **query: Any) -> set[str]:
    """The symbols of a list, which counts what it shows."""
    answer = await client.get(DOCUMENTS, params={"total": True, **query})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["total"]["value"] == len(body["items"])
    return {one["symbol"] for one in body["items"]}


async def test_a_document_above_the_clearance_neither_cites_nor_is_cited(
    sign_in: SignIn, sessions: Sessions, work: Work
) -> None:
    clerk = await sign_in("anpth")
    basis = await decision(clerk)
    report = await register(clerk, saying(BASIS), symbol="45/BC-SNV")
    await work()
    for hidden, other in ((basis, report), (report, basis)):
        await _classify(sessions, hidden, Secrecy.SECRET)
        told = [(one["link"], one["documents"]) for one in await cited(clerk, other)]
        assert told == ([("not_here", [])] if other is report else [])
        assert await citing(clerk, other) == {}
        await _classify(sessions, hidden, Secrecy.NONE)


async def _classify(sessions: Sessions, document: dict[str, Any], secrecy: Secrecy) -> None:
    async with transaction(sessions) as session:
        await session.execute(
            update(Document).where(Document.id == UUID(document["id"])).values(secrecy=int(secrecy))
        )


async def test_long_lists_of_citations_come_in_pages(sign_in: SignIn, work: Work) -> None:
    clerk = await sign_in("anpth")
    many = "; ".join(f"Quyết định số {number}/QĐ-UBND" for number in range(1, 61))
    report = await register(clerk, saying(f"Căn cứ {many}."), symbol="45/BC-SNV")
    await work()
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 25}
    while True:
        answer = (await clerk.get(f"{DOCUMENTS}/{report['id']}/citations", params=query)).json()
        seen += [one["written"] for one in answer["items"]]
        if answer["next"] is None:
            break
        query["cursor"] = answer["next"]
    assert seen == [f"{number}/QĐ-UBND" for number in range(1, 61)]


async def test_whoever_cites_comes_in_pages_the_newest_first(sign_in: SignIn, work: Work) -> None:
    clerk = await sign_in("anpth")
    basis = await decision(clerk)
    for number in range(7):
        subject = "Thực hiện Quyết định số 711-QĐ/TU"
        await register(clerk, paper(b"%d" % number), symbol=f"{number + 1}/BC-SNV", subject=subject)
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 3}
    while True:
        answer = (await clerk.get(f"{DOCUMENTS}/{basis['id']}/cited-by", params=query)).json()
        seen += [one["document"]["symbol"] for one in answer["items"]]
        if answer["next"] is None:
            break
        query["cursor"] = answer["next"]
    assert seen == [f"{number + 1}/BC-SNV" for number in reversed(range(7))]


async def test_a_made_up_cursor_is_refused(sign_in: SignIn) -> None:
    clerk = await sign_in("anpth")
    basis = await decision(clerk)
    for way in ("citations", "cited-by"):
        answer = await clerk.get(f"{DOCUMENTS}/{basis['id']}/{way}", params={"cursor": "x"})
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "cursor_not_understood")


async def test_documents_of_before_are_looked_through_once(
    sign_in: SignIn, sessions: Sessions, work: Work
) -> None:
    clerk = await sign_in("anpth")
    basis = await decision(clerk)
    await register(clerk, saying(BASIS), symbol="45/BC-SNV")
    await work()
    async with transaction(sessions) as session:
        await session.execute(text("DELETE FROM citation"))
        await session.execute(text("UPDATE document SET cited = NULL"))
    assert await citing(clerk, basis) == {}
    with clock.at(clock.now() + READ_AFTER + timedelta(seconds=1)):
        for _ in range(2):
            await catch_up(sessions)
        assert await queued(sessions) == ["documents.look_through"]
        await work()
        assert await citing(clerk, basis) == {"45/BC-SNV": ["basis"]}
        await catch_up(sessions)
    assert await queued(sessions) == []


async def test_documents_of_before_are_looked_through_a_batch_at_a_time(
    sign_in: SignIn, sessions: Sessions, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "LOOKED_THROUGH", 2)
    clerk = await sign_in("anpth")
    for number in range(5):
        await register(clerk, paper(b"%d" % number), symbol=f"{number + 1}/BC-SNV")
    await work()
    async with transaction(sessions) as session:
        await session.execute(text("UPDATE document SET cited = NULL"))
    with clock.at(clock.now() + READ_AFTER + timedelta(seconds=1)):
        await catch_up(sessions)
        await work()
    async with sessions() as session:
        assert await session.scalar(text("SELECT count(*) FROM document WHERE cited IS NULL")) == 0


async def queued(sessions: Sessions) -> list[str]:
    async with sessions() as session:
        return list(await session.scalars(text("SELECT task_name FROM procrastinate_jobs ORDER BY id")))
