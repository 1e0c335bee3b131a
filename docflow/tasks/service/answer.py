"""What a unit does with its part: accept it, report on it, give it back, complete it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.accounts.models import Unit
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import require_version
from docflow.core.errors import NotFound, invalid
from docflow.documents import queries as documents
from docflow.documents.models import Direction, Document, ReceiptRole
from docflow.documents.service import receipts
from docflow.documents.service.routing import give
from docflow.documents.service.routing.give import Giving
from docflow.documents.service.routing.writing import read
from docflow.notifications.service import Postman
from docflow.tasks.models import Part, PartRole, PartState, Report
from docflow.tasks.policy import decide
from docflow.tasks.queries import OPEN
from docflow.tasks.schemas import Complete, GiveBack, Progress
from docflow.tasks.service.answered import Answered, find_leader, get_answered, list_waiting_for_result
from docflow.tasks.service.follow import end_receipts
from docflow.tasks.service.letters import letter
from docflow.tasks.workflow import Step, next_state


async def accept(session: AsyncSession, actor: Actor, part_id: UUID, version: int) -> None:
    """Take the part on. Raises NotFound, NotAllowed, Stale, and what ``workflow`` says is in the way."""
    answered = await _answerable(session, actor, part_id, version)
    part = answered.part
    part.state = next_state(part.state, Step.ACCEPT)
    part.accepted_at = clock.now()
    await session.flush()
    await _settle(session, actor, answered)
    await _record(session, actor, Tag.TASK_ACCEPTED, answered)


async def report(session: AsyncSession, actor: Actor, part_id: UUID, version: int, data: Progress) -> None:
    """Say how far the part is. Going down needs a note, a hundred is reached by completing. Raises as ``accept``."""
    answered = await _answerable(session, actor, part_id, version)
    part = answered.part
    part.state = next_state(part.state, Step.REPORT)
    if data.percent == 100:
        raise invalid("percent", "hundred_by_completing")
    if data.percent < part.percent and not data.note:
        raise invalid("note", "note_for_going_down", percent=part.percent)
    await _report(session, actor, part, data.percent, data.note)
    await session.flush()
    await _record(session, actor, Tag.TASK_REPORTED, answered, percent=data.percent, note=data.note)


async def give_back(
    session: AsyncSession, actor: Actor, postman: Postman, part_id: UUID, version: int, data: GiveBack
) -> None:
    """Return the part with a reason, at once and for good; the leader is told by mail. Raises as ``accept``.

    Without a lead there is nothing to coordinate: its return closes what its coordinators have not finished, and the
    leader directs anew.
    """
    answered = await _answerable(session, actor, part_id, version)
    part = answered.part
    part.state = next_state(part.state, Step.RETURN)
    part.returned_at = clock.now()
    part.return_reason = data.reason
    closed = await _close_coordinators(session, part, part.returned_at) if part.role is PartRole.LEAD else {}
    await session.flush()
    await _settle(session, actor, answered)
    told = await _end_receipts(session, actor, answered, closed, data.reason)
    names = list(closed.values())
    await _record(session, actor, Tag.TASK_RETURNED, answered, reason=data.reason, closed=names, **told)
    await _tell_leader(session, postman, answered)


async def complete(session: AsyncSession, actor: Actor, part_id: UUID, version: int, data: Complete) -> None:
    """Finish the part. The lead's completes the task and closes what its coordinators have not finished.

    A result document is given to whoever waits for it. Raises as ``accept``, and Invalid when the result is not
    an outgoing document of the unit that the actor sees.
    """
    answered = await _answerable(session, actor, part_id, version)
    part = answered.part
    part.state = next_state(part.state, Step.COMPLETE)
    part.finished_at = clock.now()
    result = await _result(session, actor, part, data.result_document_id)
    part.result_document_id = result.id if result else None
    await _report(session, actor, part, 100, data.note)
    closed: dict[UUID, str] = {}
    if part.role is PartRole.LEAD:
        answered.task.completed_at = part.finished_at
        closed = await _close_coordinators(session, part, part.finished_at)
    await session.flush()
    await _settle(session, actor, answered)
    told = await _end_receipts(session, actor, answered, closed, data.note)
    if result is not None:
        told |= {"result": result.symbol, "result_document": str(result.id)}
    names = list(closed.values())
    await _record(session, actor, Tag.TASK_COMPLETED, answered, note=data.note, closed=names, **told)
    if result is not None:
        await _hand_over(session, actor, answered, result)


async def _answerable(session: AsyncSession, actor: Actor, part_id: UUID, version: int) -> Answered:
    answered = await get_answered(session, actor, part_id)
    decide(actor, Action.TASK_ANSWER, answered.unit.lineage).require()
    require_version(answered.part.version, version)
    return answered


async def _settle(session: AsyncSession, actor: Actor, answered: Answered) -> None:
    """The unit has answered: the document waits for it in this role no longer."""
    part = answered.part
    role = ReceiptRole(part.role.value)
    await receipts.settle_receipts(session, actor, answered.document.id, role, unit_id=part.unit_id)


async def _report(session: AsyncSession, actor: Actor, part: Part, percent: int, note: str) -> None:
    part.percent = percent
    await session.execute(
        insert(Report).values(
            part_id=part.id,
            percent=percent,
            note=note,
            reported_by=actor.person_id,
            reported_at=clock.now(),
        )
    )


async def _result(
    session: AsyncSession, actor: Actor, part: Part, document_id: UUID | None
) -> Document | None:
    if document_id is None:
        return None
    try:
        document = await documents.get_document(session, actor, document_id)
    except NotFound:
        raise invalid("result_document_id", "result_not_found") from None
    own = {part.unit_id}
    if part.unit_id not in actor.units_for(Action.TASK_ANSWER):
        # The unit has ended; its successor answers with a document of its own.
        own |= actor.units_for(Action.TASK_ANSWER)
    if document.direction is not Direction.OUTGOING or document.unit_id not in own:
        raise invalid("result_document_id", "result_not_issued_by_the_unit")
    return document


async def _close_coordinators(session: AsyncSession, lead: Part, at: datetime) -> dict[UUID, str]:
    """Close the parts that are still open; their units, by name."""
    closed = await session.scalars(
        update(Part)
        .where(Part.task_id == lead.task_id, Part.id != lead.id, OPEN)
        .values(state=PartState.CLOSED, finished_at=at, version=Part.version + 1)
        .returning(Part.unit_id)
        .execution_options(synchronize_session=False)
    )
    units = select(Unit.id, Unit.name_vi).where(Unit.id.in_(closed.all())).order_by(Unit.no)
    return {row.id: row.name_vi for row in await session.execute(units)}


async def _end_receipts(
    session: AsyncSession, actor: Actor, answered: Answered, closed: Iterable[UUID], note: str
) -> dict[str, Any]:
    routing = await read(session, answered.document)
    return await end_receipts(session, actor, routing, answered.part, closed, note)


async def _hand_over(session: AsyncSession, actor: Actor, answered: Answered, result: Document) -> None:
    """Give the result to the leader, the unit that registered the document and, from a coordinator, the lead."""
    to = await list_waiting_for_result(session, answered)
    givings = [Giving(one, ReceiptRole.INFORMATION) for one in to]
    given = await give(session, actor, result, givings, answered.document.symbol)
    await audit.record(
        session,
        actor,
        Tag.DOCUMENT_ROUTED,
        "document",
        result.id,
        role=ReceiptRole.INFORMATION.value,
        to=[one.to.name for one in given],
        answers=answered.document.symbol,
        changes=[one.told for one in given],
    )


async def _tell_leader(session: AsyncSession, postman: Postman, answered: Answered) -> None:
    leader = await find_leader(session, answered.direction)
    if leader is None or not leader.email:
        return
    part = answered.part
    draft = letter(
        postman,
        "returned",
        f"task/{part.task_id}/returned/{part.unit_id}",
        leader,
        answered.document,
        task_id=part.task_id,
        role=part.role,
        due=part.due_at,
        leader_name=leader.name,
        unit_name=answered.unit.name_vi,
        reason=part.return_reason,
    )
    await postman.post(session, [draft])


async def _record(session: AsyncSession, actor: Actor, tag: Tag, answered: Answered, **details: Any) -> None:
    """On the document's trail, with the task and the unit named."""
    part = answered.part
    await audit.record(
        session,
        actor,
        tag,
        "document",
        answered.document.id,
        task=str(part.task_id),
        part=str(part.id),
        unit=answered.unit.name_vi,
        unit_role=part.role.value,
        **details,
    )
