"""The rules of receipts (domain §1.5), pure: on random trees, whatever is done in whatever order, they hold."""

from itertools import count
from typing import Any
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

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
from docflow.documents.routing import ACTING, OPEN, TRANSITIONS, Change, Held, Step, Tree, next_state

DIRECTION, LEAD, COORDINATE, INFORMATION = ReceiptRole
WAITING, FORWARDED, COMPLETED, CLOSED, RETURNED, RECALLED = ReceiptState
FINAL = {
    COMPLETED: ReceiptCompleted,
    CLOSED: ReceiptClosed,
    RETURNED: ReceiptReturned,
    RECALLED: ReceiptRecalled,
}
REPLY = UUID(int=999)


def key(number: int) -> UUID:
    return UUID(int=number)


def held(number: int, parent: int | None, role: ReceiptRole, *, unit: bool = False, **given: Any) -> Held:
    return Held(
        id=key(number),
        parent_id=key(parent) if parent else None,
        principal_no=number,
        unit_id=key(number + 1000) if unit else None,
        role=role,
        **given,
    )


def directed(*more: Held) -> Tree:
    """A leader (1) directed two leads (2, 3), a coordinator (4) and one to know (5)."""
    tree = Tree(
        [
            held(1, None, DIRECTION),
            held(2, 1, LEAD, unit=True),
            held(3, 1, LEAD, unit=True),
            held(4, 1, COORDINATE, unit=True),
            held(5, 1, INFORMATION, unit=True),
            *more,
        ]
    )
    tree.forward(key(1))
    return tree


def states(tree: Tree) -> list[ReceiptState]:
    return [one.state for one in tree]


def test_every_step_is_from_something_open() -> None:
    assert {state for state, _ in TRANSITIONS} == OPEN
    assert len(TRANSITIONS) == 11
    for state, why in FINAL.items():
        for step in Step:
            with pytest.raises(why):
                next_state(state, step)


def test_the_senders_ends_with_the_last_lead_and_takes_the_others_of_the_level_along() -> None:
    tree = directed()
    tree.complete(key(2))
    assert states(tree) == [FORWARDED, COMPLETED, WAITING, WAITING, WAITING]
    tree.complete(key(3))
    assert states(tree) == [COMPLETED, COMPLETED, COMPLETED, CLOSED, CLOSED]


def test_a_lead_that_returned_or_was_recalled_is_not_waited_for() -> None:
    for end in (Tree.give_back, Tree.recall):
        tree = directed()
        end(tree, key(2))
        assert tree[key(1)].state is FORWARDED
        tree.complete(key(3))
        assert tree[key(1)].state is COMPLETED


def test_a_return_never_completes_the_senders_and_brings_it_back_to_the_desk() -> None:
    for end in (Tree.give_back, Tree.recall):
        tree = directed()
        tree.complete(key(2))
        end(tree, key(3))
        assert (tree[key(1)].state, tree[key(4)].state) == (WAITING, WAITING)


def test_a_coordinator_finishes_its_own_part_and_no_more() -> None:
    tree = directed()
    tree.complete(key(4))
    assert states(tree) == [FORWARDED, WAITING, WAITING, COMPLETED, WAITING]


def test_what_was_passed_on_by_whoever_returns_it_is_recalled_all_the_way_down() -> None:
    tree = directed(held(6, 2, LEAD), held(7, 6, LEAD), held(8, 2, INFORMATION))
    tree.forward(key(2))
    tree.forward(key(6))
    tree.complete(key(8))
    tree.give_back(key(2))
    assert [tree[key(number)].state for number in (2, 6, 7, 8)] == [RETURNED, RECALLED, RECALLED, COMPLETED]


def test_what_is_for_information_is_not_returned() -> None:
    with pytest.raises(InformationNotReturned):
        directed().give_back(key(5))


def test_what_requires_a_reply_ends_only_with_one() -> None:
    tree = Tree([held(1, None, DIRECTION, reply_required=True), held(2, 1, LEAD, reply_required=True)])
    tree.forward(key(1))
    with pytest.raises(ReplyMissing):
        tree.complete(key(2))
    tree.complete(key(2), REPLY)
    assert [(one.state, one.reply_id) for one in tree] == [(COMPLETED, REPLY), (COMPLETED, REPLY)]


def test_a_sender_who_needs_a_reply_and_got_none_has_it_on_the_desk_again() -> None:
    tree = Tree([held(1, None, DIRECTION, reply_required=True), held(2, 1, LEAD), held(3, 1, COORDINATE)])
    tree.forward(key(1))
    tree.complete(key(2))
    assert states(tree) == [WAITING, COMPLETED, WAITING]
    tree.complete(key(1), REPLY)
    assert states(tree) == [COMPLETED, COMPLETED, CLOSED]


