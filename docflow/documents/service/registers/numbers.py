"""Taking numbers: gapless and in time order, whatever happens around it."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Executable, Row, TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.core import clock
from docflow.core.errors import invalid
from docflow.documents.errors import (
    NumberAlreadyTaken,
    NumberNotReserved,
    NumberVoided,
    RegisterBusy,
    RegisterClosed,
    RegisterNotOfToday,
)
from docflow.documents.models import Direction, Series
from docflow.documents.numbering import next_suffix, number_text
from docflow.documents.service.registers.years import open_books

TICK = timedelta(microseconds=1)
"""The smallest step of a moment in the database."""
ATTEMPTS = 8
"""Each is made impossible by another writer's success; so many in a row mean that something else is wrong."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a number is wanted for; says in which book it stands."""

    unit_id: UUID
    direction: Direction
    kind: str
    is_secret: bool = False


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A number and the moment of its document; of numbers that were not reserved, later ones have later moments."""

    register_id: UUID
    number: int
    suffix: str = ""
    at: datetime
    series: Series

    @property
    def on(self) -> date:
        """The day of the moment: number and date are given together (domain §1.2)."""
        return day_of(self.at)


async def take_number(session: AsyncSession, actor: Actor, wanted: Wanted) -> Taken:
    """The next number of the book for this, which is opened by its first when the year has none.

    The register's row stays locked until the transaction ends: one that fails gives its number back, and the
    next writer waits to see. So take the number last, when nothing else can fail. The moment is always after that
    of the number before it, whichever host's clock was asked, and its day decides the book: whoever waited over
    midnight gets a number of the day, and of the year, that the moment says.
    Raises RegisterClosed, TermOver, RegisterBusy.
    """
    row = await _take(session, actor, wanted, _NEXT)
    return Taken(register_id=row.id, number=row.number, at=row.at, series=Series(row.series))


async def take_with(
    session: AsyncSession, wanted: Wanted, statement: Executable, values: Mapping[str, Any]
) -> Taken | None:
    """The next number, by a statement that begins with ``TAKE_IN_SEEN`` and does more with it; None when it took none.

    Then nothing happened, and ``take_number`` says why or makes it possible.
    """
    facts = {**_facts(wanted), **_moment(_NEVER), **values}
    row = (await session.execute(statement, facts)).one_or_none()
    if row is None:
        return None
    return Taken(register_id=row.id, number=row.number, at=row.at, series=Series(row.series))


async def take_suffix(session: AsyncSession, actor: Actor, wanted: Wanted, after: int) -> Taken:
    """`45a` after 45, `45b` after that: for what was left out. The number must have been given in this book.

    Raises Invalid, and as ``take_number``.
    """
    row = await _take(session, actor, wanted, _HOLD)
    known = {"register": row.id, "number": after}
    last = (await session.execute(_LAST_SUFFIX, known)).scalar()
    if last is None:
        raise invalid("after_number", "number_not_given", number=number_text(after))
    suffix = next_suffix(last)
    if suffix is None:
        raise invalid("after_number", "no_suffix_left", number=number_text(after))
    await session.execute(_ENTER, {**known, "suffix": suffix, "at": row.at, "by": actor.person_id})
    return Taken(register_id=row.id, number=after, suffix=suffix, at=row.at, series=Series(row.series))


async def take_reserved(session: AsyncSession, wanted: Wanted, number: int) -> Taken:
    """A number that was reserved in the book for this, used now: the moment is that of the use.

    Raises NumberNotReserved, NumberVoided, NumberAlreadyTaken, RegisterClosed.
    """
    now = clock.now()
    book = await _book(session, wanted, day_of(now))
    if book is None:
        raise NumberNotReserved(number=number_text(number))
    if book.closed_at is not None:
        raise RegisterClosed(title=book.title)
    entry = (await session.execute(_RESERVED, {"register": book.id, "number": number})).one_or_none()
    if entry is None or entry.reserved_for is None:
        raise NumberNotReserved(number=number_text(number))
    if entry.voided_at is not None:
        raise NumberVoided(number=number_text(number))
    if await session.scalar(_USED, {"register": book.id, "number": number}):
        raise NumberAlreadyTaken
    at = max(now, entry.taken_at + TICK)
    return Taken(register_id=book.id, number=number, at=at, series=Series(book.series))


async def take_many(
    session: AsyncSession, actor: Actor, register_id: UUID, count: int, kept_for: str, until: date
) -> list[int]:
    """The next ``count`` numbers of a register that nothing is filed under yet. Raises RegisterClosed,
    RegisterNotOfToday, RegisterBusy."""
    facts = {"id": register_id, "count": count, "kept_for": kept_for, "until": until, "by": actor.person_id}
    floor = _NEVER
    for _ in range(ATTEMPTS):
        moment = _moment(floor)
        numbers = (await session.scalars(_RESERVE, {**facts, **moment})).all()
        if numbers:
            return sorted(numbers)
        book = (await session.execute(_BY_ID, {"id": register_id})).one()
        if book.closed_at is not None:
            raise RegisterClosed(title=book.title)
        if not book.starts_on <= moment["on"] < book.ends_on:
            raise RegisterNotOfToday(title=book.title)
        floor = book.last_at or floor
    raise RegisterBusy


def day_of(moment: datetime) -> date:
    """The date on the province's wall."""
    return moment.astimezone(clock.LOCAL_ZONE).date()


