"""What happens to the receipts of one document when one of them is passed on, ends or is taken back (domain §1.5). Pure.

The receipts of one parent, or of none, are one *level*. Whoever holds one for direction or as a lead *acts*; the
level's coordinators and those it was given to for information are with them. A receipt that was passed on is with
others as long as one of them has it open.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from uuid import UUID

import msgspec

from docflow.core.errors import Conflict
from docflow.documents.errors import (
    InformationNotReturned,
    ReceiptClosed,
    ReceiptCompleted,
    ReceiptRecalled,
    ReceiptReturned,
    ReplyMissing,
    WithOthers,
)
from docflow.documents.models import ReceiptRole, ReceiptState


class Step(StrEnum):
    """What happens to a receipt. ``close`` and ``resume`` come of what happens to another one."""

    FORWARD = "forward"
    RESUME = "resume"
    COMPLETE = "complete"
    CLOSE = "close"
    RETURN = "return"
    RECALL = "recall"


ACTING = frozenset({ReceiptRole.DIRECTION, ReceiptRole.LEAD})
"""Whoever has the document so is to act on it; the others are with them."""
OPEN = frozenset({ReceiptState.WAITING, ReceiptState.FORWARDED})

_ENDS = {
    Step.COMPLETE: ReceiptState.COMPLETED,
    Step.CLOSE: ReceiptState.CLOSED,
    Step.RETURN: ReceiptState.RETURNED,
    Step.RECALL: ReceiptState.RECALLED,
}
TRANSITIONS: dict[tuple[ReceiptState, Step], ReceiptState] = {
    (ReceiptState.WAITING, Step.FORWARD): ReceiptState.FORWARDED,
    (ReceiptState.FORWARDED, Step.FORWARD): ReceiptState.FORWARDED,
    (ReceiptState.FORWARDED, Step.RESUME): ReceiptState.WAITING,
    **{(state, step): end for state in OPEN for step, end in _ENDS.items()},
}
"""Every step there is; whatever is not named here is impossible."""

_WHY_NOT: dict[ReceiptState, type[Conflict]] = {
    ReceiptState.COMPLETED: ReceiptCompleted,
    ReceiptState.CLOSED: ReceiptClosed,
    ReceiptState.RETURNED: ReceiptReturned,
    ReceiptState.RECALLED: ReceiptRecalled,
}


def next_state(state: ReceiptState, step: Step) -> ReceiptState:
    """The state after ``step``. Raises the fact of ``errors`` that says why there is none."""
    following = TRANSITIONS.get((state, step))
    if following is None:
        raise _WHY_NOT.get(state, Conflict)
    return following


class Held(msgspec.Struct, kw_only=True):
    """A receipt, as far as it matters to the others of its document."""

    id: UUID
    parent_id: UUID | None
    principal_no: int
    unit_id: UUID | None
    """The unit that holds it; none: a person does."""
    role: ReceiptRole
    state: ReceiptState = ReceiptState.WAITING
    reply_required: bool = False
    reply_id: UUID | None = None
    by_list: bool = False
    """Given by an acquaintance list, which ends by itself and not with those who act."""

    @property
    def by_unit(self) -> bool:
        return self.unit_id is not None

    @property
    def acts(self) -> bool:
        return self.role in ACTING

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One receipt went from a state to another."""

    receipt_id: UUID
    principal_no: int
    unit_id: UUID | None
    role: ReceiptRole
    before: ReceiptState
    after: ReceiptState
    reply_id: UUID | None = None


