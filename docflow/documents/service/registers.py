"""Taking the next number of a register: gapless and in time order, whatever happens around it."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import func, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.core import clock
from docflow.documents.models import Direction, Register

TICK = timedelta(microseconds=1)
"""The smallest step of a moment in the database."""


class Taken(msgspec.Struct, frozen=True):
    """A number and the moment it was given; later numbers have later moments."""

    register_id: UUID
    number: int
    at: datetime


async def take_number(session: AsyncSession, unit_id: UUID, direction: Direction, year: int) -> Taken:
    """The next number of the unit's register of the year, which is opened by its first.

    The register's row stays locked until the transaction ends: one that fails gives its number back, and the
    next writer waits to see. So take the number last, when nothing else can fail. The moment is always after that
    of the number before it, whichever host's clock was asked and however long the wait was.
    """
    taken = await _next(session, unit_id, direction, year)
    if taken is None:
        await session.execute(
            insert(Register).values(unit_id=unit_id, direction=direction, year=year).on_conflict_do_nothing()
        )
        taken = await _next(session, unit_id, direction, year)
    assert taken is not None
    return taken


async def _next(session: AsyncSession, unit_id: UUID, direction: Direction, year: int) -> Taken | None:
    moment = func.greatest(
        clock.now(), func.coalesce(Register.last_at + TICK, text("'-infinity'::timestamptz"))
    )
    row = (
        await session.execute(
            update(Register)
            .where(Register.unit_id == unit_id, Register.direction == direction, Register.year == year)
            .values(last_number=Register.last_number + 1, last_at=moment)
            .returning(Register.id, Register.last_number, Register.last_at)
        )
    ).one_or_none()
    return Taken(row.id, row.last_number, row.last_at) if row else None
