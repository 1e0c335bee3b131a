"""Who keeps which books, as a table; and what can be done with a document in each state. No database."""

from uuid import UUID

import pytest

from docflow.access.actions import Action
from docflow.access.actor import Actor, Held, Secrecy
from docflow.access.roles import Role
from docflow.core.messages import Language
from docflow.documents.errors import DocumentVoided, IssuedNeverEdited, StubNotGivenOn
from docflow.documents.models import Direction, Document, Series
from docflow.documents.numbering import after_number, next_suffix, number_text, read_number
from docflow.documents.policy import decide_book, decide_stub
from docflow.documents.workflow import hindrance
from tests.documents.books import local

OWN, OTHER, SUCCEEDED = UUID(int=10), UUID(int=20), UUID(int=30)

TABLE = """
role              | configure reserve void print
administrator     |     .        .     .     .
auditor           |     .        .     .     .
leader            |     .        .     .     x
meeting_organizer |     .        .     .     .
registry_clerk    |     x        x     x     x
specialist        |     .        .     .     .
unit_head         |     x        .     .     x
"""
ACTIONS = {
    "configure": Action.REGISTER_CONFIGURE,
    "reserve": Action.NUMBER_RESERVE,
    "void": Action.NUMBER_VOID,
    "print": Action.REGISTER_PRINT,
}


def holder(role: Role, clearance: Secrecy = Secrecy.NONE) -> Actor:
    return Actor(
        person_id=UUID(int=1),
        name="Lê Mới",
        username="moi",
        language=Language.VI,
        clearance=clearance,
        held=(Held(role, OWN, 10, (1, 10)),),
        inherited=(Held(role, SUCCEEDED, 30, (1, 30)),),
        principals=(1,),
        person_principal=1,
    )


@pytest.mark.parametrize("line", TABLE.strip().splitlines()[1:])
def test_registry_and_head_keep_the_books_of_their_own_unit_only(line: str) -> None:
    role, marks = (part.split() for part in line.split("|"))
    actor = holder(Role(role[0]))
    for action, mark in zip(ACTIONS.values(), marks, strict=True):
        assert decide_book(actor, action, OWN).allowed is (mark == "x"), action
        assert not decide_book(actor, action, OTHER)
        assert not decide_book(actor, action, SUCCEEDED), "nothing new is begun in its name"
        assert decide_book(actor, action, SUCCEEDED, ending=True).allowed is (mark == "x")


@pytest.mark.parametrize("clearance", Secrecy)
def test_a_state_secret_is_entered_by_whoever_is_cleared_for_its_class(clearance: Secrecy) -> None:
    actor = holder(Role.REGISTRY_CLERK, clearance)
    allowed = [secrecy for secrecy in Secrecy if decide_stub(actor, secrecy)]
    assert allowed == [secrecy for secrecy in Secrecy if secrecy <= clearance]


STATES = """
state    | amend  route  direct void   read
incoming |   .      .      .      .      .
outgoing | issued   .      .      .      .
internal | issued   .      .      .      .
stub     |   .    stub   stub     .      .
voided   | voided voided voided voided   .
"""
VERBS = (
    Action.DOCUMENT_AMEND,
    Action.DOCUMENT_ROUTE,
    Action.DOCUMENT_DIRECT,
    Action.NUMBER_VOID,
    Action.DOCUMENT_READ,
)
FACTS = {".": None, "issued": IssuedNeverEdited, "stub": StubNotGivenOn, "voided": DocumentVoided}


@pytest.mark.parametrize("line", STATES.strip().splitlines()[1:])
def test_what_can_be_done_with_a_document_in_each_state(line: str) -> None:
    (state,), said = (part.split() for part in line.split("|"))
    document = Document(
        direction=Direction(state) if state in set(Direction) else Direction.INCOMING,
        secrecy=Secrecy.SECRET if state == "stub" else Secrecy.NONE,
        voided_at=local(2026, 5, 4) if state == "voided" else None,
    )
    assert [hindrance(document, verb) for verb in VERBS] == [FACTS[fact] for fact in said]


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("1", (1, "")),
        ("05", (5, "")),
        ("0000045b", (45, "b")),
        ("9999999zz", (9_999_999, "zz")),
        ("0", None),
        ("", None),
        ("a", None),
        ("45A", None),
        ("45abc", None),
        ("10000000", None),
        ("4 5", None),
        ("٤٥", None),
    ],
)
def test_a_number_is_read_as_it_is_written(written: str, place: tuple[int, str] | None) -> None:
    assert read_number(written) == place
    if place is not None:
        assert read_number(number_text(*place)) == place


def test_suffixes_go_through_the_alphabet_twice_over_and_end() -> None:
    found, last = [], next_suffix("")
    while last is not None:
        found.append(last)
        last = next_suffix(last)
    assert found[:3] == ["a", "b", "c"]
    assert found[24:28] == ["y", "z", "aa", "ab"]
    assert (len(found), found[-1]) == (26 + 26 * 26, "zz")
    assert found == sorted(found, key=lambda suffix: (len(suffix), suffix))


def test_what_follows_the_number_in_each_form() -> None:
    assert after_number("BC", "SNV", "VX") == "/BC-SNV"
    assert after_number(None, "UBND", "VX") == "/UBND-VX"
    assert after_number("QĐ", "TU", "", Series.TERM) == "-QĐ/TU"
    assert after_number(None, "TU", "VX", Series.TERM) == "-CV/TU"
