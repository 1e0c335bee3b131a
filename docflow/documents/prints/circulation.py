"""The circulation sheet and acquaintance lists on paper and as sheets; that one was taken is recorded."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.accounts.models import Unit
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.messages import Language, text_of
from docflow.core.paging import MAX_LIMIT, cursor_of
from docflow.documents import queries
from docflow.documents.models import Document, Urgency
from docflow.documents.numbering import number_text
from docflow.documents.queries.circulation import get_acquaintance, list_acquainted, list_read_by
from docflow.documents.queries.sheet import list_lines
from docflow.documents.service.tables import Made, make_table
from docflow.documents.sheet import SheetLine, SheetSources
from docflow.printing.tables import CellKind, Column, Row, Table, printed_text
from docflow.printing.writers import Format

NAMED = 30
"""Of one role so many are named in a line, and the others counted."""

_SHEET = (
    ("at", 26, CellKind.MOMENT),
    ("what", 34, CellKind.TEXT),
    ("by", 40, CellKind.TEXT),
    ("to", 62, CellKind.TEXT),
    ("text", 82, CellKind.TEXT),
    ("due", 26, CellKind.MOMENT),
)
_LIST = (
    ("unit", 70, CellKind.TEXT),
    ("name", 50, CellKind.TEXT),
    ("post", 50, CellKind.TEXT),
    ("first", 30, CellKind.MOMENT),
    ("times", 16, CellKind.NUMBER),
    ("state", 30, CellKind.TEXT),
)


async def print_sheet(
    session: AsyncSession,
    actor: Actor,
    document_id: UUID,
    sources: SheetSources,
    format_: Format,
    language: Language,
) -> Made:
    """The circulation sheet as the actor may see it. Raises NotFound."""
    document = await queries.get_document(session, actor, document_id)
    lines = await list_lines(session, actor, document, language, sources)
    table = await _sheet_table(session, document, language)
    rows = [_sheet_row(line, language) for line in lines]
    made = await make_table(
        table, rows, _foot(actor, language), format_, _file_name("sheet_file", document, language)
    )
    await _record(session, actor, document.id, made, what="circulation", rows=len(rows))
    return made


async def print_list(
    session: AsyncSession,
    actor: Actor,
    document_id: UUID,
    acquaintance_id: UUID,
    format_: Format,
    language: Language,
) -> Made:
    """Who on an acquaintance list has read the document and who has not, one row a person. Raises NotFound."""
    made_list = await get_acquaintance(session, actor, document_id, acquaintance_id)
    document = await queries.get_document(session, actor, document_id)
    rows = await _list_rows(session, acquaintance_id, language)
    due = made_list.due_on
    titles = (
        text_of("acquaintance_title", language),
        made_list.title,
        f"{document.symbol}, {printed_text(document.issued_on)}: {document.subject}",
        *((text_of("acquaintance_due", language, due=printed_text(due)),) if due else ()),
    )
    table = Table(titles, _columns("acquaintance_column", _LIST, language), language)
    name = _file_name("acquaintance_file", document, language)
    made = await make_table(table, rows, _foot(actor, language), format_, name)
    told = {"acquaintance": str(acquaintance_id)}
    await _record(session, actor, document.id, made, what="acquaintance", rows=len(rows), **told)
    return made


async def _list_rows(session: AsyncSession, acquaintance_id: UUID, language: Language) -> list[Row]:
    rows: list[Row] = []
    cursor: str | None = None
    while True:
        entries = await list_acquainted(session, acquaintance_id, cursor=cursor, limit=MAX_LIMIT)
        page = entries[:MAX_LIMIT]
        people = await list_read_by(session, [entry.id for entry in page])
        for entry in page:
            rows += [_list_row(entry, person, language) for person in people.get(entry.id, ())]
        if len(entries) <= MAX_LIMIT:
            return rows
        cursor = cursor_of(page[-1].id)


def _list_row(entry: Any, person: Any, language: Language) -> Row:
    state = "acquaintance_read" if person.first_at is not None else "acquaintance_unread"
    unit = entry.name_vi or ""
    said = text_of(state, language)
    return Row((unit, person.full_name, person.post, person.first_at, person.times or 0, said))


async def _sheet_table(session: AsyncSession, document: Document, language: Language) -> Table:
    unit = await session.get_one(Unit, document.unit_id)
    above = await session.get(Unit, unit.parent_id) if unit.parent_id else None
    names = [
        one.name_vi if language is Language.VI else one.name_en or one.name_vi for one in (above, unit) if one
    ]
    title = "sheet_title_incoming" if document.arrived_on is not None else "sheet_title"
    titles = (text_of(title, language), *_facts(document, language))
    issuer = tuple(name.upper() for name in names)
    return Table(titles, _columns("sheet_column", _SHEET, language), language, issuer, numbered=True)


def _facts(document: Document, language: Language) -> list[str]:
    """What the head of the sheet says of the document."""

    def say(code: str, **facts: str) -> str:
        return text_of(code, language, **facts)

    number = number_text(document.register_number, document.register_suffix)
    lines = [
        say(
            "sheet_fact_symbol",
            symbol=document.symbol,
            issued_on=printed_text(document.issued_on),
            issuer=document.issuer,
        ),
        say("sheet_fact_subject", subject=document.subject),
    ]
    registered = [say("sheet_fact_number", number=number)]
    if document.arrived_on is not None:
        arrived_on = printed_text(document.arrived_on)
        registered = [say("sheet_fact_arrival", number=number, arrived_on=arrived_on)]
    if document.urgency is not Urgency.NORMAL:
        urgency = say(f"export_urgency_{document.urgency.value}")
        registered.append(say("sheet_fact_urgency", urgency=urgency))
    if document.due_on is not None:
        registered.append(say("sheet_fact_due", due=printed_text(document.due_on)))
    return [*lines, " – ".join(registered)]


def _columns(
    prefix: str, facts: Sequence[tuple[str, int, CellKind]], language: Language
) -> tuple[Column, ...]:
    return tuple(Column(text_of(f"{prefix}_{word}", language), share, kind) for word, share, kind in facts)


def _sheet_row(line: SheetLine, language: Language) -> Row:
    to = "\n".join(_receivers(one.role, one.names, language) for one in line.to)
    return Row((line.at, text_of(f"sheet_{line.what}", language), line.by, to, line.text, line.due_at))


def _receivers(role: str | None, names: Sequence[str], language: Language) -> str:
    named = list(names[:NAMED])
    if len(names) > NAMED:
        named.append(text_of("print_given_others", language, count=str(len(names) - NAMED)))
    listed = "; ".join(named)
    return f"{text_of(f'sheet_role_{role}', language)}: {listed}" if role else listed


def _foot(actor: Actor, language: Language) -> list[str]:
    return [text_of("export_made", language, moment=printed_text(clock.now()), name=actor.name)]


def _file_name(code: str, document: Document, language: Language) -> str:
    number = number_text(document.register_number, document.register_suffix)
    return f"{text_of(code, language)} {number} {clock.today().isoformat()}"


async def _record(
    session: AsyncSession, actor: Actor, document_id: UUID, made: Made, *, what: str, rows: int, **told: str
) -> None:
    facts: dict[str, Any] = {"what": what, "format": made.format.value, "rows": rows, **told}
    await audit.record(session, actor, Tag.DOCUMENT_EXPORTED, "document", document_id, **facts)
