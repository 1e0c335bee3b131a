"""Prints of registers: what stands in them, for whom, and whether they still agree."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.accounts.models import Unit
from docflow.audit.models import AuditEvent
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.core.errors import Invalid, NotAllowed, NotFound
from docflow.core.messages import Language
from docflow.documents.models import Direction, Document, RegisterPrint, Series, Urgency
from docflow.documents.prints import books, queries, sheets
from docflow.documents.prints.errors import PrintUnderWay
from docflow.documents.prints.service import print_out
from docflow.documents.prints.sheets import Asked, period
from docflow.printing.tables import printed_text
from docflow.printing.writers import Format
from tests.conftest import SignIn
from tests.documents.bound_books import Bound, at, bind, person_of, text_form, unit_of
from tests.printing.printed import pages_of, sheet_of

ActorOf = Callable[[str], Awaitable[Actor]]
GOLDEN = Path(__file__).parent / "golden"
NOBODY = [999_999]
CLERK, HEAD, LEADER, SPECIALIST, OTHER = "anpth", "tungnt", "khaitq", "lochtt", "datcv"


async def fill(book: Bound) -> dict[str, UUID]:
    """A bit of everything; the ids of its documents by number."""
    session = book.session
    affairs, finance = await unit_of(session, "H99.02"), await unit_of(session, "H99.03")
    leader = await person_of(session, "thuyhtt")
    found: dict[str, UUID] = {}
    found["01"] = await book.document(
        1,
        at(1, 5),
        urgency=Urgency.URGENT,
        note="Bản giấy đến sau",
        copy_kept_by="Phòng Hành chính",
        copies=12,
    )
    await book.give(found["01"], leader, at(1, 5, 6))
    await book.give(found["01"], affairs, at(1, 6), acknowledged_at=at(1, 6, 8))
    found["02"] = await book.document(
        2, at(1, 7), voided_at=at(1, 8), void_reason="Vào sổ trùng với số 01", note="Gửi nhầm"
    )
    await book.number(3, at(1, 9), reserved_for="Quyết định khen thưởng", reserved_until=date(2026, 1, 31))
    await book.void(4, at(1, 9, 6), "Không dùng đến", at(2, 2))
    found["05"] = await book.document(
        5, at(1, 12), kind_code="official_letter", recipients="- Như Điều 3;\n- Lưu: VT."
    )
    found["05a"] = await book.document(
        5,
        at(3, 2),
        "a",
        late_reason="Sót lại trong hòm thư",
        issued_on=date(2026, 1, 12),
        arrived_on=date(2026, 1, 12) if book.direction is Direction.INCOMING else None,
    )
    found["06"] = await book.document(6, at(2, 3), subject='=HYPERLINK("http://a.example")', readers=NOBODY)
    await book.give(found["06"], finance, at(2, 3))
    return found


async def asked_of(
    session: AsyncSession,
    book: Bound,
    since: date | None = None,
    until: date | None = None,
    language: Language = Language.VI,
) -> Asked:
    found = await queries.get_book(session, None, book.register_id, language)
    starts_on, ends_on = period(found, since, until, clock.today())
    return Asked(found, books.SHEET.kind, starts_on, ends_on, language, clock.now())


async def printed(
    session: AsyncSession,
    actor: Actor,
    book: Bound,
    format_: Format = Format.DOCX,
    since: date | None = None,
    until: date | None = None,
    language: Language = Language.VI,
) -> tuple[bytes, RegisterPrint]:
    asked = await asked_of(session, book, since, until, language)
    made = await print_out(session, actor, books.SHEET, asked, format_)
    with made.file:
        content = made.file.read()
    assert len(content) == made.size
    return content, made.record


@pytest.mark.parametrize(
    ("direction", "language"),
    [*((direction, Language.VI) for direction in Direction), (Direction.INCOMING, Language.EN)],
)
async def test_the_printed_register_is_the_golden_one(
    sessions: Sessions, actor_of: ActorOf, direction: Direction, language: Language
) -> None:
    clerk = await actor_of(CLERK)
    with clock.at(at(7, 1)):
        async with transaction(sessions) as session:
            book = await bind(session, CLERK, "H99.01", direction)
            await fill(book)
            content, record = await printed(session, clerk, book, language=language)
    golden = GOLDEN / f"register-{direction}.{language}.txt"
    assert text_form(content) == golden.read_text("utf-8")
    assert (record.row_count, record.restricted, len(record.row_digests)) == (7, [7], 56)


async def test_a_print_is_recorded_with_what_it_needs_to_be_compared(
    sessions: Sessions, actor_of: ActorOf
) -> None:
    clerk = await actor_of(CLERK)
    async with transaction(sessions) as session:
        book = await bind(session, CLERK, "H99.01", Direction.INCOMING)
        await fill(book)
        content, record = await printed(session, clerk, book, Format.PDF, until=date(2026, 1, 31))
        event = (
            await session.scalars(select(AuditEvent).where(AuditEvent.tag == Tag.REGISTER_PRINTED))
        ).one()
    assert (event.actor_id, event.subject_id, event.on_behalf_of) == (
        clerk.person_id,
        book.register_id,
        book.unit.id,
    )
    assert event.details["code"] == record.code
    assert (record.starts_on, record.ends_on, record.row_count) == (date(2026, 1, 1), date(2026, 2, 1), 5)
    last = pages_of(content)[-1]
    assert f"Mã bản in: {record.code}" in last
    assert record.digest.hex() in last.replace(" ", "")


async def test_the_three_formats_of_one_register_have_one_checksum(
    sessions: Sessions, actor_of: ActorOf
) -> None:
    clerk = await actor_of(CLERK)
    async with transaction(sessions) as session:
        book = await bind(session, CLERK, "H99.01", Direction.OUTGOING)
        await fill(book)
        made = [
            await printed(session, clerk, book, format_) for format_ in (Format.XLSX, Format.DOCX, Format.PDF)
        ]
    assert len({record.digest for _, record in made}) == 1
    assert len({record.code for _, record in made}) == 3
    cells = [cell for row in sheet_of(made[0][0]) for cell in row]
    assert "'=HYPERLINK" not in str(cells), "a document that the clerk does not see"
    assert "– Như Điều 3;\n- Lưu: VT." in cells


async def test_prints_of_one_period_after_another_hold_every_number_once(
    sessions: Sessions, actor_of: ActorOf
) -> None:
    """By the day on which the number was given, on the wall: 17:00 in UTC is the next day there."""
    clerk = await actor_of(CLERK)
    with clock.at(at(12, 1)):
        async with transaction(sessions) as session:
            book = await bind(session, CLERK, "H99.01", Direction.INCOMING)
            for number, moment in enumerate((at(1, 31, 16), at(1, 31, 17), at(2, 28), at(3, 1)), 1):
                await book.document(number, moment)
            prints = [
                await printed(session, clerk, book, Format.XLSX, since, until)
                for since, until in (
                    (None, date(2026, 1, 31)),
                    (date(2026, 2, 1), date(2026, 2, 28)),
                    (date(2026, 3, 1), None),
                )
            ]
            again = await queries.get_book(session, clerk, book.register_id, Language.VI)
    numbers = [[row[1] for row in sheet_of(content)[6:-3]] for content, _ in prints]
    assert numbers == [["01"], ["02", "03"], ["04"]]
    with pytest.raises(Invalid):
        period(again, date(2026, 3, 2), date(2026, 3, 1), date(2026, 12, 1))
    with pytest.raises(Invalid):
        period(again, date(2027, 1, 1), None, date(2027, 2, 1))
    assert period(again, date(2025, 1, 1), date(2030, 1, 1), date(2026, 5, 5)) == (
        date(2026, 1, 1),
        date(2027, 1, 1),
    )


async def test_letters_stand_in_the_order_of_the_book(sessions: Sessions, actor_of: ActorOf) -> None:
    """`07z` before `07aa`, as they were given."""
    clerk = await actor_of(CLERK)
    letters = ["", *"abcdefghijklmnopqrstuvwxyz", "aa", "ab"]
    async with transaction(sessions) as session:
        book = await bind(session, CLERK, "H99.01", Direction.INCOMING)
        for place, suffix in enumerate(reversed(letters)):
            await book.document(7, at(3, 1, place % 24), suffix)
        await book.document(8, at(3, 2))
        content, _ = await printed(session, clerk, book, Format.DOCX)
    numbers = [line.split(" | ")[1] for line in text_form(content).splitlines() if line.startswith("| ")]
    assert numbers[2:] == [*(f"07{suffix}" for suffix in letters), "08"]


async def test_a_book_of_a_term_names_its_years_and_its_own_title(
    sessions: Sessions, actor_of: ActorOf
) -> None:
    clerk = await actor_of(CLERK)
    async with transaction(sessions) as session:
        book = await bind(
            session,
            CLERK,
            "H99.01",
            Direction.OUTGOING,
            series=Series.TERM,
            title="Sổ nghị quyết",
            starts_on=date(2025, 10, 1),
            ends_on=date(2030, 10, 1),
        )
        content, _ = await printed(session, clerk, book)
    assert "SỔ ĐĂNG KÝ VĂN BẢN ĐI\nSổ nghị quyết\nNhiệm kỳ 2025 – 2030. Từ ngày 01/10/2025" in text_form(
        content
    )


@pytest.mark.parametrize(
    ("username", "sees", "rows"),
    [(CLERK, True, 0), (HEAD, True, 0), (LEADER, True, 1), (SPECIALIST, False, 0)],
)
async def test_the_registry_and_the_heads_of_the_unit_and_above_print_it_as_they_see_it(
    sessions: Sessions, actor_of: ActorOf, username: str, sees: bool, rows: int
) -> None:
    actor = await actor_of(username)
    async with transaction(sessions) as session:
        book = await bind(session, CLERK, "H99.01", Direction.INCOMING)
        await book.document(1, at(1, 5), subject="Bổ nhiệm cán bộ")
        if not sees:
            with pytest.raises(NotAllowed) as refused:
                await printed(session, actor, book)
            assert refused.value.facts["reason"] == "prints_for_the_unit_and_above"
            return
        content, record = await printed(session, actor, book)
    assert len(record.restricted) == rows
    assert ("Bổ nhiệm" in text_form(content)) == (not rows)


async def test_nobody_else_sees_the_book_or_its_prints(sessions: Sessions, actor_of: ActorOf) -> None:
    clerk, other = await actor_of(CLERK), await actor_of(OTHER)
    async with transaction(sessions) as session:
        book = await bind(session, CLERK, "H99.01", Direction.INCOMING)
        _, record = await printed(session, clerk, book)
        for hidden in (
            queries.get_book(session, other, book.register_id, Language.VI),
            queries.get_print(session, other, record.code),
            queries.list_prints(session, other, book.register_id, cursor=None, limit=5),
        ):
            with pytest.raises(NotFound):
                await hidden
        assert (await queries.get_print(session, clerk, record.code.lower())).code == record.code


@pytest.mark.parametrize("why", [{"readers": NOBODY}, {"secrecy": 1}], ids=["not_a_reader", "not_cleared"])
async def test_a_hidden_document_leaves_no_trace_in_any_format(
    sessions: Sessions, actor_of: ActorOf, why: dict[str, Any]
) -> None:
    """Not its words, not to whom it was given, not that its number is void."""
    clerk = await actor_of(CLERK)
    async with transaction(sessions) as session:
        book = await bind(session, CLERK, "H99.01", Direction.INCOMING)
        hidden = await book.document(
            1,
            at(1, 5),
            **why,
            subject="Kỷ luật cán bộ",
            note="Tuyệt đối kín",
            urgency=Urgency.FLASH,
            late_reason="Giữ lại",
            voided_at=at(1, 6),
            void_reason="Thu hồi kín",
        )
        await book.give(hidden, await unit_of(session, "H99.03"), at(1, 6))
        files = {
            format_: (await printed(session, clerk, book, format_))[0]
            for format_ in (Format.DOCX, Format.XLSX, Format.PDF)
        }
    [line] = [line for line in text_form(files[Format.DOCX]).splitlines() if line.startswith("|")][2:]
    assert line == "|  | 01 |  |  |  | Hạn chế tiếp cận |  |  |  |  |"
    assert [cell for cell in sheet_of(files[Format.XLSX])[6] if cell] == ["01", "Hạn chế tiếp cận"]
    [page] = pages_of(files[Format.PDF])
    for word in ("Kỷ luật", "kín", "Hỏa tốc", "Giữ lại", "Tài chính", "06/01/2026"):
        assert word not in page


async def test_a_document_given_to_many_names_the_first_and_counts_the_others(
    sessions: Sessions, actor_of: ActorOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(books, "GIVEN_SHOWN", 4)
    clerk = await actor_of(CLERK)
    async with transaction(sessions) as session:
        book = await bind(session, CLERK, "H99.01", Direction.INCOMING)
        document = await book.document(1, at(1, 5))
        units = (await session.scalars(select(Unit).where(Unit.id != book.unit.id))).all()
        for unit in units:
            await book.give(document, unit, at(1, 6))
        content, _ = await printed(session, clerk, book)
    assert f"; / và {len(units) - 4} nơi nhận khác | 06/01/2026 |" in text_form(content)


async def test_a_print_is_as_things_were_at_one_moment(
    sessions: Sessions, actor_of: ActorOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is written between two batches of it is not in it."""
    monkeypatch.setattr(sheets, "BATCH", 2)
    clerk = await actor_of(CLERK)
    async with transaction(sessions) as session:
        book = await bind(session, CLERK, "H99.01", Direction.INCOMING)
        for number in range(1, 6):
            await book.document(number, at(1, number))
    seen: list[str] = []
    async with transaction(sessions) as session:
        async for lines in books.lines(session, await asked_of(session, book), clerk):
            seen += [printed_text(line.forms[0].cells[5]) for line in lines if line.forms[0] is not None]
            async with transaction(sessions) as writer:
                book.session = writer
                await book.document(5 + len(seen), at(2, len(seen)))
                await writer.execute(update(Document).values(subject="Sửa giữa chừng"))
    assert len(seen) == 5
    assert "Sửa giữa chừng" not in " ".join(seen)


