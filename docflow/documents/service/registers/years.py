"""The turn of the year: on 1 January new books with last year's configuration, and last year's closed.

Decree 30/2020: numbers run from 01 on 1 January to 31 December. The worker turns the year at midnight in
Asia/Ho_Chi_Minh; a registry whose worker sleeps turns its own with the year's first number.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.documents.errors import TermOver
from docflow.documents.models import Direction, Series
from docflow.documents.numbering import book_title, year_of

WORKER = "worker"


async def lock_books(session: AsyncSession, unit_id: UUID) -> None:
    """Until the transaction ends nobody else opens or changes books of the unit; numbers go on being taken."""
    await session.execute(_LOCK, {"unit": unit_id})


async def turn(
    session: AsyncSession,
    actor: Actor | None,
    unit_id: UUID,
    direction: Direction,
    is_secret: bool,
    on: date,
    *,
    beside: UUID | None = None,
) -> None:
    """Open the books of the year of ``on`` as those of the unit's last year were, unless that was done.

    The caller holds ``lock_books``. What is covered by a book already is left to it: a term's, or the one
    ``beside`` which they are opened, the year's first.
    """
    starts_on, ends_on = year_of(on)
    group = {"unit": unit_id, "direction": direction.value, "secret": is_secret, "beside": beside}
    opened = await session.execute(
        _COPY, {**group, "starts": starts_on, "ends": ends_on, "year": str(on.year)}
    )
    await _record_opened(session, actor, unit_id, direction, opened.all())


async def open_books(
    session: AsyncSession,
    actor: Actor,
    unit_id: UUID,
    direction: Direction,
    kind: str,
    is_secret: bool,
    on: date,
) -> None:
    """Make sure that a book covers the kind on this day: last year's configuration, or one book for all.

    Raises TermOver when the kind's last book was counted by a term: the next one's dates are for people to say.
    """
    await lock_books(session, unit_id)
    facts = {"unit": unit_id, "direction": direction.value, "secret": is_secret, "kind": kind, "on": on}
    if await session.scalar(_HAS_OWN, facts):
        return
    last = (await session.execute(_LAST_BOOK, facts)).one_or_none()
    if last is not None and last.series == Series.TERM:
        raise TermOver(title=last.title, ended_on=last.ends_on.isoformat())
    if await session.scalar(_IS_COVERED, facts):
        return
    await turn(session, actor, unit_id, direction, is_secret, on)
    if await session.scalar(_IS_COVERED, facts):
        return
    starts_on, ends_on = year_of(on)
    title = book_title(direction, is_secret=is_secret, year=on.year)
    opened = await session.execute(
        _OPEN_GENERAL, {**facts, "title": title, "starts": starts_on, "ends": ends_on}
    )
    await _record_opened(session, actor, unit_id, direction, opened.all())


async def turn_year(sessions: Sessions) -> None:
    """Open this year's books of every unit in service, and close books whose time is over.

    Each unit in a transaction of its own, so no registry waits for another. A book with open reservations waits
    for them to be used up or voided. Running it twice, or in two workers at once, changes nothing.
    """
    today = clock.today()
    starts_on, _ = year_of(today)
    async with sessions() as session:
        groups = (await session.execute(_TO_TURN, {"starts": starts_on, "today": today})).all()
    for group in groups:
        async with transaction(sessions) as session:
            await lock_books(session, group.unit_id)
            if group.in_service:
                direction = Direction(group.direction)
                await turn(session, None, group.unit_id, direction, group.is_secret, today)
            await _close_ended(session, group, today)


async def _close_ended(session: AsyncSession, group: Row[Any], today: date) -> None:
    facts = {"unit": group.unit_id, "direction": group.direction, "secret": group.is_secret, "today": today}
    for register_id in (await session.scalars(_ENDED, facts)).all():
        closed = (await session.execute(_CLOSE, {"id": register_id, "now": clock.now()})).one_or_none()
        if closed is not None:
            await audit.record(
                session,
                None,
                Tag.REGISTER_CLOSED,
                "register",
                register_id,
                name=WORKER,
                on_behalf_of=group.unit_id,
                title=closed.title,
                last_number=closed.last_number,
            )


async def _record_opened(
    session: AsyncSession,
    actor: Actor | None,
    unit_id: UUID,
    direction: Direction,
    opened: Sequence[Row[Any]],
) -> None:
    for book in opened:
        await audit.record(
            session,
            actor,
            Tag.REGISTER_OPENED,
            "register",
            book.id,
            name=WORKER,
            on_behalf_of=unit_id,
            title=book.title,
            direction=direction.value,
            kinds=list(book.kinds),
        )


OPEN_RESERVATIONS = """
    SELECT FROM register_entry AS entry
    WHERE entry.register_id = register.id AND entry.reserved_for IS NOT NULL AND entry.voided_at IS NULL
      AND NOT EXISTS (
          SELECT FROM document WHERE document.register_id = entry.register_id
             AND document.register_number = entry.number AND document.register_suffix = entry.suffix
      )
