"""A leader's direction: from one sentence on a document to the tasks of its units, in one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.accounts import addressees
from docflow.accounts.addressees import Addressee
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.errors import FieldError, Invalid, NotAllowed, invalid
from docflow.core.working_calendar import end_of_day
from docflow.documents import queries as documents
from docflow.documents.models import Document, ReceiptRole, ReceiptState
from docflow.documents.routing import ACTING
from docflow.documents.service import receipts
from docflow.documents.service.routing import Given, carry_out, give
from docflow.documents.service.routing.addressing import find_own, require_no_cycle
from docflow.documents.service.routing.give import Giving
from docflow.documents.service.routing.letters import tell_given
from docflow.documents.service.routing.writing import read
from docflow.documents.workflow import require_possible
from docflow.notifications.service import Postman
from docflow.tasks.deadlines import due_on
from docflow.tasks.models import LeaderDirection, PartRole, Task
from docflow.tasks.policy import decide
from docflow.tasks.schemas import Direct, TaskIn
from docflow.tasks.service.follow import follow_receipts
from docflow.tasks.service.letters import letter

MOST_PARTS = 5_000
"""Of one direction: more than a province has units, and still written in about two seconds."""

_ADD_PARTS = text(
    """
    INSERT INTO task_part (task_id, unit_id, role, due_at, leader_id)
    SELECT task.id, named.unit_id, named.role, task.due_at, :leader_id
    FROM unnest(CAST(:task_ids AS uuid[]), CAST(:unit_ids AS uuid[]), CAST(:roles AS text[]))
        AS named (task_id, unit_id, role)
    JOIN task ON task.id = named.task_id
    """
)
"""One statement, however many there are."""


class Directed(msgspec.Struct, frozen=True, kw_only=True):
    """A task to be written, with its units by name."""

    id: UUID
    content: str
    due_on: date
    due_at: datetime
    lead: Addressee
    coordinators: list[Addressee]

    @property
    def parts(self) -> list[tuple[Addressee, PartRole]]:
        return [(self.lead, PartRole.LEAD), *((unit, PartRole.COORDINATE) for unit in self.coordinators)]


async def direct(
    session: AsyncSession, actor: Actor, postman: Postman, document_id: UUID, data: Direct
) -> UUID:
    """Direct units about a document that the actor sees; the id of the direction.

    The units get the document and a letter; who was asked to direct is asked no more. Raises NotFound, NotAllowed for a unit that is not at or below one
    of the actor's, Invalid for a unit that is no more or named twice, and for a deadline that has passed.
    """
    document = await documents.get_document(session, actor, document_id, lock=True)
    last_days = _check(data)
    named = await _units(session, data)
    _require_below(actor, named.values())
    require_possible(document, Action.DOCUMENT_DIRECT)
    direction_id, *task_ids = await _new_keys(session, 1 + len(data.tasks))
    tasks = [
        _directed(task_id, task, day, data, named)
        for task_id, task, day in zip(task_ids, data.tasks, last_days, strict=True)
    ]
    await _write(session, actor, document, direction_id, data.content, tasks)
    await receipts.settle_receipts(session, actor, document.id, ReceiptRole.DIRECTION)
    informed = [named[unit_id] for unit_id in dict.fromkeys(data.information_unit_ids)]
    given, changes = await _pass_on(session, actor, document, tasks, informed, data.content)
    await _record(session, actor, document, direction_id, data, tasks, named, changes)
    await _tell(session, actor, postman, document, tasks)
    to_know = [one for one in given if one.role is ReceiptRole.INFORMATION]
    await tell_given(session, actor, postman, document, to_know, data.content)
    return direction_id


def _check(data: Direct) -> list[date]:
    """The last day of each task. Raises Invalid with everything that is wrong."""
    wrong: list[FieldError] = []
    days: list[date] = []
    for place, task in enumerate(data.tasks):
        units = [task.lead_unit_id, *task.coordinator_unit_ids]
        if len(units) != len(set(units)):
            wrong.append(FieldError(f"/tasks/{place}/coordinator_unit_ids", "unit_twice_in_task"))
        day = due_on(task, f"/tasks/{place}")
        if isinstance(day, FieldError):
            wrong.append(day)
        else:
            days.append(day)
    if wrong:
        raise Invalid(*wrong)
    if sum(1 + len(task.coordinator_unit_ids) for task in data.tasks) > MOST_PARTS:
        raise invalid("tasks", "too_many_parts", most=MOST_PARTS)
    return days


async def _units(session: AsyncSession, data: Direct) -> dict[UUID, Addressee]:
    """Every unit named. Raises Invalid for one that is unknown or no more."""
    acting = {unit for task in data.tasks for unit in (task.lead_unit_id, *task.coordinator_unit_ids)}
    informed = set(data.information_unit_ids)
    if acting & informed:
        raise invalid("information_unit_ids", "informed_unit_has_a_part")
    found = [
        *await addressees.units(session, acting, "tasks"),
        *(await addressees.units(session, informed, "information_unit_ids") if informed else ()),
    ]
    return {unit.unit_id: unit for unit in found if unit.unit_id is not None}


def _require_below(actor: Actor, units: Iterable[Addressee]) -> None:
    for unit in units:
        decision = decide(actor, Action.DOCUMENT_DIRECT, unit.lineage)
        if not decision:
            raise NotAllowed(reason=decision.reason, unit=unit.name)


async def _new_keys(session: AsyncSession, count: int) -> Sequence[UUID]:
    keys = await session.scalars(text("SELECT uuidv7() FROM generate_series(1, :count)"), {"count": count})
    return keys.all()


def _directed(
    task_id: UUID, task: TaskIn, day: date, data: Direct, named: Mapping[UUID, Addressee]
) -> Directed:
    return Directed(
        id=task_id,
        content=task.content or data.content,
        due_on=day,
        due_at=end_of_day(day),
        lead=named[task.lead_unit_id],
        coordinators=[named[unit_id] for unit_id in task.coordinator_unit_ids],
    )


async def _write(
    session: AsyncSession,
    actor: Actor,
    document: Document,
    direction_id: UUID,
    content: str,
    tasks: Sequence[Directed],
) -> None:
    now = clock.now()
    await session.execute(
        insert(LeaderDirection).values(
            id=direction_id,
            document_id=document.id,
            leader_id=actor.person_id,
            content=content,
            directed_at=now,
        )
    )
    await session.execute(
        insert(Task),
        [
            {
                "id": task.id,
                "direction_id": direction_id,
                "document_id": document.id,
                "content": task.content,
                "assigned_at": now,
                "original_due_on": task.due_on,
                "due_at": task.due_at,
            }
            for task in tasks
        ],
    )
    parts = [(task.id, unit.unit_id, role.value) for task in tasks for unit, role in task.parts]
    task_ids, unit_ids, roles = map(list, zip(*parts, strict=True))
    await session.execute(
        _ADD_PARTS,
        {"task_ids": task_ids, "unit_ids": unit_ids, "roles": roles, "leader_id": actor.person_id},
    )


async def _pass_on(
    session: AsyncSession,
    actor: Actor,
    document: Document,
    tasks: Sequence[Directed],
    informed: Sequence[Addressee],
    note: str,
) -> tuple[list[Given], list[dict[str, Any]]]:
    """A receipt for each unit and role, from what was submitted to the leader; what was given, and for the trail.

    Where every unit has it already by somebody else's direction, what was submitted is done: it is with nobody.
    """
    routing = await read(session, document)
    parent = find_own(actor, routing.tree, direction=True)
    givings = _givings(tasks, informed)
    if parent is not None:
        require_no_cycle(routing.tree, parent, [one.to for one in givings])
    given = await give(session, actor, document, givings, note, parent_id=parent.id if parent else None)
    changes = [one.told for one in given]
    if parent is not None:
        acting = parent.state is ReceiptState.FORWARDED or any(one.role in ACTING for one in given)
        step = routing.tree.forward if acting else routing.tree.complete
        told = await carry_out(session, actor, follow_receipts, routing, step(parent.id))
        changes += told["changes"]
    return given, changes


def _givings(tasks: Sequence[Directed], informed: Sequence[Addressee]) -> list[Giving]:
    """One for each unit and role, due with the first of its tasks: a unit may have a part in several."""
    acting: dict[tuple[int, ReceiptRole], Giving] = {}
    for task in sorted(tasks, key=lambda task: task.due_at):
        for unit, role in task.parts:
            key = (unit.principal_no, ReceiptRole(role.value))
            acting.setdefault(key, Giving(unit, key[1], task.due_at))
    return [*acting.values(), *(Giving(unit, ReceiptRole.INFORMATION) for unit in informed)]


async def _record(
    session: AsyncSession,
    actor: Actor,
    document: Document,
    direction_id: UUID,
    data: Direct,
    tasks: Sequence[Directed],
    named: Mapping[UUID, Addressee],
    changes: Sequence[dict[str, Any]],
) -> None:
    await audit.record(
        session,
        actor,
        Tag.DOCUMENT_DIRECTED,
        "document",
        document.id,
        direction=str(direction_id),
        content=data.content,
        tasks=[
            {
                "task": str(task.id),
                "content": task.content,
                "lead": task.lead.name,
                "coordinators": [unit.name for unit in task.coordinators],
                "due_on": task.due_on.isoformat(),
            }
            for task in tasks
        ],
        information=[named[unit_id].name for unit_id in data.information_unit_ids],
        changes=changes,
    )


async def _tell(
    session: AsyncSession, actor: Actor, postman: Postman, document: Document, tasks: Sequence[Directed]
) -> None:
    """A letter for each part, to its unit's address; a unit without one sees it when it signs in."""
    drafts = [
        letter(
            postman,
            "directed",
            f"task/{task.id}/directed/{unit.unit_id}",
            unit,
            document,
            task_id=task.id,
            role=role,
            due=task.due_at,
            unit_name=unit.name,
            leader_name=actor.name,
            direction=task.content,
        )
        for task in tasks
        for unit, role in task.parts
        if unit.email
    ]
    await postman.post(session, drafts)
