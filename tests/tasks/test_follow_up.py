"""The follow-up of incoming documents: what became of each, for whom, and whether a print of it still agrees."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.commands.verify import SHEETS
from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.core.errors import NotAllowed
from docflow.core.messages import Language
from docflow.core.working_calendar import end_of_day
from docflow.documents.models import Direction, Document, RegisterPrint
from docflow.documents.prints import queries
from docflow.documents.prints.errors import BookNotIncoming
from docflow.documents.prints.service import print_out
from docflow.documents.prints.sheets import Asked, period
from docflow.documents.prints.verifying import verify_print
from docflow.printing.writers import Format
from docflow.tasks.follow_up import SHEET
from docflow.tasks.models import LeaderDirection, Part, PartRole, PartState, Task
from tests.conftest import SignIn
from tests.documents.bound_books import Bound, at, bind, person_of, text_form, unit_of

ActorOf = Callable[[str], Awaitable[Actor]]
GOLDEN = Path(__file__).parent / "golden"
CLERK = "anpth"
NOBODY = [999_999]


async def direct(
    book: Bound,
    document_id: UUID,
    content: str,
    due_on: date,
    *parts: dict[str, Any],
    first_due_on: date | None = None,
) -> UUID:
    """A leader's task with parts; the first leads."""
    session, leader = book.session, await person_of(book.session, "thuyhtt")
    directed = await session.scalar(
        insert(LeaderDirection)
        .values(document_id=document_id, leader_id=leader.id, content=content, directed_at=at(1, 5))
        .returning(LeaderDirection.id)
    )
    due_at = end_of_day(due_on)
    task = await session.scalar(
        insert(Task)
        .values(
            direction_id=directed,
            document_id=document_id,
            content=content,
            assigned_at=at(1, 5),
            original_due_on=first_due_on or due_on,
            due_at=due_at,
        )
        .returning(Task.id)
    )
    assert isinstance(task, UUID)
    for place, part in enumerate(parts):
        facts = {"state": PartState.ASSIGNED, **part}
        unit = await unit_of(session, facts.pop("unit"))
        role = PartRole.COORDINATE if place else PartRole.LEAD
        values = {"task_id": task, "unit_id": unit.id, "role": role, "due_at": due_at, "leader_id": leader.id}
        await session.execute(insert(Part).values(**values, **facts))
    return task


async def fill(book: Bound) -> dict[str, UUID]:
    """A task done late with its reply, one under way by several units, one returned; deadlines without a task."""
    outgoing = await bind(book.session, CLERK, "H99.01", Direction.OUTGOING)
    found: dict[str, UUID] = {}
    found["done"] = await book.document(1, at(1, 5))
    found["reply"] = await outgoing.document(15, at(2, 9), symbol="15/BC-VP", answers_id=found["done"])
    completed = {"state": PartState.COMPLETED, "percent": 100, "finished_at": at(2, 9)}
    lead = {"unit": "H99.02", **completed, "result_document_id": found["reply"]}
    closed = {"unit": "H99.03", "state": PartState.CLOSED, "finished_at": at(2, 9)}
    await direct(
        book,
        found["done"],
        "Báo cáo kết quả.",
        date(2026, 2, 6),
        lead,
        closed,
        first_due_on=date(2026, 1, 30),
    )
    await book.document(2, at(1, 6), subject="Không phải theo dõi")
    found["late"] = await book.document(3, at(1, 7))
    under_way = {"unit": "H99.02", "state": PartState.ACCEPTED, "percent": 40}
    await direct(book, found["late"], "Rà soát.", date(2026, 6, 30), under_way, {"unit": "H99.05"})
    returned = {"unit": "H99.03", "state": PartState.RETURNED, "return_reason": "Không thuộc thẩm quyền"}
    await direct(book, found["late"], "Thẩm định kinh phí.", date(2026, 8, 14), returned)
    found["waiting"] = await book.document(4, at(1, 8), due_on=date(2026, 3, 1))
    await book.give(found["waiting"], await unit_of(book.session, "H99.04"), at(1, 8))
    found["answered"] = await book.document(5, at(1, 9), due_on=date(2026, 3, 1))
    await outgoing.document(16, at(2, 10), symbol="16/UBND-VX", answers_id=found["answered"])
    await book.document(6, at(1, 10), voided_at=at(1, 12), void_reason="Trùng", due_on=date(2026, 9, 1))
    found["hidden"] = await book.document(7, at(1, 11), readers=NOBODY)
    for content in ("Việc kín một.", "Việc kín hai."):
        await direct(book, found["hidden"], content, date(2026, 6, 30), {"unit": "H99.02"})
    return found


