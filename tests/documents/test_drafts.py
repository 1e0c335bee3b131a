"""Drafts: what waits in a registry, who sees it, what becomes of it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select, text, update

from docflow.access.actor import Actor
from docflow.accounts.models import Person
from docflow.audit.models import AuditEvent
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.documents.draft_jobs import catch_up_drafts, drop_discarded
from docflow.documents.jobs import READ_AFTER
from docflow.documents.models import Document, Draft, DraftFile, Source
from docflow.documents.service.drafts import add_draft
from docflow.files.models import File, FileText
from docflow.files.service import FileStore
from docflow.files.storing import store_file
from tests.conftest import SignIn
from tests.documents.registering import paper, register, unit_id

Work = Callable[[], Awaitable[None]]
ActorOf = Callable[[str], Awaitable[Actor]]
DRAFTS = "/api/v1/drafts"
FIRST = {"If-Match": '"1"'}
SYMBOL = "12/BC-SNV"
LETTER = f"SỞ NỘI VỤ\nSố: {SYMBOL}\nBÁO CÁO\nKết quả rà soát Chỉ số cải cách hành chính\n".encode()


def form(**fields: Any) -> dict[str, Any]:
    """What a clerk sends to register a draft; None leaves a field out."""
    given = {
        "symbol": SYMBOL,
        "issued_on": clock.today().isoformat(),
        "issuer": "Sở Nội vụ",
        "subject": "Kết quả rà soát",
        **fields,
    }
    return {name: value for name, value in given.items() if value is not None}


async def add(clerk: httpx.AsyncClient, content: bytes = LETTER, name: str = "bao-cao.txt") -> dict[str, Any]:
    answer = await clerk.post(DRAFTS, data={"note": "Bưu điện"}, files=paper(content, name))
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"{DRAFTS}/{body['id']}"
    assert answer.headers["etag"] == '"1"'
    return body


async def registered(
    clerk: httpx.AsyncClient, draft: dict[str, Any], headers: Any = FIRST, **fields: Any
) -> httpx.Response:
    return await clerk.post(f"{DRAFTS}/{draft['id']}/registration", json=form(**fields), headers=headers)


async def several(sessions: Sessions, files: FileStore, actor: Actor, *names: str) -> UUID:
    """A draft of files with these names, each with bytes of its own."""

    async def once(content: bytes) -> Any:
        yield content

    stored = [await store_file(files, once(f"{name} {draft_no()}".encode()), name) for name in names]
    async with transaction(sessions) as session:
        return (await add_draft(session, actor, None, Source.IMPORT, stored)).id


def draft_no() -> str:
    return clock.now().isoformat()


async def count(sessions: Sessions, table: type[Any]) -> int:
    async with sessions() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def trail(sessions: Sessions, tag: Tag) -> list[dict[str, Any]]:
    async with sessions() as session:
        found = await session.scalars(
            select(AuditEvent.details).where(AuditEvent.tag == tag).order_by(AuditEvent.id)
        )
        return list(found)


async def test_a_file_that_was_put_there_is_read_and_its_draft_says_what_it_may_be(
    sign_in: SignIn, work: Work
) -> None:
    clerk = await sign_in("anpth")
    draft = await add(clerk)
    assert draft["state"] == "waiting"
    assert draft["files"][0]["text"] == "waiting"
    await work()
    answer = await clerk.get(f"{DRAFTS}/{draft['id']}")
    shown = answer.json()
    assert shown["files"][0]["text"] == "extracted"
    assert shown["files"][0]["is_proposed"]
    symbol = next(one for one in shown["suggestions"] if one["field"] == "symbol")
    assert symbol["value"] == SYMBOL
    assert symbol["page"] == 1
    assert SYMBOL in symbol["excerpt"]
    assert shown["actions"] == ["draft:settle"]
    content = await clerk.get(f"{DRAFTS}/{draft['id']}/files/{shown['files'][0]['id']}/content")
    assert content.content == LETTER
    assert content.headers["content-disposition"].startswith("attachment")


async def test_a_registered_draft_is_a_document_with_its_text_and_its_origin(
    sign_in: SignIn, work: Work, sessions: Sessions
) -> None:
    clerk = await sign_in("anpth")
    draft = await add(clerk)
    await work()
    answer = await registered(clerk, draft)
    assert answer.status_code == 201, answer.text
    document = answer.json()
    assert answer.headers["location"] == f"/api/v1/documents/{document['id']}"
    assert document["source"] == "upload"
    assert document["arrived_on"] == clock.today().isoformat()
    assert [file["filename"] for file in document["files"]] == ["bao-cao.txt"]
    await work()
    found = await clerk.get("/api/v1/documents", params={"q": "rà soát chỉ số"})
    assert [row["id"] for row in found.json()["items"]] == [document["id"]]
    closed = (await clerk.get(f"{DRAFTS}/{draft['id']}")).json()
    assert (closed["state"], closed["document_id"], closed["actions"]) == ("registered", document["id"], [])
    assert await count(sessions, File) == 1, "the file is the same one"
    (event,) = await trail(sessions, Tag.DRAFT_REGISTERED)
    assert event["document"] == document["id"]


async def test_one_file_is_the_document_and_the_others_are_its_annexes(
    sign_in: SignIn, sessions: Sessions, file_store: FileStore, actor_of: ActorOf
) -> None:
    clerk = await sign_in("anpth")
    draft_id = await several(
        sessions, file_store, await actor_of("anpth"), "bia.png", "b.txt", "c.txt", "d.txt"
    )
    draft = (await clerk.get(f"{DRAFTS}/{draft_id}")).json()
    ids = {file["filename"]: file["id"] for file in draft["files"]}
    choice = {"document_file_id": ids["c.txt"], "annex_file_ids": [ids["d.txt"], ids["b.txt"]]}
    document = (await registered(clerk, draft, **choice)).json()
    order = sorted(document["files"], key=lambda file: file["annex"])
    assert [(file["annex"], file["filename"]) for file in order] == [(0, "c.txt"), (1, "d.txt"), (2, "b.txt")]
    assert document["source"] == "import"
    left = (await clerk.get(f"{DRAFTS}/{draft_id}")).json()
    assert len(left["files"]) == 4, "what was not chosen stays with the draft"


async def test_without_a_choice_the_first_paper_is_the_document(
    sign_in: SignIn, sessions: Sessions, file_store: FileStore, actor_of: ActorOf
) -> None:
    clerk = await sign_in("anpth")

    async def once(content: bytes) -> Any:
        yield content

    stored = [
        await store_file(file_store, once(b"hinh"), "hinh.txt"),
        await store_file(file_store, once(b"%PDF-1.4 paper"), "giay.pdf"),
    ]
    async with transaction(sessions) as session:
        draft = await add_draft(session, await actor_of("anpth"), None, Source.IMPORT, stored)
    shown = (await clerk.get(f"{DRAFTS}/{draft.id}")).json()
    assert [file["is_proposed"] for file in shown["files"]] == [False, True]
    document = (await registered(clerk, shown)).json()
    assert {file["annex"]: file["filename"] for file in document["files"]} == {0: "giay.pdf", 1: "hinh.txt"}


@pytest.mark.parametrize(
    ("choice", "code"),
    [
        ({"document_file_id": str(UUID(int=7))}, "file_not_of_the_draft"),
        ({"annex_file_ids": [str(UUID(int=7))]}, "file_not_of_the_draft"),
        ({"annex_file_ids": "own"}, "file_named_twice"),
        ({"secrecy": "secret"}, "secret_file_refused"),
    ],
)
async def test_a_choice_that_is_not_possible_is_refused_and_the_draft_waits_on(
    sign_in: SignIn, sessions: Sessions, choice: dict[str, Any], code: str
) -> None:
    clerk = await sign_in("anpth")
    draft = await add(clerk)
    own = [draft["files"][0]["id"]]
    fields: dict[str, Any] = {name: own if value == "own" else value for name, value in choice.items()}
    answer = await registered(clerk, draft, **fields)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["code"] == code
    assert (await clerk.get(f"{DRAFTS}/{draft['id']}")).json()["state"] == "waiting"
    assert await count(sessions, Document) == 0


async def test_of_two_clerks_at_once_one_registers_it_and_the_other_is_told(
    sign_in: SignIn, sessions: Sessions
) -> None:
    first, second = await sign_in("anpth"), await sign_in("anpth")
    draft = await add(first)
    answers = await asyncio.gather(registered(first, draft), registered(second, draft))
    codes = sorted(answer.status_code for answer in answers)
    assert codes in ([201, 409], [201, 412])
    assert await count(sessions, Document) == 1


async def test_registering_and_discarding_at_once_does_one_of_them(
    sign_in: SignIn, sessions: Sessions
) -> None:
    clerk = await sign_in("anpth")
    draft = await add(clerk)
    here = f"{DRAFTS}/{draft['id']}"
    discarding = clerk.post(f"{here}/discard", json={"reason": "Thư rác"}, headers=FIRST)
    answers = await asyncio.gather(registered(clerk, draft), discarding)
    assert sorted(answer.status_code for answer in answers)[1] in {409, 412}
    state = (await clerk.get(here)).json()["state"]
    assert (await count(sessions, Document) == 1) is (state == "registered")


async def test_a_change_needs_the_version_that_was_read(sign_in: SignIn) -> None:
    clerk = await sign_in("anpth")
    draft = await add(clerk)
    assert (await registered(clerk, draft, headers={})).status_code == 428
    assert (await registered(clerk, draft, headers={"If-Match": '"2"'})).status_code == 412


@pytest.mark.parametrize("username", ["datcv", "thuyhtt", "tungnt", "lochtt", "huyvn", "anhmtn", "khaitq"])
async def test_nobody_but_the_registry_sees_what_waits_there(sign_in: SignIn, username: str) -> None:
    draft = await add(await sign_in("anpth"))
    here = f"{DRAFTS}/{draft['id']}"
    other = await sign_in(username)
    is_clerk = username == "datcv"
    listed = await other.get(DRAFTS)
    assert listed.status_code == (200 if is_clerk else 403)
    if is_clerk:
        assert listed.json()["items"] == []
    hidden = 404 if is_clerk else 403
    file = f"{here}/files/{draft['files'][0]['id']}/content"
    assert [(await other.get(address)).status_code for address in (here, file)] == [hidden, hidden]
    for verb, body in (("registration", form()), ("discard", {"reason": "x"})):
        assert (await other.post(f"{here}/{verb}", json=body, headers=FIRST)).status_code == hidden


async def test_a_clerk_puts_nothing_into_another_registry(sign_in: SignIn, sessions: Sessions) -> None:
    clerk = await sign_in("anpth")
    other = await unit_id(sessions, "SNV")
    answer = await clerk.post(DRAFTS, data={"unit_id": other}, files=paper())
    assert answer.status_code == 403
    assert (await count(sessions, Draft), await count(sessions, File)) == (0, 0)


async def test_the_list_has_what_waits_first_and_goes_on_where_a_page_ended(sign_in: SignIn) -> None:
    clerk = await sign_in("anpth")
    drafts = [await add(clerk, f"giấy {number}".encode()) for number in range(5)]
    for place in (1, 3):
        address = f"{DRAFTS}/{drafts[place]['id']}/discard"
        assert (await clerk.post(address, json={"reason": "Thư rác"}, headers=FIRST)).status_code == 200
    seen: list[str] = []
    params: dict[str, Any] = {"limit": 2}
    while True:
        page = (await clerk.get(DRAFTS, params=params)).json()
        seen += [row["id"] for row in page["items"]]
        if page["next"] is None:
            break
        params["cursor"] = page["next"]
    assert seen == [drafts[place]["id"] for place in (0, 2, 4, 3, 1)]
    narrowed = await clerk.get(DRAFTS, params={"state": "discarded", "source": "upload"})
    assert [row["id"] for row in narrowed.json()["items"]] == [drafts[3]["id"], drafts[1]["id"]]
    assert (await clerk.get(DRAFTS, params={"source": "mail"})).json()["items"] == []
    assert (await clerk.get(DRAFTS, params={"cursor": "made-up"})).status_code == 422


async def test_the_same_bytes_registered_already_are_told(sign_in: SignIn) -> None:
    clerk = await sign_in("anpth")
    document = await register(clerk, paper(LETTER))
    draft = await add(clerk)
    assert [row["id"] for row in draft["same_bytes"]] == [document["id"]]
    refused = await registered(clerk, draft)
    assert refused.status_code == 409
    assert refused.json()["code"] == "duplicate_suspected"
    assert (await registered(clerk, draft, confirm_duplicate=True)).status_code == 201


async def test_a_document_that_the_clerk_may_not_see_is_not_told(sign_in: SignIn) -> None:
    await register(await sign_in("datcv"), paper(LETTER))
    draft = await add(await sign_in("anpth"))
    assert draft["same_bytes"] == []


async def test_it_arrived_on_the_day_on_which_it_came(sign_in: SignIn) -> None:
    clerk = await sign_in("anpth")
    came = clock.now() - timedelta(days=20)
    with clock.at(came):
        draft = await add(clerk)
    issued = (clock.today() - timedelta(days=21)).isoformat()
    late = await registered(clerk, draft, issued_on=issued)
    assert late.status_code == 422
    assert late.json()["errors"][0]["pointer"] == "/late_reason"
    answer = await registered(clerk, draft, issued_on=issued, late_reason="Nghỉ phép")
    assert answer.status_code == 201, answer.text
    assert answer.json()["arrived_on"] == draft["arrived_on"]


async def test_a_discarded_drafts_bytes_stay_for_the_time_of_grace_and_then_go(
    sign_in: SignIn, sessions: Sessions, file_store: FileStore, work: Work
) -> None:
    clerk = await sign_in("anpth")
    draft = await add(clerk)
    await work()
    here = f"{DRAFTS}/{draft['id']}"
    answer = await clerk.post(f"{here}/discard", json={"reason": "Thư quảng cáo"}, headers=FIRST)
    assert answer.json()["discard_reason"] == "Thư quảng cáo"
    async with sessions() as session:
        key = await session.scalar(select(File.object_key))
    assert key is not None
    await drop_discarded(sessions, timedelta(hours=24))
    assert await count(sessions, File) == 1
    with clock.at(clock.now() + timedelta(hours=25)):
        await drop_discarded(sessions, timedelta(hours=24))
    assert [await count(sessions, table) for table in (File, FileText, DraftFile)] == [0, 0, 0]
    assert (await file_store.store.stat(key)).size > 0, "until the commit is known the bytes stay"
    await work()
    assert [item.key async for item in file_store.store.list_objects(key)] == []
    shown = (await clerk.get(here)).json()
    assert (shown["files"], shown["filename"], shown["file_count"]) == ([], None, 0)
    (event,) = await trail(sessions, Tag.DRAFT_DISCARDED)
    assert event["reason"] == "Thư quảng cáo"
    assert event["files"][0]["name"] == "bao-cao.txt"
    assert len(event["files"][0]["sha256"]) == 64


async def test_a_reason_is_needed_to_discard(sign_in: SignIn) -> None:
    clerk = await sign_in("anpth")
    draft = await add(clerk)
    answer = await clerk.post(f"{DRAFTS}/{draft['id']}/discard", json={"reason": "  "}, headers=FIRST)
    assert answer.status_code == 422


async def test_of_a_state_secret_only_the_stub_stays(
    sign_in: SignIn, sessions: Sessions, file_store: FileStore, work: Work, actor_of: ActorOf
) -> None:
    clerk = await sign_in("anpth")
    draft = await add(clerk, b"bi mat", "mat.txt")
    await work()
    body = form(secrecy="secret", subject=None)
    answer = await clerk.post(f"{DRAFTS}/{draft['id']}/stub", json=body, headers=FIRST)
    cleared = (await actor_of("anpth")).clearance > 0
    if not cleared:
        assert answer.status_code == 403
        assert (await clerk.get(f"{DRAFTS}/{draft['id']}")).json()["state"] == "waiting"
        async with transaction(sessions) as session:
            await session.execute(update(Person).where(Person.username == "anpth").values(clearance=1))
        answer = await clerk.post(f"{DRAFTS}/{draft['id']}/stub", json=body, headers=FIRST)
    assert answer.status_code == 201, answer.text
    assert answer.json()["files"] == []
    assert answer.json()["secrecy"] == "secret"
    assert [await count(sessions, table) for table in (File, FileText, DraftFile)] == [0, 0, 0]
    await work()
    shown = (await clerk.get(f"{DRAFTS}/{draft['id']}")).json()
    assert (shown["state"], shown["files"], shown["note"]) == ("registered", [], "")
    (event,) = await trail(sessions, Tag.DRAFT_REGISTERED)
    assert "mat.txt" not in str(event)


async def test_a_file_whose_job_was_lost_is_read_after_ten_minutes(
    sign_in: SignIn, sessions: Sessions, file_store: FileStore, work: Work
) -> None:
    clerk = await sign_in("anpth")
    draft = await add(clerk)
    async with transaction(sessions) as session:
        await session.execute(text("DELETE FROM procrastinate_jobs"))
    await catch_up_drafts(sessions, file_store)
    await work()
    assert (await clerk.get(f"{DRAFTS}/{draft['id']}")).json()["files"][0]["text"] == "waiting"
    with clock.at(clock.now() + READ_AFTER + timedelta(seconds=1)):
        for _ in range(2):
            await catch_up_drafts(sessions, file_store)
    async with transaction(sessions) as session:
        queued = await session.scalar(text("SELECT count(*) FROM procrastinate_jobs"))
        assert queued == 1
        await session.execute(text("UPDATE procrastinate_jobs SET status = 'failed'"))
    await catch_up_drafts(sessions, file_store)
    await work()
    assert (await clerk.get(f"{DRAFTS}/{draft['id']}")).json()["files"][0]["text"] == "extracted"


async def test_a_file_that_was_dropped_before_its_turn_is_nobodys_fault(
    sign_in: SignIn, sessions: Sessions, work: Work
) -> None:
    clerk = await sign_in("anpth")
    draft = await add(clerk)
    await clerk.post(f"{DRAFTS}/{draft['id']}/discard", json={"reason": "Thư rác"}, headers=FIRST)
    with clock.at(clock.now() + timedelta(hours=25)):
        await drop_discarded(sessions, timedelta(hours=24))
    await work()
    assert await count(sessions, File) == 0


async def test_who_opened_it_and_who_took_a_file_is_in_the_trail(sign_in: SignIn, sessions: Sessions) -> None:
    clerk = await sign_in("anpth")
    draft = await add(clerk)
    here = f"{DRAFTS}/{draft['id']}"
    await clerk.get(here)
    await clerk.get(f"{here}/files/{draft['files'][0]['id']}/content")
    assert await trail(sessions, Tag.DRAFT_READ) == [{}, {"file": "bao-cao.txt"}]
    (added,) = await trail(sessions, Tag.DRAFT_ADDED)
    assert added == {"source": "upload", "files": ["bao-cao.txt"]}


async def test_a_registry_has_its_mailbox_looked_at_now_and_nobody_else_does(
    sign_in: SignIn, sessions: Sessions
) -> None:
    waiting = text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'documents.poll_mailbox'")

    async def asked(username: str) -> tuple[int, int]:
        answer = await (await sign_in(username)).post("/api/v1/mails/fetch")
        async with sessions() as session:
            return answer.status_code, await session.scalar(waiting) or 0

    assert await asked("thuyhtt") == (403, 0)
    assert await asked("anpth") == (202, 1)
