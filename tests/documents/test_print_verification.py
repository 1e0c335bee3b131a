"""Whether a print still agrees with the data, and what the trail says when it does not."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from docflow.access.actor import Actor
from docflow.accounts.models import Unit
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.commands.verify import SHEETS, verify_sheet, verify_store
from docflow.core import clock
from docflow.core.db import Sessions, sqlalchemy_url, transaction
from docflow.documents.models import Direction, Document, RegisterPrint
from docflow.documents.prints.service import checksum_text
from docflow.documents.prints.verifying import Verdict, verify_print
from docflow.printing.writers import Format
from docflow.settings import Settings
from tests.conftest import SignIn
from tests.documents.bound_books import Bound, at, bind, unit_of
from tests.documents.registering import DOCUMENTS, paper, register, unit_id
from tests.documents.test_prints import CLERK, LEADER, fill, printed

ActorOf = Callable[[str], Awaitable[Actor]]
PRINTED_AT = at(4, 1)


async def filled(session: AsyncSession) -> Bound:
    book = await bind(session, CLERK, "H99.01", Direction.INCOMING)
    await fill(book)
    return book


async def print_at_once(session: AsyncSession, actor: Actor, book: Bound) -> RegisterPrint:
    with clock.at(PRINTED_AT):
        _, record = await printed(session, actor, book, Format.DOCX)
    return record


async def compared(sessions: Sessions, code: str) -> Verdict:
    async with sessions() as session:
        record = (await session.scalars(select(RegisterPrint).where(RegisterPrint.code == code))).one()
        return await verify_print(session, record, SHEETS)


@pytest.fixture
async def clerk(actor_of: ActorOf) -> Actor:
    return await actor_of(CLERK)


async def test_a_print_agrees_until_something_in_it_changes(sessions: Sessions, clerk: Actor) -> None:
    async with transaction(sessions) as session:
        book = await filled(session)
        code = (await print_at_once(session, clerk, book)).code
    verdict = await compared(sessions, code)
    assert (verdict.agrees, verdict.changed_rows, verdict.missing, verdict.later) == (True, 0, 0, 0)
    async with transaction(sessions) as session:
        await session.execute(update(Document).where(Document.register_number == 1).values(note="Sửa"))
    verdict = await compared(sessions, code)
    assert (verdict.agrees, verdict.changed_rows, verdict.unexplained) == (False, 1, 1)
    assert [change.number for change in verdict.changed] == ["01"]


async def test_a_change_is_told_with_who_made_it_and_when(sessions: Sessions, clerk: Actor) -> None:
    async with transaction(sessions) as session:
        book = await filled(session)
        code = (await print_at_once(session, clerk, book)).code
    with clock.at(at(4, 5)):
        async with transaction(sessions) as session:
            document = (await session.scalars(select(Document).where(Document.register_number == 1))).one()
            await session.execute(
                update(Document).where(Document.id == document.id).values(note="Sửa đúng thẩm quyền")
            )
            await audit.record(session, clerk, Tag.DOCUMENT_READ, "document", document.id)
            await audit.record(session, clerk, Tag.DOCUMENT_AMENDED, "document", document.id)
            await book_void(session, book, clerk)
    verdict = await compared(sessions, code)
    told = [(change.number, change.tag, change.by, change.at) for change in verdict.changed]
    assert told == [
        ("01", Tag.DOCUMENT_AMENDED, "Phạm Thị Hoài An", at(4, 5)),
        ("03", Tag.NUMBER_VOIDED, "Phạm Thị Hoài An", at(4, 5)),
    ]
    assert verdict.unexplained == 0


async def book_void(session: AsyncSession, book: Bound, clerk: Actor) -> None:
    """Void the reserved number, as the verb does."""
    await session.execute(
        text(
            "UPDATE register_entry SET voided_at = :at, voided_by = :by, void_reason = 'Thôi'"
            " WHERE register_id = :register AND number = 3"
        ),
        {"at": clock.now(), "by": clerk.person_id, "register": book.register_id},
    )
    await audit.record(session, clerk, Tag.NUMBER_VOIDED, "register", book.register_id, number="03")


async def test_a_renamed_unit_explains_the_rows_that_name_it(sessions: Sessions, clerk: Actor) -> None:
    async with transaction(sessions) as session:
        book = await filled(session)
        code = (await print_at_once(session, clerk, book)).code
    with clock.at(at(4, 5)):
        async with transaction(sessions) as session:
            unit = await unit_of(session, "H99.02")
            await session.execute(update(Unit).where(Unit.id == unit.id).values(name_vi="Sở Nội vụ mới"))
            changed = {"name_vi": ["Sở Nội vụ", "Sở Nội vụ mới"]}
            await audit.record(session, clerk, Tag.UNIT_CHANGED, "unit", unit.id, changed=changed)
    verdict = await compared(sessions, code)
    assert [(change.number, change.tag) for change in verdict.changed] == [("01", Tag.UNIT_CHANGED)]


async def test_a_row_is_explained_by_no_change_of_a_person_or_unit_that_does_not_show_in_it(
    sessions: Sessions, clerk: Actor
) -> None:
    """People change their passwords every day; a row that was changed behind the product's back is a fault still."""
    async with transaction(sessions) as session:
        book = await filled(session)
        code = (await print_at_once(session, clerk, book)).code
    with clock.at(at(4, 5)):
        async with transaction(sessions) as session:
            unit = await unit_of(session, "H99.02")
            for kind, tag, changed in (
                ("person", Tag.PERSON_CHANGED, {"password": None}),
                ("person", Tag.PERSON_CHANGED, {"full_name": ["Ai đó", "Người không có trong sổ"]}),
                ("unit", Tag.UNIT_CHANGED, {"symbol": ["SNV", "SoNV"]}),
            ):
                await audit.record(session, clerk, tag, kind, unit.id, changed=changed)
            await session.execute(
                update(Document).where(Document.register_number == 1).values(subject="Sửa lén")
            )
    verdict = await compared(sessions, code)
    assert [(change.number, change.tag) for change in verdict.changed] == [("01", None)]
    assert verdict.unexplained == 1


