"""Who may do what, as a table that an official can check. Each role is held in a unit; ``policy`` says of what."""

from uuid import UUID

import msgspec
import pytest

from docflow.access.actions import Action
from docflow.access.actor import Actor, Held, Secrecy
from docflow.access.roles import GRANTS, MEMBERS, Role
from docflow.core.messages import Language

COLUMNS = {
    "leader": Role.LEADER,  # chủ tịch, phó chủ tịch
    "head": Role.UNIT_HEAD,  # thủ trưởng đơn vị
    "clerk": Role.REGISTRY_CLERK,  # văn thư
    "specialist": Role.SPECIALIST,  # chuyên viên
    "organizer": Role.MEETING_ORGANIZER,
    "archivist": Role.ARCHIVIST,  # lưu trữ
    "auditor": Role.AUDITOR,
    "admin": Role.ADMINISTRATOR,  # quản trị hệ thống
}

TABLE = """
action                | what it is                                 | leader head clerk specialist organizer archivist auditor admin
document:acknowledge  | say that a document has arrived            |    x     x    x        x         x         x        x      x
document:amend        | correct what the registry wrote            |    .     .    x        .         .         .        .      .
document:direct       | direct a document: who leads, until when   |    x     x    .        .         .         .        .      .
document:read         | read documents addressed to oneself        |    x     x    x        x         x         x        x      x
document:register     | enter documents into the unit's registers  |    .     .    x        .         .         .        .      .
document:route        | pass a document on                         |    x     x    x        .         .         .        .      .
document:trail        | read the whole story of a document         |    x     x    x        .         .         .        x      .
draft:read            | see what came in and waits                 |    .     .    x        .         .         .        .      .
draft:settle          | register or discard what came in           |    .     .    x        .         .         .        .      .
number:reserve        | keep numbers for documents to come         |    .     .    x        .         .         .        .      .
number:void           | give a number to nobody any more           |    .     .    x        .         .         .        .      .
register:configure    | open, change and close the unit's books    |    .     x    x        .         .         .        .      .
register:print        | print the unit's registers                 |    x     x    x        .         .         .        .      .
search:keep           | keep a search and be told of new hits      |    x     x    x        x         x         x        x      x
task:answer           | accept, return, report, complete a part    |    .     x    x        x         .         .        .      .
task:read             | read tasks                                 |    x     x    x        x         x         x        x      x
task:statistics       | read the four-way statistic                |    x     x    x        .         .         .        x      .
meeting:answer        | answer an invitation                       |    x     x    x        x         x         x        x      x
meeting:organize      | book sites, invite, move, cancel           |    .     .    .        .         x         .        .      .
meeting:read          | read meetings                              |    x     x    x        x         x         x        x      x
site:read             | read the list of meeting sites             |    x     x    x        x         x         x        x      x
home:read             | see what waits                             |    x     x    x        x         x         x        x      x
person:read           | look people up                             |    x     x    x        x         x         x        x      x
unit:read             | look units up                              |    x     x    x        x         x         x        x      x
self:administer       | see oneself, change one's own password     |    x     x    x        x         x         x        x      x
token:administer      | make tokens for programs of one's own      |    x     x    x        x         x         x        x      x
person:administer     | add, freeze people; give and take roles    |    .     .    .        .         .         .        .      x
unit:administer       | add, move, end units                       |    .     .    .        .         .         .        .      x
kind:administer       | add kinds of document and of unit          |    .     .    .        .         .         .        .      x
site:administer       | add and change meeting sites               |    .     .    .        .         .         .        .      x
audit:read            | read the audit trail of the whole house    |    .     .    .        .         .         .        x      .
receipt:handle        | return, complete, recall what one was given|    x     x    x        x         x         x        .      .
document:comment      | write a remark on a document               |    x     x    x        x         x         x        .      .
document:permit       | change who sees a document of the unit     |    x     x    x        .         .         .        .      .
document:issue        | give number and date to what was signed    |    .     .    x        .         .         .        .      .
document:dispatch     | send what was issued and follow it         |    .     .    x        .         .         .        .      .
manuscript:read       | read manuscripts one takes part in         |    x     x    x        x         x         x        .      .
manuscript:write      | begin and change manuscripts               |    x     x    x        x         .         .        .      .
manuscript:decide     | pass a step or send it back                |    x     x    x        .         .         .        .      .
manuscript:sign       | sign what was approved                     |    x     x    .        .         .         .        .      .
approval:configure    | say who agrees to what kind of document    |    .     x    .        .         .         .        .      x
template:administer   | add and retire own layouts                 |    .     .    x        .         .         .        .      x
credential:administer | keep a certificate to sign with            |    x     x    x        x         x         x        .      .
dossier:read          | read dossiers                              |    x     x    x        x         x         x        .      .
dossier:keep          | open, fill and close dossiers              |    x     x    x        x         .         x        .      .
dossier:list          | keep the year's list of dossiers           |    .     x    x        .         .         x        .      .
dossier:receive       | receive dossiers into the archive          |    .     .    .        .         .         x        .      .
retention:configure   | say how long kinds are kept                |    .     .    .        .         .         x        .      .
hold:place            | keep something from being destroyed        |    x     x    .        .         .         x        .      .
disposal:propose      | propose what is to be destroyed            |    .     .    .        .         .         x        .      .
disposal:approve      | decide what is destroyed                   |    x     x    .        .         .         .        .      .
absence:set           | say that one is away and who acts          |    x     x    x        x         x         x        .      x
"""


