"""Letters' own layouts: seen by the members of their unit and of the units below, and by who administers them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Row, cast, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.access.decision import Decision, allow, deny
from docflow.accounts.models import Unit
from docflow.core.errors import NotFound
from docflow.core.paging import key_of
from docflow.issuing.models import LetterTemplate


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The one read rule, over a join with the layout's unit."""
    above = sorted({no for held in actor.held for no in held.lineage})
    mine = sorted(actor.unit_numbers_for(Action.TEMPLATE_ADMINISTER))
    return or_(Unit.no.in_(above), Unit.lineage.overlap(cast(mine, ARRAY(Integer))))


def decide(actor: Actor, lineage: Sequence[int]) -> Decision:
    """May the actor add and retire layouts of a unit that lies here?"""
    if actor.unit_numbers_for(Action.TEMPLATE_ADMINISTER) & set(lineage):
        return allow("administers_templates_here")
    return deny("template_of_another_unit")


async def list_templates(
    session: AsyncSession, actor: Actor, *, kind: str | None, retired: bool, cursor: str | None, limit: int
) -> Sequence[Row[LetterTemplate, list[int]]]:
    """``LetterTemplate`` and ``lineage``, the newest first; ``limit + 1`` at most."""
    statement = (
        select(LetterTemplate, Unit.lineage)
        .join(Unit, Unit.id == LetterTemplate.unit_id)
        .where(visible_to(actor))
        .order_by(LetterTemplate.id.desc())
        .limit(limit + 1)
    )
    if kind is not None:
        statement = statement.where(or_(LetterTemplate.kind_code.is_(None), LetterTemplate.kind_code == kind))
    if not retired:
        statement = statement.where(LetterTemplate.retired_at.is_(None))
    if (after := key_of(cursor, UUID)) is not None:
        statement = statement.where(LetterTemplate.id < after[0])
    return (await session.execute(statement)).all()


async def get_template(
    session: AsyncSession, actor: Actor, template_id: UUID, *, lock: bool = False
) -> tuple[LetterTemplate, list[int]]:
    """A layout that the actor sees, with its unit's lineage. Raises NotFound."""
    statement = (
        select(LetterTemplate, Unit.lineage)
        .join(Unit, Unit.id == LetterTemplate.unit_id)
        .where(LetterTemplate.id == template_id, visible_to(actor))
    )
    if lock:
        statement = statement.with_for_update(of=LetterTemplate)
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]