def test_nobody_finishes_what_others_still_act_on_but_a_unit_what_its_own_people_have() -> None:
    tree = directed(held(6, 2, LEAD))
    tree.forward(key(2))
    with pytest.raises(WithOthers):
        tree.complete(key(1))
    tree.complete(key(2))
    assert (tree[key(2)].state, tree[key(6)].state) == (COMPLETED, CLOSED)
    person = Tree([held(1, None, LEAD), held(2, 1, LEAD)])
    person.forward(key(1))
    with pytest.raises(WithOthers):
        person.complete(key(1))


def test_an_acquaintance_list_does_not_end_with_those_who_act() -> None:
    tree = Tree(
        [held(1, None, DIRECTION), held(2, None, INFORMATION), held(3, None, INFORMATION, by_list=True)]
    )
    tree.complete(key(1))
    assert states(tree) == [COMPLETED, CLOSED, WAITING]


def test_a_chain_of_a_thousand_ends_from_its_bottom_and_from_its_top() -> None:
    for top_down in (True, False):
        tree = Tree([held(number, number - 1 or None, LEAD) for number in range(1, 3001)])
        for number in range(1, 3000):
            tree.forward(key(number))
        changes = tree.recall(key(1)) if top_down else tree.complete(key(3000))
        assert len(changes) == 3000
        assert set(states(tree)) == {RECALLED if top_down else COMPLETED}


class Circulation(RuleBasedStateMachine):
    """Anything that anybody could try with the receipts of a document, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.tree = Tree([])
        self.numbers = count(1)
        self.trail: list[Change] = []
        self.made: dict[UUID, ReceiptState] = {}

    def add(self, parent: Held | None, role: ReceiptRole, unit: bool, needs: bool) -> None:
        number = next(self.numbers)
        one = held(number, None, role, unit=unit, reply_required=needs and role is not INFORMATION)
        one.parent_id = parent.id if parent else None
        self.tree.add(one)
        self.made[one.id] = one.state

    def any_of(self, place: int) -> Held:
        everyone = list(self.tree)
        return everyone[place % len(everyone)]

    @rule(role=st.sampled_from(ReceiptRole), unit=st.booleans(), needs=st.booleans())
    def the_registry_gives_it(self, role: ReceiptRole, unit: bool, needs: bool) -> None:
        self.add(None, role, unit, needs)

    @precondition(lambda self: any(self.tree))
    @rule(
        place=st.integers(0, 50),
        roles=st.lists(st.sampled_from(ReceiptRole), min_size=1, max_size=3),
        unit=st.booleans(),
        needs=st.booleans(),
    )
    def somebody_forwards(self, place: int, roles: list[ReceiptRole], unit: bool, needs: bool) -> None:
        one = self.any_of(place)
        if one.is_open:
            for role in roles:
                self.add(one, role, unit, needs)
            self.trail += self.tree.forward(one.id)

    @precondition(lambda self: any(self.tree))
    @rule(place=st.integers(0, 50), step=st.sampled_from(["complete", "reply", "return", "recall", "close"]))
    def somebody_ends_one(self, place: int, step: str) -> None:
        one, before = self.any_of(place), states(self.tree)
        ends = {
            "complete": lambda: self.tree.complete(one.id),
            "reply": lambda: self.tree.complete(one.id, REPLY),
            "return": lambda: self.tree.give_back(one.id),
            "recall": lambda: self.tree.recall(one.id),
            "close": lambda: self.tree.close(one.id),
        }
        was_open = one.is_open
        try:
            changes = ends[step]()
        except Conflict:
            assert states(self.tree) == before
            return
        assert was_open
        assert not one.is_open
        self.trail += changes

    @invariant()
    def what_is_passed_on_is_with_somebody(self) -> None:
        for one in self.tree:
            if one.state is FORWARDED:
                assert any(child.is_open for child in self.tree.level(one.id))

    @invariant()
    def whoever_acts_for_somebody_does_so_while_that_one_waits_for_it(self) -> None:
        for one in self.tree:
            if one.is_open and one.parent_id is not None:
                parent = self.tree[one.parent_id]
                assert parent.is_open
                assert parent.state is FORWARDED or one.role not in ACTING

    @invariant()
    def what_has_ended_has_nothing_open_below(self) -> None:
        for one in self.tree:
            if not one.is_open:
                assert not any(below.is_open for below in self.tree.below(one))

    @invariant()
    def a_reply_that_is_required_is_there(self) -> None:
        for one in self.tree:
            assert one.state is not COMPLETED or not one.reply_required or one.reply_id is not None

    @invariant()
    def nothing_for_information_was_returned(self) -> None:
        assert not any(one.state is RETURNED and one.role is INFORMATION for one in self.tree)

    @invariant()
    def the_trail_replays_to_what_is_there(self) -> None:
        replayed = dict(self.made)
        for change in self.trail:
            assert replayed[change.receipt_id] is change.before
            replayed[change.receipt_id] = change.after
        assert replayed == {one.id: one.state for one in self.tree}


TestCirculation = Circulation.TestCase
TestCirculation.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)
