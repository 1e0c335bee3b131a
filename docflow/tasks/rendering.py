"""What was read as what goes out. No rule but what the asker may do, which is asked of ``policy``."""

from typing import Any

from sqlalchemy import Row

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.documents.numbering import number_text
from docflow.tasks.policy import decide
from docflow.tasks.queries import DirectionView, PartView, TaskView, is_overdue
from docflow.tasks.schemas import DirectionOut, DuePart, PartDetail, PartOut, ReportOut, TaskOut
from docflow.tasks.workflow import steps_from, task_state


def direction_out(actor: Actor, view: DirectionView) -> DirectionOut:
    """A leader's words with the tasks that the actor sees."""
    direction = view.direction
    return DirectionOut(
        id=direction.id,
        document_id=direction.document_id,
        leader_id=direction.leader_id,
        leader_name=direction.leader_name,
        content=direction.content,
        directed_at=direction.directed_at,
        tasks=[task_out(actor, task) for task in view.tasks],
    )


def task_out(actor: Actor, view: TaskView) -> TaskOut:
    """A task with as much of each part as the actor sees."""
    task = view.task
    return TaskOut(
        id=task.id,
        direction_id=task.direction_id,
        document_id=task.document_id,
        content=task.content,
        state=task_state(view.parts[0].part.state),
        assigned_at=task.assigned_at,
        original_due_on=task.original_due_on,
        due_at=task.due_at,
        completed_at=task.completed_at,
        overdue=is_overdue(view.parts[0].part),
        parts=[part_out(actor, part) for part in view.parts],
    )


def part_out(actor: Actor, view: PartView) -> PartOut:
    """A part with as much of it as the actor sees."""
    part = view.part
    may = actor.may(Action.TASK_ANSWER) and decide(actor, Action.TASK_ANSWER, part.lineage)
    return PartOut(
        id=part.id,
        task_id=part.task_id,
        unit_id=part.unit_id,
        unit_name=part.unit_name,
        role=part.role,
        state=part.state,
        due_at=part.due_at,
        overdue=is_overdue(part),
        detail=_detail(view) if view.whole else None,
        steps=steps_from(part.state) if may else [],
        version=part.version,
    )


def due_part(row: Row[Any]) -> DuePart:
    """A part on a board."""
    return DuePart(
        id=row.id,
        task_id=row.task_id,
        document_id=row.document_id,
        number=number_text(row.register_number, row.register_suffix),
        symbol=row.symbol,
        subject=row.subject,
        content=row.content,
        unit_id=row.unit_id,
        unit_name=row.unit_name,
        role=row.role,
        state=row.state,
        percent=row.percent,
        due_at=row.due_at,
        overdue=is_overdue(row),
        version=row.version,
    )


def _detail(view: PartView) -> PartDetail:
    part = view.part
    return PartDetail(
        percent=part.percent,
        accepted_at=part.accepted_at,
        returned_at=part.returned_at,
        return_reason=part.return_reason,
        finished_at=part.finished_at,
        result_document_id=part.result_document_id,
        reports=[
            ReportOut(
                id=report.id,
                percent=report.percent,
                note=report.note,
                reported_by=report.reported_by,
                reporter_name=report.reporter_name,
                reported_at=report.reported_at,
            )
            for report in view.reports
        ],
    )
