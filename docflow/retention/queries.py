"""Reading terms, holds, candidates and disposals."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Row,
    Select,
    case,
    cast,
    exists,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.accounts.models import Unit
from docflow.core.errors import NotFound
from docflow.core.paging import key_of
from docflow.documents.models import Document
from docflow.dossiers.models import Dossier, DossierDocument
from docflow.retention.models import (
    Disposal,
    DisposalItem,
    DisposalState,
    HeldThing,
    LegalHold,
    RetentionRule,
)
from docflow.retention.policy import disposals_visible_to, holds_visible_to, listed_to
from docflow.retention.terms import YEARS, InDossier, Term, term_of


def rule_of_document() -> Any:
    """The most exact rule for Document, as a lateral subquery: of its unit and kind, its kind, its unit, any.

    What a document is says more of its worth than whose it is.
    """
    rule = RetentionRule
    return (
        select(rule.id, rule.retention)
        .where(
            or_(rule.kind_code == Document.kind_code, rule.kind_code.is_(None)),
            or_(rule.unit_id == Document.unit_id, rule.unit_id.is_(None)),
        )
        .order_by(rule.kind_code.is_(None), rule.unit_id.is_(None))
        .limit(1)
        .correlate(Document)
        .lateral("rule")
    )


def is_held() -> ColumnElement[bool]:
    """Whether a hold that was not released names Document or a dossier that it is in."""
    of_dossiers = (
        select(DossierDocument.dossier_id)
        .where(DossierDocument.document_id == Document.id)
        .correlate(Document)
    )
    named = or_(HeldThing.document_id == Document.id, HeldThing.dossier_id.in_(of_dossiers))
    return (
        exists()
        .where(HeldThing.hold_id == LegalHold.id, LegalHold.released_at.is_(None), named)
        .correlate(Document)
    )


@dataclass(frozen=True, slots=True)
class Kept:
    """A document, how long it is kept, and whether something holds it longer."""

    document_id: UUID
    term: Term
    is_held: bool
    destroyed: bool


async def find_kept(session: AsyncSession, document_ids: Collection[UUID]) -> dict[UUID, Kept]:
    """Terms and holds of documents, as they are now. The caller has checked who may know."""
    if not document_ids:
        return {}
    rule = rule_of_document()
    statement = (
        select(Document.id, Document.issued_on, Document.arrived_on, Document.destroyed_at)
        .add_columns(rule.c.id.label("rule_id"), rule.c.retention, is_held().label("is_held"))
        .outerjoin(rule, true())
        .where(Document.id.in_(document_ids))
    )
    rows = (await session.execute(statement)).all()
    dossiers = await _dossiers_of(session, document_ids)
    return {row.id: _kept(row, dossiers.get(row.id, ())) for row in rows}


def _kept(row: Row[Any], dossiers: Sequence[InDossier]) -> Kept:
    rule = (row.rule_id, row.retention) if row.rule_id else None
    term = term_of(dossiers, rule, row.issued_on, row.arrived_on)
    return Kept(row.id, term, row.is_held, row.destroyed_at is not None)


async def _dossiers_of(session: AsyncSession, document_ids: Collection[UUID]) -> dict[UUID, list[InDossier]]:
    rows = await session.execute(
        select(DossierDocument.document_id, Dossier.id, Dossier.retention, Dossier.closed_on)
        .join(Dossier, Dossier.id == DossierDocument.dossier_id)
        .where(DossierDocument.document_id.in_(document_ids))
        .order_by(Dossier.id)
    )
    found: dict[UUID, list[InDossier]] = {}
    for row in rows:
        found.setdefault(row.document_id, []).append(InDossier(row.id, row.retention, row.closed_on))
    return found


def _years(retention: Any) -> Any:
    """Years of a term; null for one that never ends."""
    return case(*((retention == word, years) for word, years in YEARS.items()), else_=None)


def ends_on() -> Any:
    """``terms.term_of`` in SQL: the last day on which Document is kept; null when no end is known."""
    rule = RetentionRule
    of_rule = (
        select(_years(rule.retention))
        .where(
            or_(rule.kind_code == Document.kind_code, rule.kind_code.is_(None)),
            or_(rule.unit_id == Document.unit_id, rule.unit_id.is_(None)),
        )
        .order_by(rule.kind_code.is_(None), rule.unit_id.is_(None))
        .limit(1)
        .correlate(Document)
        .scalar_subquery()
    )
    dated = func.greatest(Document.issued_on, func.coalesce(Document.arrived_on, Document.issued_on))
    last_year = func.extract("year", Dossier.closed_on) + _years(Dossier.retention)
    of_dossiers = (
        select(
            func.count().label("all"),
            func.count(last_year).label("ending"),
            func.max(last_year).label("last"),
        )
        .select_from(DossierDocument)
        .join(Dossier, Dossier.id == DossierDocument.dossier_id)
        .where(DossierDocument.document_id == Document.id)
        .correlate(Document)
        .subquery()
    )
    of_dossiers_year = (
        select(case((of_dossiers.c.all == of_dossiers.c.ending, of_dossiers.c.last), else_=None))
    ).scalar_subquery()
    is_filed = exists().where(DossierDocument.document_id == Document.id)
    year = case((is_filed, of_dossiers_year), else_=func.extract("year", dated) + of_rule)
    return cast(func.make_date(cast(year, Integer), 12, 31), Date)


def candidates(actor: Actor, unit_number: int, today: date, most: int) -> Select[tuple[UUID, date]]:
    """Documents of a unit and those below it whose term is over, which nothing holds, which no other list has, and
    which the actor sees: the oldest first."""
    shortest = date(today.year - min(YEARS.values()), 1, 1)
    listed = exists().where(
        DisposalItem.document_id == Document.id,
        DisposalItem.kept_back.is_(None),
        Disposal.id == DisposalItem.disposal_id,
        Disposal.state.in_((DisposalState.PROPOSED, DisposalState.APPROVED)),
    )
    last_day = ends_on()
    return (
        select(Document.id, last_day.label("last_day"))
        .join(Unit, Unit.id == Document.unit_id)
        .where(
            Document.issued_on < shortest,
            Unit.lineage.overlap(cast([unit_number], ARRAY(Integer))),
            Document.destroyed_at.is_(None),
            last_day < today,
            ~is_held(),
            ~listed,
            listed_to(actor),
        )
        .order_by(Document.issued_on, Document.id)
        .limit(most)
    )


async def find_rules(session: AsyncSession) -> Sequence[RetentionRule]:
    """Every rule, those of all units first."""
    order = (RetentionRule.unit_id.is_not(None), RetentionRule.unit_id, RetentionRule.kind_code)
    return (await session.scalars(select(RetentionRule).order_by(*order))).all()


async def get_hold(session: AsyncSession, actor: Actor, hold_id: UUID, *, lock: bool = False) -> LegalHold:
    """A hold that the actor sees. Raises NotFound."""
    statement = select(LegalHold).where(LegalHold.id == hold_id, holds_visible_to(actor))
    hold = await session.scalar(statement.with_for_update() if lock else statement)
    if hold is None:
        raise NotFound
    return hold


async def list_holds(
    session: AsyncSession, actor: Actor, *, active: bool | None, cursor: str | None, limit: int
) -> Sequence[LegalHold]:
    """Holds that the actor sees, the newest first: one more than ``limit``."""
    statement = select(LegalHold).where(holds_visible_to(actor))
    if active is not None:
        statement = statement.where(
            LegalHold.released_at.is_(None) if active else LegalHold.released_at.is_not(None)
        )
    if (key := key_of(cursor, UUID)) is not None:
        statement = statement.where(LegalHold.id < key[0])
    return (await session.scalars(statement.order_by(LegalHold.id.desc()).limit(limit + 1))).all()


async def holds_on(session: AsyncSession, actor: Actor, document_id: UUID) -> Sequence[LegalHold]:
    """The holds on a document that the actor may know of; there may be others."""
    of_dossiers = select(DossierDocument.dossier_id).where(DossierDocument.document_id == document_id)
    named = or_(HeldThing.document_id == document_id, HeldThing.dossier_id.in_(of_dossiers))
    statement = select(LegalHold).where(
        LegalHold.released_at.is_(None),
        LegalHold.id.in_(select(HeldThing.hold_id).where(named)),
        holds_visible_to(actor),
    )
    return (await session.scalars(statement.order_by(LegalHold.id))).all()


async def get_disposal(
    session: AsyncSession, actor: Actor, disposal_id: UUID, *, lock: bool = False
) -> Disposal:
    """A disposal that the actor sees. Raises NotFound."""
    statement = select(Disposal).where(Disposal.id == disposal_id, disposals_visible_to(actor))
    disposal = await session.scalar(statement.with_for_update() if lock else statement)
    if disposal is None:
        raise NotFound
    return disposal


async def list_disposals(
    session: AsyncSession, actor: Actor, *, state: DisposalState | None, cursor: str | None, limit: int
) -> Sequence[Disposal]:
    """Disposals that the actor sees, the newest first: one more than ``limit``."""
    statement = select(Disposal).where(disposals_visible_to(actor))
    if state is not None:
        statement = statement.where(Disposal.state == state)
    if (key := key_of(cursor, UUID)) is not None:
        statement = statement.where(Disposal.id < key[0])
    return (await session.scalars(statement.order_by(Disposal.id.desc()).limit(limit + 1))).all()


def items_of(disposal_id: UUID, actor: Actor | None) -> Select[Any]:
    """Items with the facts of the register of those documents that the actor sees on it; without one, of all."""
    seen = case((listed_to(actor), True), else_=False) if actor else true()
    document = Document
    return (
        select(DisposalItem, seen.label("seen"))
        .add_columns(
            document.symbol, document.issued_on, document.kind_code, document.subject, document.issuer
        )
        .join(document, document.id == DisposalItem.document_id)
        .where(DisposalItem.disposal_id == disposal_id)
        .order_by(DisposalItem.document_id)
    )


async def count_hidden(session: AsyncSession, actor: Actor, disposal_id: UUID) -> int:
    """How many documents of a disposal the actor does not see; those taken out are nobody's to decide."""
    inner = items_of(disposal_id, actor).where(DisposalItem.kept_back.is_(None)).subquery()
    return await session.scalar(select(func.count()).select_from(inner).where(~inner.c.seen)) or 0


