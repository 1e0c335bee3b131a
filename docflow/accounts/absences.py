"""Reading who is away when, and for whom somebody stands in; what of it goes out."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import Row, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from docflow.access.actor import Actor
from docflow.accounts import policy
from docflow.accounts.absence_schemas import AbsenceOut, UncoveredOut
from docflow.accounts.listing import get_person, places_of, roles_of
from docflow.accounts.models import Absence, Person
from docflow.core import clock
from docflow.core.paging import key_of


async def list_absences(
    session: AsyncSession, actor: Actor, person_id: UUID, *, cursor: str | None, limit: int
) -> Sequence[Row[Absence, str | None]]:
    """``Absence`` and ``substitute_name``, those to come first, then the newest; ``limit + 1`` at most.

    Raises NotFound for somebody whom the actor does not see.
    """
    await get_person(session, actor, person_id)
    substitute = aliased(Person)
    statement = (
        select(Absence, substitute.full_name.label("substitute_name"))
        .join(substitute, substitute.id == Absence.substitute_id, isouter=True)
        .where(Absence.person_id == person_id)
        .order_by(Absence.starts_on.desc(), Absence.id.desc())
        .limit(limit + 1)
    )
    if (after := key_of(cursor, date, UUID)) is not None:
        statement = statement.where(tuple_(Absence.starts_on, Absence.id) < after)
    return (await session.execute(statement)).all()


async def list_covered(
    session: AsyncSession, person_id: UUID, first: date, end: date
) -> Sequence[Row[Absence, str]]:
    """Absences of others in which the person stands in on some of these days: ``Absence`` and ``full_name``."""
    statement = (
        select(Absence, Person.full_name)
        .join(Person, Person.id == Absence.person_id)
        .where(Absence.substitute_id == person_id, Absence.cancelled_at.is_(None))
        .where(Absence.starts_on < end, Absence.ends_on > first)
        .order_by(Absence.starts_on, Absence.id)
    )
    return (await session.execute(statement)).all()


async def may_know_reason(session: AsyncSession, actor: Actor, person_id: UUID) -> bool:
    """Whether the actor is the person, or may say that they are away."""
    places = places_of((await roles_of(session, [person_id]))[person_id])
    return bool(policy.decide_absence(actor, person_id, None, *places))


async def absence_out(
    session: AsyncSession, absence: Absence, substitute_name: str | None, *, told: bool
) -> AbsenceOut:
    """An absence as the actor may know it; with ``told`` its reason, and who has nobody because of it."""
    over = absence.cancelled_at is not None or absence.ends_on <= clock.today()
    covered = (
        await list_covered(session, absence.person_id, absence.starts_on, absence.ends_on)
        if told and not over
        else ()
    )
    return AbsenceOut(
        id=absence.id,
        person_id=absence.person_id,
        substitute_id=absence.substitute_id,
        substitute_name=substitute_name,
        starts_on=absence.starts_on,
        ends_on=absence.ends_on,
        reason=absence.reason if told else None,
        cancelled_at=absence.cancelled_at,
        uncovered=[
            UncoveredOut(
                person_id=row.Absence.person_id,
                name=row.full_name,
                starts_on=row.Absence.starts_on,
                ends_on=row.Absence.ends_on,
            )
            for row in covered
        ],
    )
