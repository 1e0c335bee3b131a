"""What can still be done with a meeting. Pure."""

from datetime import datetime
from enum import StrEnum

from docflow.meetings.errors import MeetingCancelled, MeetingOver
from docflow.meetings.models import MeetingState


class Step(StrEnum):
    """Everything that happens to a meeting once it stands."""

    CHANGE = "change"
    ADD_PARTICIPANT = "add_participant"
    REMOVE_PARTICIPANT = "remove_participant"
    ANSWER = "answer"
    CANCEL = "cancel"


AFTER: dict[tuple[MeetingState, Step], MeetingState] = {
    (MeetingState.SCHEDULED, Step.CHANGE): MeetingState.SCHEDULED,
    (MeetingState.SCHEDULED, Step.ADD_PARTICIPANT): MeetingState.SCHEDULED,
    (MeetingState.SCHEDULED, Step.REMOVE_PARTICIPANT): MeetingState.SCHEDULED,
    (MeetingState.SCHEDULED, Step.ANSWER): MeetingState.SCHEDULED,
    (MeetingState.SCHEDULED, Step.CANCEL): MeetingState.CANCELLED,
}
"""The state after each step; a pair that is not here cannot be."""


def state_after(state: MeetingState, step: Step, ends_at: datetime, now: datetime) -> MeetingState:
    """The state that ``step`` leads to. A running meeting can still be changed, one that has ended cannot.

    Raises MeetingCancelled or MeetingOver.
    """
    following = AFTER.get((state, step))
    if following is None:
        raise MeetingCancelled
    if ends_at <= now:
        raise MeetingOver
    return following