def rows() -> list[tuple[str, dict[str, str]]]:
    """Each action with ``x`` or ``.`` by column."""
    header, *lines = TABLE.strip().splitlines()
    columns = header.split("|")[2].split()
    return [
        (line.split("|")[0].strip(), dict(zip(columns, line.split("|")[2].split(), strict=True)))
        for line in lines
    ]


def test_the_table_names_every_action_and_every_role_once():
    assert sorted(action for action, _ in rows()) == sorted(Action)
    assert set(COLUMNS.values()) == set(Role)
    assert all(set(marks) == set(COLUMNS) and set(marks.values()) <= {"x", "."} for _, marks in rows())


@pytest.mark.parametrize("column", COLUMNS)
def test_a_role_grants_what_the_table_says_and_nothing_else(column: str):
    said = {action for action, marks in rows() if marks[column] == "x"}
    assert said == GRANTS[COLUMNS[column]]


def test_actions_stand_in_alphabetical_order_with_names_that_say_what_they_are():
    assert list(Action) == sorted(Action)
    assert [action.name for action in Action] == [action.value.upper().replace(":", "_") for action in Action]


def holder(*held: Held, scopes: frozenset[Action] | None = None) -> Actor:
    return Actor(
        person_id=UUID(int=1),
        name="Lê Mới",
        username="moi",
        language=Language.VI,
        clearance=Secrecy.NONE,
        held=held,
        principals=(1,),
        person_principal=1,
        scopes=scopes,
    )


CLERK = Held(Role.REGISTRY_CLERK, UUID(int=10), 10, (1, 10))
HEAD = Held(Role.UNIT_HEAD, UUID(int=20), 20, (1, 20))


def test_whoever_holds_no_role_may_do_nothing():
    nobody = holder()
    assert [action for action in Action if nobody.may(action)] == []
    assert nobody.units_for(Action.DOCUMENT_READ) == frozenset()


def test_a_role_in_one_unit_grants_nothing_in_another():
    actor = holder(CLERK, HEAD)
    assert actor.units_for(Action.DOCUMENT_REGISTER) == {CLERK.unit_id}
    assert actor.units_for(Action.DOCUMENT_DIRECT) == {HEAD.unit_id}
    assert actor.unit_numbers_for(Action.DOCUMENT_ROUTE) == {10, 20}
    assert actor.member_units == {CLERK.unit_id, HEAD.unit_id}


def test_administrators_and_auditors_are_members_of_no_unit():
    assert set(Role) - MEMBERS == {Role.ADMINISTRATOR, Role.AUDITOR}
    for role in Role:
        actor = holder(Held(role, UUID(int=10), 10, (1, 10)))
        assert actor.member_units == ({UUID(int=10)} if role in MEMBERS else set())
        assert actor.member_unit_numbers == ({10} if role in MEMBERS else set())


def test_what_is_inherited_is_asked_for_by_name():
    before = Held(Role.REGISTRY_CLERK, UUID(int=30), 30, (1, 30))
    actor = msgspec.structs.replace(holder(CLERK), inherited=(before,))
    assert actor.units_for(Action.DOCUMENT_REGISTER) == {CLERK.unit_id}
    assert actor.unit_numbers_for(Action.DOCUMENT_ROUTE) == {CLERK.unit_no}
    assert actor.units_for(Action.TASK_ANSWER, inherited=True) == {CLERK.unit_id, before.unit_id}
    assert actor.unit_numbers_for(Action.TASK_ANSWER, inherited=True) == {CLERK.unit_no, 30}
    assert actor.units_for(Action.DOCUMENT_DIRECT, inherited=True) == set()
    assert actor.member_units == {CLERK.unit_id, before.unit_id}


def test_a_tokens_scopes_take_away_and_never_add():
    actor = holder(CLERK, scopes=frozenset({Action.DOCUMENT_READ, Action.AUDIT_READ}))
    assert [action for action in Action if actor.may(action)] == [Action.DOCUMENT_READ]
    assert actor.units_for(Action.DOCUMENT_REGISTER) == frozenset()
    assert actor.unit_numbers_for(Action.AUDIT_READ) == frozenset()
