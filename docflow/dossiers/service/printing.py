"""Sheets of dossiers: the list of documents, and what two parties sign when dossiers go into the archive."""

import asyncio
import io
from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.access.decision import Decision, allow, deny
from docflow.accounts.models import Person, Unit
from docflow.core import clock
from docflow.core.errors import NotFound, invalid
from docflow.core.messages import Language, text_of
from docflow.documents.models import Document
from docflow.documents.policy import visible_to as documents_visible_to
from docflow.dossiers.exporting.index import index_file
from docflow.dossiers.exporting.names import entry_name
from docflow.dossiers.exporting.planning import rows_in_time_order
from docflow.dossiers.models import Dossier, DossierDocument, DossierState
from docflow.dossiers.policy import decide, visible_to
from docflow.dossiers.queries.dossiers import get_dossier
from docflow.dossiers.schemas import PrintHandOver
from docflow.printing.tables import Cell, CellKind, Column, Row, Table, printed_text
from docflow.printing.writers import Format, open_writer

INDEX = (
    ("place", 13, CellKind.NUMBER),
    ("dossier_code", 34, CellKind.TEXT),
    ("dossier_title", 90, CellKind.TEXT),
    ("span", 40, CellKind.TEXT),
    ("retention", 28, CellKind.TEXT),
    ("documents", 18, CellKind.NUMBER),
    ("pages", 18, CellKind.NUMBER),
    ("note", 30, CellKind.TEXT),
)
MINUTES = (("place", 10, CellKind.NUMBER), ("matter", 60, CellKind.TEXT), ("fact", 160, CellKind.TEXT))


async def print_index(
    session: AsyncSession, actor: Actor, dossier_id: UUID, format_: Format
) -> tuple[str, bytes]:
    """Name and bytes of the list of the documents that the actor sees in a dossier. Raises NotFound."""
    dossier = await get_dossier(session, actor, dossier_id)
    unit_name = await session.scalar(select(Unit.name_vi).where(Unit.id == dossier.unit_id)) or ""
    rows = await rows_in_time_order(session, actor, dossier.id)
    content = await asyncio.to_thread(index_file, dossier, unit_name, rows, actor.language, format_)
    return export_name(dossier, format_.value), content


async def print_hand_over(session: AsyncSession, actor: Actor, data: PrintHandOver) -> tuple[str, bytes]:
    """Name and bytes of the minutes (biên bản giao nhận) or the index (mục lục hồ sơ) of dossiers of one unit that were
    offered to the archive or received by it. For whoever hands over and whoever receives: they tell how much each held
    when it was closed. Raises NotFound, NotAllowed, Invalid.
    """
    rows = await _handed(session, actor, set(data.dossier_ids))
    for row in rows:
        decide_sheet(actor, row.Dossier, row.lineage).require()
        if row.Dossier.state is not DossierState.HANDED_OVER and row.Dossier.proposed_at is None:
            raise invalid("dossier_ids", "dossier_not_offered", dossier=row.Dossier.code)
    if len({row.Dossier.unit_id for row in rows}) > 1:
        raise invalid("dossier_ids", "dossiers_of_several_units")
    spans = await _spans(session, actor, [row.Dossier.id for row in rows])
    make = _minutes if data.sheet == "minutes" else _index
    format_ = Format(data.format)
    content = await asyncio.to_thread(partial(make, rows, spans, actor.language, format_))
    title = text_of(f"hand_over_{data.sheet}_file", actor.language)
    name = f"{title} {rows[0].unit_name} {clock.today().isoformat()}.{format_.value}"
    return entry_name(name, set()), content


def decide_sheet(actor: Actor, dossier: Dossier, lineage: Sequence[int]) -> Decision:
    """May the actor, who sees the dossier, print its hand-over? Whoever keeps it and whoever receives it."""
    for action in (Action.DOSSIER_KEEP, Action.DOSSIER_RECEIVE):
        if actor.may(action) and decide(actor, action, dossier, lineage):
            return allow("party_of_the_hand_over")
    return deny("no_party_of_the_hand_over")


def export_name(dossier: Dossier, extension: str) -> str:
    """`Hồ sơ 2026 01.TCCB-2.zip`."""
    return entry_name(f"Hồ sơ {dossier.year} {dossier.code.replace('/', '-')}.{extension}", set())


