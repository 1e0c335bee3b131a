"""Tasks follow the receipts they came with, and receipts the tasks: what has ended for a unit has ended in both."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.accounts.models import Principal
from docflow.core import clock
from docflow.documents.models import Document, Receipt, ReceiptRole, ReceiptState
from docflow.documents.routing import OPEN as OPEN_RECEIPTS
from docflow.documents.routing import Change, Held, Tree
from docflow.documents.service.routing import Followed, Routing, carry_out
from docflow.tasks.models import Part, PartRole, PartState, Task
from docflow.tasks.queries import OPEN
from docflow.tasks.workflow import Step, next_state

ENDED: dict[ReceiptState, Step] = {
    ReceiptState.COMPLETED: Step.FINISH,
    ReceiptState.CLOSED: Step.CLOSE,
    ReceiptState.RETURNED: Step.RETURN,
    ReceiptState.RECALLED: Step.RECALL,
}
"""What the end of a unit's receipt does to its open parts."""

_END = text(
    """
    UPDATE task_part SET version = version + 1, state = ended.state,
        percent = CASE ended.state WHEN 'completed' THEN 100 ELSE percent END,
        accepted_at = CASE ended.state WHEN 'completed' THEN COALESCE(accepted_at, :now) ELSE accepted_at END,
        returned_at = CASE ended.state WHEN 'returned' THEN CAST(:now AS timestamptz) END,
        return_reason = CASE ended.state WHEN 'returned' THEN :note END,
        finished_at = CASE ended.state WHEN 'returned' THEN NULL ELSE CAST(:now AS timestamptz) END,
        result_document_id = ended.result
    FROM unnest(CAST(:ids AS uuid[]), CAST(:states AS text[]), CAST(:results AS uuid[]))
        AS ended (id, state, result)
    WHERE task_part.id = ended.id
    """
)
_REPORT = text(
    """
    INSERT INTO task_report (part_id, percent, note, reported_by, reported_at)
    SELECT id, 100, :note, :actor, :now FROM unnest(CAST(:ids AS uuid[])) AS id
    """
)
_COMPLETE = text(
    "UPDATE task SET completed_at = :now, version = version + 1"
    " WHERE id = ANY(CAST(:ids AS uuid[])) AND completed_at IS NULL"
)


class _Ending(msgspec.Struct, frozen=True):
    """A part, the step that ends it and the document that is its result."""

    part: Row[*tuple[Any, ...]]
    step: Step
    result: UUID | None = None

    @property
    def state(self) -> PartState:
        return next_state(self.part.state, self.step)


async def follow_receipts(
    session: AsyncSession, actor: Actor, document: Document, changes: Sequence[Change], note: str
) -> Followed:
    """End the open parts of units whose receipts have ended, and name the receipts that end by that in turn.

    A lead's end is everybody's, as when it ends its part itself: the open parts of its coordinators are closed.
    """
    ended = {
        (change.unit_id, change.role.value): change
        for change in changes
        if change.after in ENDED and change.unit_id is not None
    }
    if not ended:
        return Followed()
    parts = await _open_parts(session, document.id)
    endings = [
        _Ending(
            part, ENDED[change.after], change.reply_id if change.after is ReceiptState.COMPLETED else None
        )
        for part in parts
        if (change := ended.get((part.unit_id, part.role.value))) is not None
    ]
    leaderless = {one.part.task_id for one in endings if one.part.role is PartRole.LEAD}
    known = {one.part.id for one in endings}
    endings += [
        _Ending(part, Step.CLOSE) for part in parts if part.task_id in leaderless and part.id not in known
    ]
    if not endings:
        return Followed()
    await _write(session, actor, endings, note)
    known = {one.part.id for one in endings}
    left = {(part.unit_id, part.role) for part in parts if part.id not in known}
    over = {(one.part.unit_id, one.part.role) for one in endings} - left
    closing = await _open_receipts(session, document.id, over)
    return Followed([_told(one) for one in endings], closing)


async def end_receipts(
    session: AsyncSession,
    actor: Actor,
    routing: Routing,
    part: Part,
    closed: Iterable[UUID],
    note: str,
) -> dict[str, Any]:
    """A unit has completed or returned its part: end its receipt if it has no other part open in that role.

    ``closed``: the units whose parts as coordinators were closed by that. The details for the trail.
    Raises what stands in the way of completing the receipt.
    """
    tree = routing.tree
    still = {(one.unit_id, one.role) for one in await _open_parts(session, routing.document.id)}
    changes: list[Change] = []
    held = _find(tree, part.unit_id, part.role)
    if held is not None and (part.unit_id, part.role) not in still:
        if part.state is PartState.COMPLETED:
            changes += tree.complete(held.id, part.result_document_id)
        else:
            changes += tree.give_back(held.id)
    for unit_id in closed:
        held = _find(tree, unit_id, PartRole.COORDINATE)
        if held is not None and (unit_id, PartRole.COORDINATE) not in still:
            changes += tree.close(held.id)
    if not changes:
        return {}
    return await carry_out(session, actor, follow_receipts, routing, changes, note)


def _find(tree: Tree, unit_id: UUID, role: PartRole) -> Held | None:
    return tree.find_open_of(unit_id, ReceiptRole(role.value))


async def _open_parts(session: AsyncSession, document_id: UUID) -> Sequence[Row[*tuple[Any, ...]]]:
    """Locked, after the document and its receipts."""
    return (
        await session.execute(
            select(Part.id, Part.task_id, Part.unit_id, Part.role, Part.state)
            .join(Task, Task.id == Part.task_id)
            .where(Task.document_id == document_id, OPEN)
            .order_by(Part.id)
            .with_for_update(of=Part)
        )
    ).all()


async def _open_receipts(
    session: AsyncSession, document_id: UUID, of: Iterable[tuple[UUID, PartRole]]
) -> list[UUID]:
    wanted = {(unit_id, role.value) for unit_id, role in of}
    rows = await session.execute(
        select(Receipt.id, Receipt.role, Principal.unit_id)
        .join(Principal, Principal.no == Receipt.principal_no)
        .where(
            Receipt.document_id == document_id,
            Receipt.state.in_(OPEN_RECEIPTS),
            Principal.unit_id.in_({unit_id for unit_id, _ in wanted}),
        )
        .order_by(Receipt.id)
    )
    return [row.id for row in rows if (row.unit_id, row.role.value) in wanted]


async def _write(session: AsyncSession, actor: Actor, endings: Sequence[_Ending], note: str) -> None:
    now = clock.now()
    await session.execute(
        _END,
        {
            "ids": [one.part.id for one in endings],
            "states": [one.state.value for one in endings],
            "results": [one.result for one in endings],
            "note": note,
            "now": now,
        },
    )
    done = [one.part for one in endings if one.step is Step.FINISH]
    if done:
        ids = [part.id for part in done]
        await session.execute(_REPORT, {"ids": ids, "note": note, "actor": actor.person_id, "now": now})
        led = [part.task_id for part in done if part.role is PartRole.LEAD]
        await session.execute(_COMPLETE, {"ids": led, "now": now})


def _told(one: _Ending) -> dict[str, Any]:
    return {"part": str(one.part.id), "from": one.part.state.value, "to": one.state.value}