async def _take(session: AsyncSession, actor: Actor, wanted: Wanted, statement: TextClause) -> Row[Any]:
    facts = {**_facts(wanted), "by": actor.person_id}
    floor = _NEVER
    for _ in range(ATTEMPTS):
        moment = _moment(floor)
        row = (await session.execute(statement, {**facts, **moment})).one_or_none()
        if row is not None:
            return row
        book = await _book(session, wanted, moment["on"])
        if book is None:
            await open_books(
                session, actor, wanted.unit_id, wanted.direction, wanted.kind, wanted.is_secret, moment["on"]
            )
        elif book.closed_at is not None:
            raise RegisterClosed(title=book.title)
        else:
            floor = book.last_at or floor
    raise RegisterBusy


async def _book(session: AsyncSession, wanted: Wanted, on: date) -> Row[Any] | None:
    """The book that covers this on a day, closed or not."""
    return (await session.execute(_COVERING, {**_facts(wanted), "on": on})).one_or_none()


def _facts(wanted: Wanted) -> dict[str, Any]:
    return {
        "unit": wanted.unit_id,
        "direction": wanted.direction.value,
        "kind": wanted.kind,
        "secret": wanted.is_secret,
    }


def _moment(floor: datetime) -> dict[str, Any]:
    """Now, but after ``floor``: the clock of another host may be ahead. With its day and that day's end."""
    now = max(clock.now(), floor + TICK)
    on = day_of(now)
    midnight = datetime.combine(on + timedelta(days=1), time.min, clock.LOCAL_ZONE)
    return {"now": now, "on": on, "midnight": midnight, "tick": TICK}


_NEVER = datetime.min.replace(tzinfo=UTC)
# A book that was closed before it gave a number is as if it had never been. A kind that was counted by a term does not
# fall to the general book when the term is over: the next term's dates are for people to say.
BOOK = """
    SELECT id, version FROM register
    WHERE unit_id = :unit AND direction = :direction AND is_secret = :secret
      AND starts_on <= :on AND ends_on > :on AND (kinds = '{}' OR kinds @> ARRAY[CAST(:kind AS text)])
      AND (closed_at IS NULL OR last_number > 0)
      AND (kinds <> '{}' OR (
          SELECT last.series FROM register AS last
          WHERE last.unit_id = :unit AND last.direction = :direction AND last.is_secret = :secret
            AND last.ends_on <= :on AND last.kinds @> ARRAY[CAST(:kind AS text)]
            AND (last.closed_at IS NULL OR last.last_number > 0)
          ORDER BY last.ends_on DESC LIMIT 1
      ) IS DISTINCT FROM 'term')
    ORDER BY kinds = '{}' LIMIT 1
"""
_COVERING = text(BOOK.replace("id, version", "id, title, series, last_at, closed_at", 1))
_BY_ID = text("SELECT title, starts_on, ends_on, last_at, closed_at FROM register WHERE id = :id")

# What stands in a condition of the update is asked again, of the row as it is then, by whoever waited for it: that
# the book is the one that was chosen (its version), still open, and that the moment still lies in the day.
_OPEN_THEN = (
    "register.closed_at IS NULL AND greatest(CAST(:now AS timestamptz), register.last_at + :tick) < :midnight"
)
_MOMENT = "greatest(CAST(:now AS timestamptz), register.last_at + :tick)"
_TAKE = f"""
    UPDATE register SET last_number = last_number + 1, last_at = {_MOMENT}
    FROM ({BOOK}) AS book WHERE register.id = book.id AND register.version = book.version AND {_OPEN_THEN}
"""  # noqa: S608  (constants)
_TAKEN = "RETURNING register.id, register.last_number AS number, register.last_at AS at, register.series"
TAKE_IN_SEEN = f"{_TAKE} AND register.id = :seen {_TAKEN}"
"""Takes the next number if the book is the one that was seen before. For ``take_with``."""
_NEXT = text(
    f"""
    WITH taken AS ({_TAKE} {_TAKEN}), entered AS (
        INSERT INTO register_entry (register_id, number, taken_at, taken_by) SELECT id, number, at, :by FROM taken
    )
    SELECT id, number, at, series FROM taken
    """  # noqa: S608
)
_HOLD = text(
    f"""
    WITH book AS ({BOOK})
    UPDATE register SET last_at = {_MOMENT}
    FROM book WHERE register.id = book.id AND register.version = book.version AND {_OPEN_THEN}
    RETURNING register.id, register.last_at AS at, register.series
    """  # noqa: S608
)
_RESERVE = text(
    f"""
    WITH taken AS (
        UPDATE register
        SET last_number = last_number + :count, last_at = {_MOMENT} + (:count - 1) * CAST(:tick AS interval)
        WHERE id = :id AND starts_on <= :on AND ends_on > :on AND {_OPEN_THEN}
        RETURNING id, last_number, last_at
    )
    INSERT INTO register_entry (register_id, number, taken_at, taken_by, reserved_for, reserved_until)
    SELECT id, last_number - before, last_at - before * CAST(:tick AS interval), :by, :kept_for, :until
    FROM taken CROSS JOIN generate_series(0, CAST(:count AS int) - 1) AS before
    RETURNING number
    """  # noqa: S608
)
_LAST_SUFFIX = text(
    """
    SELECT suffix FROM register_entry WHERE register_id = :register AND number = :number
    ORDER BY char_length(suffix) DESC, suffix COLLATE "C" DESC LIMIT 1
    """
)
_ENTER = text(
    """
    INSERT INTO register_entry (register_id, number, suffix, taken_at, taken_by)
    VALUES (:register, :number, :suffix, :at, :by)
    """
)
_RESERVED = text(
    """
    SELECT taken_at, reserved_for, voided_at FROM register_entry
    WHERE register_id = :register AND number = :number AND suffix = '' FOR UPDATE
    """
)
_USED = text(
    """
    SELECT EXISTS (SELECT FROM document
                   WHERE register_id = :register AND register_number = :number AND register_suffix = '')
    """
)
