"""The way of a manuscript: submitted, decided on by people in turn, sent back, approved."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import delete, insert

from docflow.access.roles import Role
from docflow.accounts.models import Absence, RoleHeld
from docflow.core import clock
from docflow.core.db import transaction
from docflow.core.errors import DocflowError, Invalid, NotAllowed, NotFound, Stale
from docflow.issuing.errors import (
    CommentsUnsettled,
    ManuscriptInReview,
    ManuscriptWithoutText,
    NobodyChecksContent,
    NobodyChecksForm,
    OtherVersionDecided,
    SignerMissing,
    StepAlreadyDecided,
    StepDropped,
    StepNotDue,
)
from docflow.issuing.models import ManuscriptState, StepKind, StepPlace, StepState
from docflow.issuing.schemas.manuscript_steps import Checked, DecideStep, ReplaceRules, RuleStepIn
from docflow.issuing.schemas.manuscript_versions import WriteRemark
from docflow.issuing.service import comments, rules, steps
from docflow.issuing.service.rules import version_of
from tests.conftest import SignIn
from tests.issuing.writing import AUTHOR, CLERK, HEAD, OTHER, Office, waiting

PASS = DecideStep(decision="pass", number=1)
BOTH = [
    RuleStepIn(position=1, kind=StepKind.CONTENT, place=StepPlace.DRAFTING, role=Role.UNIT_HEAD),
    RuleStepIn(position=1, kind=StepKind.FORM, place=StepPlace.ISSUING, role=Role.REGISTRY_CLERK),
    RuleStepIn(position=2, kind=StepKind.APPROVAL, place=StepPlace.SIGNER),
]


async def set_rules(office: Office, way: list[RuleStepIn], by: str = HEAD, **of: object) -> None:
    of.setdefault("unit_id", office.units["H99.02"])
    async with office.sessions() as session:
        before = version_of(await rules.list_rules(session, of["unit_id"], of.get("kind")))  # type: ignore[arg-type]
    await office.as_(by, rules.replace_rules, before, ReplaceRules(steps=way, **of))  # type: ignore[arg-type]


async def test_the_usual_way_is_content_form_approval_one_after_the_other(office: Office) -> None:
    submitted = await office.submitted()
    assert waiting(await office.steps(submitted)) == [StepKind.CONTENT, StepKind.FORM, StepKind.APPROVAL]
    await office.decide(submitted, HEAD, StepKind.CONTENT)
    await office.decide(submitted, CLERK, StepKind.FORM)
    assert (await office.now(submitted)).state is ManuscriptState.IN_REVIEW
    approved = await office.decide(submitted, HEAD, StepKind.APPROVAL)
    assert approved.state is ManuscriptState.APPROVED
    assert approved.approved_at is not None
    assert [step.number for step in await office.steps(approved)] == [1, 1, 1]


async def test_a_later_step_is_not_decided_before_its_turn(office: Office) -> None:
    submitted = await office.submitted()
    with pytest.raises(StepNotDue):
        await office.decide(submitted, CLERK, StepKind.FORM)


async def test_nobody_decides_in_a_step_of_somebody_else(office: Office) -> None:
    submitted = await office.submitted()
    with pytest.raises(NotAllowed, match="step_of_somebody_else"):
        await office.decide(submitted, CLERK, StepKind.CONTENT)
    with pytest.raises(NotFound):
        await office.decide(submitted, OTHER, StepKind.CONTENT)


async def test_a_head_who_drafts_answers_for_the_own_content_in_a_step_that_is_recorded(
    office: Office,
) -> None:
    manuscript = await office.begin(by=HEAD)
    await office.add(manuscript, by=HEAD)
    submitted = await office.submit(manuscript, by=HEAD)
    assert waiting(await office.steps(submitted))[0] is StepKind.CONTENT
    await office.decide(submitted, HEAD, StepKind.CONTENT)
    assert [event.tag.value for event in await office.trail(submitted)][-1] == "manuscript:passed"


async def test_sending_back_needs_its_reason_drops_what_waits_and_the_next_round_begins_anew(
    office: Office,
) -> None:
    submitted = await office.submitted()
    await office.decide(submitted, HEAD, StepKind.CONTENT)
    with pytest.raises(Invalid) as refused:
        await office.decide(submitted, CLERK, StepKind.FORM, "send_back")
    assert refused.value.fields[0].code == "note_for_sending_back"
    back = await office.decide(submitted, CLERK, StepKind.FORM, "send_back", "Sai lề trái")
    assert back.state is ManuscriptState.DRAFTING
    states = [step.state for step in await office.steps(back)]
    assert states == [StepState.PASSED, StepState.SENT_BACK, StepState.DROPPED]
    dropped = (await office.steps(back))[2]
    with pytest.raises(StepDropped):
        await office.as_(HEAD, steps.decide_in_step, office.postman, dropped.id, dropped.version, PASS)
    await office.add(back)
    again = await office.submit(back)
    assert again.round == 2
    assert len(waiting(await office.steps(again))) == 3


async def test_steps_side_by_side_are_decided_in_any_order(office: Office) -> None:
    await set_rules(office, BOTH)
    submitted = await office.submitted()
    await office.decide(submitted, CLERK, StepKind.FORM)
    with pytest.raises(StepNotDue):
        await office.decide(submitted, HEAD, StepKind.APPROVAL)
    await office.decide(submitted, HEAD, StepKind.CONTENT)
    assert (await office.decide(submitted, HEAD, StepKind.APPROVAL)).state is ManuscriptState.APPROVED


async def test_of_two_people_deciding_at_once_one_wins_and_the_other_learns_who(office: Office) -> None:
    async with transaction(office.sessions) as session:
        await session.execute(
            insert(RoleHeld).values(
                person_id=office.people["maihtx"],
                unit_id=office.units["H99.02"],
                role=Role.UNIT_HEAD,
                valid_from=clock.today(),
            )
        )
    submitted = await office.submitted()
    step = await office.step(submitted, StepKind.CONTENT)

    async def decide(by: str) -> DocflowError | None:
        try:
            await office.as_(by, steps.decide_in_step, office.postman, step.id, step.version, PASS)
        except DocflowError as error:
            return error
        return None

    ended = await asyncio.gather(*(decide(who) for who in (HEAD, AUTHOR)))
    assert ended.count(None) == 1
    lost = next(error for error in ended if error is not None)
    assert isinstance(lost, StepAlreadyDecided)
    winner = (HEAD, AUTHOR)[ended.index(None)]
    assert lost.facts["name"] == {HEAD: "Đặng Thị Minh Nguyệt", AUTHOR: "Hồ Thị Xuân Mai"}[winner]
    passed = [event for event in await office.trail(submitted) if event.tag.value == "manuscript:passed"]
    assert len(passed) == 1


async def test_of_two_who_decide_differently_at_once_only_one_decision_stands(office: Office) -> None:
    await set_rules(office, BOTH)
    submitted = await office.submitted()
    content, form = (await office.steps(submitted))[:2]
    back = DecideStep(decision="send_back", number=1, note="Thiếu số liệu")
    outcomes = await asyncio.gather(
        office.as_(HEAD, steps.decide_in_step, office.postman, content.id, 1, back),
        office.as_(CLERK, steps.decide_in_step, office.postman, form.id, 1, back),
        return_exceptions=True,
    )
    assert [type(one) for one in outcomes if isinstance(one, Exception)] == [StepDropped]
    assert (await office.now(submitted)).state is ManuscriptState.DRAFTING


async def test_a_decision_names_the_version_that_was_read_and_the_step_as_it_was(office: Office) -> None:
    submitted = await office.submitted()
    step = await office.step(submitted, StepKind.CONTENT)
    other = DecideStep(decision="pass", number=2)
    with pytest.raises(OtherVersionDecided):
        await office.as_(HEAD, steps.decide_in_step, office.postman, step.id, step.version, other)
    with pytest.raises(Stale):
        await office.as_(HEAD, steps.decide_in_step, office.postman, step.id, step.version + 1, PASS)


async def test_no_version_is_added_while_somebody_decides(office: Office) -> None:
    submitted = await office.submitted()
    with pytest.raises(ManuscriptInReview):
        await office.add(submitted)


async def test_what_cannot_be_decided_on_is_not_submitted(office: Office) -> None:
    with pytest.raises(ManuscriptWithoutText):
        await office.submit(await office.begin())
    with pytest.raises(SignerMissing):
        await office.submit(await office.written(signer_id=None))


async def test_unsettled_comments_are_warned_of_and_may_be_left(office: Office) -> None:
    written = await office.written()
    comment = await office.as_(AUTHOR, comments.comment, written.id, WriteRemark(number=1, body="Bổ sung"))
    with pytest.raises(CommentsUnsettled) as warned:
        await office.submit(written)
    assert warned.value.facts == {"count": 1}
    assert (await office.submit(written, confirm_unsettled=True)).state is ManuscriptState.IN_REVIEW
    assert comment.settled_at is None


async def test_a_step_whose_role_nobody_holds_is_named_when_submitting(office: Office) -> None:
    written = await office.written()
    async with transaction(office.sessions) as session:
        await session.execute(delete(RoleHeld).where(RoleHeld.person_id == office.people[CLERK]))
    with pytest.raises(NobodyChecksForm) as refused:
        await office.submit(written)
    assert refused.value.facts["unit"] == "Sở Nội vụ"
    assert await office.steps(written) == []


async def away(office: Office, username: str, substitute: str | None) -> None:
    today = clock.today()
    async with transaction(office.sessions) as session:
        await session.execute(
            insert(Absence).values(
                person_id=office.people[username],
                substitute_id=office.people[substitute] if substitute else None,
                starts_on=today,
                ends_on=today + timedelta(days=3),
                reason="Nghỉ phép",
                set_by=office.people[username],
                set_at=clock.now(),
            )
        )


async def test_a_head_on_leave_without_a_substitute_stops_the_submission(office: Office) -> None:
    written = await office.written()
    await away(office, HEAD, None)
    with pytest.raises(NobodyChecksContent) as refused:
        await office.submit(written)
    assert refused.value.facts["away"] == "Đặng Thị Minh Nguyệt"


async def test_a_substitute_decides_for_a_head_on_leave_and_gets_the_mail(office: Office) -> None:
    written = await office.written()
    await away(office, HEAD, OTHER)
    submitted = await office.submit(written)
    assert [letter.recipient for letter in await office.letters(submitted)] == ["nghiant@truonggiang.example"]
    await office.decide(submitted, OTHER, StepKind.CONTENT)
    decided = (await office.steps(submitted))[0]
    assert decided.decided_by == office.people[OTHER]
    assert (await office.trail(submitted))[-1].details["standing_in_for"][0]["name"] == "Đặng Thị Minh Nguyệt"


async def test_a_substitute_who_is_away_too_helps_nobody(office: Office) -> None:
    written = await office.written()
    await away(office, HEAD, OTHER)
    await away(office, OTHER, None)
    with pytest.raises(NobodyChecksContent):
        await office.submit(written)


async def test_the_registry_says_its_word_on_what_the_program_did_not_find_in_order(office: Office) -> None:
    submitted = await office.submitted()
    await office.decide(submitted, HEAD, StepKind.CONTENT)
    step = await office.step(submitted, StepKind.FORM)
    with pytest.raises(Invalid) as refused:
        await office.as_(CLERK, steps.decide_in_step, office.postman, step.id, step.version, PASS)
    assert refused.value.fields[0].code == "form_item_needs_word"
    unknown = DecideStep(decision="pass", number=1, checklist=[Checked(code="colour", verdict="ok")])
    with pytest.raises(Invalid) as refused:
        await office.as_(CLERK, steps.decide_in_step, office.postman, step.id, step.version, unknown)
    assert refused.value.fields[0].code == "form_item_not_known"
    await office.decide(submitted, CLERK, StepKind.FORM)
    kept = (await office.step(submitted, StepKind.FORM)).checklist
    assert {item["verdict"] for item in kept} == {"ok"}
    assert {item["found"] for item in kept} <= {"ok", "wrong", "not_found"}


async def test_the_author_takes_a_submission_back_and_the_signer_an_approval(office: Office) -> None:
    submitted = await office.submitted()
    with pytest.raises(NotAllowed):
        await office.as_(CLERK, steps.take_back, office.postman, submitted.id, submitted.version, "Sửa")
    back = await office.as_(AUTHOR, steps.take_back, office.postman, submitted.id, submitted.version, "Sửa")
    assert back.state is ManuscriptState.DRAFTING
    assert waiting(await office.steps(back)) == []
    await office.submit(back)
    await office.decide(back, HEAD, StepKind.CONTENT)
    await office.decide(back, CLERK, StepKind.FORM)
    approved = await office.decide(back, HEAD, StepKind.APPROVAL)
    again = await office.as_(HEAD, steps.take_back, office.postman, approved.id, approved.version, "Sửa")
    assert (again.state, again.approved_at) == (ManuscriptState.DRAFTING, None)


async def test_rules_are_read_replaced_and_used_over_http(office: Office, sign_in: SignIn) -> None:
    head = await sign_in(HEAD)
    own = {"unit_id": str(office.units["H99.02"]), "kind": "report"}
    read = await head.get("/api/v1/approval-rules/set", params=own)
    assert read.json()["steps"] == []
    way = {**own, "steps": [{"position": 1, "kind": "approval", "place": "signer"}]}
    put = await head.put("/api/v1/approval-rules", json=way, headers={"If-Match": read.headers["ETag"]})
    assert put.status_code == 200, put.text
    stale = await head.put("/api/v1/approval-rules", json=way, headers={"If-Match": read.headers["ETag"]})
    assert stale.status_code == 412
    submitted = await office.submitted()
    assert waiting(await office.steps(submitted)) == [StepKind.APPROVAL]
    other_kind = await office.submitted(kind="notice")
    assert len(await office.steps(other_kind)) == 3
    sets = (await head.get("/api/v1/approval-rules")).json()
    assert [(one["unit_id"], one["kind"]) for one in sets] == [(None, None), (own["unit_id"], "report")]


@pytest.mark.parametrize(
    ("way", "code"),
    [
        ([RuleStepIn(position=1, kind=StepKind.FORM, place=StepPlace.SIGNER)], "rules_end_with_approval"),
        ([RuleStepIn(position=1, kind=StepKind.APPROVAL, place=StepPlace.ISSUING)], "role_or_person"),
        (
            [RuleStepIn(position=1, kind=StepKind.APPROVAL, place=StepPlace.ISSUING, role=Role.SPECIALIST)],
            "role_decides_nothing",
        ),
        (
            [RuleStepIn(position=1, kind=StepKind.APPROVAL, place=StepPlace.SIGNER, role=Role.LEADER)],
            "signer_is_named_in_the_manuscript",
        ),
        ([BOTH[2], BOTH[2]], "rule_step_twice"),
    ],
)
async def test_rules_that_lead_to_no_approval_are_refused(
    office: Office, way: list[RuleStepIn], code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await set_rules(office, way)
    assert code in {field.code for field in refused.value.fields}


async def test_rules_of_every_body_are_set_by_the_top_unit_and_never_empty(office: Office) -> None:
    with pytest.raises(NotAllowed, match="rules_of_all_by_the_top_unit"):
        await set_rules(office, BOTH, unit_id=None)
    with pytest.raises(Invalid, match="rules_not_valid"):
        await set_rules(office, [], by="huyvn", unit_id=None)
    await set_rules(office, BOTH, by="huyvn", unit_id=None)
    assert [step.position for step in await office.steps(await office.submitted())] == [1, 1, 2]


async def test_nobody_sets_rules_of_another_unit(office: Office) -> None:
    with pytest.raises(NotAllowed, match="way_outside_own_units"):
        await set_rules(office, BOTH, by=OTHER)


async def test_a_step_is_decided_over_http_with_the_version_of_the_step(
    office: Office, sign_in: SignIn
) -> None:
    submitted = await office.submitted()
    head, author = await sign_in(HEAD), await sign_in(AUTHOR)
    read = (await head.get(f"/api/v1/manuscripts/{submitted.id}")).json()
    step = read["steps"][0]
    assert (step["has_its_turn"], step["is_mine"]) == (True, True)
    decided = await head.post(
        f"/api/v1/manuscript-steps/{step['id']}/decision",
        json={"decision": "pass", "number": read["newest"]["number"]},
        headers={"If-Match": f'"{step["version"]}"'},
    )
    assert decided.status_code == 200, decided.text
    again = await head.post(
        f"/api/v1/manuscript-steps/{step['id']}/decision",
        json={"decision": "pass", "number": 1},
        headers={"If-Match": f'"{step["version"]}"'},
    )
    assert (again.status_code, again.json()["code"]) == (409, "already_decided")
    checked = (await author.get(f"/api/v1/manuscripts/{submitted.id}/steps")).json()[1]
    assert [item["code"] for item in checked["checklist"]][:2] == ["paper", "margins"]