class Tree:
    """All receipts of one document. Every step changes them and tells what changed, in order."""

    def __init__(self, held: Iterable[Held]) -> None:
        self._held: dict[UUID, Held] = {}
        self._levels: dict[UUID | None, list[Held]] = {}
        for one in held:
            self.add(one)

    def add(self, one: Held) -> None:
        self._held[one.id] = one
        self._levels.setdefault(one.parent_id, []).append(one)

    def __getitem__(self, receipt_id: UUID) -> Held:
        return self._held[receipt_id]

    def __iter__(self) -> Iterator[Held]:
        return iter(self._held.values())

    def level(self, parent_id: UUID | None) -> list[Held]:
        return self._levels.get(parent_id, [])

    def above(self, one: Held) -> Iterator[Held]:
        """Those from whom it came, the nearest first."""
        while one.parent_id is not None:
            one = self._held[one.parent_id]
            yield one

    def below(self, one: Held) -> Iterator[Held]:
        """Everything passed on from it, each after the one that it came from."""
        waiting = [one]
        while waiting:
            children = self.level(waiting.pop().id)
            yield from children
            waiting += children

    def find_open(self, principal_no: int, role: ReceiptRole) -> Held | None:
        """What somebody has open in a role: there is at most one."""
        found = (one for one in self if one.is_open and one.principal_no == principal_no and one.role is role)
        return next(found, None)

    def find_open_of(self, unit_id: UUID, role: ReceiptRole) -> Held | None:
        """The same of a unit."""
        found = (one for one in self if one.is_open and one.unit_id == unit_id and one.role is role)
        return next(found, None)

    def forward(self, receipt_id: UUID) -> list[Change]:
        """It was given to others: handled, and not complete."""
        one = self._held[receipt_id]
        return self._step(one, Step.FORWARD)

    def complete(self, receipt_id: UUID, reply_id: UUID | None = None) -> list[Change]:
        """It is done. What ends by that above and beside it ends too.

        Raises WithOthers while somebody else still acts for it: a unit below, or whoever a person gave it to. What a
        unit's own people have is closed, for the unit has done its work. Raises ReplyMissing.
        """
        one = self._held[receipt_id]
        next_state(one.state, Step.COMPLETE)
        acting = [held for held in self.below(one) if held.is_open and held.acts]
        if one.by_unit:
            acting = [held for held in acting if held.by_unit]
        if acting:
            raise WithOthers(count=len(acting))
        one.reply_id = reply_id or one.reply_id
        if one.reply_required and one.reply_id is None:
            raise ReplyMissing
        changes = self._step(one, Step.COMPLETE)
        changes += self._end_below(one, Step.CLOSE)
        return changes + self._settle(one)

    def give_back(self, receipt_id: UUID) -> list[Change]:
        """It goes back to whoever gave it, at once, and what was passed on from it is recalled."""
        one = self._held[receipt_id]
        next_state(one.state, Step.RETURN)
        if one.role is ReceiptRole.INFORMATION:
            raise InformationNotReturned
        return self._end(one, Step.RETURN, Step.RECALL)

    def recall(self, receipt_id: UUID) -> list[Change]:
        """Whoever gave it takes it back, and what was passed on from it."""
        return self._end(self._held[receipt_id], Step.RECALL, Step.RECALL)

    def close(self, receipt_id: UUID) -> list[Change]:
        """It ends because what it was given for has ended, and what was passed on from it."""
        return self._end(self._held[receipt_id], Step.CLOSE, Step.CLOSE)

    def _step(self, one: Held, step: Step) -> list[Change]:
        before, one.state = one.state, next_state(one.state, step)
        if before is one.state:
            return []
        change = Change(
            receipt_id=one.id,
            principal_no=one.principal_no,
            unit_id=one.unit_id,
            role=one.role,
            before=before,
            after=one.state,
            reply_id=one.reply_id,
        )
        return [change]

    def _end(self, one: Held, step: Step, below: Step) -> list[Change]:
        changes = self._step(one, step)
        return changes + self._end_below(one, below) + self._settle(one)

    def _end_below(self, one: Held, step: Step) -> list[Change]:
        return [change for held in self.below(one) if held.is_open for change in self._step(held, step)]

    def _settle(self, ended: Held) -> list[Change]:
        """What the end of one receipt does to its level, to the one above, and so on upwards."""
        changes: list[Change] = []
        while not any(held.is_open and held.acts for held in self.level(ended.parent_id)):
            level = self.level(ended.parent_id)
            done = ended.acts and ended.state is ReceiptState.COMPLETED
            if ended.parent_id is None:
                return changes + (self._close_level(level) if done else [])
            parent = self._held[ended.parent_id]
            if parent.state is not ReceiptState.FORWARDED:
                return changes
            if not done or not self._answered(parent, level):
                left = ended.acts or not any(held.is_open for held in level)
                return changes + (self._step(parent, Step.RESUME) if left else [])
            changes += self._step(parent, Step.COMPLETE) + self._close_level(level)
            ended = parent
        return changes

    def _answered(self, parent: Held, level: list[Held]) -> bool:
        """Has it the reply that it may require? Those who acted for it bring theirs."""
        if parent.reply_required and parent.reply_id is None:
            replies = (held.reply_id for held in level if held.acts and held.state is ReceiptState.COMPLETED)
            parent.reply_id = next(filter(None, replies), None)
        return not parent.reply_required or parent.reply_id is not None

    def _close_level(self, level: list[Held]) -> list[Change]:
        changes: list[Change] = []
        for held in level:
            if held.is_open and not held.by_list:
                changes += self._step(held, Step.CLOSE) + self._end_below(held, Step.CLOSE)
        return changes