async def printed(
    session: AsyncSession, actor: Actor, book: Bound, language: Language = Language.VI
) -> tuple[bytes, RegisterPrint]:
    found = await queries.get_book(session, None, book.register_id, language)
    starts_on, ends_on = period(found, None, None, clock.today())
    asked = Asked(found, SHEET.kind, starts_on, ends_on, language, clock.now())
    made = await print_out(session, actor, SHEET, asked, Format.DOCX)
    with made.file:
        return made.file.read(), made.record


@pytest.mark.parametrize("language", Language)
async def test_the_printed_follow_up_is_the_golden_one(
    sessions: Sessions, actor_of: ActorOf, language: Language
) -> None:
    clerk = await actor_of(CLERK)
    with clock.at(at(7, 1)):
        async with transaction(sessions) as session:
            book = await bind(session, CLERK, "H99.01", Direction.INCOMING)
            await fill(book)
            content, record = await printed(session, clerk, book, language)
    golden = GOLDEN / f"follow-up.{language}.txt"
    assert text_form(content) == golden.read_text("utf-8")
    assert (record.row_count, record.restricted) == (7, [7])


async def test_a_reply_that_the_printer_may_not_see_is_not_named(
    sessions: Sessions, actor_of: ActorOf
) -> None:
    clerk = await actor_of(CLERK)
    async with transaction(sessions) as session:
        book = await bind(session, CLERK, "H99.01", Direction.INCOMING)
        found = await fill(book)
        await session.execute(update(Document).where(Document.id == found["reply"]).values(readers=NOBODY))
        content, record = await printed(session, clerk, book)
    rows = [line for line in text_form(content).splitlines() if line.startswith("| 01")]
    assert "15/BC-VP" not in text_form(content)
    assert "| Hạn chế tiếp cận |" in rows[0]
    assert "Báo cáo kết quả." in rows[0]
    assert record.restricted == [1, 7]
    async with sessions() as session:
        assert (await verify_print(session, record, SHEETS)).agrees


async def test_a_print_agrees_as_of_its_moment_until_a_unit_goes_on(
    sessions: Sessions, actor_of: ActorOf
) -> None:
    """That a deadline passes afterwards changes nothing; that a unit reports does, and the trail tells who."""
    clerk = await actor_of(CLERK)
    with clock.at(at(6, 1)):
        async with transaction(sessions) as session:
            book = await bind(session, CLERK, "H99.01", Direction.INCOMING)
            found = await fill(book)
            _, record = await printed(session, clerk, book)
    with clock.at(at(12, 1)):
        async with sessions() as session:
            assert (await verify_print(session, record, SHEETS)).agrees
        async with transaction(sessions) as session:
            await session.execute(update(Part).where(Part.percent == 40).values(percent=60))
            await audit.record(session, clerk, Tag.TASK_REPORTED, "document", found["late"])
        async with sessions() as session:
            verdict = await verify_print(session, record, SHEETS)
    assert not verdict.agrees
    assert [(change.number, change.tag) for change in verdict.changed] == [("03", Tag.TASK_REPORTED)]