async def count_items(session: AsyncSession, disposal_id: UUID) -> tuple[int, int, int]:
    """How many documents a disposal has, how many are kept back, how many are destroyed."""
    item = DisposalItem
    row = (
        await session.execute(
            select(func.count(), func.count(item.kept_back), func.count(item.destroyed_at)).where(
                item.disposal_id == disposal_id
            )
        )
    ).one()
    return row[0], row[1], row[2]


async def lineage_of(session: AsyncSession, unit_id: UUID) -> tuple[int, ...]:
    """The lineage of a unit. Raises NotFound."""
    lineage = await session.scalar(select(Unit.lineage).where(Unit.id == unit_id))
    if lineage is None:
        raise NotFound
    return tuple(lineage)


async def list_items(
    session: AsyncSession, actor: Actor, disposal_id: UUID, *, cursor: str | None, limit: int
) -> Sequence[Row[Any]]:
    """The items whose documents the actor sees on the list, in the order of keys: one more than ``limit``."""
    statement = items_of(disposal_id, actor).where(listed_to(actor))
    if (key := key_of(cursor, UUID)) is not None:
        statement = statement.where(DisposalItem.document_id > key[0])
    rows: Sequence[Row[Any]] = (await session.execute(statement.limit(limit + 1))).all()
    return rows
