"""Reading directions, tasks and parts; always through ``policy.visible_to`` or inside a scope of one's own."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    Boolean,
    ColumnElement,
    Row,
    Select,
    and_,
    case,
    func,
    literal,
    literal_column,
    not_,
    select,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.accounts.models import Person, Unit
from docflow.core import clock
from docflow.core.errors import NotFound, invalid
from docflow.core.paging import COUNTED, key_of
from docflow.documents import policy as documents_policy
from docflow.documents import queries as documents
from docflow.documents.models import Document
from docflow.tasks.deadlines import last_of, start_of
from docflow.tasks.models import LeaderDirection, Part, PartRole, PartState, Report, Task
from docflow.tasks.policy import Owner, overlaps, sees_part_whole, sees_whole, visible_to

OPEN: ColumnElement[bool] = literal_column("task_part.state IN ('assigned', 'accepted')", Boolean())
"""Written out, as the index of the board says it: a planner proves nothing about a parameter."""

_TASK: tuple[Any, ...] = (
    Task.id,
    Task.direction_id,
    Task.document_id,
    Task.content,
    Task.assigned_at,
    Task.original_due_on,
    Task.due_at,
    Task.completed_at,
    LeaderDirection.leader_id,
    Owner.lineage.label("owner"),
)
_PART: tuple[Any, ...] = (
    Part.id,
    Part.task_id,
    Part.unit_id,
    Part.role,
    Part.state,
    Part.percent,
    Part.due_at,
    Part.accepted_at,
    Part.returned_at,
    Part.return_reason,
    Part.finished_at,
    Part.result_document_id,
    Part.version,
    Unit.name_vi.label("unit_name"),
    Unit.lineage,
)
_ROW: tuple[Any, ...] = (
    Part.id,
    Part.task_id,
    Part.unit_id,
    Part.role,
    Part.state,
    Part.percent,
    Part.due_at,
    Part.version,
    Task.document_id,
    Task.content,
    Document.register_number,
    Document.register_suffix,
    Document.symbol,
    Document.subject,
    Unit.name_vi.label("unit_name"),
)


_DIRECTION: tuple[Any, ...] = (
    LeaderDirection.id,
    LeaderDirection.document_id,
    LeaderDirection.leader_id,
    Person.full_name.label("leader_name"),
    LeaderDirection.content,
    LeaderDirection.directed_at,
)
_REPORT: tuple[Any, ...] = (
    Report.id,
    Report.part_id,
    Report.percent,
    Report.note,
    Report.reported_by,
    Person.full_name.label("reporter_name"),
    Report.reported_at,
)


class Scope(StrEnum):
    """Whose parts a list is of."""

    MINE = "mine"
    """Of the units that the actor is a member of."""
    DIRECTED = "directed"
    """Of the tasks that the actor directed."""
    BELOW = "below"
    """Of the units at and below those in which the actor may see statistics."""


class PartFilters(msgspec.Struct, frozen=True, kw_only=True):
    """What a list of parts is narrowed to; None: not narrowed. ``overdue`` False: everything that is not."""

    unit_id: UUID | None = None
    document_id: UUID | None = None
    state: PartState | None = None
    open: bool | None = None
    role: PartRole | None = None
    overdue: bool | None = None
    due_from: date | None = None
    due_to: date | None = None


class PartView(msgspec.Struct, frozen=True):
    """A part as an actor sees it: ``whole`` or only who has it and where it is."""

    part: Row[Any]
    whole: bool
    reports: list[Row[Any]]


class TaskView(msgspec.Struct, frozen=True):
    """A task as an actor sees it, the lead's part first."""

    task: Row[Any]
    parts: list[PartView]


class DirectionView(msgspec.Struct, frozen=True):
    """A leader's words and those of its tasks that the actor sees."""

    direction: Row[Any]
    tasks: list[TaskView]


