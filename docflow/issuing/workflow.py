"""The states of a manuscript and the moves between them, and whose turn it is among its steps. Pure.

Decree 30/2020/NĐ-CP: the head of the drafting unit answers for the content and the registry for the form before the text
is put before the signer (articles 10 to 13); number and date are given to what was signed (article 15).
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Protocol

from docflow.core.errors import Conflict
from docflow.issuing.errors import (
    ManuscriptApproved,
    ManuscriptInReview,
    ManuscriptIssued,
    ManuscriptNotSubmitted,
    ManuscriptSigned,
    ManuscriptWithdrawn,
)
from docflow.issuing.models import ManuscriptState, StepState


class Move(StrEnum):
    """What happens to a manuscript as a whole."""

    EDIT = "edit"
    """Its record changes, or a version is added."""
    SUBMIT = "submit"
    SEND_BACK = "send_back"
    APPROVE = "approve"
    """The last step of its round was passed."""
    SIGN = "sign"
    ISSUE = "issue"
    WITHDRAW = "withdraw"


TRANSITIONS: dict[tuple[ManuscriptState, Move], ManuscriptState] = {
    (ManuscriptState.DRAFTING, Move.EDIT): ManuscriptState.DRAFTING,
    (ManuscriptState.DRAFTING, Move.SUBMIT): ManuscriptState.IN_REVIEW,
    (ManuscriptState.DRAFTING, Move.WITHDRAW): ManuscriptState.WITHDRAWN,
    (ManuscriptState.IN_REVIEW, Move.SEND_BACK): ManuscriptState.DRAFTING,
    (ManuscriptState.IN_REVIEW, Move.APPROVE): ManuscriptState.APPROVED,
    (ManuscriptState.IN_REVIEW, Move.WITHDRAW): ManuscriptState.WITHDRAWN,
    (ManuscriptState.APPROVED, Move.SEND_BACK): ManuscriptState.DRAFTING,
    (ManuscriptState.APPROVED, Move.SIGN): ManuscriptState.SIGNED,
    (ManuscriptState.APPROVED, Move.WITHDRAW): ManuscriptState.WITHDRAWN,
    (ManuscriptState.SIGNED, Move.SEND_BACK): ManuscriptState.DRAFTING,
    (ManuscriptState.SIGNED, Move.ISSUE): ManuscriptState.ISSUED,
}
"""Every move there is; whatever is not named here is impossible. What was issued never changes again."""

_WHY_NOT: dict[ManuscriptState, type[Conflict]] = {
    ManuscriptState.DRAFTING: ManuscriptNotSubmitted,
    ManuscriptState.IN_REVIEW: ManuscriptInReview,
    ManuscriptState.APPROVED: ManuscriptApproved,
    ManuscriptState.SIGNED: ManuscriptSigned,
    ManuscriptState.ISSUED: ManuscriptIssued,
    ManuscriptState.WITHDRAWN: ManuscriptWithdrawn,
}


class Turn(Protocol):
    """What this module needs to know of a step."""

    @property
    def position(self) -> int: ...
    @property
    def state(self) -> StepState: ...


def next_state(state: ManuscriptState, move: Move) -> ManuscriptState:
    """The state after ``move``. Raises the fact of ``errors`` that says why there is none."""
    following = TRANSITIONS.get((state, move))
    if following is None:
        raise _WHY_NOT[state]
    return following


def hindrance(state: ManuscriptState, move: Move) -> type[Conflict] | None:
    """The fact that makes this impossible, whoever asks; None when it can be done."""
    return None if (state, move) in TRANSITIONS else _WHY_NOT[state]


def moves_from(state: ManuscriptState) -> list[Move]:
    """What can happen to it now, in the order of ``Move``."""
    return [move for move in Move if (state, move) in TRANSITIONS]


def current_position(steps: Iterable[Turn]) -> int | None:
    """The position whose turn it is among the steps of one round; None when nothing waits any more."""
    return min((step.position for step in steps if step.state is StepState.WAITING), default=None)


def has_its_turn(step: Turn, steps: Sequence[Turn]) -> bool:
    """Whether nothing that comes before the step still waits."""
    return step.state is StepState.WAITING and step.position == current_position(steps)
