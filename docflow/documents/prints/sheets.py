"""What is asked to be printed, and the lines that answer it."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncResult, AsyncSession

from docflow.access.actor import Actor
from docflow.core.clock import LOCAL_ZONE
from docflow.core.errors import invalid
from docflow.core.messages import Language, text_of
from docflow.documents.models import Direction, PrintKind, Series
from docflow.printing.tables import Column, Row, Table, printed_text


class Book(msgspec.Struct, frozen=True):
    """A register and whose it is. It ends before ``ends_on``; names are in the language of the print."""

    register_id: UUID
    unit_id: UUID
    lineage: tuple[int, ...]
    unit_name: str
    parent_name: str
    direction: Direction
    series: Series
    title: str
    starts_on: date
    ends_on: date


class Asked(msgspec.Struct, frozen=True):
    """A print of a book from ``starts_on`` to the day before ``ends_on``, as things were known ``at`` that moment."""

    book: Book
    kind: PrintKind
    starts_on: date
    ends_on: date
    language: Language
    at: datetime

    @property
    def head(self) -> tuple[str, ...]:
        """What the checksum begins with: two prints of other things never agree."""
        return (
            self.kind.value,
            str(self.book.register_id),
            self.starts_on.isoformat(),
            self.ends_on.isoformat(),
            self.language.value,
        )

    @property
    def since(self) -> datetime | None:
        """From which moment on numbers are printed; None for a print from the first one."""
        return None if self.starts_on <= self.book.starts_on else _midnight(self.starts_on)

    @property
    def until(self) -> datetime | None:
        """Before which moment; None for a print to the last one, whenever it was given."""
        return None if self.ends_on >= self.book.ends_on else _midnight(self.ends_on)


@dataclass(frozen=True, slots=True)
class Line:
    """What a book says of one number. ``forms`` begin with all of it and end with what anybody may see who may print
    the book; ``seen`` is the place of the one that this reader sees. A form that is None is not printed: of a hidden
    document not even how many rows it has is told. ``also`` are other documents that what it says depends on."""

    number: str
    taken_at: datetime
    document_id: UUID | None
    forms: tuple[Row | None, ...]
    seen: int = 0
    also: tuple[UUID, ...] = ()


Lines = Callable[[AsyncSession, Asked, Actor | None], AsyncGenerator[Sequence[Line], None]]
"""The lines of a print in their order, two hundred at once; without an actor everything is seen.

One statement answers, so all of it is as it was at one moment, whatever is written meanwhile.
"""


class Sheet(NamedTuple):
    """A kind of print: its columns and its lines."""

    kind: PrintKind
    columns: Callable[[Asked], tuple[Column, ...]]
    lines: Lines


BATCH = 200
"""Lines read and made at once, between which the event loop goes on with other requests."""


async def opened(session: AsyncSession, statement: Select[*tuple[Any, ...]]) -> AsyncResult[*tuple[Any, ...]]:
    """The rows of a statement, a batch at a time. Given up while it begins, its cursor is closed all the same."""
    beginning = asyncio.ensure_future(session.stream(statement, execution_options={"yield_per": BATCH}))
    try:
        return await asyncio.shield(beginning)
    except asyncio.CancelledError:
        with suppress(Exception):
            await (await beginning).close()
        raise


def period(book: Book, since: date | None, until: date | None, today: date) -> tuple[date, date]:
    """First day and the day after the last of a print; both days given count. Raises Invalid.

    Left out: the book's first day, and today or the book's last.
    """
    last = book.ends_on - timedelta(days=1)
    first = max(since or book.starts_on, book.starts_on)
    final = min(until or max(today, book.starts_on), last)
    if since is not None and until is not None and until < since:
        raise invalid("until", "period_reversed")
    if final < first:
        raise invalid(
            "since", "period_outside_book", since=book.starts_on.isoformat(), until=last.isoformat()
        )
    return first, final + timedelta(days=1)


def table_of(asked: Asked, sheet: Sheet) -> Table:
    """The heading of a print: whose book, its name, its year or term, the period (Decree 30/2020, Appendix IV)."""
    book = asked.book

    def say(code: str, **facts: str) -> str:
        return text_of(code, asked.language, **facts)

    if book.series is Series.YEAR:
        series = say("print_year", year=str(book.starts_on.year))
    else:
        ends = book.ends_on - timedelta(days=1)
        series = say("print_term", since=str(book.starts_on.year), until=str(ends.year))
    days = say(
        "print_period",
        since=printed_text(asked.starts_on),
        until=printed_text(asked.ends_on - timedelta(days=1)),
    )
    titles = (say(f"print_book_{sheet_word(asked)}"), *filter(None, (book.title,)), f"{series}. {days}")
    issuer = tuple(name.upper() for name in (book.parent_name, book.unit_name) if name)
    return Table(titles, sheet.columns(asked), asked.language, issuer, numbered=True)


def sheet_word(asked: Asked) -> str:
    """Which of the forms it is, in the codes of the catalogue."""
    return "follow_up" if asked.kind is PrintKind.FOLLOW_UP else asked.book.direction.value


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), LOCAL_ZONE)
