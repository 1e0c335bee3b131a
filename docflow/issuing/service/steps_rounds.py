"""From rules to the steps of one round, and who can decide in each of them today."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.roles import GRANTS, Role
from docflow.accounts.listing import held_on, unit_stands_on
from docflow.accounts.models import Absence, Person, Principal, RoleHeld, Unit
from docflow.core import clock
from docflow.core.messages import Language
from docflow.issuing.errors import (
    NobodyApproves,
    NobodyChecksContent,
    NobodyChecksForm,
    NobodyDecides,
    SignerMissing,
)
from docflow.issuing.models import Manuscript, ManuscriptStep, StepKind, StepPlace, StepState
from docflow.issuing.service.rules import find_way

_DECIDING = frozenset(role for role in Role if Action.MANUSCRIPT_DECIDE in GRANTS[role])
_NOBODY: dict[StepKind, type[NobodyDecides]] = {
    StepKind.CONTENT: NobodyChecksContent,
    StepKind.FORM: NobodyChecksForm,
    StepKind.APPROVAL: NobodyApproves,
}


class Decider(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who can decide in a step today: by themselves, or for somebody who is away."""

    person_id: UUID
    name: str
    email: str
    language: Language
    principal_no: int


async def steps_by_rules(session: AsyncSession, manuscript: Manuscript) -> list[ManuscriptStep]:
    """The steps of a new round, not yet written. Raises SignerMissing, and NobodyDecides naming the step in which nobody
    can decide today: nobody holds its role, or whoever does is away and nobody stands in."""
    if manuscript.signer_id is None:
        raise SignerMissing
    steps = []
    for rule in await find_way(session, manuscript.issuing_unit_id, manuscript.kind_code):
        drafting = rule.place is StepPlace.DRAFTING
        step = ManuscriptStep(
            manuscript_id=manuscript.id,
            round=manuscript.round + 1,
            position=rule.position,
            kind=rule.kind,
            unit_id=manuscript.unit_id if drafting else manuscript.issuing_unit_id,
            role=rule.role,
            person_id=manuscript.signer_id if rule.place is StepPlace.SIGNER else rule.person_id,
            state=StepState.WAITING,
        )
        able, away = await _able(session, step)
        if not able:
            raise await _nobody(session, step, away)
        steps.append(step)
    return steps


async def deciders_of(session: AsyncSession, step: ManuscriptStep) -> Sequence[Decider]:
    """Who can decide in the step today: whoever holds its role or is its person, or stands in for them."""
    able, _ = await _able(session, step)
    return able


async def _able(session: AsyncSession, step: ManuscriptStep) -> tuple[list[Decider], list[str]]:
    """Who can decide, and the names of those who are away with nobody in their place."""
    meant = [_decider(row) for row in await session.execute(_meant(step))]
    away = await _absences(session, {one.person_id for one in meant})
    deputies = {deputy for deputy in away.values() if deputy is not None}
    if deputies:
        deputies -= (await _absences(session, deputies)).keys()  # what is lent is not lent on
    rows = await session.execute(_people().where(Person.id.in_(deputies), Person.frozen_at.is_(None)))
    standing_in = {one.person_id: one for one in map(_decider, rows)}
    able: dict[UUID, Decider] = {}
    missing: list[str] = []
    for one in meant:
        who = standing_in.get(away[one.person_id]) if one.person_id in away else one  # type: ignore[arg-type]
        if who is None:
            missing.append(one.name)
        else:
            able[who.person_id] = who
    return list(able.values()), missing


def _meant(step: ManuscriptStep) -> Select[Any]:
    """The people whom a step asks, away or not."""
    held = select(RoleHeld.person_id).join(Unit, Unit.id == RoleHeld.unit_id)
    held = held.where(held_on(clock.today()), unit_stands_on(clock.today()))
    if step.person_id is not None:
        able = held.where(RoleHeld.person_id == step.person_id, RoleHeld.role.in_(_DECIDING))
    else:
        able = held.where(RoleHeld.unit_id == step.unit_id, RoleHeld.role == step.role)
    return _people().where(Person.id.in_(able), Person.frozen_at.is_(None)).order_by(Principal.no)


def _people() -> Select[Any]:
    columns: tuple[Any, ...] = (Person.id, Person.full_name, Person.email, Person.language, Principal.no)
    return select(*columns).join(Principal, Principal.person_id == Person.id)


def _decider(row: Any) -> Decider:
    person_id, name, email, language, principal_no = row
    return Decider(person_id=person_id, name=name, email=email, language=language, principal_no=principal_no)


async def _absences(session: AsyncSession, person_ids: Collection[UUID]) -> dict[UUID, UUID | None]:
    """Of these people those who are away today, with their substitute."""
    today = clock.today()
    rows = await session.execute(
        select(Absence.person_id, Absence.substitute_id).where(
            Absence.person_id.in_(person_ids),
            Absence.cancelled_at.is_(None),
            Absence.starts_on <= today,
            Absence.ends_on > today,
        )
    )
    return {row.person_id: row.substitute_id for row in rows}


async def _nobody(session: AsyncSession, step: ManuscriptStep, away: Sequence[str]) -> NobodyDecides:
    unit = await session.get_one(Unit, step.unit_id)
    person = await session.get(Person, step.person_id) if step.person_id else None
    return _NOBODY[step.kind](
        step=step.kind.value,
        position=step.position,
        unit=unit.name_vi,
        role=step.role.value if step.role else None,
        person=person.full_name if person else None,
        away=", ".join(away) or "–",
    )
