"""Taking a list out of the house: the same documents, filters, order and columns as on the screen, as a file."""

import asyncio
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO, TypeVar

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.messages import Language, text_of
from docflow.documents.errors import ExportUnderWay
from docflow.documents.models import Authority, Direction, Source, Urgency
from docflow.documents.numbering import number_text
from docflow.documents.queries import Filters, Order
from docflow.documents.queries.export import stream_list
from docflow.printing.tables import Cell, CellKind, Column, Row, Table, printed_text
from docflow.printing.writers import Format, TableWriter, open_writer

T = TypeVar("T")

MOST_ROWS = 100_000
"""Of one file; that there are more is told in it."""
RETRY_SECONDS = 10

_KINDS = {
    "issued_on": CellKind.DATE,
    "arrived_on": CellKind.DATE,
    "due_on": CellKind.DATE,
    "registered_at": CellKind.MOMENT,
    "voided_at": CellKind.MOMENT,
    "page_count": CellKind.NUMBER,
    "copies": CellKind.NUMBER,
}
_SHARES = {"subject": 4.0, "issuer": 2.0, "recipients": 2.0, "note": 2.0, "unit_id": 2.0}
_WORDS = (Direction, Urgency, Source)


@dataclass(frozen=True, slots=True)
class Exported:
    """A file that has no name on disk and is gone when it is closed. ``whole``: nothing was left out."""

    file: BinaryIO
    size: int
    name: str
    rows: int
    whole: bool


async def export_list(
    session: AsyncSession,
    actor: Actor,
    filters: Filters,
    *,
    order: Order,
    columns: Sequence[str],
    format_: Format,
) -> Exported:
    """The list as a file, by one statement and so at one moment; that it was taken is recorded, with the filters.

    At most MOST_ROWS documents, the first of the order. Raises Invalid as the list does, and ExportUnderWay when the
    actor's last is not done.
    """
    await _one_at_a_time(session, actor)
    language = actor.language
    table = Table((text_of("export_title", language),), _columns(columns, language), language)
    file = await _beside(_spool)
    try:
        count = await _write(session, actor, filters, order, columns, format_, table, file)
        size = await _beside(file.tell)
        await _beside(lambda: file.seek(0))
        written, whole = min(count, MOST_ROWS), count <= MOST_ROWS
        await _record(session, actor, filters, order, columns, format_, written, whole)
    except BaseException:
        file.close()
        raise
    made_on = clock.today().isoformat()
    return Exported(
        file, size, f"{text_of('export_file', language)} {made_on}.{format_.value}", written, whole
    )


async def _write(
    session: AsyncSession,
    actor: Actor,
    filters: Filters,
    order: Order,
    columns: Sequence[str],
    format_: Format,
    table: Table,
    file: BinaryIO,
) -> int:
    """How many documents there are, MOST_ROWS + 1 at most."""
    writer: TableWriter = await _beside(lambda: open_writer(format_, table, file))
    count = 0
    try:
        batches = stream_list(session, actor, filters, order=order, columns=columns, most=MOST_ROWS + 1)
        async for batch in batches:
            shown = batch[: max(MOST_ROWS - count, 0)]
            count += len(batch)
            await _beside(partial(_write_rows, writer, shown, columns, actor.language))
        await _beside(lambda: writer.finish(_foot(actor, count)))
        await _beside(lambda: file.seek(0, 2))
    except BaseException:
        writer.abandon()
        raise
    return count


def _write_rows(writer: TableWriter, rows: Sequence[Any], columns: Sequence[str], language: Language) -> None:
    writer.write(
        Row(tuple(_cell(row, column, language) for column in columns), struck=row.voided_at is not None)
        for row in rows
    )


def _cell(row: Any, column: str, language: Language) -> Cell:
    match column:
        case "number":
            return number_text(row.register_number, row.register_suffix)
        case "kind" | "unit_id" | "register_id":
            called: str | None = getattr(row, f"called_{column}")
            return called
        case "secrecy":
            return text_of(f"export_secrecy_{row.secrecy}", language)
    value = getattr(row, column)
    if isinstance(value, _WORDS):
        return text_of(f"export_{column}_{value.value}", language)
    if isinstance(value, Authority):
        return value.value
    cell: Cell = value
    return cell


def _columns(columns: Sequence[str], language: Language) -> tuple[Column, ...]:
    return tuple(
        Column(
            text_of(f"export_column_{column}", language),
            _SHARES.get(column, 1.0),
            _KINDS.get(column, CellKind.TEXT),
        )
        for column in columns
    )


def _foot(actor: Actor, count: int) -> list[str]:
    language = actor.language
    lines = [
        text_of("export_rows", language, rows=str(min(count, MOST_ROWS))),
        text_of("export_made", language, moment=printed_text(clock.now()), name=actor.name),
    ]
    return [*lines, text_of("export_cut", language, rows=str(MOST_ROWS))] if count > MOST_ROWS else lines


async def _record(
    session: AsyncSession,
    actor: Actor,
    filters: Filters,
    order: Order,
    columns: Sequence[str],
    format_: Format,
    rows: int,
    whole: bool,
) -> None:
    narrowed = {name: value for name, value in msgspec.to_builtins(filters).items() if value is not None}
    await audit.record(
        session,
        actor,
        Tag.DOCUMENT_EXPORTED,
        "document",
        None,
        filters=narrowed,
        sort=order.value,
        columns=list(columns),
        format=format_.value,
        rows=rows,
        whole=whole,
    )


def _spool() -> BinaryIO:
    return tempfile.TemporaryFile(prefix="docflow-export-")


async def _one_at_a_time(session: AsyncSession, actor: Actor) -> None:
    """An export holds a connection and a processor for seconds: one for each person, whatever they press."""
    key = f"export:{actor.person_id}"
    mine = await session.scalar(select(func.pg_try_advisory_xact_lock(func.hashtextextended(key, 0))))
    if not mine:
        raise ExportUnderWay(retry_after=RETRY_SECONDS)


async def _beside(work: Callable[[], T]) -> T:
    """Run ``work`` in a thread and wait until it has ended, even when nobody waits for its outcome any more."""
    running = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        with suppress(Exception):
            await running
        raise
