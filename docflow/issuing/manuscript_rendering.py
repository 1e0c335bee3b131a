"""Manuscripts as what goes out. No rule but what the asker may do, which is asked of ``policy``."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.accounts.models import Person, Unit
from docflow.core.messages import text_of as words_of
from docflow.documents import queries as documents
from docflow.files.models import TextStatus
from docflow.files.service import text_of
from docflow.issuing.changes import changes_between
from docflow.issuing.models import (
    ApprovalRule,
    Manuscript,
    ManuscriptState,
    ManuscriptStep,
    StepKind,
    StepState,
    WorkingCopy,
)
from docflow.issuing.policy import decide, decide_step
from docflow.issuing.queries import manuscripts_lists as lists
from docflow.issuing.queries.manuscripts import get_version
from docflow.issuing.schemas.manuscript_steps import ChecklistItemOut, RulesOut, RuleStepOut, StepOut
from docflow.issuing.schemas.manuscript_versions import (
    ChangesOut,
    ManuscriptCommentOut,
    VersionOut,
    WorkingCopyOut,
)
from docflow.issuing.schemas.manuscripts import CollaboratorOut, ManuscriptOut, ManuscriptRow, RecipientOut
from docflow.issuing.service.comments import count_unsettled
from docflow.issuing.service.rules import version_of
from docflow.issuing.service.steps_form import look_at_form
from docflow.issuing.service.working_copies import find_copy
from docflow.issuing.workflow import current_position, moves_from

_OFFERED = (Action.MANUSCRIPT_READ, Action.MANUSCRIPT_SIGN, Action.MANUSCRIPT_WRITE)
_PLAIN = (
    *("field", "body", "place", "language", "note", "signer_id", "signer_post", "signer_authority"),
    *("copy_kept_by", "template_id", "succession", "whole_unit", "approved_at", "signed_at", "closed_at"),
    "withdraw_reason",
)


def manuscript_row(row: Row[*tuple[Any, ...]]) -> ManuscriptRow:
    """A manuscript in a list."""
    return ManuscriptRow(**_row_facts(row.Manuscript, row.unit_name, row.author_name))


async def manuscript_out(session: AsyncSession, actor: Actor, manuscript: Manuscript) -> ManuscriptOut:
    """A manuscript whole, with the steps of its present round; documents hidden from the actor are not named."""
    unit = await session.get_one(Unit, manuscript.unit_id)
    author = await session.get_one(Person, manuscript.author_id)
    signer = await session.get(Person, manuscript.signer_id) if manuscript.signer_id else None
    newest = await lists.versions_of(session, manuscript.id, newest=True)
    copy = await find_copy(session, manuscript.id)
    return ManuscriptOut(
        **_row_facts(manuscript, unit.name_vi, author.full_name),
        **{name: getattr(manuscript, name) for name in _PLAIN},
        direction=manuscript.direction.value,
        signer_name=signer.full_name if signer else None,
        answers_id=await documents.find_visible(session, actor, manuscript.answers_id),
        target_id=await documents.find_visible(session, actor, manuscript.target_id),
        document_id=await documents.find_visible(session, actor, manuscript.document_id),
        recipients=[_recipient_out(row) for row in await lists.recipients_of(session, manuscript.id)],
        collaborators=[
            CollaboratorOut(person_id=row.id, name=row.full_name)
            for row in await lists.collaborators_of(session, manuscript)
        ],
        newest=version_out(newest[0]) if newest else None,
        unsettled_comments=await count_unsettled(session, manuscript.id),
        working_copy=await working_copy_out(session, actor, copy) if copy else None,
        steps=await steps_out(session, actor, manuscript),
        moves=moves_from(manuscript.state),
        actions=[
            action.value for action in _OFFERED if actor.may(action) and decide(actor, action, manuscript)
        ],
    )


async def steps_out(
    session: AsyncSession, actor: Actor, manuscript: Manuscript, *, all_rounds: bool = False
) -> list[StepOut]:
    """Its steps in order; of a check of form that waits what the program finds now."""
    rows = await lists.steps_of(session, manuscript, all_rounds=all_rounds)
    present = [row[0] for row in rows if row[0].round == manuscript.round]
    turn = current_position(present) if manuscript.state is ManuscriptState.IN_REVIEW else None
    found: list[dict[str, Any]] = []
    if any(step.kind is StepKind.FORM and step.state is StepState.WAITING for step in present):
        found = [
            {"code": one.item.value, "found": one.found, "detail": one.detail, "verdict": None, "note": ""}
            for one in await look_at_form(session, manuscript)
        ]
    return [_step_out(actor, row, turn if row[0].round == manuscript.round else None, found) for row in rows]


def version_out(row: Row[*tuple[Any, ...]]) -> VersionOut:
    """A version with its file and its maker's name."""
    version, file, maker = row
    return VersionOut(
        number=version.number,
        file_id=file.id,
        filename=file.filename,
        media_type=file.media_type,
        size=file.size,
        sha256=file.sha256.hex(),
        text=file.text_status,
        page_count=file.page_count,
        marks=file.marks,
        origin=version.origin,
        based_on=version.base_number,
        made_by=version.made_by,
        made_by_name=maker,
        made_at=version.made_at,
        note=version.note,
    )


