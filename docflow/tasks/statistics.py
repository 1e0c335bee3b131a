"""The four-way statistic (domain §2): done on time, done late, open in time, open and late; per unit and period."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.accounts.models import Unit
from docflow.core import clock
from docflow.core.errors import NotAllowed, NotFound, invalid
from docflow.tasks.deadlines import last_of, start_of
from docflow.tasks.models import Part, PartRole, PartState
from docflow.tasks.policy import decide, overlaps
from docflow.tasks.queries import OPEN
from docflow.tasks.schemas import Counts, StatisticsOut, UnitCounts


class Period(msgspec.Struct, frozen=True):
    """Days on which work fell or falls due, both included."""

    since: date
    until: date


def period(since: date | None, until: date | None) -> Period:
    """The period asked for; what is left out is the bound of the present year. Raises Invalid when reversed."""
    year = clock.today().year
    asked = Period(since or date(year, 1, 1), until or date(year, 12, 31))
    if asked.until < asked.since:
        raise invalid("until", "period_reversed")
    return asked


async def count(
    session: AsyncSession, actor: Actor, asked: Period, *, unit_id: UUID | None, role: PartRole | None
) -> StatisticsOut:
    """The statistic of the units at and below those of the actor, or at and below ``unit_id`` of them.

    A part that was returned or recalled counts for nobody. A coordinator's that the lead's end closed, completed or returned, is
    done at that moment.
    Raises NotFound for an unknown unit and NotAllowed for one elsewhere.
    """
    tops = actor.unit_numbers_for(Action.TASK_STATISTICS, inherited=True)
    if unit_id is not None:
        lineage = await session.scalar(select(Unit.lineage).where(Unit.id == unit_id))
        if lineage is None:
            raise NotFound
        decision = decide(actor, Action.TASK_STATISTICS, lineage)
        if not decision:
            raise NotAllowed(reason=decision.reason)
        tops = frozenset(lineage[-1:])
    rows = await _rows(session, asked, tops, role)
    return StatisticsOut(
        since=asked.since,
        until=asked.until,
        role=role,
        total=Counts(**_counts(rows)),
        units=[UnitCounts(unit_id=row.id, unit_name=row.name_vi, **_counts([row])) for row in rows],
    )


async def _rows(
    session: AsyncSession, asked: Period, tops: frozenset[int], role: PartRole | None
) -> Sequence[Row[Any]]:
    now = clock.now()
    late = Part.finished_at > Part.due_at
    counted = (
        select(
            Part.unit_id,
            func.count().filter(Part.finished_at <= Part.due_at).label("done_on_time"),
            func.count().filter(late).label("done_late"),
            func.count().filter(OPEN, Part.due_at >= now).label("open_in_time"),
            func.count().filter(OPEN, Part.due_at < now).label("open_late"),
        )
        .where(
            Part.due_at.between(start_of(asked.since), last_of(asked.until)),
            Part.unit_id.in_(select(Unit.id).where(overlaps(tops))),
            Part.state.not_in((PartState.RETURNED, PartState.RECALLED)),
            *([Part.role == role] if role else []),
        )
        .group_by(Part.unit_id)
        .subquery()
    )
    columns = [column for column in counted.c if column.key != "unit_id"]
    statement = (
        select(Unit.id, Unit.name_vi, *columns).join(counted, counted.c.unit_id == Unit.id).order_by(Unit.no)
    )
    return (await session.execute(statement)).all()


def _counts(rows: Sequence[Row[Any]]) -> dict[str, Any]:
    on_time, late, in_time, overdue = (
        sum(getattr(row, name) for row in rows)
        for name in ("done_on_time", "done_late", "open_in_time", "open_late")
    )
    whole = on_time + late + in_time + overdue
    return {
        "done_on_time": on_time,
        "done_late": late,
        "open_in_time": in_time,
        "open_late": overdue,
        "late_rate": round((late + overdue) / whole, 4) if whole else 0.0,
    }
