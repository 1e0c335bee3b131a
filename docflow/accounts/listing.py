"""Reading the house directory: units, people and the roles they hold, tokens of one's own."""

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    ColumnElement,
    ColumnExpressionArgument,
    Row,
    Select,
    Text,
    all_,
    and_,
    cast,
    func,
    or_,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.accounts.models import ApiToken, Person, RoleHeld, Unit, UnitKind
from docflow.accounts.policy import Lineage, visible_to
from docflow.core import clock
from docflow.core.errors import NotFound, invalid
from docflow.core.paging import key_of
from docflow.core.text import TextNotAllowed, clean_line, fold

MAX_QUERY = 200
"""Characters of a search in the directory."""

HeldRow = Row[RoleHeld, str, list[int], date | None]
"""A role held: ``RoleHeld``, and ``name_vi``, ``lineage`` and ``valid_to`` of its unit."""


class UnitFilters(msgspec.Struct, frozen=True, kw_only=True):
    """What a list of units is narrowed to; ``valid_on`` None: ended and future ones too."""

    q: str | None = None
    parent_id: UUID | None = None
    kind: str | None = None
    valid_on: date | None = None


class PeopleFilters(msgspec.Struct, frozen=True, kw_only=True):
    """What a list of people is narrowed to. ``unit_id``: those who hold a role in that very unit today."""

    q: str | None = None
    unit_id: UUID | None = None


async def list_units(
    session: AsyncSession, filters: UnitFilters, *, cursor: str | None, limit: int
) -> Sequence[Unit]:
    """Units by code; ``limit + 1`` at most. Raises Invalid for a search or cursor that is not possible."""
    conditions = _said(filters.q, Unit.code, Unit.symbol, Unit.name_vi, Unit.name_en)
    if filters.parent_id is not None:
        conditions.append(Unit.parent_id == filters.parent_id)
    if filters.kind is not None:
        conditions.append(Unit.kind_code == filters.kind)
    if filters.valid_on is not None:
        conditions.append(unit_stands_on(filters.valid_on))
    if (after := key_of(cursor, str)) is not None:
        conditions.append(Unit.code > _without_nul(after[0]))
    statement = select(Unit).where(*conditions).order_by(Unit.code).limit(limit + 1)
    return (await session.scalars(statement)).all()


async def get_unit(session: AsyncSession, unit_id: UUID, *, lock: bool = False) -> Unit:
    """A unit, ended or not. Raises NotFound."""
    unit: Unit = await _one(session, select(Unit).where(Unit.id == unit_id), lock=lock)
    return unit


async def find_unit_on(session: AsyncSession, unit_id: UUID, day: date) -> Unit | None:
    """The unit if it stands on that day."""
    return await session.scalar(select(Unit).where(Unit.id == unit_id, unit_stands_on(day)))


def unit_stands_on(day: date) -> ColumnElement[bool]:
    """The unit has begun and has not ended."""
    return and_(Unit.valid_from <= day, or_(Unit.valid_to.is_(None), Unit.valid_to > day))


async def list_unit_kinds(session: AsyncSession) -> Sequence[UnitKind]:
    """Every kind, by code."""
    return (await session.scalars(select(UnitKind).order_by(UnitKind.code))).all()


async def list_people(
    session: AsyncSession, actor: Actor, filters: PeopleFilters, *, cursor: str | None, limit: int
) -> Sequence[Person]:
    """People whom the actor sees, by given name; ``limit + 1`` at most. Raises Invalid as ``list_units``."""
    conditions = [visible_to(actor), *_said(filters.q, Person.full_name, Person.username)]
    if filters.unit_id is not None:
        holders = select(RoleHeld.person_id).where(
            RoleHeld.unit_id == filters.unit_id, held_on(clock.today())
        )
        conditions.append(Person.id.in_(holders))
    if (after := key_of(cursor, str, UUID)) is not None:
        conditions.append(tuple_(Person.sort_key, Person.id) > (_without_nul(after[0]), after[1]))
    statement = select(Person).where(*conditions).order_by(Person.sort_key, Person.id).limit(limit + 1)
    return (await session.scalars(statement)).all()


