"""Reading year's lists."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, Select, Text, cast, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.accounts.models import Person, Unit
from docflow.core.errors import NotFound, invalid
from docflow.core.paging import key_of
from docflow.dossiers.models import DossierHeading
from docflow.dossiers.policy import headings_visible_to

MOST_OF_A_LIST = 5_000
"""Headings of one unit and year."""


class HeadingFilters(msgspec.Struct, frozen=True, kw_only=True):
    """What a list of headings is narrowed to; without ``withdrawn`` those in force."""

    unit_id: UUID | None = None
    year: int | None = None
    withdrawn: bool = False


async def get_heading(
    session: AsyncSession, actor: Actor, heading_id: UUID, *, lock: bool = False
) -> DossierHeading:
    """A heading of a list that the actor sees. Raises NotFound."""
    statement = select(DossierHeading).where(DossierHeading.id == heading_id, headings_visible_to(actor))
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    heading = await session.scalar(statement)
    if heading is None:
        raise NotFound
    return heading


async def list_headings(
    session: AsyncSession, actor: Actor, filters: HeadingFilters, *, cursor: str | None, limit: int
) -> Sequence[Row[Any]]:
    """Headings with the names of unit and keeper, the latest year first, then by unit and code."""
    statement = _narrowed(actor, filters).limit(limit + 1)
    after = key_of(cursor, int, UUID, str)
    if after is not None:
        year, unit_id, code = after
        if "\0" in code:
            raise invalid("cursor", "cursor_not_understood")
        key = tuple_(-DossierHeading.year, DossierHeading.unit_id, _CODE)
        statement = statement.where(key > tuple_(-year, unit_id, cast(code, Text(collation="C"))))
    return (await session.execute(statement)).all()


async def get_row(session: AsyncSession, actor: Actor, heading_id: UUID) -> Row[Any]:
    """A heading with the names of unit and keeper, withdrawn or not. Raises NotFound."""
    statement = _narrowed(actor, HeadingFilters(withdrawn=True)).where(DossierHeading.id == heading_id)
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        raise NotFound
    return row


def key_of_row(row: Row[Any]) -> tuple[Any, ...]:
    """Where a row stands in the list."""
    heading = row.DossierHeading
    return heading.year, heading.unit_id, heading.code


async def whole_list(session: AsyncSession, actor: Actor, unit_id: UUID, year: int) -> Sequence[Row[Any]]:
    """A unit's list of a year, by code."""
    filters = HeadingFilters(unit_id=unit_id, year=year)
    return (await session.execute(_narrowed(actor, filters).limit(MOST_OF_A_LIST))).all()


async def visible_unit(session: AsyncSession, actor: Actor, unit_id: UUID) -> Unit:
    """A unit whose list the actor sees. Raises NotFound."""
    numbers = actor.member_unit_numbers
    unit = await session.get(Unit, unit_id)
    if unit is None or not numbers & set(unit.lineage):
        raise NotFound
    return unit


def _narrowed(actor: Actor, filters: HeadingFilters) -> Select[*tuple[Any, ...]]:
    statement = (
        select(
            DossierHeading,
            Unit.name_vi.label("unit_name"),
            Unit.lineage,
            Person.full_name.label("keeper_name"),
            Person.username.label("keeper_username"),
        )
        .join(Unit, Unit.id == DossierHeading.unit_id)
        .outerjoin(Person, Person.id == DossierHeading.keeper_id)
        .where(headings_visible_to(actor))
        .order_by(DossierHeading.year.desc(), DossierHeading.unit_id, _CODE)
    )
    if filters.unit_id is not None:
        statement = statement.where(DossierHeading.unit_id == filters.unit_id)
    if filters.year is not None:
        statement = statement.where(DossierHeading.year == filters.year)
    if not filters.withdrawn:
        statement = statement.where(DossierHeading.withdrawn_at.is_(None))
    return statement


_CODE = DossierHeading.code.collate("C")
