"""Printing a book: rendered batch by batch beside the event loop, recorded with its checksum, handed out as a file."""

import asyncio
import os
import secrets
import tempfile
from collections.abc import Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import BinaryIO, TypeVar

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.access.decision import Decision, allow, deny
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core.clock import LOCAL_ZONE
from docflow.core.messages import text_of
from docflow.documents.models import Direction, PrintKind, RegisterPrint
from docflow.documents.prints.errors import BookNotIncoming, PrintUnderWay
from docflow.documents.prints.sheets import Asked, Line, Sheet, sheet_word, table_of
from docflow.printing.checksum import Checksum
from docflow.printing.tables import Row, printed_text
from docflow.printing.writers import Format, TableWriter, open_writer

T = TypeVar("T")

# Without the letters that are taken for others (Crockford's base 32), for whoever types a code from paper.
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_GROUPS, _OF_LETTERS = 3, 4
RETRY_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Printed:
    """A print and its file, which has no name on disk and is gone when it is closed. ``size`` in bytes."""

    record: RegisterPrint
    file: BinaryIO
    size: int


def decide_print(actor: Actor, lineage: Sequence[int]) -> Decision:
    """May the actor, who sees the book, print it? ``lineage`` is that of its unit.

    The registry and the heads of the unit and of those above it: a print holds what was given to whom in the whole
    book, and is a record of the unit. What the reader may not see of a document is not in their print.
    """
    if actor.unit_numbers_for(Action.REGISTER_PRINT, inherited=True) & set(lineage):
        return allow("unit_or_above")
    return deny("prints_for_the_unit_and_above")


async def print_out(
    session: AsyncSession, actor: Actor, sheet: Sheet, asked: Asked, format_: Format
) -> Printed:
    """Print what is asked and record it. Raises NotAllowed, BookNotIncoming, and PrintUnderWay when the actor's
    last is not done."""
    decide_print(actor, asked.book.lineage).require()
    if asked.kind is PrintKind.FOLLOW_UP and asked.book.direction is not Direction.INCOMING:
        raise BookNotIncoming
    await _one_at_a_time(session, actor)
    code = new_code()
    file = await _beside(_spool)
    try:
        tally = await _render(session, actor, sheet, asked, format_, file, code)
        size = await _beside(lambda: file.seek(0, os.SEEK_END))
        await _beside(lambda: file.seek(0))
        record = await _record(session, actor, asked, format_, code, tally)
    except BaseException:
        file.close()
        raise
    return Printed(record, file, size)


@dataclass(slots=True)
class Tally:
    """What was printed so far."""

    checksum: Checksum
    rows: int = 0
    digests: bytearray = field(default_factory=bytearray)
    restricted: list[int] = field(default_factory=list)
    first: str = ""
    last: str = ""

    def write(self, writer: TableWriter, lines: Sequence[Line]) -> None:
        """Count the lines and write them in the form that the reader sees."""
        rows: list[Row] = []
        for line in lines:
            row = line.forms[line.seen]
            if row is None:
                continue
            rows.append(row)
            self.rows += 1
            self.digests += self.checksum.add(row)
            self.first, self.last = self.first or line.number, line.number
            if line.seen:
                self.restricted.append(self.rows)
        writer.write(rows)


def new_code() -> str:
    """Sixty random bits for people: ``7K3M-Q2XD-9T4C``."""
    letters = (secrets.choice(_LETTERS) for _ in range(_GROUPS * _OF_LETTERS))
    return "-".join("".join(next(letters) for _ in range(_OF_LETTERS)) for _ in range(_GROUPS))


def checksum_text(digest: bytes) -> str:
    """The checksum as it is printed, in groups that can be compared by eye."""
    written = digest.hex()
    return " ".join(written[place : place + 8] for place in range(0, len(written), 8))


async def _render(
    session: AsyncSession,
    actor: Actor,
    sheet: Sheet,
    asked: Asked,
    format_: Format,
    file: BinaryIO,
    code: str,
) -> Tally:
    writer = await _beside(lambda: open_writer(format_, table_of(asked, sheet), file))
    tally = Tally(Checksum(*asked.head))
    try:
        async with aclosing(sheet.lines(session, asked, actor)) as batches:
            async for lines in batches:
                await _beside(partial(tally.write, writer, lines))
        await _beside(lambda: writer.finish(foot_of(asked, tally, actor.name, code)))
    except BaseException:
        writer.abandon()
        raise
    return tally


def foot_of(asked: Asked, tally: Tally, name: str, code: str) -> list[str]:
    """The lines below the table; the checksum line is what ``docflow verify`` compares."""

    def say(word: str, **facts: str) -> str:
        return text_of(word, asked.language, **facts)

    numbers = say("print_numbers", first=tally.first, last=tally.last) if tally.rows else ""
    lines = [say("print_rows", rows=str(tally.rows), numbers=numbers)]
    if tally.restricted:
        lines.append(say("print_restricted_rows", rows=str(len(tally.restricted))))
    lines.append(say("print_made", moment=printed_text(asked.at), name=name, print_code=code))
    lines.append(say("print_checksum", digest=checksum_text(tally.checksum.digest())))
    return lines


async def _record(
    session: AsyncSession, actor: Actor, asked: Asked, format_: Format, code: str, tally: Tally
) -> RegisterPrint:
    record = RegisterPrint(
        code=code,
        register_id=asked.book.register_id,
        kind=asked.kind,
        starts_on=asked.starts_on,
        ends_on=asked.ends_on,
        language=asked.language,
        format=format_.value,
        row_count=tally.rows,
        digest=tally.checksum.digest(),
        row_digests=bytes(tally.digests),
        restricted=tally.restricted,
        printed_by=actor.person_id,
        printed_at=asked.at,
    )
    session.add(record)
    await session.flush()
    await audit.record(
        session,
        actor,
        Tag.REGISTER_PRINTED,
        "register",
        record.register_id,
        on_behalf_of=asked.book.unit_id,
        code=code,
        kind=asked.kind.value,
        format=format_.value,
        since=asked.starts_on.isoformat(),
        until=asked.ends_on.isoformat(),
        rows=tally.rows,
    )
    return record


async def _one_at_a_time(session: AsyncSession, actor: Actor) -> None:
    """A print holds a connection and a processor for seconds: one for each person, whatever they press."""
    key = f"print:{actor.person_id}"
    mine = await session.scalar(select(func.pg_try_advisory_xact_lock(func.hashtextextended(key, 0))))
    if not mine:
        raise PrintUnderWay(retry_after=RETRY_SECONDS)


def _spool() -> BinaryIO:
    return tempfile.TemporaryFile(prefix="docflow-print-")


async def _beside(work: Callable[[], T]) -> T:
    """Run ``work`` in a thread and wait until it has ended, even when nobody waits for its outcome any more: nothing
    else may touch the writer meanwhile."""
    running = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        with suppress(Exception):
            await running
        raise


def file_name(asked: Asked, record: RegisterPrint) -> str:
    """`Sổ văn bản đến 2026-06-30 7K3M-Q2XD-9T4C.pdf`, in the words of the print's language."""
    word = sheet_word(asked)
    name = text_of(f"print_file_{word}", asked.language)
    made_on = asked.at.astimezone(LOCAL_ZONE).date()
    return f"{name} {made_on.isoformat()} {record.code}.{record.format}"
