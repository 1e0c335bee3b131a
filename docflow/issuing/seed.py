"""The way of a draft that every house starts with; a body's own rules go before it (Decree 30/2020, articles 10 to 13)."""

from sqlalchemy import insert, select

from docflow.access.roles import Role
from docflow.core.db import Sessions, transaction
from docflow.issuing.models import ApprovalRule, StepKind, StepPlace

DEFAULT_RULES = (
    {"position": 1, "kind": StepKind.CONTENT, "place": StepPlace.DRAFTING, "role": Role.UNIT_HEAD},
    {"position": 2, "kind": StepKind.FORM, "place": StepPlace.ISSUING, "role": Role.REGISTRY_CLERK},
    {"position": 3, "kind": StepKind.APPROVAL, "place": StepPlace.SIGNER, "role": None},
)
"""Content by the head of the drafting unit, form by the registry of the issuing body, approval by whoever signs."""


async def load_rules(sessions: Sessions) -> None:
    """Add the rules of every body and every kind where there are none; those that the house changed stay."""
    async with transaction(sessions) as session:
        there = await session.scalar(
            select(ApprovalRule.id)
            .where(ApprovalRule.unit_id.is_(None), ApprovalRule.kind_code.is_(None))
            .limit(1)
        )
        if there is None:
            await session.execute(insert(ApprovalRule), list(DEFAULT_RULES))
