"""Whom something can be given to: units and people, with the number under which documents name them."""

from collections import Counter
from collections.abc import Collection
from uuid import UUID

import msgspec
from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.accounts.models import Person, Principal, Unit
from docflow.core import clock
from docflow.core.errors import invalid
from docflow.core.messages import Language


class Addressee(msgspec.Struct, frozen=True, kw_only=True):
    """A unit or a person. ``lineage`` is the unit's; empty for a person. ``email`` may be empty for a unit."""

    principal_no: int
    name: str
    email: str
    language: Language
    unit_id: UUID | None = None
    person_id: UUID | None = None
    lineage: tuple[int, ...] = ()


async def units(
    session: AsyncSession, unit_ids: Collection[UUID], field: str = "unit_ids"
) -> list[Addressee]:
    """The units named, in their numbers' order. Raises Invalid for an unknown or ended one."""
    today = clock.today()
    rows = await session.execute(
        select(Unit.id, Unit.name_vi, Unit.email, Unit.lineage, Principal.no)
        .join(Principal, Principal.unit_id == Unit.id)
        .where(
            Unit.id.in_(unit_ids),
            Unit.valid_from <= today,
            or_(Unit.valid_to.is_(None), Unit.valid_to > today),
        )
        .order_by(Unit.no)
    )
    found = [
        Addressee(
            principal_no=row.no,
            name=row.name_vi,
            email=row.email or "",
            language=Language.VI,
            unit_id=row.id,
            lineage=tuple(row.lineage),
        )
        for row in rows
    ]
    _require_all(field, unit_ids, {unit.unit_id for unit in found}, "unit_not_known")
    return found


async def people(
    session: AsyncSession, person_ids: Collection[UUID], field: str = "person_ids"
) -> list[Addressee]:
    """The people named. Raises Invalid for an unknown or frozen one."""
    rows = await session.execute(
        select(Person.id, Person.full_name, Person.email, Person.language, Principal.no)
        .join(Principal, Principal.person_id == Person.id)
        .where(Person.id.in_(person_ids), Person.frozen_at.is_(None))
        .order_by(Principal.no)
    )
    found = [
        Addressee(
            principal_no=row.no,
            name=row.full_name,
            email=row.email,
            language=row.language,
            person_id=row.id,
        )
        for row in rows
    ]
    _require_all(field, person_ids, {person.person_id for person in found}, "person_not_known")
    return found


async def find_people_by_email(session: AsyncSession, addresses: Collection[str]) -> dict[str, Addressee]:
    """People in service by their address in lower case; addresses of nobody or of several people are left out."""
    lowered = {address.lower() for address in addresses}
    ids = await session.scalars(
        select(Person.id).where(func.lower(Person.email).in_(lowered), Person.frozen_at.is_(None))
    )
    found = [(person.email.lower(), person) for person in await people(session, set(ids))]
    owners = Counter(address for address, _ in found)
    return {address: person for address, person in found if owners[address] == 1}


def _require_all(field: str, wanted: Collection[UUID], found: set[UUID | None], code: str) -> None:
    missing = [str(one) for one in wanted if one not in found]
    if missing:
        raise invalid(field, code, ids=", ".join(missing))
