"""Reading dossiers: one, a list, suggestions, those of a document."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Row, Select, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.accounts.models import Person, Unit
from docflow.core.errors import NotFound, invalid
from docflow.core.paging import COUNTED, Total, key_of, total_of
from docflow.core.text import TextNotAllowed, clean_line, fold
from docflow.dossiers.models import Dossier, DossierDocument, DossierState
from docflow.dossiers.policy import visible_to

MAX_QUERY = 200
SUGGESTED = 10


class DossierFilters(msgspec.Struct, frozen=True, kw_only=True):
    """What a list of dossiers is narrowed to. ``code`` is the beginning of one; ``proposed``: offered to the archive."""

    q: str | None = None
    unit_id: UUID | None = None
    year: int | None = None
    state: DossierState | None = None
    code: str | None = None
    keeper_id: UUID | None = None
    proposed: bool | None = None


async def get_dossier(
    session: AsyncSession, actor: Actor, dossier_id: UUID, *, lock: bool = False
) -> Dossier:
    """A dossier that the actor sees. Raises NotFound. ``lock`` until the end of the transaction."""
    statement = select(Dossier).where(Dossier.id == dossier_id, visible_to(actor))
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    dossier = await session.scalar(statement)
    if dossier is None:
        raise NotFound
    return dossier


async def get_row(session: AsyncSession, actor: Actor, dossier_id: UUID) -> Row[Any]:
    """A dossier with the names of unit and keeper. Raises NotFound."""
    row = (await session.execute(_rows(actor).where(Dossier.id == dossier_id))).one_or_none()
    if row is None:
        raise NotFound
    return row


async def lineage_of(session: AsyncSession, dossier: Dossier) -> tuple[int, ...]:
    """The lineage of the dossier's unit."""
    return tuple(await session.scalar(select(Unit.lineage).where(Unit.id == dossier.unit_id)) or ())


async def list_dossiers(
    session: AsyncSession, actor: Actor, filters: DossierFilters, *, cursor: str | None, limit: int
) -> Sequence[Row[Any]]:
    """Dossiers with the names of unit and keeper, those opened last first; ``limit + 1`` at most."""
    statement = _rows(actor).where(*_conditions(filters))
    after = key_of(cursor, UUID)
    if after is not None:
        statement = statement.where(Dossier.id < after[0])
    return (await session.execute(statement.order_by(Dossier.id.desc()).limit(limit + 1))).all()


async def count_dossiers(session: AsyncSession, actor: Actor, filters: DossierFilters) -> Total:
    """How many the list has."""
    probe = select(literal(1)).select_from(Dossier).where(visible_to(actor), *_conditions(filters))
    counted = await session.scalar(select(func.count()).select_from(probe.limit(COUNTED + 1).subquery()))
    return total_of(counted or 0)


async def suggest_dossiers(session: AsyncSession, actor: Actor, q: str) -> Sequence[Row[Any]]:
    """Open dossiers for whoever wants to put something into one: words of code or title, as typed so far."""
    filters = DossierFilters(q=q, state=DossierState.OPEN)
    statement = _rows(actor).where(*_conditions(filters))
    order = (Dossier.year.desc(), Dossier.code.collate("C"), Dossier.id)
    return (await session.execute(statement.order_by(*order).limit(SUGGESTED))).all()


async def list_of_document(session: AsyncSession, actor: Actor, document_id: UUID) -> Sequence[Row[Any]]:
    """The dossiers in which a document is, as far as the actor sees them. The caller has checked the document."""
    inside = select(DossierDocument.dossier_id).where(DossierDocument.document_id == document_id)
    statement = _rows(actor).where(Dossier.id.in_(inside))
    return (await session.execute(statement.order_by(Dossier.id.desc()).limit(200))).all()


def _rows(actor: Actor) -> Select[*tuple[Any, ...]]:
    return (
        select(Dossier, Unit.name_vi.label("unit_name"), Person.full_name.label("keeper_name"))
        .join(Unit, Unit.id == Dossier.unit_id)
        .join(Person, Person.id == Dossier.keeper_id)
        .where(visible_to(actor))
    )


def _conditions(filters: DossierFilters) -> list[ColumnElement[bool]]:
    same = {
        Dossier.unit_id: filters.unit_id,
        Dossier.year: filters.year,
        Dossier.state: filters.state,
        Dossier.keeper_id: filters.keeper_id,
    }
    found: list[ColumnElement[bool]] = [
        column == value for column, value in same.items() if value is not None
    ]
    if filters.code:
        found.append(Dossier.code.startswith(_line("code", filters.code), autoescape=True))
    if filters.proposed is not None:
        found.append(Dossier.proposed_at.is_not(None) == filters.proposed)
    if filters.q:
        words = fold(_line("q", filters.q)).split()
        found += [Dossier.found_by.contains(word, autoescape=True) for word in words]
    return found


def _line(field: str, text: str) -> str:
    if len(text) > MAX_QUERY:
        raise invalid(field, "search_too_long", limit=MAX_QUERY)
    try:
        return clean_line(text)
    except TextNotAllowed as error:
        raise invalid(field, "text_not_allowed") from error