async def test_numbers_that_were_being_reserved_while_a_print_was_made_are_no_fault(
    sessions: Sessions, clerk: Actor
) -> None:
    """They were taken before the print and committed after it."""
    async with transaction(sessions) as session:
        book = await filled(session)
        code = (await print_at_once(session, clerk, book)).code
    with clock.at(PRINTED_AT):
        async with transaction(sessions) as session:
            for number in (7, 8):
                taken_at = PRINTED_AT - timedelta(seconds=1)
                await book_in(session, book).number(number, taken_at, reserved_for="Khen thưởng")
            told: dict[str, Any] = {"numbers": ["07", "08"], "reserved_for": "Khen thưởng"}
            await audit.record(session, clerk, Tag.NUMBER_RESERVED, "register", book.register_id, **told)
    verdict = await compared(sessions, code)
    assert [(change.number, change.tag) for change in verdict.changed] == [
        ("07", Tag.NUMBER_RESERVED),
        ("08", Tag.NUMBER_RESERVED),
    ]


def book_in(session: AsyncSession, book: Bound) -> Bound:
    """The same book under another session."""
    return replace(book, session=session)


async def test_numbers_given_later_change_nothing(sessions: Sessions, clerk: Actor) -> None:
    async with transaction(sessions) as session:
        book = await filled(session)
        code = (await print_at_once(session, clerk, book)).code
        await book.document(7, PRINTED_AT + timedelta(seconds=1))
        await book.document(5, PRINTED_AT + timedelta(seconds=2), "b")
    verdict = await compared(sessions, code)
    assert (verdict.agrees, verdict.later) == (True, 2)


async def test_what_was_hidden_from_the_printer_may_change_and_become_visible(
    sessions: Sessions, clerk: Actor, actor_of: ActorOf
) -> None:
    """The row said its number and nothing else, and still does; the leader saw no row whole."""
    leader = await actor_of(LEADER)
    async with transaction(sessions) as session:
        book = await filled(session)
        of_clerk = await print_at_once(session, clerk, book)
        of_leader = await print_at_once(session, leader, book)
        assert (of_clerk.restricted, of_leader.restricted) == ([7], [1, 2, 5, 6, 7])
        assert of_clerk.digest != of_leader.digest
        codes = of_clerk.code, of_leader.code
        await session.execute(
            update(Document)
            .where(Document.register_number == 6)
            .values(subject="Một việc khác", readers=list(clerk.principals))
        )
    for code in codes:
        assert (await compared(sessions, code)).agrees


