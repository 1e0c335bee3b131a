"""The way of a manuscript: it is submitted, people decide in its steps, it goes back or is approved."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.accounts.models import Person
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import require_version
from docflow.core.errors import NotFound, invalid
from docflow.issuing.errors import (
    CommentsUnsettled,
    ManuscriptWithoutText,
    OtherVersionDecided,
    StepAlreadyDecided,
    StepDropped,
    StepNotDue,
)
from docflow.issuing.models import Manuscript, ManuscriptStep, StepKind, StepState, WorkingCopy
from docflow.issuing.policy import decide, decide_step, decide_taking_back
from docflow.issuing.queries.manuscripts import find_newest, get_manuscript, list_steps_of_round
from docflow.issuing.schemas.manuscript_steps import DecideStep, SubmitManuscript
from docflow.issuing.service.comments import count_unsettled
from docflow.issuing.service.manuscripts_facts import check_signer, write_readers
from docflow.issuing.service.steps_form import checklist_of, look_at_form
from docflow.issuing.service.steps_letters import tell_author, tell_deciders
from docflow.issuing.service.steps_rounds import steps_by_rules
from docflow.issuing.service.working_copies import require_free
from docflow.issuing.workflow import Move, current_position, has_its_turn, next_state
from docflow.notifications.service import Postman


async def submit(
    session: AsyncSession,
    actor: Actor,
    postman: Postman,
    manuscript_id: UUID,
    version: int,
    data: SubmitManuscript,
) -> Manuscript:
    """Ask for the decisions that the rules want, as a new round; from here on nobody changes the text.

    Raises NotFound, NotAllowed, Stale, ManuscriptWithoutText, CheckedOutBySomebody, SignerMissing, NobodyDecides,
    CommentsUnsettled unless confirmed, Invalid for a signer who may no longer sign, and what ``workflow`` says.
    """
    manuscript = await get_manuscript(session, actor, manuscript_id, lock=True)
    decide(actor, Action.MANUSCRIPT_WRITE, manuscript).require()
    require_version(manuscript.version, version)
    following = next_state(manuscript.state, Move.SUBMIT)
    newest = await find_newest(session, manuscript.id)
    if newest is None:
        raise ManuscriptWithoutText
    await require_free(session, actor, manuscript.id)
    steps = await steps_by_rules(session, manuscript)
    await check_signer(session, manuscript)
    unsettled = await count_unsettled(session, manuscript.id)
    if unsettled and not data.confirm_unsettled:
        raise CommentsUnsettled(count=unsettled)
    session.add_all(steps)
    manuscript.state, manuscript.round = following, manuscript.round + 1
    manuscript.submitted_at = clock.now()
    await session.execute(delete(WorkingCopy).where(WorkingCopy.manuscript_id == manuscript.id))
    await session.flush()
    await write_readers(session, manuscript)
    await session.flush()
    await _record_submitted(session, actor, manuscript, steps, newest[0].number, data.note, unsettled)
    due = [step for step in steps if has_its_turn(step, steps)]
    await tell_deciders(session, postman, manuscript, due, data.note)
    return manuscript


async def decide_in_step(
    session: AsyncSession, actor: Actor, postman: Postman, step_id: UUID, version: int, data: DecideStep
) -> Manuscript:
    """Pass a step, or send the manuscript back by it. Passing the last one approves the version that was decided on.

    ``version`` is the step's. Whoever comes second learns who decided. Raises NotFound, NotAllowed, StepAlreadyDecided,
    StepDropped, StepNotDue, OtherVersionDecided, Stale, Invalid.
    """
    manuscript, step, steps = await _step(session, actor, step_id)
    decide_step(actor, step).require()
    await _require_undecided(session, step)
    if not has_its_turn(step, steps):
        raise StepNotDue
    require_version(step.version, version)
    newest = await find_newest(session, manuscript.id)
    if newest is None or newest[0].number != data.number:
        raise OtherVersionDecided(number=newest[0].number if newest else None)
    if step.kind is StepKind.FORM:
        findings = await look_at_form(session, manuscript)
        step.checklist = checklist_of(findings, data.checklist, passing=data.decision == "pass")
    step.number, step.note = data.number, data.note
    step.decided_by, step.decided_at = actor.person_id, clock.now()
    if data.decision == "send_back":
        await _send_back(session, actor, postman, manuscript, step, steps)
    else:
        await _pass(session, actor, postman, manuscript, step, steps)
    return manuscript


async def take_back(
    session: AsyncSession, actor: Actor, postman: Postman, manuscript_id: UUID, version: int, reason: str
) -> Manuscript:
    """Have it written further although it was submitted, approved or signed: what waits is dropped, what was signed does
    not count. Raises NotFound, NotAllowed, Stale, and what ``workflow`` says is in the way."""
    manuscript = await get_manuscript(session, actor, manuscript_id, lock=True)
    decide_taking_back(actor, manuscript).require()
    require_version(manuscript.version, version)
    before = manuscript.state
    manuscript.state = next_state(manuscript.state, Move.SEND_BACK)
    dropped = _drop(await list_steps_of_round(session, manuscript))
    manuscript.approved_at = manuscript.signed_at = manuscript.signed_by = None
    manuscript.signed_on_paper = False
    await write_readers(session, manuscript)
    await session.flush()
    await audit.record(
        session,
        actor,
        Tag.MANUSCRIPT_SENT_BACK,
        "manuscript",
        manuscript.id,
        round=manuscript.round,
        before=before.value,
        reason=reason,
        dropped=dropped,
    )
    await tell_author(session, postman, actor, manuscript, "sent_back", None, reason)
    return manuscript


async def _step(
    session: AsyncSession, actor: Actor, step_id: UUID
) -> tuple[Manuscript, ManuscriptStep, Sequence[ManuscriptStep]]:
    """A step of a manuscript that the actor sees, which is locked, with all steps of the step's round."""
    found = await session.get(ManuscriptStep, step_id)
    if found is None:
        raise NotFound
    manuscript = await get_manuscript(session, actor, found.manuscript_id, lock=True)
    steps = await list_steps_of_round(session, manuscript)
    # A step of an earlier round is never decided again; it is read anew all the same.
    await session.refresh(found)
    return manuscript, found, steps