async def get_person(session: AsyncSession, actor: Actor, person_id: UUID, *, lock: bool = False) -> Person:
    """A person whom the actor sees. Raises NotFound."""
    statement = select(Person).where(Person.id == person_id, visible_to(actor))
    person: Person = await _one(session, statement, lock=lock)
    return person


def held_on(day: date) -> ColumnElement[bool]:
    """The role is held on that day."""
    return and_(RoleHeld.valid_from <= day, or_(RoleHeld.valid_to.is_(None), RoleHeld.valid_to > day))


async def roles_of(session: AsyncSession, person_ids: Collection[UUID]) -> dict[UUID, list[HeldRow]]:
    """Every role that each of the people holds or ever held, in the order of unit and beginning."""
    rows = await session.execute(
        select(RoleHeld, Unit.name_vi, Unit.lineage, Unit.valid_to)
        .join(Unit, Unit.id == RoleHeld.unit_id)
        .where(RoleHeld.person_id.in_(person_ids))
        .order_by(Unit.code, RoleHeld.role, RoleHeld.valid_from)
    )
    held: dict[UUID, list[HeldRow]] = {person_id: [] for person_id in person_ids}
    for row in rows:
        held[row.RoleHeld.person_id].append(row)
    return held


def places_of(held: Iterable[HeldRow]) -> list[Lineage]:
    """Where a person lies, as ``policy.decide`` asks."""
    return [tuple(row.lineage) for row in held]


def still_held(held: Iterable[HeldRow]) -> list[HeldRow]:
    """Roles that have not ended, nor their unit; those to come included."""
    today = clock.today()
    ends = ((row, (row.RoleHeld.valid_to, row.valid_to)) for row in held)
    return [row for row, both in ends if all(end is None or end > today for end in both)]


async def list_tokens(
    session: AsyncSession, actor: Actor, *, cursor: str | None, limit: int
) -> Sequence[ApiToken]:
    """The actor's own tokens that were not revoked, expired ones included, the newest first."""
    conditions = [ApiToken.person_id == actor.person_id, ApiToken.revoked_at.is_(None)]
    if (after := key_of(cursor, UUID)) is not None:
        conditions.append(ApiToken.id < after[0])
    statement = select(ApiToken).where(*conditions).order_by(ApiToken.id.desc()).limit(limit + 1)
    return (await session.scalars(statement)).all()


async def _one(session: AsyncSession, statement: Select[Any], *, lock: bool) -> Any:
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    found = await session.scalar(statement)
    if found is None:
        raise NotFound
    return found


def _said(q: str | None, *columns: ColumnExpressionArgument[str]) -> list[ColumnElement[bool]]:
    """Every word of the search occurs somewhere in the columns, however it is accented."""
    if not q:
        return []
    if len(q) > MAX_QUERY:
        raise invalid("q", "search_too_long", limit=MAX_QUERY)
    try:
        words = fold(clean_line(q)).split()
    except TextNotAllowed as error:
        raise invalid("q", "text_not_allowed") from error
    patterns = ["%" + re.sub(r"([\\%_])", r"\\\1", word) + "%" for word in words]
    # One array of patterns and not a condition each, so that a row is folded once.
    return [_folded(func.concat_ws(" ", *columns)).like(all_(cast(patterns, ARRAY(Text))))]


def _folded(text: ColumnElement[str]) -> ColumnElement[str]:
    """``core.text.fold`` in SQL."""
    decomposed = func.pg_catalog.normalize(func.lower(text), "NFD")
    return func.translate(func.regexp_replace(decomposed, "[\u0300-\u036f]", "", "g"), "đðɖ", "ddd")


def _without_nul(text: str) -> str:
    """A cursor is made by whoever asks, and PostgreSQL has no word for NUL."""
    if "\0" in text:
        raise invalid("cursor", "cursor_not_understood")
    return text
