"""Lists of manuscripts, of their versions, steps and comments, and how two versions differ."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, exists, func, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from docflow.access.actor import Actor
from docflow.accounts.models import Person, Principal, Unit
from docflow.core.paging import COUNTED, key_of
from docflow.files.models import File
from docflow.issuing.models import (
    Manuscript,
    ManuscriptComment,
    ManuscriptRecipient,
    ManuscriptState,
    ManuscriptStep,
    ManuscriptVersion,
    StepState,
)
from docflow.issuing.policy import visible_to
from docflow.issuing.queries.manuscripts import get_manuscript

Rows = Sequence[Row[*tuple[Any, ...]]]


class Scope(StrEnum):
    """Which manuscripts a list has."""

    MINE = "mine"
    """Begun by me, or I was named to work on them."""
    WAITING = "waiting"
    """Some step of theirs waits for my decision now."""
    UNIT = "unit"
    """Drafted by my units."""


async def list_manuscripts(
    session: AsyncSession,
    actor: Actor,
    scope: Scope,
    state: ManuscriptState | None = None,
    *,
    cursor: str | None,
    limit: int,
    total: bool,
) -> tuple[Rows, int | None]:
    """Manuscripts that the actor sees, ``limit + 1`` at most, and how many, at most COUNTED + 1.

    The newest first; what waits for a decision in the order in which it was submitted.
    """
    conditions = [visible_to(actor), *_in_scope(actor, scope)]
    if state is not None:
        conditions.append(Manuscript.state == state)
    waiting = scope is Scope.WAITING
    after = key_of(cursor, datetime, UUID) if waiting else key_of(cursor, UUID)
    counted = await _count(session, conditions) if total and after is None else None
    if after is not None:
        moved = (
            tuple_(Manuscript.submitted_at, Manuscript.id) > after if waiting else Manuscript.id < after[0]
        )
        conditions.append(moved)
    order = (Manuscript.submitted_at, Manuscript.id) if waiting else (Manuscript.id.desc(),)
    statement = (
        select(Manuscript, Unit.name_vi.label("unit_name"), Person.full_name.label("author_name"))
        .join(Unit, Unit.id == Manuscript.unit_id)
        .join(Person, Person.id == Manuscript.author_id)
        .where(*conditions)
        .order_by(*order)
        .limit(limit + 1)
    )
    return (await session.execute(statement)).all(), counted


def list_key(scope: Scope) -> Any:
    """The sort key of a row, for the cursor of the next page."""
    if scope is Scope.WAITING:
        return lambda row: (row.Manuscript.submitted_at, row.Manuscript.id)
    return lambda row: (row.Manuscript.id,)


async def _count(session: AsyncSession, conditions: Iterable[ColumnElement[bool]]) -> int:
    probe = select(literal(1)).select_from(Manuscript).where(*conditions).limit(COUNTED + 1).subquery()
    return await session.scalar(select(func.count()).select_from(probe)) or 0


def _in_scope(actor: Actor, scope: Scope) -> list[ColumnElement[bool]]:
    match scope:
        case Scope.MINE:
            named = Manuscript.collaborators.contains([actor.person_principal])
            return [or_(Manuscript.author_id.in_(actor.persons), named)]
        case Scope.UNIT:
            return [Manuscript.unit_id.in_(actor.member_units)]
        case Scope.WAITING:
            return [Manuscript.state == ManuscriptState.IN_REVIEW, _waits_for(actor)]


def _waits_for(actor: Actor) -> ColumnElement[bool]:
    """A step whose turn it is asks the actor: the rule of ``policy.decide_step`` as a condition."""
    step, earlier = aliased(ManuscriptStep), aliased(ManuscriptStep)
    held = [(held.unit_id, held.role) for held in (*actor.held, *actor.inherited)]
    before = exists().where(
        earlier.manuscript_id == step.manuscript_id,
        earlier.round == step.round,
        earlier.position < step.position,
        earlier.state == StepState.WAITING,
    )
    return exists().where(
        step.manuscript_id == Manuscript.id,
        step.round == Manuscript.round,
        step.state == StepState.WAITING,
        or_(
            step.person_id.in_(actor.persons),
            or_(*(and_(step.unit_id == unit, step.role == role) for unit, role in held)),
        ),
        ~before,
    )


async def list_versions(session: AsyncSession, actor: Actor, manuscript_id: UUID) -> Rows:
    """Every version with its file and its maker's name, the newest first. Raises NotFound."""
    await get_manuscript(session, actor, manuscript_id)
    return await versions_of(session, manuscript_id)


async def versions_of(session: AsyncSession, manuscript_id: UUID, *, newest: bool = False) -> Rows:
    """The same for whoever has checked that the actor sees the manuscript; ``newest`` alone, or all."""
    statement = (
        select(ManuscriptVersion, File, Person.full_name)
        .join(File, File.id == ManuscriptVersion.file_id)
        .join(Person, Person.id == ManuscriptVersion.made_by)
        .where(ManuscriptVersion.manuscript_id == manuscript_id)
        .order_by(ManuscriptVersion.number.desc())
    )
    return (await session.execute(statement.limit(1) if newest else statement)).all()


async def list_comments(session: AsyncSession, actor: Actor, manuscript_id: UUID) -> Rows:
    """Every remark with its author's name, in the order in which they were written. Raises NotFound."""
    await get_manuscript(session, actor, manuscript_id)
    return (
        await session.execute(
            select(ManuscriptComment, Person.full_name)
            .join(Person, Person.id == ManuscriptComment.author_id)
            .where(ManuscriptComment.manuscript_id == manuscript_id)
            .order_by(ManuscriptComment.id)
        )
    ).all()


async def steps_of(session: AsyncSession, manuscript: Manuscript, *, all_rounds: bool = False) -> Rows:
    """Steps with the names of unit, person and decider, in order; the caller has checked who sees them."""
    person, decider = aliased(Person), aliased(Person)
    statement = (
        select(ManuscriptStep, Unit.name_vi, person.full_name, decider.full_name)
        .join(Unit, Unit.id == ManuscriptStep.unit_id)
        .outerjoin(person, person.id == ManuscriptStep.person_id)
        .outerjoin(decider, decider.id == ManuscriptStep.decided_by)
        .where(ManuscriptStep.manuscript_id == manuscript.id)
        .order_by(ManuscriptStep.round, ManuscriptStep.position, ManuscriptStep.id)
    )
    if not all_rounds:
        statement = statement.where(ManuscriptStep.round == manuscript.round)
    return (await session.execute(statement)).all()


async def recipients_of(session: AsyncSession, manuscript_id: UUID) -> Rows:
    """Recipients with the unit or person that they are, in order; the caller has checked who sees them."""
    return (
        await session.execute(
            select(ManuscriptRecipient, Principal.unit_id, Principal.person_id)
            .outerjoin(Principal, Principal.no == ManuscriptRecipient.principal_no)
            .where(ManuscriptRecipient.manuscript_id == manuscript_id)
            .order_by(ManuscriptRecipient.position)
        )
    ).all()


async def collaborators_of(session: AsyncSession, manuscript: Manuscript) -> Rows:
    """Who was named to work on it."""
    return (
        await session.execute(
            select(Person.id, Person.full_name)
            .join(Principal, Principal.person_id == Person.id)
            .where(Principal.no.in_(manuscript.collaborators))
            .order_by(Person.sort_key)
        )
    ).all()
