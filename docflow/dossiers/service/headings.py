"""Keeping the year's list: adding headings, changing, withdrawing and copying them (Decree 30/2020/NĐ-CP, article 29)."""

from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.accounts.models import Unit
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import require_version
from docflow.core.errors import invalid
from docflow.dossiers.errors import HeadingTaken, HeadingWithdrawn
from docflow.dossiers.models import DossierHeading
from docflow.dossiers.policy import decide_list
from docflow.dossiers.queries.headings import get_heading, visible_unit
from docflow.dossiers.schemas import AddHeading, ChangeHeading, CopyList, ListChanged


async def add_heading(session: AsyncSession, actor: Actor, data: AddHeading) -> DossierHeading:
    """A new line of a unit's list. Raises NotFound, NotAllowed, HeadingTaken, Invalid."""
    unit = await keep_list(session, actor, data.unit_id, data.year)
    if await _is_taken(session, data):
        raise HeadingTaken(heading=data.code)
    await require_keeper(session, unit.id, data.keeper_id)
    heading = DossierHeading(
        unit_id=unit.id,
        year=data.year,
        code=data.code,
        title=data.title,
        retention=data.retention,
        keeper_id=data.keeper_id,
    )
    session.add(heading)
    await session.flush()
    await note_listed(session, actor, heading)
    return heading


async def change_heading(
    session: AsyncSession, actor: Actor, heading_id: UUID, version: int, data: ChangeHeading
) -> DossierHeading:
    """Change what a heading says of dossiers to come. Raises NotFound, NotAllowed, Stale, HeadingWithdrawn, Invalid."""
    heading = await _held(session, actor, heading_id, version)
    new = {
        name: value
        for name in ("title", "retention", "keeper_id")
        if (value := getattr(data, name)) is not msgspec.UNSET
    }
    if "keeper_id" in new:
        await require_keeper(session, heading.unit_id, new["keeper_id"])
    await amend_heading(session, actor, heading, new)
    return heading


async def withdraw_heading(
    session: AsyncSession, actor: Actor, heading_id: UUID, version: int
) -> DossierHeading:
    """Nothing is opened under it any more; dossiers that were opened stay. Raises NotFound, NotAllowed, Stale,
    HeadingWithdrawn."""
    heading = await _held(session, actor, heading_id, version)
    heading.withdrawn_at = clock.now()
    await session.flush()
    await audit.record(
        session,
        actor,
        Tag.HEADING_CHANGED,
        "heading",
        heading.id,
        on_behalf_of=heading.unit_id,
        code=heading.code,
        year=heading.year,
        withdrawn=True,
    )
    return heading


async def copy_list(session: AsyncSession, actor: Actor, data: CopyList) -> ListChanged:
    """Begin a year's list with another year's. What it has already, withdrawn or not, stays as it is.

    Raises NotFound, NotAllowed, Invalid.
    """
    if data.from_year == data.to_year:
        raise invalid("to_year", "list_of_same_year")
    unit = await keep_list(session, actor, data.unit_id, data.to_year)
    there = set(
        await session.scalars(
            select(DossierHeading.code).where(
                DossierHeading.unit_id == unit.id, DossierHeading.year == data.to_year
            )
        )
    )
    before = (
        await session.scalars(
            select(DossierHeading)
            .where(
                DossierHeading.unit_id == unit.id,
                DossierHeading.year == data.from_year,
                DossierHeading.withdrawn_at.is_(None),
            )
            .order_by(DossierHeading.code)
        )
    ).all()
    working = await workers_of(session, unit.id)
    copies = [_copy(one, data.to_year, working) for one in before if one.code not in there]
    session.add_all(copies)
    await session.flush()
    for copy in copies:
        await note_listed(session, actor, copy, copied_from=data.from_year)
    return ListChanged(added=len(copies), changed=0, unchanged=len(before) - len(copies))


async def keep_list(session: AsyncSession, actor: Actor, unit_id: UUID, year: int) -> Unit:
    """The unit, with its list of the year locked until the transaction ends. Raises NotFound, NotAllowed."""
    unit = await visible_unit(session, actor, unit_id)
    decide_list(actor, unit.lineage).require()
    key = f"dossier list {unit_id} {year}"
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))
    return unit


async def amend_heading(
    session: AsyncSession, actor: Actor, heading: DossierHeading, new: dict[str, Any], **details: Any
) -> bool:
    """Set what differs and record it; whether anything did."""
    before = {name: getattr(heading, name) for name in new}
    changed = {
        name: [_told(before[name]), _told(value)] for name, value in new.items() if value != before[name]
    }
    if not changed:
        return False
    for name, value in new.items():
        setattr(heading, name, value)
    await session.flush()
    await audit.record(
        session,
        actor,
        Tag.HEADING_CHANGED,
        "heading",
        heading.id,
        on_behalf_of=heading.unit_id,
        code=heading.code,
        year=heading.year,
        changed=changed,
        **details,
    )
    return True


async def note_listed(session: AsyncSession, actor: Actor, heading: DossierHeading, **details: Any) -> None:
    """Record that a heading was added to a list."""
    await audit.record(
        session,
        actor,
        Tag.HEADING_LISTED,
        "heading",
        heading.id,
        on_behalf_of=heading.unit_id,
        code=heading.code,
        year=heading.year,
        title=heading.title,
        retention=heading.retention.value,
        keeper_id=_told(heading.keeper_id),
        **details,
    )


async def require_keeper(session: AsyncSession, unit_id: UUID, person_id: UUID | None) -> None:
    """Raises Invalid for a keeper who has no part in the unit's work today."""
    if person_id is not None and person_id not in await workers_of(session, unit_id):
        raise invalid("keeper_id", "keeper_not_of_the_unit")


async def workers_of(session: AsyncSession, unit_id: UUID) -> set[UUID]:
    """Who holds a role in the unit today, the frozen left out."""
    found = await session.scalars(_WORKERS, {"unit": unit_id, "today": clock.today()})
    return set(found)


async def _held(session: AsyncSession, actor: Actor, heading_id: UUID, version: int) -> DossierHeading:
    heading = await get_heading(session, actor, heading_id)
    await keep_list(session, actor, heading.unit_id, heading.year)
    heading = await get_heading(session, actor, heading_id, lock=True)
    require_version(heading.version, version)
    if heading.withdrawn_at is not None:
        raise HeadingWithdrawn(heading=heading.code)
    return heading


async def _is_taken(session: AsyncSession, data: AddHeading) -> bool:
    return bool(
        await session.scalar(
            select(DossierHeading.id).where(
                DossierHeading.unit_id == data.unit_id,
                DossierHeading.year == data.year,
                DossierHeading.code == data.code,
            )
        )
    )


def _copy(heading: DossierHeading, year: int, working: set[UUID]) -> DossierHeading:
    """The heading a year on; somebody who left the unit meanwhile keeps nothing there."""
    return DossierHeading(
        unit_id=heading.unit_id,
        year=year,
        code=heading.code,
        title=heading.title.replace(str(heading.year), str(year)),
        retention=heading.retention,
        keeper_id=heading.keeper_id if heading.keeper_id in working else None,
    )


def _told(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value


_WORKERS = text(
    """
    SELECT held.person_id FROM role_held AS held JOIN person ON person.id = held.person_id
    WHERE held.unit_id = :unit AND person.frozen_at IS NULL AND held.role NOT IN ('administrator', 'auditor')
      AND held.valid_from <= :today AND (held.valid_to IS NULL OR held.valid_to > :today)
    """
)