async def test_an_answer_that_comes_and_is_voided_shows_and_is_told_from_the_trail(
    sessions: Sessions, actor_of: ActorOf
) -> None:
    """The row of a document changes with the documents that answer it, of which the trail tells under their own."""
    clerk = await actor_of(CLERK)
    with clock.at(at(7, 1)):
        async with transaction(sessions) as session:
            book = await bind(session, CLERK, "H99.01", Direction.INCOMING)
            found = await fill(book)
            outgoing = await bind(session, CLERK, "H99.01", Direction.OUTGOING, kinds=["report"])
            before, record = await printed(session, clerk, book)
    with clock.at(at(7, 2)):
        async with transaction(sessions) as session:
            book, outgoing = replace(book, session=session), replace(outgoing, session=session)
            answer = await outgoing.document(1, at(7, 2), symbol="01/BC-VP", answers_id=found["waiting"])
            await audit.record(session, clerk, Tag.DOCUMENT_REGISTERED, "document", answer)
            answered, later = await printed(session, clerk, book)
        async with sessions() as session:
            verdict = await verify_print(session, record, SHEETS)
    assert [(one.number, one.tag) for one in verdict.changed] == [("04", Tag.DOCUMENT_REGISTERED)]
    assert "| 01/BC-VP |" in text_form(answered)
    with clock.at(at(7, 3)):
        async with transaction(sessions) as session:
            book = replace(book, session=session)
            voiding = update(Document).where(Document.id == answer).values(voided_at=at(7, 3))
            await session.execute(voiding)
            await audit.record(session, clerk, Tag.DOCUMENT_VOIDED, "document", answer)
            after, _ = await printed(session, clerk, book)
            verdict = await verify_print(session, later, SHEETS)
    assert [(one.number, one.tag) for one in verdict.changed] == [("04", Tag.DOCUMENT_VOIDED)]
    (waiting,) = [line for line in text_form(after).splitlines() if line.startswith("| 04")]
    assert waiting in text_form(before)


async def test_of_a_hidden_document_not_even_the_number_of_its_tasks_is_told(
    sessions: Sessions, actor_of: ActorOf
) -> None:
    """One row for two tasks, which agrees when the document becomes visible, and has two in the next print."""
    clerk = await actor_of(CLERK)
    async with transaction(sessions) as session:
        book = await bind(session, CLERK, "H99.01", Direction.INCOMING)
        found = await fill(book)
        content, record = await printed(session, clerk, book)
        assert text_form(content).count("| 07 |") == 1
        own = [*clerk.principals]
        await session.execute(update(Document).where(Document.id == found["hidden"]).values(readers=own))
    async with transaction(sessions) as session:
        assert (await verify_print(session, record, SHEETS)).agrees
        content, record = await printed(session, clerk, book)
        assert text_form(content).count("| 07 |") == 2
        assert (await verify_print(session, record, SHEETS)).agrees


async def test_only_what_came_in_is_followed_up_and_only_by_who_may_read_tasks(
    sessions: Sessions, actor_of: ActorOf
) -> None:
    clerk = await actor_of(CLERK)
    async with transaction(sessions) as session:
        outgoing = await bind(session, CLERK, "H99.01", Direction.OUTGOING)
        with pytest.raises(BookNotIncoming):
            await printed(session, clerk, outgoing)
        incoming = await bind(session, CLERK, "H99.01", Direction.INCOMING)
        narrow = msgspec.structs.replace(
            clerk, scopes=frozenset({Action.REGISTER_PRINT, Action.DOCUMENT_READ})
        )
        with pytest.raises(NotAllowed):
            await printed(session, narrow, incoming)
        assert (await session.scalars(select(RegisterPrint))).all() == []


async def test_the_follow_up_is_printed_over_the_api(sign_in: SignIn, sessions: Sessions) -> None:
    async with transaction(sessions) as session:
        book = await bind(session, CLERK, "H99.01", Direction.INCOMING)
        await fill(book)
    address = f"/api/v1/registers/{book.register_id}/follow-up-prints"
    clerk = await sign_in(CLERK)
    answer = await clerk.post(address, json={"format": "docx", "language": "en"})
    assert answer.status_code == 201, answer.text
    assert "FOLLOW-UP OF INCOMING DOCUMENTS" in text_form(answer.content)
    record = (await clerk.get(answer.headers["location"])).json()
    assert (record["kind"], record["language"], record["rows"]) == ("follow_up", "en", 7)
    stranger = await sign_in("datcv")
    assert (await stranger.post(address, json={"format": "docx"})).status_code == 404