async def get_task(session: AsyncSession, actor: Actor, task_id: UUID) -> TaskView:
    """A task that the actor sees. Raises NotFound."""
    views = await _views(session, actor, Task.id == task_id)
    if not views:
        raise NotFound
    return views[0]


async def get_part(session: AsyncSession, actor: Actor, part_id: UUID) -> PartView:
    """A part of a task that the actor sees. Raises NotFound."""
    task_id = await session.scalar(select(Part.task_id).where(Part.id == part_id))
    if task_id is None:
        raise NotFound
    view = await get_task(session, actor, task_id)
    return next(part for part in view.parts if part.part.id == part_id)


async def list_tasks(session: AsyncSession, actor: Actor, document_id: UUID) -> list[TaskView]:
    """The tasks of a document that the actor sees, in the order in which they were directed. Raises NotFound."""
    await documents.get_document(session, actor, document_id)
    return await _views(session, actor, Task.document_id == document_id)


async def list_directions(session: AsyncSession, actor: Actor, document_id: UUID) -> list[DirectionView]:
    """What leaders wrote on a document that the actor sees, in order. Raises NotFound."""
    await documents.get_document(session, actor, document_id)
    return await _directions(session, actor, LeaderDirection.document_id == document_id)


async def get_direction(session: AsyncSession, actor: Actor, direction_id: UUID) -> DirectionView:
    """What a leader wrote on a document that the actor sees. Raises NotFound."""
    views = await _directions(session, actor, LeaderDirection.id == direction_id)
    if not views:
        raise NotFound
    return views[0]


async def list_parts(
    session: AsyncSession,
    actor: Actor,
    scope: Scope,
    filters: PartFilters,
    *,
    cursor: str | None,
    limit: int,
    total: bool,
) -> tuple[Sequence[Row[Any]], int | None]:
    """Parts in the order in which they are due, ``limit + 1`` at most, and how many, at most COUNTED + 1."""
    after = key_of(cursor, datetime, UUID)
    conditions = [*_in_scope(actor, scope), *_conditions(filters)]
    counted = None
    if total and after is None:
        counted = await _count(session, conditions)
    if after is not None:
        conditions.append(tuple_(Part.due_at, Part.id) > after)
    return (await session.execute(_board(conditions, limit + 1))).all(), counted


async def list_due(session: AsyncSession, actor: Actor, limit: int) -> Sequence[Row[Any]]:
    """What the actor's units still have to do, the soonest due first: rows as of ``list_parts``."""
    rows = await session.execute(_board([*_in_scope(actor, Scope.MINE), OPEN], limit))
    return list(rows)


def is_overdue(row: Any) -> bool:
    """Of a part's row: due and not done."""
    return row.state in {PartState.ASSIGNED, PartState.ACCEPTED} and row.due_at < clock.now()


def joined(statement: Select[Any]) -> Select[Any]:
    """On Part: its Unit, Task and Document."""
    return (
        statement.select_from(Part)
        .join(Unit, Unit.id == Part.unit_id)
        .join(Task, Task.id == Part.task_id)
        .join(Document, Document.id == Task.document_id)
    )


def _in_scope(actor: Actor, scope: Scope) -> list[ColumnElement[bool]]:
    """Each scope lies inside what ``visible_to`` shows whole, so that only the document is left to check.

    Whoever has a part or directed it nearly always sees the document, which the planner cannot know: it would
    join everything before it sorts. Inside a CASE it guesses one half, and walks the index in order.
    """
    sees_document = documents_policy.visible_to(actor)
    nearly_always = case((sees_document, True), else_=False)
    match scope:
        case Scope.MINE:
            mine = actor.member_units if actor.may(Action.TASK_READ) else frozenset()
            return [Part.unit_id.in_(mine), nearly_always]
        case Scope.DIRECTED:
            return [Part.leader_id == actor.person_id, nearly_always]
        case Scope.BELOW:
            above = actor.unit_numbers_for(Action.TASK_STATISTICS, inherited=True)
            units = select(Unit.id).where(overlaps(above))
            return [Part.unit_id.in_(units), sees_document]