async def test_one_print_at_a_time_for_each_person(sessions: Sessions, actor_of: ActorOf) -> None:
    clerk, head = await actor_of(CLERK), await actor_of(HEAD)
    async with transaction(sessions) as session:
        book = await bind(session, CLERK, "H99.01", Direction.INCOMING)
    async with transaction(sessions) as session, transaction(sessions) as other:
        await printed(session, clerk, book)
        with pytest.raises(PrintUnderWay):
            await printed(other, clerk, book)
        await printed(other, head, book)
    async with transaction(sessions) as session:
        await printed(session, clerk, book)


async def test_a_print_that_is_given_up_is_not_recorded_and_leaves_no_file(
    sessions: Sessions, actor_of: ActorOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    clerk = await actor_of(CLERK)
    async with transaction(sessions) as session:
        book = await bind(session, CLERK, "H99.01", Direction.INCOMING)
        for number in range(1, 1200):
            await book.number(number, at(1, 2))

    async def print_it() -> None:
        async with transaction(sessions) as session:
            await printed(session, clerk, book, Format.XLSX)

    task = asyncio.create_task(print_it())
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with transaction(sessions) as session:
        assert (await session.scalars(select(RegisterPrint))).all() == []
    assert os.listdir(tmp_path) == []


async def test_a_register_is_printed_over_the_api(sign_in: SignIn, sessions: Sessions) -> None:
    async with transaction(sessions) as session:
        book = await bind(session, CLERK, "H99.01", Direction.INCOMING)
        await fill(book)
    clerk = await sign_in(CLERK)
    address = f"/api/v1/registers/{book.register_id}/prints"
    headers = {"Idempotency-Key": "print-1"}
    answers = [await clerk.post(address, json={"format": "pdf"}, headers=headers) for _ in range(2)]
    for answer in answers:
        assert answer.status_code == 201, answer.text
        assert answer.headers["content-type"] == "application/pdf"
        assert int(answer.headers["content-length"]) == len(answer.content)
        assert answer.headers["cache-control"] == "no-store"
        assert "attachment" in answer.headers["content-disposition"]
    assert answers[0].headers["location"] != answers[1].headers["location"]
    record = (await clerk.get(answers[1].headers["location"])).json()
    assert record["checksum"] in pages_of(answers[1].content)[-1].replace(" ", "")
    assert (record["rows"], record["restricted_rows"], record["printed_by_name"]) == (
        7,
        1,
        "Phạm Thị Hoài An",
    )
    page = (await clerk.get(address, params={"limit": 1})).json()
    assert [one["code"] for one in page["items"]] == [record["code"]]
    rest = (await clerk.get(address, params={"limit": 5, "cursor": page["next"]})).json()
    assert [one["format"] for one in rest["items"]] == ["pdf"]


async def test_who_may_not_print_is_told_and_who_may_not_know_is_not(
    sign_in: SignIn, sessions: Sessions
) -> None:
    async with transaction(sessions) as session:
        book = await bind(session, CLERK, "H99.01", Direction.INCOMING)
    address = f"/api/v1/registers/{book.register_id}/prints"
    for username, status in ((SPECIALIST, 403), (OTHER, 404), ("huyvn", 403)):
        client = await sign_in(username)
        assert (await client.post(address, json={"format": "docx"})).status_code == status, username
    clerk = await sign_in(CLERK)
    wrong = await clerk.post(address, json={"format": "csv"})
    assert wrong.status_code == 422
    reversed_ = {"format": "pdf", "since": "2026-02-01", "until": "2026-01-01"}
    assert (await clerk.post(address, json=reversed_)).json()["errors"][0]["code"] == "period_reversed"
