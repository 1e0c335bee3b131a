"""Whatever people do in whatever order, a manuscript is in a possible state, and its trail tells how it came there."""

import random
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from docflow.audit.models import AuditEvent
from docflow.core.errors import DocflowError
from docflow.issuing.models import Manuscript, ManuscriptState, ManuscriptStep, StepKind, StepState
from docflow.issuing.schemas.manuscripts import ChangeManuscript
from docflow.issuing.service import manuscripts, steps
from docflow.issuing.workflow import TRANSITIONS, Move, current_position, hindrance, moves_from, next_state
from tests.issuing.writing import AUTHOR, CLERK, HEAD, OTHER, Office

PEOPLE = (AUTHOR, HEAD, CLERK, OTHER)


def test_every_move_leads_where_the_table_says_and_nowhere_else() -> None:
    for state in ManuscriptState:
        for move in Move:
            fact = hindrance(state, move)
            if (state, move) in TRANSITIONS:
                assert fact is None
                assert next_state(state, move) is TRANSITIONS[state, move]
            else:
                with pytest.raises(fact or AssertionError):
                    next_state(state, move)


def test_nothing_follows_on_issue_or_withdrawal() -> None:
    assert moves_from(ManuscriptState.ISSUED) == moves_from(ManuscriptState.WITHDRAWN) == []


def replayed(trail: list[AuditEvent]) -> dict[str, Any]:
    """What the trail alone tells: state, round, record, versions and what became of each step."""
    told: dict[str, Any] = {
        "state": None,
        "round": 0,
        "subject": None,
        "versions": [],
        "steps": {},
        "copy": None,
    }
    for event in trail:
        said = event.details
        match event.tag.value:
            case "manuscript:begun":
                told.update(state="drafting", subject=said["subject"])
            case "manuscript:changed":
                told["subject"] = said["changed"].get("subject", [None, told["subject"]])[1]
            case "manuscript:version_added":
                told["versions"].append((said["number"], said["sha256"], said["based_on"]))
            case "manuscript:submitted":
                told.update(state="in_review", round=said["round"])
                told["steps"] |= {step["step"]: "waiting" for step in said["steps"]}
            case "manuscript:passed":
                told["steps"][said["step"]] = "passed"
                told["state"] = "approved" if said["approved"] else told["state"]
            case "manuscript:sent_back":
                told["state"] = "drafting"
                if "step" in said:
                    told["steps"][said["step"]] = "sent_back"
                told["steps"] |= dict.fromkeys(said["dropped"], "dropped")
            case "manuscript:withdrawn":
                told["state"] = "withdrawn"
                told["steps"] |= dict.fromkeys(said["dropped"], "dropped")
    return told


async def present(office: Office, manuscript: Manuscript) -> dict[str, Any]:
    """The same as the database has it."""
    from sqlalchemy import select

    from docflow.files.models import File
    from docflow.issuing.models import ManuscriptVersion

    now = await office.now(manuscript)
    async with office.sessions() as session:
        rows = await session.execute(
            select(ManuscriptVersion.number, File.sha256, ManuscriptVersion.base_number)
            .join(File, File.id == ManuscriptVersion.file_id)
            .where(ManuscriptVersion.manuscript_id == manuscript.id)
            .order_by(ManuscriptVersion.number)
        )
        found = await session.scalars(
            select(ManuscriptStep).where(ManuscriptStep.manuscript_id == manuscript.id)
        )
        return {
            "state": now.state.value,
            "round": now.round,
            "subject": now.subject,
            "versions": [(row.number, row.sha256.hex(), row.base_number) for row in rows],
            "steps": {str(step.id): step.state.value for step in found},
            "copy": None,
        }


def require_possible(now: Manuscript, round_: list[ManuscriptStep]) -> None:
    """What holds whatever was done."""
    states = [step.state for step in round_]
    if now.state is ManuscriptState.IN_REVIEW:
        assert StepState.WAITING in states
        assert StepState.SENT_BACK not in states
        turn = current_position(round_)
        assert turn is not None
        assert all(step.state is StepState.PASSED for step in round_ if step.position < turn)
    else:
        assert StepState.WAITING not in states
    if now.state is ManuscriptState.APPROVED:
        assert set(states) == {StepState.PASSED}
        assert len({step.number for step in round_}) == 1
    assert (now.approved_at is not None) == (now.state is ManuscriptState.APPROVED)
    for step in round_:
        assert (step.decided_by is not None) == (step.state in {StepState.PASSED, StepState.SENT_BACK})


@pytest.mark.parametrize("seed", range(6))
async def test_random_people_doing_random_things_never_reach_an_impossible_state(
    office: Office, seed: int
) -> None:
    chance = random.Random(seed)
    manuscript = await office.begin(whole_unit=True)

    async def edit(who: str) -> None:
        change = ChangeManuscript(subject=f"Trích yếu {chance.random()}")
        version = (await office.now(manuscript)).version
        await office.as_(who, manuscripts.change, manuscript.id, version, change)

    async def take_back(who: str) -> None:
        version = (await office.now(manuscript)).version
        await office.as_(who, steps.take_back, office.postman, manuscript.id, version, "Sửa")

    async def withdraw(who: str) -> None:
        if chance.random() < 0.2:
            version = (await office.now(manuscript)).version
            await office.as_(who, manuscripts.withdraw, manuscript.id, version, "Thôi")

    async def decide(who: str) -> None:
        waits = [step for step in await office.steps(manuscript) if step.state is StepState.WAITING]
        kind = chance.choice(waits).kind if waits else StepKind.CONTENT
        how = chance.choices(["pass", "send_back"], [4, 1])[0]
        if waits:
            await office.decide(manuscript, who, kind, how, "Góp ý")

    doing: list[Callable[[str], Awaitable[Any]]] = [
        edit,
        lambda who: office.add(manuscript, by=who),
        lambda who: office.submit(manuscript, by=who),
        decide,
        decide,
        decide,
        take_back,
        withdraw,
    ]
    refused = 0
    for _ in range(25):
        try:
            await chance.choice(doing)(chance.choice(PEOPLE))
        except DocflowError:
            refused += 1
        require_possible(await office.now(manuscript), await office.steps(manuscript))
    assert refused < 25
    assert replayed(await office.trail(manuscript)) == await present(office, manuscript)