async def test_a_row_that_is_gone_and_a_checksum_that_was_altered_are_faults(
    sessions: Sessions, clerk: Actor, settings: Settings
) -> None:
    async with transaction(sessions) as session:
        book = await filled(session)
        codes = [(await print_at_once(session, clerk, book)).code for _ in range(2)]
        await session.execute(
            update(RegisterPrint).where(RegisterPrint.code == codes[1]).values(digest=bytes(32))
        )
    altered = await compared(sessions, codes[1])
    assert (altered.agrees, altered.only_order, altered.unexplained) == (False, True, 1)
    # Nobody may remove a number; whoever owns the tables can, with their triggers put aside.
    owner = create_async_engine(sqlalchemy_url(settings.migration_database_url))
    async with owner.begin() as connection:
        await connection.execute(text("ALTER TABLE register_entry DISABLE TRIGGER USER"))
        await connection.execute(text("DELETE FROM register_entry WHERE number = 4"))
    await owner.dispose()
    gone = await compared(sessions, codes[0])
    assert (gone.agrees, gone.changed_rows, gone.missing, gone.unexplained) == (False, 0, 1, 1)


async def test_the_command_tells_what_became_of_a_sheet_in_hand(
    sessions: Sessions, clerk: Actor, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    async with transaction(sessions) as session:
        book = await filled(session)
        record = await print_at_once(session, clerk, book)
        code, digest = record.code, record.digest
    assert await verify_sheet(settings, checksum_text(digest).upper()) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"print {code}: register of {book.register_id}, 2026-01-01 to 2026-04-01, 7 rows, printed 2026-04-01 12:00"
        " by Phạm Thị Hoài An as docx",
        f"print {code}: unchanged",
    ]
    async with transaction(sessions) as session:
        await session.execute(update(Document).values(arrived_on=date(2026, 3, 3)))
    assert await verify_sheet(settings, code.replace("-", " ").lower()) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[1] == f"print {code}: 4 rows changed since: numbers 01, 02, 05, 05a"
    assert said[2] == f"print {code}: number 01: no event of the trail tells why"
    for unknown in ("0" * 64, "AAAA-AAAA-AAAA", "", "ư", "-" * 500):
        assert await verify_sheet(settings, unknown) == 1
        assert capsys.readouterr().out == "no print has this code or checksum\n"


async def test_the_weekly_check_compares_every_print(
    sessions: Sessions, clerk: Actor, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    async with transaction(sessions) as session:
        book = await filled(session)
        for _ in range(3):
            await print_at_once(session, clerk, book)
    assert await verify_store(settings, sweep=False, grace=timedelta(days=1)) == 0
    assert "3 prints compared, 3 agree, 0 changed since" in capsys.readouterr().out
    async with transaction(sessions) as session:
        await session.execute(update(Document).where(Document.register_number == 1).values(subject="Khác"))
    assert await verify_store(settings, sweep=False, grace=timedelta(days=1)) == 3
    assert "3 prints compared, 0 agree, 3 changed since" in capsys.readouterr().out


async def test_what_clerks_do_after_a_print_is_told_from_their_own_trail(
    sign_in: SignIn, sessions: Sessions
) -> None:
    """Over the API: registered and given by one unit, printed, then acknowledged by the other."""
    registry, receiver = await sign_in(CLERK), await sign_in("datcv")
    kept, given = await register(registry), await register(registry, paper(b"6"), symbol="06/CT-UBND")
    unit = await unit_id(sessions, "SNV")
    answer = await registry.post(f"{DOCUMENTS}/{given['id']}/routes", json={"unit_ids": [unit]})
    assert answer.status_code == 201, answer.text
    [book] = [
        one for one in (await registry.get("/api/v1/registers")).json() if one["direction"] == "incoming"
    ]
    made = await registry.post(f"/api/v1/registers/{book['id']}/prints", json={"format": "pdf"})
    assert made.status_code == 201, made.text
    code = made.headers["location"].rpartition("/")[2]
    await receiver.get(f"{DOCUMENTS}/{given['id']}")
    assert (await compared(sessions, code)).agrees
    assert (await receiver.post(f"{DOCUMENTS}/{given['id']}/acknowledgement")).status_code == 200
    await register(registry, paper(b"7"), symbol="07/CT-UBND")
    verdict = await compared(sessions, code)
    assert [(one.number, one.tag) for one in verdict.changed] == [
        (given["number"], Tag.DOCUMENT_ACKNOWLEDGED)
    ]
    assert (verdict.later, verdict.unexplained, kept["number"]) == (1, 0, "01")