def _conditions(filters: PartFilters) -> list[ColumnElement[bool]]:
    since, until = filters.due_from, filters.due_to
    if since is not None and until is not None and until < since:
        raise invalid("due_to", "period_reversed")
    late = and_(OPEN, Part.due_at < clock.now())
    wanted: list[tuple[Any, ColumnElement[bool]]] = [
        (filters.unit_id, Part.unit_id == filters.unit_id),
        (filters.document_id, Task.document_id == filters.document_id),
        (filters.state, Part.state == filters.state),
        (filters.open, OPEN if filters.open else not_(OPEN)),
        (filters.role, Part.role == filters.role),
        (filters.overdue, late if filters.overdue else not_(late)),
        (since, Part.due_at >= start_of(since or date.min)),
        (until, Part.due_at <= last_of(until or date.max)),
    ]
    return [condition for value, condition in wanted if value is not None]


def _board(conditions: Iterable[ColumnElement[bool]], limit: int) -> Select[Any]:
    return joined(select(*_ROW)).where(*conditions).order_by(Part.due_at, Part.id).limit(limit)


async def _count(session: AsyncSession, conditions: Iterable[ColumnElement[bool]]) -> int:
    probe = joined(select(literal(1))).where(*conditions).limit(COUNTED + 1).subquery()
    return await session.scalar(select(func.count()).select_from(probe)) or 0


async def _directions(
    session: AsyncSession, actor: Actor, condition: ColumnElement[bool]
) -> list[DirectionView]:
    rows = await session.execute(
        select(*_DIRECTION)
        .join(Person, Person.id == LeaderDirection.leader_id)
        .join(Document, Document.id == LeaderDirection.document_id)
        .where(condition, documents_policy.visible_to(actor))
        .order_by(LeaderDirection.id)
    )
    views = {row.id: DirectionView(row, []) for row in rows}
    for view in await _views(session, actor, Task.direction_id.in_(views)):
        views[view.task.direction_id].tasks.append(view)
    return list(views.values())


async def _views(session: AsyncSession, actor: Actor, condition: ColumnElement[bool]) -> list[TaskView]:
    """Tasks with their parts and reports: three queries, whatever their number."""
    tasks = await session.execute(
        select(*_TASK)
        .join(LeaderDirection, LeaderDirection.id == Task.direction_id)
        .join(Document, Document.id == Task.document_id)
        .join(Owner, Owner.id == Document.unit_id)
        .where(condition, visible_to(actor))
        .order_by(Task.id)
    )
    views = {task.id: TaskView(task, []) for task in tasks}
    if not views:
        return []
    parts = await session.execute(
        select(*_PART)
        .join(Unit, Unit.id == Part.unit_id)
        .where(Part.task_id.in_(views))
        .order_by(Part.task_id, Part.role == PartRole.COORDINATE, Unit.no)
    )
    whole: dict[UUID, bool] = {}
    shown: dict[UUID, PartView] = {}
    for part in parts:
        task = views[part.task_id].task
        if part.role is PartRole.LEAD:
            whole[task.id] = sees_whole(actor, task.leader_id, task.owner, part.lineage)
        view = PartView(part, whole[task.id] or sees_part_whole(actor, part.lineage), [])
        views[task.id].parts.append(view)
        if view.whole:
            shown[part.id] = view
    for report in await _reports(session, views):
        if report.part_id in shown:
            shown[report.part_id].reports.append(report)
    return list(views.values())


async def _reports(session: AsyncSession, task_ids: Iterable[UUID]) -> Sequence[Row[Any]]:
    return (
        await session.execute(
            select(*_REPORT)
            .join(Part, Part.id == Report.part_id)
            .join(Person, Person.id == Report.reported_by)
            .where(Part.task_id.in_(task_ids))
            .order_by(Report.id)
        )
    ).all()
