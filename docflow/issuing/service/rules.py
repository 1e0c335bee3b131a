"""Rules as data: which way manuscripts of a body and kind take. The most exact set holds, and always as a whole."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID
from zlib import crc32

import msgspec
from sqlalchemy import and_, delete, insert, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.access.roles import GRANTS
from docflow.accounts import addressees
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core.db import require_version
from docflow.core.errors import FieldError, invalid
from docflow.documents.models import DocumentKind
from docflow.issuing.errors import RulesNotValid
from docflow.issuing.models import ApprovalRule, StepKind, StepPlace
from docflow.issuing.policy import decide_rules
from docflow.issuing.schemas.manuscript_steps import ReplaceRules, RuleStepIn

_ONE_AT_A_TIME = text("LOCK TABLE approval_rule IN SHARE ROW EXCLUSIVE MODE")
"""There is no row to lock where there are no rules yet; they change a few times a year."""


async def find_way(session: AsyncSession, unit_id: UUID, kind_code: str) -> Sequence[ApprovalRule]:
    """The rules that hold for a kind of document of a body, in order: of the body and the kind, of the body, of the kind,
    of every body."""
    found = await session.scalars(
        select(ApprovalRule)
        .where(
            or_(ApprovalRule.unit_id == unit_id, ApprovalRule.unit_id.is_(None)),
            or_(ApprovalRule.kind_code == kind_code, ApprovalRule.kind_code.is_(None)),
        )
        .order_by(ApprovalRule.position, ApprovalRule.id)
    )
    sets: dict[tuple[bool, bool], list[ApprovalRule]] = {}
    for rule in found:
        sets.setdefault((rule.unit_id is not None, rule.kind_code is not None), []).append(rule)
    return sets[max(sets)] if sets else []


async def list_rules(
    session: AsyncSession, unit_id: UUID | None, kind_code: str | None
) -> Sequence[ApprovalRule]:
    """The set of exactly this body and kind, in order; empty when there is none of its own."""
    found = await session.scalars(
        select(ApprovalRule).where(_of(unit_id, kind_code)).order_by(ApprovalRule.position, ApprovalRule.id)
    )
    return found.all()


async def list_all_rules(session: AsyncSession) -> dict[tuple[UUID | None, str | None], list[ApprovalRule]]:
    """Every set, those of every body first."""
    sets: dict[tuple[UUID | None, str | None], list[ApprovalRule]] = {}
    statement = select(ApprovalRule).order_by(
        ApprovalRule.unit_id.nulls_first(),
        ApprovalRule.kind_code.nulls_first(),
        ApprovalRule.position,
        ApprovalRule.id,
    )
    for rule in await session.scalars(statement):
        sets.setdefault((rule.unit_id, rule.kind_code), []).append(rule)
    return sets


async def replace_rules(session: AsyncSession, actor: Actor, version: int, data: ReplaceRules) -> None:
    """Replace the whole set of a body and kind; with no steps a less exact one holds from now on.

    What was submitted already keeps its steps. ``version`` is that of the set as it was read. Raises NotAllowed, Stale,
    Invalid, RulesNotValid.
    """
    lineage, name = None, None
    if data.unit_id is not None:
        (unit,) = await addressees.units(session, [data.unit_id], "unit_id")
        lineage, name = unit.lineage, unit.name
    decide_rules(actor, lineage).require()
    if data.kind is not None and await session.get(DocumentKind, data.kind) is None:
        raise invalid("kind", "kind_not_known")
    await _check_steps(session, data)
    await session.execute(_ONE_AT_A_TIME)
    before = await list_rules(session, data.unit_id, data.kind)
    require_version(version_of(before), version)
    await session.execute(delete(ApprovalRule).where(_of(data.unit_id, data.kind)))
    rows = [
        {"unit_id": data.unit_id, "kind_code": data.kind, **msgspec.structs.asdict(step)}
        for step in data.steps
    ]
    if rows:
        await session.execute(insert(ApprovalRule), rows)
    await audit.record(
        session,
        actor,
        Tag.APPROVAL_CONFIGURED,
        "unit",
        data.unit_id,
        unit=name,
        kind=data.kind,
        before=[_told(rule) for rule in before],
        after=[_told(step) for step in data.steps],
    )


def version_of(rules: Sequence[ApprovalRule]) -> int:
    """A number that changes with the steps of a set: sets have no row of their own that could count."""
    return 1 + crc32(msgspec.json.encode([_told(rule) for rule in rules]))


async def _check_steps(session: AsyncSession, data: ReplaceRules) -> None:
    """Raises RulesNotValid with everything that is wrong, Invalid for somebody who is not there."""
    wrong = [
        FieldError(f"/steps/{place}", code)
        for place, step in enumerate(data.steps)
        if (code := _wrong(step)) is not None
    ]
    told = [msgspec.json.encode(_told(step)) for step in data.steps]
    wrong += [
        FieldError(f"/steps/{place}", "rule_step_twice")
        for place in range(len(told))
        if told[place] in told[:place]
    ]
    if data.steps:
        last = max(step.position for step in data.steps)
        if any(step.kind is not StepKind.APPROVAL for step in data.steps if step.position == last):
            wrong.append(FieldError("/steps", "rules_end_with_approval"))
    elif data.unit_id is None and data.kind is None:
        wrong.append(FieldError("/steps", "rules_of_all_needed"))
    if wrong:
        raise RulesNotValid(*wrong)
    people = {step.person_id for step in data.steps if step.person_id is not None}
    if people:
        await addressees.people(session, people, "steps")


def _wrong(step: RuleStepIn) -> str | None:
    named = [who for who in (step.role, step.person_id) if who is not None]
    if step.place is StepPlace.SIGNER:
        return "signer_is_named_in_the_manuscript" if named else None
    if len(named) != 1:
        return "role_or_person"
    if step.role is not None and Action.MANUSCRIPT_DECIDE not in GRANTS[step.role]:
        return "role_decides_nothing"
    return None


def _of(unit_id: UUID | None, kind_code: str | None) -> Any:
    return and_(
        ApprovalRule.unit_id.is_not_distinct_from(unit_id),
        ApprovalRule.kind_code.is_not_distinct_from(kind_code),
    )


def _told(rule: ApprovalRule | RuleStepIn) -> dict[str, Any]:
    return {
        "position": rule.position,
        "kind": rule.kind.value,
        "place": rule.place.value,
        "role": rule.role.value if rule.role else None,
        "person": str(rule.person_id) if rule.person_id else None,
    }
