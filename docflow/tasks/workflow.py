"""The states of a part and the steps between them, and the state of a task, which follows from its lead's. Pure."""

from enum import StrEnum

from docflow.core.errors import Conflict
from docflow.tasks.errors import (
    PartAlreadyAccepted,
    PartClosed,
    PartCompleted,
    PartNotAccepted,
    PartRecalled,
    PartReturned,
)
from docflow.tasks.models import PartState


class Step(StrEnum):
    """What happens to a part. The first four are the unit's own; the others come with the lead's or the receipt's end."""

    ACCEPT = "accept"
    REPORT = "report"
    COMPLETE = "complete"
    RETURN = "return"
    FINISH = "finish"
    """The unit completed the receipt that the part came with, whether it had accepted the part or not."""
    CLOSE = "close"
    RECALL = "recall"


class TaskState(StrEnum):
    """Where a task is, read off the part of its lead."""

    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    LEAD_RETURNED = "lead_returned"
    """Nobody leads it and nothing of it is open: the leader has to direct anew."""
    LEAD_RECALLED = "lead_recalled"
    """The document was taken back from the lead: nobody leads it, and nothing of it is open."""
    COMPLETED = "completed"
    CLOSED = "closed"
    """It ended with the work that it belonged to."""


TRANSITIONS: dict[tuple[PartState, Step], PartState] = {
    (PartState.ASSIGNED, Step.ACCEPT): PartState.ACCEPTED,
    (PartState.ASSIGNED, Step.RETURN): PartState.RETURNED,
    (PartState.ASSIGNED, Step.FINISH): PartState.COMPLETED,
    (PartState.ASSIGNED, Step.CLOSE): PartState.CLOSED,
    (PartState.ASSIGNED, Step.RECALL): PartState.RECALLED,
    (PartState.ACCEPTED, Step.REPORT): PartState.ACCEPTED,
    (PartState.ACCEPTED, Step.COMPLETE): PartState.COMPLETED,
    (PartState.ACCEPTED, Step.RETURN): PartState.RETURNED,
    (PartState.ACCEPTED, Step.FINISH): PartState.COMPLETED,
    (PartState.ACCEPTED, Step.CLOSE): PartState.CLOSED,
    (PartState.ACCEPTED, Step.RECALL): PartState.RECALLED,
}
"""Every step there is; whatever is not named here is impossible."""

OPEN = frozenset({PartState.ASSIGNED, PartState.ACCEPTED})
"""Still to be done: only these can be overdue."""

_WHY_NOT: dict[PartState, type[Conflict]] = {
    PartState.ASSIGNED: PartNotAccepted,
    PartState.ACCEPTED: PartAlreadyAccepted,
    PartState.RETURNED: PartReturned,
    PartState.COMPLETED: PartCompleted,
    PartState.CLOSED: PartClosed,
    PartState.RECALLED: PartRecalled,
}
_OWN = (Step.ACCEPT, Step.REPORT, Step.COMPLETE, Step.RETURN)

_TASK: dict[PartState, TaskState] = {
    PartState.ASSIGNED: TaskState.ASSIGNED,
    PartState.ACCEPTED: TaskState.IN_PROGRESS,
    PartState.RETURNED: TaskState.LEAD_RETURNED,
    PartState.RECALLED: TaskState.LEAD_RECALLED,
    PartState.COMPLETED: TaskState.COMPLETED,
    PartState.CLOSED: TaskState.CLOSED,
}


def next_state(state: PartState, step: Step) -> PartState:
    """The state after ``step``. Raises the fact of ``errors`` that says why there is none."""
    following = TRANSITIONS.get((state, step))
    if following is None:
        raise _WHY_NOT[state]
    return following


def steps_from(state: PartState) -> list[Step]:
    """What the unit can do with its part now, in the order of ``Step``."""
    return [step for step in _OWN if (state, step) in TRANSITIONS]


def task_state(lead: PartState) -> TaskState:
    """The state of a task whose lead's part is in state ``lead``."""
    return _TASK[lead]
