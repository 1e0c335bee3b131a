"""Taking the next number of a register: gapless and in time order, whatever happens around it."""

from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.core import clock
from docflow.documents.models import Direction

TICK = timedelta(microseconds=1)
"""The smallest step of a moment in the database."""


class Taken(msgspec.Struct, frozen=True):
    """A number and the moment it was given; later numbers have later moments."""

    register_id: UUID
    number: int
    at: datetime


async def take_number(
    session: AsyncSession, by: UUID, unit_id: UUID, direction: Direction, kind: str, on: date
) -> Taken:
    """The next number of the unit's register for this kind on this day, opened by its first when there is none.

    The register's row stays locked until the transaction ends: one that fails gives its number back, and the
    next writer waits to see. So take the number last, when nothing else can fail. The moment is always after that
    of the number before it, whichever host's clock was asked and however long the wait was.
    """
    values: dict[str, object] = {"by": by, "unit": unit_id, "direction": direction.value, "kind": kind, "on": on}
    taken = await _next(session, values)
    if taken is None:
        year = {"starts": date(on.year, 1, 1), "ends": date(on.year + 1, 1, 1)}
        await session.execute(_OPEN, {**values, **year})
        taken = await _next(session, values)
    assert taken is not None
    return taken


async def _next(session: AsyncSession, values: dict[str, object]) -> Taken | None:
    row = (await session.execute(_NEXT, {**values, "now": clock.now(), "tick": TICK})).one_or_none()
    return Taken(row.register_id, row.number, row.taken_at) if row else None


_OPEN = text(
    """
    INSERT INTO register (unit_id, direction, starts_on, ends_on) VALUES (:unit, :direction, :starts, :ends)
    ON CONFLICT DO NOTHING
    """
)
_NEXT = text(
    """
    WITH taken AS (
        UPDATE register
        SET last_number = last_number + 1,
            last_at = greatest(CAST(:now AS timestamptz), coalesce(last_at + :tick, '-infinity'))
        WHERE id = (
            SELECT id FROM register
            WHERE unit_id = :unit AND direction = :direction AND NOT is_secret AND closed_at IS NULL
              AND starts_on <= :on AND ends_on > :on AND (kinds = '{}' OR kinds @> ARRAY[CAST(:kind AS text)])
            ORDER BY kinds = '{}' LIMIT 1
        )
        RETURNING id, last_number, last_at
    )
    INSERT INTO register_entry (register_id, number, taken_at, taken_by)
    SELECT id, last_number, last_at, :by FROM taken
    RETURNING register_id, number, taken_at
    """
)