async def working_copy_out(session: AsyncSession, actor: Actor, copy: WorkingCopy) -> WorkingCopyOut:
    """Who has it until when."""
    person = await session.get_one(Person, copy.person_id)
    return WorkingCopyOut(
        person_id=person.id,
        name=person.full_name,
        number=copy.number,
        taken_at=copy.taken_at,
        expires_at=copy.expires_at,
        is_mine=person.id == actor.person_id,
    )


def comment_out(row: Any) -> ManuscriptCommentOut:
    """A remark with its author's name."""
    comment, author = row
    return ManuscriptCommentOut(
        id=comment.id,
        number=comment.number,
        author_id=comment.author_id,
        author_name=author,
        written_at=comment.written_at,
        body=comment.body,
        settled_at=comment.settled_at,
        settled_by=comment.settled_by,
    )


async def changes_out(
    session: AsyncSession, actor: Actor, manuscript_id: UUID, before: int, after: int
) -> ChangesOut:
    """How two versions differ. Raises NotFound."""
    _, old = await get_version(session, actor, manuscript_id, before)
    _, new = await get_version(session, actor, manuscript_id, after)
    nothing: dict[str, Any] = {"lines": [], "added": 0, "removed": 0, "is_cut": False}
    named: dict[str, Any] = {"before": before, "after": after}
    if TextStatus.WAITING in (old.text_status, new.text_status):
        return ChangesOut(**named, status="waiting", **nothing)
    was, is_now = await text_of(session, old.id), await text_of(session, new.id)
    if not (was and is_now):
        return ChangesOut(**named, status="unreadable", **nothing)
    found = await asyncio.to_thread(changes_between, was, is_now, str(before), str(after))
    cut = found.is_cut or TextStatus.CUT in (old.text_status, new.text_status)
    return ChangesOut(
        **named, status="ready", lines=found.lines, added=found.added, removed=found.removed, is_cut=cut
    )


async def rules_out(
    session: AsyncSession, unit_id: UUID | None, kind: str | None, rules: Sequence[ApprovalRule]
) -> RulesOut:
    """A set of rules with the names of its people."""
    names = {
        rule.person_id: (await session.get_one(Person, rule.person_id)).full_name
        for rule in rules
        if rule.person_id is not None
    }
    return RulesOut(
        unit_id=unit_id,
        kind=kind,
        steps=[
            RuleStepOut(
                position=rule.position,
                kind=rule.kind,
                place=rule.place,
                role=rule.role,
                person_id=rule.person_id,
                person_name=names.get(rule.person_id) if rule.person_id else None,
            )
            for rule in rules
        ],
        version=version_of(rules),
    )


def _row_facts(manuscript: Manuscript, unit_name: str, author_name: str) -> dict[str, Any]:
    same = (
        *("id", "unit_id", "issuing_unit_id", "author_id", "subject", "urgency", "due_on", "state", "round"),
        *("begun_at", "submitted_at", "version"),
    )
    facts = {name: getattr(manuscript, name) for name in same}
    return {**facts, "kind": manuscript.kind_code, "unit_name": unit_name, "author_name": author_name}


def _recipient_out(row: Row[*tuple[Any, ...]]) -> RecipientOut:
    recipient, unit_id, person_id = row
    return RecipientOut(
        role=recipient.role,
        unit_id=unit_id,
        person_id=person_id,
        name=recipient.name,
        email=recipient.email,
        by_link=recipient.by_link,
    )


def _step_out(
    actor: Actor, row: Row[*tuple[Any, ...]], turn: int | None, found: Sequence[dict[str, Any]]
) -> StepOut:
    step: ManuscriptStep = row[0]
    waits = step.state is StepState.WAITING
    checklist = found if waits and step.kind is StepKind.FORM and turn is not None else step.checklist
    return StepOut(
        id=step.id,
        round=step.round,
        position=step.position,
        kind=step.kind,
        unit_id=step.unit_id,
        unit_name=row[1],
        role=step.role,
        person_id=step.person_id,
        person_name=row[2],
        state=step.state,
        has_its_turn=waits and step.position == turn,
        number=step.number,
        decided_by=step.decided_by,
        decided_by_name=row[3],
        decided_at=step.decided_at,
        note=step.note,
        checklist=[
            ChecklistItemOut(**item, label=words_of(f"form_{item['code']}", actor.language))
            for item in checklist
        ],
        is_mine=waits and actor.may(Action.MANUSCRIPT_DECIDE) and bool(decide_step(actor, step)),
        version=step.version,
    )
