"""Who administers what: the rule alone, without a database. Units: 1 the province, 2 and 3 departments, 4 below 2."""

from uuid import UUID

import pytest

from docflow.access.actions import Action
from docflow.access.actor import Actor, Held, Secrecy
from docflow.access.roles import Role
from docflow.accounts import policy
from docflow.core.errors import NotAllowed
from docflow.core.messages import Language

PROVINCE, SECOND, THIRD, BELOW = (1,), (1, 2), (1, 3), (1, 2, 4)
NOWHERE: tuple[int, ...] = ()
SOMEBODY = UUID(int=2)


def administrator_of(*places: tuple[int, ...], role: Role = Role.ADMINISTRATOR, token: bool = False) -> Actor:
    return Actor(
        person_id=UUID(int=1),
        name="Lê Mới",
        username="moi",
        language=Language.VI,
        clearance=Secrecy.NONE,
        held=tuple(Held(role, UUID(int=place[-1]), place[-1], place) for place in places),
        principals=(1,),
        person_principal=1,
        token_id=UUID(int=9) if token else None,
    )


@pytest.mark.parametrize("action", [Action.PERSON_ADMINISTER, Action.UNIT_ADMINISTER])
@pytest.mark.parametrize(
    ("held_in", "places", "allowed"),
    [
        ([PROVINCE], [PROVINCE], True),
        ([PROVINCE], [BELOW], True),
        ([PROVINCE], [SECOND, THIRD], True),
        ([SECOND], [SECOND], True),
        ([SECOND], [BELOW], True),
        ([SECOND], [PROVINCE], False),
        ([SECOND], [THIRD], False),
        ([SECOND], [BELOW, THIRD], False),
        ([SECOND, THIRD], [BELOW, THIRD], True),
        ([SECOND], [], True),
        ([SECOND], [NOWHERE], False),
        ([], [], False),
        ([], [SECOND], False),
    ],
)
def test_an_administrator_reaches_the_unit_and_what_lies_below(
    action: Action, held_in: list[tuple[int, ...]], places: list[tuple[int, ...]], allowed: bool
):
    decision = policy.decide(administrator_of(*held_in), action, *places)
    assert decision.allowed is allowed
    assert decision.reason == ("administrator_here_or_above" if allowed else "outside_administered_units")


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_no_other_role_administers_anything(role: Role):
    actor = administrator_of(PROVINCE, role=role)
    for action in (Action.PERSON_ADMINISTER, Action.UNIT_ADMINISTER):
        assert not policy.decide(actor, action, SECOND)
    assert not policy.decide_role(actor, SOMEBODY, Role.SPECIALIST, SECOND)
    assert not policy.decide_password(actor, UUID(int=2), SECOND)


def test_what_no_rule_speaks_of_is_denied():
    for action in set(Action) - {
        Action.PERSON_ADMINISTER,
        Action.PERSON_READ,
        Action.UNIT_ADMINISTER,
        Action.UNIT_READ,
    }:
        assert policy.decide(administrator_of(PROVINCE), action, SECOND).reason == "no_rule_allows_it"


def test_a_role_that_reaches_the_whole_house_is_held_at_the_top():
    province, department = administrator_of(PROVINCE), administrator_of(SECOND)
    assert policy.decide_role(province, SOMEBODY, Role.AUDITOR, PROVINCE, SECOND)
    assert policy.decide_role(province, SOMEBODY, Role.AUDITOR, SECOND).reason == "role_for_the_top_unit"
    assert policy.decide_role(department, SOMEBODY, Role.AUDITOR, SECOND).reason == "role_for_the_top_unit"
    assert (
        policy.decide_role(department, SOMEBODY, Role.AUDITOR, PROVINCE).reason
        == "outside_administered_units"
    )
    assert policy.decide_role(department, SOMEBODY, Role.ADMINISTRATOR, BELOW, SECOND)
    assert not policy.decide_role(department, SOMEBODY, Role.SPECIALIST, BELOW, THIRD)


def test_nobody_changes_their_own_record_or_roles_wherever_they_administer():
    actor = administrator_of(PROVINCE)
    own = (
        policy.decide_person(actor, actor.person_id, PROVINCE),
        policy.decide_role(actor, actor.person_id, Role.LEADER, SECOND, PROVINCE),
    )
    for decision in own:
        assert (decision.allowed, decision.reason) == (False, "own_record_by_another")
    assert policy.decide_person(actor, SOMEBODY, SECOND)
    assert not policy.decide_person(administrator_of(THIRD), SOMEBODY, SECOND)


def test_nobody_sets_their_own_password_and_a_program_changes_no_proof_of_who_one_is():
    actor = administrator_of(PROVINCE)
    assert (
        policy.decide_password(actor, actor.person_id, PROVINCE).reason == "own_password_by_the_present_one"
    )
    assert policy.decide_password(actor, UUID(int=2), SECOND)
    assert policy.decide_own(actor)
    with pytest.raises(NotAllowed):
        policy.decide_own(administrator_of(PROVINCE, token=True)).require()
