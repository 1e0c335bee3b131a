"""Who may do what to a unit, and who sees how much: pure decisions over actors made up for it."""

from collections.abc import Sequence
from uuid import UUID

import pytest

from docflow.access.actions import Action
from docflow.access.actor import Actor, Held, Secrecy
from docflow.access.roles import GRANTS, Role
from docflow.core.messages import Language, catalogue
from docflow.tasks.policy import decide, sees_part_whole, sees_whole

ROOT, OFFICE, HOME, FINANCE, TEAM = 1, 2, 3, 4, 5
LINEAGE = {
    ROOT: (ROOT,),
    OFFICE: (ROOT, OFFICE),
    HOME: (ROOT, HOME),
    FINANCE: (ROOT, FINANCE),
    TEAM: (ROOT, HOME, TEAM),
}
LEADER_ID = UUID(int=77)


def somebody(*held: tuple[Role, int], scopes: frozenset[Action] | None = None) -> Actor:
    return Actor(
        person_id=UUID(int=9),
        name="",
        username="",
        language=Language.VI,
        clearance=Secrecy.NONE,
        held=tuple(Held(role, UUID(int=unit), unit, LINEAGE[unit]) for role, unit in held),
        principals=(),
        person_principal=0,
        scopes=scopes,
    )


def units_in_which(actor: Actor, action: Action) -> list[int]:
    return [unit for unit, lineage in LINEAGE.items() if decide(actor, action, lineage)]


@pytest.mark.parametrize("action", [Action.DOCUMENT_DIRECT, Action.TASK_STATISTICS])
@pytest.mark.parametrize(
    ("unit", "reached"), [(ROOT, [ROOT, OFFICE, HOME, FINANCE, TEAM]), (HOME, [HOME, TEAM]), (TEAM, [TEAM])]
)
def test_directing_and_counting_reach_the_own_unit_and_below(
    action: Action, unit: int, reached: list[int]
) -> None:
    for role in Role:
        expected = reached if action in GRANTS[role] else []
        assert units_in_which(somebody((role, unit)), action) == expected


def test_a_unit_is_answered_for_by_its_own_people_alone() -> None:
    for role in Role:
        expected = [HOME] if Action.TASK_ANSWER in GRANTS[role] else []
        assert units_in_which(somebody((role, HOME)), Action.TASK_ANSWER) == expected
    both = somebody((Role.SPECIALIST, TEAM), (Role.UNIT_HEAD, FINANCE))
    assert units_in_which(both, Action.TASK_ANSWER) == [FINANCE, TEAM]


def test_a_token_without_the_scope_does_not_answer() -> None:
    narrowed = somebody((Role.UNIT_HEAD, HOME), scopes=frozenset({Action.TASK_READ}))
    assert units_in_which(narrowed, Action.TASK_ANSWER) == []


def test_what_no_rule_names_is_denied_and_every_reason_has_its_words() -> None:
    everybody = somebody(*((role, ROOT) for role in Role))
    reasons = {decide(everybody, action, LINEAGE[ROOT]).reason for action in Action}
    reasons |= {decide(somebody(), action, LINEAGE[ROOT]).reason for action in Action}
    ruled = {Action.DOCUMENT_DIRECT, Action.TASK_ANSWER, Action.TASK_STATISTICS}
    assert not any(decide(everybody, action, LINEAGE[ROOT]) for action in set(Action) - ruled)
    for language in Language:
        assert reasons <= catalogue(language).keys()


@pytest.mark.parametrize(
    ("held", "whole"),
    [
        ([(Role.SPECIALIST, OFFICE)], True),
        ([(Role.LEADER, ROOT)], True),
        ([(Role.AUDITOR, ROOT)], False),
        ([(Role.ADMINISTRATOR, OFFICE)], False),
        ([(Role.SPECIALIST, HOME)], True),
        ([(Role.UNIT_HEAD, FINANCE)], False),
        ([(Role.SPECIALIST, TEAM)], False),
        ([], False),
    ],
)
def test_registering_unit_those_above_and_lead_see_a_task_whole(
    held: Sequence[tuple[Role, int]], whole: bool
) -> None:
    assert sees_whole(somebody(*held), LEADER_ID, LINEAGE[OFFICE], LINEAGE[HOME]) is whole


def test_the_leader_who_directed_sees_the_task_whole_whatever_role_is_left() -> None:
    assert sees_whole(somebody(), UUID(int=9), LINEAGE[OFFICE], LINEAGE[HOME])


@pytest.mark.parametrize(
    ("held", "whole"),
    [
        ([(Role.SPECIALIST, TEAM)], True),
        ([(Role.UNIT_HEAD, HOME)], True),
        ([(Role.SPECIALIST, HOME)], False),
        ([(Role.UNIT_HEAD, FINANCE)], False),
    ],
)
def test_members_and_overseers_see_a_part_whole(held: Sequence[tuple[Role, int]], whole: bool) -> None:
    assert sees_part_whole(somebody(*held), LINEAGE[TEAM]) is whole