async def _require_undecided(session: AsyncSession, step: ManuscriptStep) -> None:
    if step.state is StepState.DROPPED:
        raise StepDropped
    if step.decided_by is not None and step.decided_at is not None:
        decider = await session.get_one(Person, step.decided_by)
        at = step.decided_at.astimezone(clock.LOCAL_ZONE).strftime("%d/%m/%Y %H:%M")
        raise StepAlreadyDecided(name=decider.full_name, at=at, state=step.state.value)


async def _pass(
    session: AsyncSession,
    actor: Actor,
    postman: Postman,
    manuscript: Manuscript,
    step: ManuscriptStep,
    steps: Sequence[ManuscriptStep],
) -> None:
    step.state = StepState.PASSED
    following = current_position(steps)
    approved = following is None
    if approved:
        manuscript.state = next_state(manuscript.state, Move.APPROVE)
        manuscript.approved_at = step.decided_at
    await session.flush()
    await write_readers(session, manuscript)
    await session.flush()
    await _record(session, actor, Tag.MANUSCRIPT_PASSED, manuscript, step, approved=approved)
    if approved:
        await tell_author(session, postman, actor, manuscript, "approved", step.number, step.note)
    elif following != step.position:
        due = [other for other in steps if has_its_turn(other, steps)]
        await tell_deciders(session, postman, manuscript, due)


async def _send_back(
    session: AsyncSession,
    actor: Actor,
    postman: Postman,
    manuscript: Manuscript,
    step: ManuscriptStep,
    steps: Sequence[ManuscriptStep],
) -> None:
    if not step.note:
        raise invalid("note", "note_for_sending_back")
    step.state = StepState.SENT_BACK
    dropped = _drop(steps)
    manuscript.state = next_state(manuscript.state, Move.SEND_BACK)
    await session.flush()
    await write_readers(session, manuscript)
    await session.flush()
    await _record(session, actor, Tag.MANUSCRIPT_SENT_BACK, manuscript, step, dropped=dropped)
    await tell_author(session, postman, actor, manuscript, "sent_back", step.number, step.note)


def _drop(steps: Sequence[ManuscriptStep]) -> list[str]:
    """Drop what still waits; the ids of which."""
    waiting = [step for step in steps if step.state is StepState.WAITING]
    for step in waiting:
        step.state = StepState.DROPPED
    return [str(step.id) for step in waiting]


async def _record(
    session: AsyncSession,
    actor: Actor,
    tag: Tag,
    manuscript: Manuscript,
    step: ManuscriptStep,
    *,
    approved: bool = False,
    dropped: Sequence[str] = (),
) -> None:
    await audit.record(
        session,
        actor,
        tag,
        "manuscript",
        manuscript.id,
        on_behalf_of=step.unit_id,
        step=str(step.id),
        kind=step.kind.value,
        round=step.round,
        position=step.position,
        number=step.number,
        note=step.note,
        checklist=step.checklist,
        approved=approved,
        dropped=list(dropped),
    )


async def _record_submitted(
    session: AsyncSession,
    actor: Actor,
    manuscript: Manuscript,
    steps: Sequence[ManuscriptStep],
    number: int,
    note: str,
    unsettled: int,
) -> None:
    await audit.record(
        session,
        actor,
        Tag.MANUSCRIPT_SUBMITTED,
        "manuscript",
        manuscript.id,
        on_behalf_of=manuscript.unit_id,
        round=manuscript.round,
        number=number,
        note=note,
        unsettled=unsettled,
        steps=[
            {
                "step": str(step.id),
                "position": step.position,
                "kind": step.kind.value,
                "unit": str(step.unit_id),
                "role": step.role.value if step.role else None,
                "person": str(step.person_id) if step.person_id else None,
            }
            for step in steps
        ],
    )
