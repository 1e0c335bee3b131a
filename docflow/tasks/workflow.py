"""The states of a part and the steps between them, and the state of a task, which follows from its lead's. Pure."""

from enum import StrEnum

from docflow.core.errors import Conflict
from docflow.tasks.errors import (
    PartAlreadyAccepted,
    PartClosed,
    PartCompleted,
    PartNotAccepted,
    PartReturned,
)
from docflow.tasks.models import PartState


class Step(StrEnum):
    """What happens to a part. All but the last are the unit's own; ``close`` comes with the lead's end."""

    ACCEPT = "accept"
    REPORT = "report"
    COMPLETE = "complete"
    RETURN = "return"
    CLOSE = "close"


class TaskState(StrEnum):
    """Where a task is, read off the part of its lead."""

    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    LEAD_RETURNED = "lead_returned"
    """Nobody leads it and nothing of it is open: the leader has to direct anew."""
    COMPLETED = "completed"


TRANSITIONS: dict[tuple[PartState, Step], PartState] = {
    (PartState.ASSIGNED, Step.ACCEPT): PartState.ACCEPTED,
    (PartState.ASSIGNED, Step.RETURN): PartState.RETURNED,
    (PartState.ASSIGNED, Step.CLOSE): PartState.CLOSED,
    (PartState.ACCEPTED, Step.REPORT): PartState.ACCEPTED,
    (PartState.ACCEPTED, Step.COMPLETE): PartState.COMPLETED,
    (PartState.ACCEPTED, Step.RETURN): PartState.RETURNED,
    (PartState.ACCEPTED, Step.CLOSE): PartState.CLOSED,
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
}

_TASK: dict[PartState, TaskState] = {
    PartState.ASSIGNED: TaskState.ASSIGNED,
    PartState.ACCEPTED: TaskState.IN_PROGRESS,
    PartState.RETURNED: TaskState.LEAD_RETURNED,
    PartState.COMPLETED: TaskState.COMPLETED,
}


def next_state(state: PartState, step: Step) -> PartState:
    """The state after ``step``. Raises the fact of ``errors`` that says why there is none."""
    following = TRANSITIONS.get((state, step))
    if following is None:
        raise _WHY_NOT[state]
    return following


def steps_from(state: PartState) -> list[Step]:
    """What the unit can do with its part now, in the order of ``Step``."""
    return [step for step in Step if step is not Step.CLOSE and (state, step) in TRANSITIONS]


def task_state(lead: PartState) -> TaskState:
    """The state of a task whose lead's part is in state ``lead``; a lead's part is never closed."""
    return _TASK[lead]
