"""The record of destruction (biên bản tiêu hủy) as a printed table: every document of a disposal and what became of it."""

import asyncio
import io
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row as Found
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.accounts.models import Person, Unit
from docflow.core.clock import LOCAL_ZONE
from docflow.core.messages import Language, text_of
from docflow.documents.models import DocumentKind
from docflow.printing.tables import Cell, CellKind, Column, Row, Table, printed_text
from docflow.printing.writers import Format, open_writer
from docflow.retention.errors import NotCarriedOut
from docflow.retention.models import Disposal, DisposalItem, DisposalState
from docflow.retention.queries import items_of, lineage_of

COLUMNS = (
    ("ordinal", 9, CellKind.NUMBER),
    ("symbol", 24, CellKind.TEXT),
    ("issued_on", 18, CellKind.DATE),
    ("subject", 56, CellKind.TEXT),
    ("retention", 22, CellKind.TEXT),
    ("kept_until", 18, CellKind.DATE),
    ("files", 78, CellKind.TEXT),
    ("outcome", 38, CellKind.TEXT),
)


async def print_certificate(
    session: AsyncSession, actor: Actor, disposal: Disposal, format_: Format
) -> bytes:
    """The certificate in the actor's language. Of documents that they do not see on the list there is a row with its
    ordinal alone. Raises NotCarriedOut."""
    table, rows, foot = await certificate_of(session, actor, disposal)
    return await asyncio.to_thread(_written, table, rows, foot, format_)


def _written(table: Table, rows: Sequence[Row], foot: Sequence[str], format_: Format) -> bytes:
    out = io.BytesIO()
    writer = open_writer(format_, table, out)
    try:
        writer.write(rows)
        writer.finish(foot)
    except BaseException:
        writer.abandon()
        raise
    return out.getvalue()


async def certificate_of(
    session: AsyncSession, actor: Actor, disposal: Disposal
) -> tuple[Table, list[Row], list[str]]:
    """Heading, rows and the lines below them."""
    if disposal.state is not DisposalState.CARRIED_OUT:
        raise NotCarriedOut
    language = actor.language
    kinds = await _kinds(session, language)
    found = (await session.execute(items_of(disposal.id, actor))).all()
    rows = [_row(place, row, kinds, language) for place, row in enumerate(found, 1)]
    table = Table(
        (text_of("certificate_title", language), disposal.title),
        tuple(Column(text_of(f"certificate_{word}", language), share, kind) for word, share, kind in COLUMNS),
        language,
        await _issuer(session, disposal, language),
    )
    return table, rows, await _foot(session, disposal, found, language)


def file_name(disposal: Disposal, language: Language, format_: Format) -> str:
    """`Biên bản tiêu hủy 2026-11-23.pdf`."""
    on = disposal.carried_out_at.astimezone(LOCAL_ZONE).date() if disposal.carried_out_at else ""
    return f"{text_of('certificate_file', language)} {on}.{format_.value}"


def _row(place: int, found: Found[Any], kinds: dict[str, str], language: Language) -> Row:
    item: DisposalItem = found.DisposalItem
    if not found.seen:
        hidden: tuple[Cell, ...] = (
            place,
            "",
            None,
            text_of("certificate_hidden", language),
            "",
            None,
            "",
            "",
        )
        return Row(hidden)
    files = "\n".join(
        text_of("certificate_of_file", language, name=file["name"], size=file["size"], sha256=file["sha256"])
        for file in item.files
    )
    return Row(
        (
            place,
            found.symbol,
            found.issued_on,
            f"{kinds.get(found.kind_code, found.kind_code)}: {found.subject}",
            text_of(f"retention_{item.retention.value}", language),
            item.kept_until,
            files,
            _outcome(item, language),
        )
    )


def _outcome(item: DisposalItem, language: Language) -> str:
    if item.destroyed_at is not None:
        return text_of("certificate_destroyed", language, moment=printed_text(item.destroyed_at))
    why = text_of(f"kept_back_{item.kept_back}", language)
    return ": ".join(filter(None, (why, item.kept_back_note)))


async def _foot(
    session: AsyncSession, disposal: Disposal, found: Sequence[Found[Any]], language: Language
) -> list[str]:
    destroyed = sum(row.DisposalItem.destroyed_at is not None for row in found)

    def say(code: str, **facts: str) -> str:
        return text_of(code, language, **facts)

    return [
        say("certificate_count", documents=str(len(found)), destroyed=str(destroyed)),
        say(
            "certificate_proposed",
            name=await _name(session, disposal.proposed_by),
            moment=printed_text(disposal.proposed_at),
        ),
        say(
            "certificate_approved",
            name=await _name(session, disposal.decided_by),
            moment=printed_text(disposal.decided_at),
            note=disposal.decision_note,
        ),
        say("certificate_carried_out", moment=printed_text(disposal.carried_out_at)),
        say("certificate_digest", digest=disposal.digest.hex() if disposal.digest else ""),
    ]


async def _issuer(session: AsyncSession, disposal: Disposal, language: Language) -> tuple[str, ...]:
    lineage = await lineage_of(session, disposal.unit_id)
    units = await session.scalars(select(Unit).where(Unit.no.in_(lineage)))
    ordered = sorted(units, key=lambda unit: len(unit.lineage))[-2:]
    vi = language is Language.VI
    return tuple((unit.name_vi if vi else unit.name_en or unit.name_vi).upper() for unit in ordered)


async def _kinds(session: AsyncSession, language: Language) -> dict[str, str]:
    rows = await session.scalars(select(DocumentKind))
    return {kind.code: kind.name_vi if language is Language.VI else kind.name_en for kind in rows}


async def _name(session: AsyncSession, person_id: Any) -> str:
    return await session.scalar(select(Person.full_name).where(Person.id == person_id)) or ""
