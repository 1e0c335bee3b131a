"""Absence: who is away when, and who acts for them. It begins and ends by itself, with its days."""

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.accounts import policy
from docflow.accounts.absence_schemas import SetAbsence
from docflow.accounts.absences import list_covered
from docflow.accounts.errors import AbsenceOver, PersonAlreadyAway, SubstituteAway
from docflow.accounts.listing import get_person, places_of, roles_of
from docflow.accounts.models import Absence, Person
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.errors import NotFound, invalid

LONGEST = timedelta(days=366)
"""What lasts longer is no absence: roles are given and taken."""


async def set_absence(session: AsyncSession, actor: Actor, person_id: UUID, data: SetAbsence) -> Absence:
    """Say that a person is away, and who acts for them. Raises NotFound, NotAllowed, Invalid, PersonAlreadyAway
    and SubstituteAway.

    Both people are locked in the order of their keys, so of two absences that exclude each other one comes second.
    """
    people = await _lock(session, {person_id, data.substitute_id} - {None})
    await get_person(session, actor, person_id)
    places = places_of((await roles_of(session, [person_id]))[person_id])
    policy.decide_absence(actor, person_id, data.substitute_id, *places).require()
    _check_days(data.starts_on, data.ends_on)
    if data.substitute_id is not None:
        await _check_substitute(session, people, person_id, data)
    other = await _overlapping(session, person_id, data.starts_on, data.ends_on)
    if other is not None:
        raise PersonAlreadyAway(starts_on=str(other.starts_on), ends_on=str(other.ends_on))
    absence = Absence(
        person_id=person_id,
        substitute_id=data.substitute_id,
        starts_on=data.starts_on,
        ends_on=data.ends_on,
        reason=data.reason,
        set_by=actor.person_id,
        set_at=clock.now(),
    )
    session.add(absence)
    await session.flush()
    uncovered = await list_covered(session, person_id, data.starts_on, data.ends_on)
    await audit.record(
        session,
        actor,
        Tag.ABSENCE_SET,
        "person",
        person_id,
        absence=str(absence.id),
        person=people[person_id].full_name,
        substitute_id=data.substitute_id and str(data.substitute_id),
        substitute=data.substitute_id and people[data.substitute_id].full_name,
        starts_on=str(data.starts_on),
        ends_on=str(data.ends_on),
        uncovered=[row.full_name for row in uncovered],
    )
    return absence


async def cancel_absence(session: AsyncSession, actor: Actor, person_id: UUID, absence_id: UUID) -> None:
    """End an absence now, or one to come before it begins. Raises NotFound, NotAllowed, AbsenceOver."""
    await _lock(session, {person_id})
    await get_person(session, actor, person_id)
    absence = await session.scalar(
        select(Absence).where(Absence.id == absence_id, Absence.person_id == person_id)
    )
    if absence is None:
        raise NotFound
    places = places_of((await roles_of(session, [person_id]))[person_id])
    policy.decide_absence(actor, person_id, None, *places).require()
    if absence.cancelled_at is not None or absence.ends_on <= clock.today():
        raise AbsenceOver
    absence.cancelled_at = clock.now()
    await session.flush()
    await audit.record(
        session,
        actor,
        Tag.ABSENCE_CANCELLED,
        "person",
        person_id,
        absence=str(absence.id),
        substitute_id=absence.substitute_id and str(absence.substitute_id),
        starts_on=str(absence.starts_on),
        ends_on=str(absence.ends_on),
    )


async def _lock(session: AsyncSession, ids: set[UUID | None]) -> dict[UUID, Person]:
    rows = await session.scalars(
        select(Person).where(Person.id.in_(ids)).order_by(Person.id).with_for_update(key_share=True)
    )
    return {person.id: person for person in rows}


def _check_days(starts_on: date, ends_on: date) -> None:
    if starts_on < clock.today():
        raise invalid("starts_on", "absence_in_the_past")
    if ends_on <= starts_on:
        raise invalid("ends_on", "dates_in_wrong_order")
    if ends_on - starts_on > LONGEST:
        raise invalid("ends_on", "absence_too_long", days=LONGEST.days)


async def _check_substitute(
    session: AsyncSession, people: dict[UUID, Person], person_id: UUID, data: SetAbsence
) -> None:
    """Somebody else, in service, and there on all of these days."""
    substitute = people.get(data.substitute_id) if data.substitute_id else None
    if substitute is None or substitute.frozen_at is not None:
        raise invalid("substitute_id", "person_not_known", ids=str(data.substitute_id))
    if substitute.id == person_id:
        raise invalid("substitute_id", "substitute_is_the_person")
    away = await _overlapping(session, substitute.id, data.starts_on, data.ends_on)
    if away is not None:
        raise SubstituteAway(
            name=substitute.full_name, starts_on=str(away.starts_on), ends_on=str(away.ends_on)
        )


async def _overlapping(session: AsyncSession, person_id: UUID, first: date, end: date) -> Absence | None:
    return await session.scalar(
        select(Absence)
        .where(Absence.person_id == person_id, Absence.cancelled_at.is_(None))
        .where(Absence.starts_on < end, Absence.ends_on > first)
        .order_by(Absence.starts_on)
        .limit(1)
    )
