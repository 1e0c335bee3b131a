"""Saying how long is kept."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core.db import require_version
from docflow.core.errors import NotFound, invalid
from docflow.documents.models import DocumentKind
from docflow.retention.models import RetentionRule
from docflow.retention.policy import decide_rule
from docflow.retention.queries import lineage_of
from docflow.retention.schemas import RuleIn


async def add_rule(session: AsyncSession, actor: Actor, data: RuleIn) -> RetentionRule:
    """A rule for a kind and a unit that have none. Raises RuleAlreadyThere."""
    await _require(session, actor, data.unit_id)
    await _require_kind(session, data.kind)
    rule = RetentionRule(
        unit_id=data.unit_id, kind_code=data.kind, retention=data.retention, source=data.source
    )
    session.add(rule)
    await session.flush()
    await _record(session, actor, rule, before=None)
    return rule


async def change_rule(
    session: AsyncSession, actor: Actor, rule_id: UUID, version: int, data: RuleIn
) -> RetentionRule:
    """Change a rule. What is destroyed already stays so; locks of the store are never shortened."""
    rule = await _rule(session, rule_id)
    await _require(session, actor, rule.unit_id)
    await _require(session, actor, data.unit_id)
    await _require_kind(session, data.kind)
    require_version(rule.version, version)
    before = _facts(rule)
    rule.unit_id, rule.kind_code = data.unit_id, data.kind
    rule.retention, rule.source = data.retention, data.source
    await session.flush()
    await _record(session, actor, rule, before=before)
    return rule


async def drop_rule(session: AsyncSession, actor: Actor, rule_id: UUID, version: int) -> None:
    """Take a rule away: the next less exact one holds, or none, and then such documents are kept."""
    rule = await _rule(session, rule_id)
    await _require(session, actor, rule.unit_id)
    require_version(rule.version, version)
    await session.delete(rule)
    await session.flush()
    await _record(session, actor, rule, before=_facts(rule), dropped=True)


async def _rule(session: AsyncSession, rule_id: UUID) -> RetentionRule:
    rule = await session.scalar(select(RetentionRule).where(RetentionRule.id == rule_id).with_for_update())
    if rule is None:
        raise NotFound
    return rule


async def _require(session: AsyncSession, actor: Actor, unit_id: UUID | None) -> None:
    decide_rule(actor, None if unit_id is None else await lineage_of(session, unit_id)).require()


async def _require_kind(session: AsyncSession, kind: str | None) -> None:
    if kind is not None and await session.get(DocumentKind, kind) is None:
        raise invalid("kind", "kind_unknown")


def _facts(rule: RetentionRule) -> dict[str, str | None]:
    unit_id = str(rule.unit_id) if rule.unit_id else None
    return {
        "unit": unit_id,
        "kind": rule.kind_code,
        "retention": rule.retention.value,
        "source": rule.source,
    }


async def _record(
    session: AsyncSession,
    actor: Actor,
    rule: RetentionRule,
    *,
    before: dict[str, str | None] | None,
    dropped: bool = False,
) -> None:
    after = None if dropped else _facts(rule)
    await audit.record(
        session, actor, Tag.RETENTION_CONFIGURED, "retention_rule", rule.id, before=before, after=after
    )
