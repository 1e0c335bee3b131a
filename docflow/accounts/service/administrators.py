"""Somebody must always be able to administer: checked before a role, a person or a unit goes."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.roles import Role
from docflow.accounts.errors import PersonIsLastAdministrator
from docflow.accounts.listing import held_on, unit_stands_on
from docflow.accounts.models import Person, RoleHeld, Unit
from docflow.core import clock


async def require_administrator_remains(
    session: AsyncSession, lineage: Sequence[int], *, without: ColumnElement[bool]
) -> None:
    """Somebody in service administers the unit with this lineage even ``without`` a role or person.

    One change at a time passes until the end of its transaction: two administrators cannot take each other's role
    away at once. Raises PersonIsLastAdministrator.
    """
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtext("docflow.administrators"))))
    today = clock.today()
    remains = await session.scalar(
        select(
            exists().where(
                RoleHeld.role == Role.ADMINISTRATOR,
                RoleHeld.person_id == Person.id,
                RoleHeld.unit_id == Unit.id,
                held_on(today),
                unit_stands_on(today),
                Unit.no.in_(lineage),
                Person.frozen_at.is_(None),
                ~without,
            )
        )
    )
    if not remains:
        raise PersonIsLastAdministrator