async def _handed(session: AsyncSession, actor: Actor, dossier_ids: set[UUID]) -> Sequence[Any]:
    giver, receiver = aliased(Person), aliased(Person)
    handed_by = func.coalesce(Dossier.handed_over_by, Dossier.proposed_by)
    statement = (
        select(
            Dossier,
            Unit.name_vi.label("unit_name"),
            Unit.lineage,
            giver.full_name.label("giver"),
            receiver.full_name.label("receiver"),
        )
        .join(Unit, Unit.id == Dossier.unit_id)
        .outerjoin(giver, giver.id == handed_by)
        .outerjoin(receiver, receiver.id == Dossier.received_by)
        .where(Dossier.id.in_(dossier_ids), visible_to(actor))
        .order_by(Dossier.year, Dossier.code.collate("C"), Dossier.id)
    )
    rows: Sequence[Any] = (await session.execute(statement)).all()
    if len(rows) < len(dossier_ids):
        raise NotFound
    return rows


async def _spans(session: AsyncSession, actor: Actor, dossier_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The dates of the first and the last document of each that the actor sees."""
    rows = await session.execute(
        select(DossierDocument.dossier_id, func.min(Document.issued_on), func.max(Document.issued_on))
        .join(Document, Document.id == DossierDocument.document_id)
        .where(DossierDocument.dossier_id.in_(dossier_ids), documents_visible_to(actor))
        .group_by(DossierDocument.dossier_id)
    )
    return {key: f"{printed_text(first)} – {printed_text(last)}" for key, first, last in rows}


def _index(rows: Sequence[Any], spans: dict[UUID, str], language: Language, format_: Format) -> bytes:
    def cells(place: int, dossier: Dossier) -> tuple[Cell, ...]:
        return (
            place,
            dossier.code,
            dossier.title,
            spans.get(dossier.id, ""),
            text_of(f"retention_{dossier.retention.value}", language),
            dossier.document_total,
            dossier.page_total,
            dossier.note,
        )

    lines = [Row(cells(place, row.Dossier)) for place, row in enumerate(rows, 1)]
    foot = [text_of("hand_over_index_foot", language, dossiers=str(len(rows)), **_sums(rows))]
    return _written("index", INDEX, rows, lines, foot, language, format_)


def _minutes(rows: Sequence[Any], spans: dict[UUID, str], language: Language, format_: Format) -> bytes:
    first = rows[0]
    received = {row.Dossier.handed_over_on for row in rows}
    on = next(iter(received)) if len(received) == 1 else None
    retentions = sorted({row.Dossier.retention for row in rows})
    facts = {
        "unit": first.unit_name,
        "giver": ", ".join(sorted({row.giver for row in rows if row.giver})),
        "receiver": ", ".join(sorted({row.receiver for row in rows if row.receiver})) or "………………",
        "day": printed_text(on) if on else "………………",
        "years": ", ".join(sorted({str(row.Dossier.year) for row in rows})),
        "amount": text_of("hand_over_amounts", language, dossiers=str(len(rows)), **_sums(rows)),
        "codes": "; ".join(f"{row.Dossier.code} ({row.Dossier.year})" for row in rows),
        "retentions": ", ".join(text_of(f"retention_{one.value}", language) for one in retentions),
    }
    lines = [
        Row((place, text_of(f"hand_over_{name}", language), value))
        for place, (name, value) in enumerate(facts.items(), 1)
    ]
    foot = [text_of(f"hand_over_sign_{side}", language) for side in ("copies", "giver", "receiver")]
    return _written("minutes", MINUTES, rows, lines, foot, language, format_)


def _sums(rows: Sequence[Any]) -> dict[str, str]:
    return {
        "documents": str(sum(row.Dossier.document_total or 0 for row in rows)),
        "pages": str(sum(row.Dossier.page_total or 0 for row in rows)),
    }


def _written(
    sheet: str,
    columns: Sequence[tuple[str, int, CellKind]],
    rows: Sequence[Any],
    lines: Sequence[Row],
    foot: Sequence[str],
    language: Language,
    format_: Format,
) -> bytes:
    titled = tuple(
        Column(text_of(f"dossier_column_{word}", language), share, kind) for word, share, kind in columns
    )
    title = text_of(f"hand_over_{sheet}_title", language)
    table = Table((title,), titled, language, (rows[0].unit_name.upper(),), numbered=sheet == "index")
    out = io.BytesIO()
    writer = open_writer(format_, table, out)
    writer.write(lines)
    writer.finish(foot)
    return out.getvalue()