"""
_GROUP = "unit_id = :unit AND direction = :direction AND is_secret = :secret"
_STANDS = "(closed_at IS NULL OR last_number > 0)"
_LOCK = text("SELECT FROM unit WHERE id = :unit FOR NO KEY UPDATE")
_IS_COVERED = text(
    f"""
    SELECT EXISTS (
        SELECT FROM register WHERE {_GROUP} AND {_STANDS} AND starts_on <= :on AND ends_on > :on
          AND (kinds = '{{}}' OR kinds @> ARRAY[CAST(:kind AS text)])
    )
    """  # noqa: S608  (constants)
)
_HAS_OWN = text(
    f"""
    SELECT EXISTS (
        SELECT FROM register WHERE {_GROUP} AND {_STANDS} AND starts_on <= :on AND ends_on > :on
          AND kinds @> ARRAY[CAST(:kind AS text)]
    )
    """  # noqa: S608
)
_LAST_BOOK = text(
    f"""
    SELECT title, series, ends_on FROM register
    WHERE {_GROUP} AND {_STANDS} AND ends_on <= :on AND (kinds = '{{}}' OR kinds @> ARRAY[CAST(:kind AS text)])
    ORDER BY kinds = '{{}}', ends_on DESC LIMIT 1
    """  # noqa: S608
)
_COPY = text(
    f"""
    INSERT INTO register (unit_id, direction, is_secret, title, kinds, starts_on, ends_on)
    SELECT last.unit_id, last.direction, last.is_secret,
           regexp_replace(last.title, '\\y' || extract(year FROM last.starts_on) || '\\y', :year, 'g'),
           last.kinds, :starts, :ends
    FROM register AS last
    WHERE {_GROUP} AND {_STANDS} AND series = 'year' AND ends_on = (
        SELECT max(ends_on) FROM register
        WHERE {_GROUP} AND {_STANDS} AND series = 'year' AND ends_on <= :starts
    ) AND NOT EXISTS (
        SELECT FROM register WHERE {_GROUP} AND series = 'year' AND starts_on = :starts
          AND id IS DISTINCT FROM CAST(:beside AS uuid)
    ) AND NOT EXISTS (
        SELECT FROM register AS other
        WHERE other.unit_id = last.unit_id AND other.direction = last.direction
          AND other.is_secret = last.is_secret AND (other.closed_at IS NULL OR other.last_number > 0)
          AND other.starts_on < :ends AND other.ends_on > :starts
          AND (other.kinds && last.kinds OR (other.kinds = '{{}}' AND last.kinds = '{{}}'))
    )
    RETURNING id, title, kinds
    """  # noqa: S608
)
_OPEN_GENERAL = text(
    """
    INSERT INTO register (unit_id, direction, is_secret, title, starts_on, ends_on)
    VALUES (:unit, :direction, :secret, :title, :starts, :ends)
    RETURNING id, title, kinds
    """
)
_TO_TURN = text(
    """
    SELECT DISTINCT register.unit_id, register.direction, register.is_secret,
           unit.valid_from <= :today AND (unit.valid_to IS NULL OR unit.valid_to > :today) AS in_service
    FROM register JOIN unit ON unit.id = register.unit_id
    WHERE register.ends_on <= :today AND (
        register.closed_at IS NULL
        OR (series = 'year' AND last_number > 0 AND (unit.valid_to IS NULL OR unit.valid_to > :today) AND NOT EXISTS (
            SELECT FROM register AS this
            WHERE this.unit_id = register.unit_id AND this.direction = register.direction
              AND this.is_secret = register.is_secret AND this.series = 'year' AND this.starts_on = :starts
        ))
    )
    """
)
_ENDED = text(
    f"""
    SELECT id FROM register WHERE {_GROUP} AND closed_at IS NULL AND ends_on <= :today ORDER BY id
    """  # noqa: S608
)
_CLOSE = text(
    f"""
    UPDATE register SET closed_at = :now, version = version + 1
    WHERE id = :id AND closed_at IS NULL AND NOT EXISTS ({OPEN_RESERVATIONS})
    RETURNING title, last_number
    """  # noqa: S608
)
