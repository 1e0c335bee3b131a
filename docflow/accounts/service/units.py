"""The organisation as a tree through time: adding, amending, moving and ending units."""

from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import false, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.accounts.errors import UnitEnded, UnitsBelowLastLonger
from docflow.accounts.listing import find_unit_on, get_unit
from docflow.accounts.models import Principal, PrincipalKind, Unit, UnitKind
from docflow.accounts.policy import decide, decide_kind
from docflow.accounts.schemas import AddUnit, AmendUnit, EndUnit, UnitKindIn
from docflow.accounts.service.administrators import require_administrator_remains
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import require_version
from docflow.core.errors import invalid

NAMED = 5
"""So many units are named in a refusal."""


_MOVE = text(
    r"UPDATE unit SET lineage = CAST(:above AS int[]) || lineage[CAST(:depth AS int) \:] WHERE :no = ANY(lineage)"
)
"""The part of each lineage above the unit that moves is exchanged."""


async def add_unit(session: AsyncSession, actor: Actor, data: AddUnit) -> Unit:
    """A new unit below one that the actor administers. Raises NotAllowed, UnitCodeTaken, Invalid."""
    await _lock_tree(session)
    parent = await _parent(session, actor, data.parent_id, data.valid_from)
    if await session.get(UnitKind, data.kind) is None:
        raise invalid("kind", "unit_kind_not_known")
    unit = Unit(
        code=data.code,
        symbol=data.symbol,
        name_vi=data.name_vi,
        name_en=data.name_en,
        kind_code=data.kind,
        parent_id=parent.id,
        email=data.email or None,
        valid_from=data.valid_from,
    )
    await plant(session, unit, parent)
    await audit.record(
        session, actor, Tag.UNIT_ADDED, "unit", unit.id, code=unit.code, unit_name=unit.name_vi
    )
    return unit


async def plant(session: AsyncSession, unit: Unit, parent: Unit | None) -> None:
    """Write a new unit with its place in the tree and the principal under which documents name it."""
    session.add(unit)
    await session.flush()
    lineage = [*(parent.lineage if parent else ()), unit.no]
    await session.execute(update(Unit).where(Unit.id == unit.id).values(lineage=lineage))
    session.add(Principal(kind=PrincipalKind.UNIT, unit_id=unit.id))
    await session.flush()


async def amend_unit(
    session: AsyncSession, actor: Actor, unit_id: UUID, version: int, data: AmendUnit
) -> Unit:
    """Change what a unit is called or where it lies. Issued documents keep the name it had.

    Raises NotFound, NotAllowed, Stale, UnitEnded, Invalid.
    """
    unit = await _changeable(session, actor, unit_id, version)
    told = _rename(unit, data)
    if data.parent_id is not None and data.parent_id != unit.parent_id:
        told["parent_id"] = [str(unit.parent_id), str(data.parent_id)]
        await _move(session, actor, unit, data.parent_id)
    if told:
        await session.flush()
        await audit.record(session, actor, Tag.UNIT_CHANGED, "unit", unit.id, changed=told)
    return unit


async def end_unit(session: AsyncSession, actor: Actor, unit_id: UUID, version: int, data: EndUnit) -> Unit:
    """End a unit; its successor's people read what its own could and finish what it left open.

    A planned end may be changed until it comes. Raises NotFound, NotAllowed, Stale, UnitEnded,
    UnitsBelowLastLonger, PersonIsLastAdministrator, Invalid.
    """
    unit = await _changeable(session, actor, unit_id, version)
    if data.valid_to <= unit.valid_from:
        raise invalid("valid_to", "dates_in_wrong_order")
    await require_administrator_remains(session, unit.lineage[:-1], without=false())
    await _require_none_below(session, unit, data.valid_to)
    if data.successor_id is not None:
        successor = await find_unit_on(session, data.successor_id, data.valid_to)
        if successor is None or successor.id == unit.id:
            raise invalid("successor_id", "successor_not_there")
        decide(actor, Action.UNIT_ADMINISTER, successor.lineage).require()
    told = {
        "valid_to": [_plain(unit.valid_to), _plain(data.valid_to)],
        "successor_id": [_plain(unit.successor_id), _plain(data.successor_id)],
    }
    unit.valid_to, unit.successor_id = data.valid_to, data.successor_id
    await session.flush()
    await audit.record(session, actor, Tag.UNIT_CHANGED, "unit", unit.id, changed=told)
    return unit


async def add_unit_kind(session: AsyncSession, actor: Actor, data: UnitKindIn) -> UnitKind:
    """A kind of unit that the province has. Raises NotAllowed, and UnitKindCodeTaken by its constraint."""
    decide_kind(actor).require()
    kind = UnitKind(**msgspec.structs.asdict(data))
    session.add(kind)
    await session.flush()
    await audit.record(session, actor, Tag.KIND_ADDED, "unit_kind", None, code=kind.code)
    return kind


async def _lock_tree(session: AsyncSession) -> None:
    """One change of the tree at a time: two moves at once could each put the other's unit below its own."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtext("docflow.units"))))


async def _changeable(session: AsyncSession, actor: Actor, unit_id: UUID, version: int) -> Unit:
    await _lock_tree(session)
    unit = await get_unit(session, unit_id, lock=True)
    decide(actor, Action.UNIT_ADMINISTER, unit.lineage).require()
    require_version(unit.version, version)
    if unit.valid_to is not None and unit.valid_to <= clock.today():
        raise UnitEnded
    return unit


async def _parent(session: AsyncSession, actor: Actor, parent_id: UUID, day: date) -> Unit:
    """The unit above, which must stand on that day with no end in sight and be the actor's to administer."""
    parent = await find_unit_on(session, parent_id, day)
    if parent is None or parent.valid_to is not None:
        raise invalid("parent_id", "unit_above_not_there")
    decide(actor, Action.UNIT_ADMINISTER, parent.lineage).require()
    return parent


def _rename(unit: Unit, data: AmendUnit) -> dict[str, Any]:
    """Set what was given; what changed, as ``{field: [before, after]}``."""
    given = {"symbol": data.symbol, "name_vi": data.name_vi, "name_en": data.name_en, "email": data.email}
    told: dict[str, Any] = {}
    for name, value in given.items():
        before = getattr(unit, name)
        after = value or None if name == "email" else value
        if value is not None and after != before:
            setattr(unit, name, after)
            told[name] = [before, after]
    return told


async def _move(session: AsyncSession, actor: Actor, unit: Unit, parent_id: UUID) -> None:
    parent = await _parent(session, actor, parent_id, max(clock.today(), unit.valid_from))
    if unit.no in parent.lineage:
        raise invalid("parent_id", "unit_inside_itself")
    decide(actor, Action.UNIT_ADMINISTER, unit.lineage[:-1]).require()
    unit.parent_id = parent.id
    await session.flush()
    await session.execute(_MOVE, {"above": parent.lineage, "depth": len(unit.lineage), "no": unit.no})
    await session.refresh(unit)


async def _require_none_below(session: AsyncSession, unit: Unit, day: date) -> None:
    below = (
        await session.scalars(
            select(Unit.name_vi)
            .where(
                Unit.lineage.contains([unit.no]),
                Unit.id != unit.id,
                or_(Unit.valid_to.is_(None), Unit.valid_to > day),
            )
            .order_by(Unit.code)
            .limit(NAMED)
        )
    ).all()
    if below:
        raise UnitsBelowLastLonger(units=", ".join(below))


def _plain(value: Any) -> Any:
    return msgspec.to_builtins(value)
