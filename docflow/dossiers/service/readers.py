"""Who may use a dossier, as principals."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Secrecy
from docflow.accounts import addressees
from docflow.accounts.models import Person, Principal
from docflow.core.errors import invalid
from docflow.dossiers.models import DossierAccess


async def named_people(
    session: AsyncSession, access: DossierAccess, person_ids: Collection[UUID]
) -> list[int]:
    """The principals of the people named. Raises Invalid for unknown ones, and for any where every member may read."""
    if access is DossierAccess.OPEN and person_ids:
        raise invalid("person_ids", "dossier_open_names_nobody")
    return sorted(one.principal_no for one in await addressees.people(session, set(person_ids)))


async def readers_of(
    session: AsyncSession, unit_id: UUID, access: DossierAccess, keeper_id: UUID, named: Sequence[int]
) -> list[int]:
    """Keeper and unit, or keeper and those named; the rule behind ``Dossier.readers``."""
    subject = Principal.person_id == keeper_id
    if access is DossierAccess.OPEN:
        subject = subject | (Principal.unit_id == unit_id)
    return sorted({*await session.scalars(select(Principal.no).where(subject)), *named})


async def require_cleared(session: AsyncSession, access: DossierAccess, keeper_id: UUID) -> None:
    """Raises Invalid for the keeper of a secret dossier who is not cleared for any secret."""
    if access is DossierAccess.SECRET:
        clearance = await session.scalar(select(Person.clearance).where(Person.id == keeper_id))
        if not clearance:
            raise invalid("keeper_id", "keeper_not_cleared")


def secrecy_of(access: DossierAccess) -> int:
    """The clearance that reading it takes at least."""
    return int(Secrecy.SECRET if access is DossierAccess.SECRET else Secrecy.NONE)
