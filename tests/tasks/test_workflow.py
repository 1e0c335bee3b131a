"""The states of a part: the table as people read it, and rules that hold after any run of steps."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

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
from docflow.tasks.workflow import OPEN, TRANSITIONS, Step, TaskState, next_state, steps_from, task_state

ASSIGNED, ACCEPTED, RETURNED, COMPLETED, CLOSED, RECALLED = PartState
FINAL = {RETURNED: PartReturned, COMPLETED: PartCompleted, CLOSED: PartClosed, RECALLED: PartRecalled}
OWN = (Step.ACCEPT, Step.REPORT, Step.COMPLETE, Step.RETURN)


@pytest.mark.parametrize(
    ("state", "step", "after"),
    [
        (ASSIGNED, Step.ACCEPT, ACCEPTED),
        (ASSIGNED, Step.RETURN, RETURNED),
        (ASSIGNED, Step.CLOSE, CLOSED),
        (ASSIGNED, Step.FINISH, COMPLETED),
        (ASSIGNED, Step.RECALL, RECALLED),
        (ACCEPTED, Step.REPORT, ACCEPTED),
        (ACCEPTED, Step.COMPLETE, COMPLETED),
        (ACCEPTED, Step.RETURN, RETURNED),
        (ACCEPTED, Step.CLOSE, CLOSED),
        (ACCEPTED, Step.FINISH, COMPLETED),
        (ACCEPTED, Step.RECALL, RECALLED),
    ],
)
def test_a_step_leads_where_the_table_says(state: PartState, step: Step, after: PartState) -> None:
    assert next_state(state, step) is after
    assert len(TRANSITIONS) == 11


@pytest.mark.parametrize(("state", "step"), list(product(FINAL, Step)))
def test_nothing_follows_a_part_that_has_ended(state: PartState, step: Step) -> None:
    with pytest.raises(FINAL[state]):
        next_state(state, step)


def test_a_part_is_accepted_once_and_before_anything_is_done_with_it() -> None:
    with pytest.raises(PartAlreadyAccepted):
        next_state(ACCEPTED, Step.ACCEPT)
    for step in (Step.REPORT, Step.COMPLETE):
        with pytest.raises(PartNotAccepted):
            next_state(ASSIGNED, step)


@given(st.sampled_from(PartState), st.sampled_from(Step))
def test_what_is_offered_is_what_is_possible(state: PartState, step: Step) -> None:
    try:
        next_state(state, step)
        possible = True
    except Conflict:
        possible = False
    assert (step in steps_from(state)) == (possible and step in OWN)


def test_a_task_is_where_its_lead_is() -> None:
    assert [task_state(state) for state in PartState] == [
        TaskState.ASSIGNED,
        TaskState.IN_PROGRESS,
        TaskState.LEAD_RETURNED,
        TaskState.COMPLETED,
        TaskState.CLOSED,
        TaskState.LEAD_RECALLED,
    ]


class PartLife(RuleBasedStateMachine):
    """A lead's and a coordinator's part under any run of attempted steps."""

    def __init__(self) -> None:
        super().__init__()
        self.lead = PartState.ASSIGNED
        self.coordinator = PartState.ASSIGNED
        self.taken: list[Step] = []

    def attempt(self, state: PartState, step: Step) -> PartState:
        try:
            return next_state(state, step)
        except Conflict:
            return state

    @rule(step=st.sampled_from(OWN))
    def the_coordinator_tries(self, step: Step) -> None:
        before = self.coordinator
        self.coordinator = self.attempt(before, step)
        if before in FINAL:
            assert self.coordinator is before
        if self.coordinator is not before:
            self.taken.append(step)

    @rule(step=st.sampled_from(OWN))
    def the_lead_tries(self, step: Step) -> None:
        before = self.lead
        self.lead = self.attempt(before, step)
        ends = step in (Step.COMPLETE, Step.RETURN)
        if ends and self.lead is not before and self.coordinator in OPEN:
            self.coordinator = next_state(self.coordinator, Step.CLOSE)

    @invariant()
    def a_task_without_a_lead_at_work_leaves_nothing_open(self) -> None:
        if self.lead not in OPEN:
            assert self.coordinator not in OPEN

    @invariant()
    def a_part_changes_hands_at_most_twice(self) -> None:
        assert len(self.taken) <= 2
        if Step.COMPLETE in self.taken:
            assert self.taken == [Step.ACCEPT, Step.COMPLETE]

    @invariant()
    def only_open_parts_have_steps(self) -> None:
        assert bool(steps_from(self.coordinator)) == (self.coordinator in OPEN)


TestPartLife = PartLife.TestCase
