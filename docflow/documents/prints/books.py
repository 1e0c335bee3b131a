"""The register of the decree's forms for incoming and outgoing documents, line by line.

Columns: Decree 30/2020/NĐ-CP, Appendix IV (registers of incoming and of outgoing documents), with those of
domain §1.4: an outgoing register also tells when a document was sent and who acknowledged it. Internal documents are
registered as outgoing ones are.
"""

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, case, func, literal, select, true
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from docflow.access.actor import Actor
from docflow.accounts.models import Person, Principal, Unit
from docflow.core.clock import LOCAL_ZONE
from docflow.core.messages import Language, text_of
from docflow.documents.models import (
    Direction,
    Document,
    DocumentKind,
    PrintKind,
    Receipt,
    RegisterEntry,
    Urgency,
)
from docflow.documents.numbering import number_text
from docflow.documents.policy import visible_to
from docflow.documents.prints.sheets import Asked, Line, Sheet, opened
from docflow.printing.tables import Cell, CellKind, Column, Row, printed_text

GIVEN_SHOWN = 20
"""Of a document given to more units and people the first are named and the others counted."""

INCOMING = (
    ("arrived_on", 19, CellKind.DATE),
    ("arrival_number", 13, CellKind.NUMBER),
    ("issuer", 32, CellKind.TEXT),
    ("symbol", 26, CellKind.TEXT),
    ("issued_on", 19, CellKind.DATE),
    ("subject", 66, CellKind.TEXT),
    ("given_to", 32, CellKind.TEXT),
    ("given_on", 19, CellKind.DATE),
    ("acknowledged", 28, CellKind.TEXT),
    ("note", 26, CellKind.TEXT),
)
OUTGOING = (
    ("symbol", 26, CellKind.TEXT),
    ("issued_on", 19, CellKind.DATE),
    ("subject", 66, CellKind.TEXT),
    ("signer", 28, CellKind.TEXT),
    ("recipients", 38, CellKind.TEXT),
    ("copy_kept_by", 22, CellKind.TEXT),
    ("copies", 13, CellKind.NUMBER),
    ("sent_on", 19, CellKind.DATE),
    ("acknowledged", 28, CellKind.TEXT),
    ("note", 26, CellKind.TEXT),
)


class Given(NamedTuple):
    """To whom a document was given: names, on which days, who acknowledged it when."""

    to: str
    on: str
    acknowledged: str


def columns(asked: Asked) -> tuple[Column, ...]:
    """Those of the book's direction."""
    facts = INCOMING if asked.book.direction is Direction.INCOMING else OUTGOING
    return tuple(
        Column(text_of(f"print_column_{word}", asked.language), share, kind) for word, share, kind in facts
    )


async def lines(
    session: AsyncSession, asked: Asked, actor: Actor | None
) -> AsyncGenerator[Sequence[Line], None]:
    """Every number of the book in the period: documents, reserved and void numbers, suffixes after their number."""
    stream = await opened(session, _statement(asked, actor))
    try:
        async for rows in stream.partitions():
            yield [line_of(row, asked) for row in rows]
    finally:
        await stream.close()


def line_of(row: Any, asked: Asked) -> Line:
    """A number with its document, if it has one, in the two forms: whole, and for those who may not see it."""
    number = f"{number_text(row.number)}{row.suffix}"
    whole = Row(
        _cells(row, number, asked), struck=row.voided_at is not None, note=voided_note(row, asked.language)
    )
    if row.id is None:
        return Line(number, row.taken_at, None, (whole,))
    hidden = restricted(number, asked)
    return Line(number, row.taken_at, row.id, (whole, hidden), 0 if row.seen else 1)


def restricted(number: str, asked: Asked) -> Row:
    """A number of a document that the reader may not see: the number, the word for it, and nothing else."""
    word = text_of("print_restricted", asked.language)
    incoming = asked.book.direction is Direction.INCOMING
    cells: list[Cell] = [None] * len(INCOMING if incoming else OUTGOING)
    place, said = (1, 5) if incoming else (0, 2)
    cells[place], cells[said] = number, word
    return Row(tuple(cells))


def in_period(asked: Asked) -> list[ColumnElement[bool]]:
    """The numbers of the book that were given in the period, by the day on the wall: prints of one period after
    another hold every number once."""
    conditions = [RegisterEntry.register_id == asked.book.register_id]
    if asked.since is not None:
        conditions.append(RegisterEntry.taken_at >= asked.since)
    if asked.until is not None:
        conditions.append(RegisterEntry.taken_at < asked.until)
    return conditions


def in_order() -> tuple[ColumnElement[Any], ...]:
    """The order of a book: `45`, `45a` … `45z`, `45aa`, `46`."""
    suffix = RegisterEntry.suffix
    return RegisterEntry.number.expression, func.char_length(suffix), suffix.collate("C")


def document_of_entry() -> ColumnElement[bool]:
    """Joins a number with its document."""
    return (
        (Document.register_id == RegisterEntry.register_id)
        & (Document.register_number == RegisterEntry.number)
        & (Document.register_suffix == RegisterEntry.suffix)
    )


def seen_by(actor: Actor | None) -> ColumnElement[bool]:
    """Whether the reader sees the document; without one everything is seen."""
    if actor is None:
        return literal(True)
    # A number without a document compares as unknown, which is no.
    return case((visible_to(actor), literal(True)), else_=literal(False))


def kind_and_subject(row: Any) -> str:
    return f"{row.kind_name}: {row.subject}"


def given_of(row: Any, language: Language) -> Given:
    """The columns about receipts, from the lists that ``given_lateral`` selects."""
    names = list(row.given_names or ())
    if row.given_count is not None and row.given_count > len(names):
        names.append(text_of("print_given_others", language, count=str(row.given_count - len(names))))
    days = dict.fromkeys(day_of(moment) for moment in row.given_at or ())
    acknowledged = [
        f"{name} {day_of(moment)}"
        for name, moment in zip(row.acknowledged_names or (), row.acknowledged_at or (), strict=True)
        if moment is not None
    ]
    return Given(";\n".join(names), "\n".join(days), ";\n".join(acknowledged))


def given_lateral(language: Language) -> Any:
    """The receipts of Document, the first ones by name: a lateral subquery of lists in one order."""
    first = _first_receipts(language)
    how_many = (
        select(func.count())
        .select_from(Receipt)
        .where(Receipt.document_id == Document.id)
        .correlate(Document)
        .scalar_subquery()
    )

    def listed(column: Any) -> Any:
        return func.array_agg(aggregate_order_by(column, first.c.id))

    return (
        select(
            listed(first.c.name).label("given_names"),
            listed(first.c.sent_at).label("given_at"),
            listed(first.c.signer).label("acknowledged_names"),
            listed(first.c.acknowledged_at).label("acknowledged_at"),
            how_many.label("given_count"),
        )
        .correlate(Document)
        .lateral("given")
    )


def _first_receipts(language: Language) -> Any:
    unit, person, signer = aliased(Unit), aliased(Person), aliased(Person)
    english = func.coalesce(func.nullif(unit.name_en, ""), unit.name_vi)
    name = unit.name_vi if language is Language.VI else english
    return (
        select(
            Receipt.id,
            func.coalesce(name, person.full_name).label("name"),
            Receipt.sent_at,
            Receipt.acknowledged_at,
            signer.full_name.label("signer"),
        )
        .join(Principal, Principal.no == Receipt.principal_no)
        .outerjoin(unit, unit.id == Principal.unit_id)
        .outerjoin(person, person.id == Principal.person_id)
        .outerjoin(signer, signer.id == Receipt.acknowledged_by)
        .where(Receipt.document_id == Document.id)
        .correlate(Document)
        .order_by(Receipt.id)
        .limit(GIVEN_SHOWN)
        .subquery("receipts")
    )


def _statement(asked: Asked, actor: Actor | None) -> Select[*tuple[Any, ...]]:
    given = given_lateral(asked.language)
    kind_name = DocumentKind.name_vi if asked.language is Language.VI else DocumentKind.name_en
    entry, document = RegisterEntry, Document
    return (
        select(
            *(entry.number, entry.suffix, entry.taken_at, entry.reserved_for, entry.reserved_until),
            *(entry.voided_at, entry.void_reason),
            *(document.id, document.arrived_on, document.symbol, document.issued_on, document.issuer),
            *(document.subject, document.signer_name, document.signer_post, document.signer_authority),
            *(document.recipients, document.copy_kept_by, document.copies, document.note, document.urgency),
            *(document.late_reason, kind_name.label("kind_name"), seen_by(actor).label("seen")),
            *given.c,
        )
        .select_from(entry)
        .outerjoin(document, document_of_entry())
        .outerjoin(DocumentKind, DocumentKind.code == document.kind_code)
        .outerjoin(given, true())
        .where(*in_period(asked))
        .order_by(*in_order())
    )


def _cells(row: Any, number: str, asked: Asked) -> tuple[Cell, ...]:
    incoming = asked.book.direction is Direction.INCOMING
    note = _note(row, asked.language)
    if row.id is None:
        taken_on = row.taken_at.astimezone(LOCAL_ZONE).date()
        if incoming:
            return (taken_on, number, "", "", None, "", "", "", "", note)
        return (number, taken_on, "", "", "", "", None, "", "", note)
    given = given_of(row, asked.language)
    if incoming:
        return (
            *(row.arrived_on, number, row.issuer, row.symbol, row.issued_on, kind_and_subject(row)),
            *(given.to, given.on, given.acknowledged, note),
        )
    return (
        *(row.symbol, row.issued_on, kind_and_subject(row), _signer(row), row.recipients or given.to),
        *(row.copy_kept_by, row.copies, given.on, given.acknowledged, note),
    )


def _signer(row: Any) -> str:
    """`KT. Nguyễn Văn Ánh`, the post below."""
    name = " ".join(filter(None, (row.signer_authority and row.signer_authority.value, row.signer_name)))
    return "\n".join(filter(None, (name, row.signer_post)))


def _note(row: Any, language: Language) -> str:
    """The note, and what is special about the number: urgent, entered late, reserved."""

    def say(code: str, **facts: str) -> str:
        return text_of(code, language, **facts)

    said: list[str] = []
    if row.urgency is not None and row.urgency is not Urgency.NORMAL:
        said.append(say(f"print_urgency_{row.urgency.value}"))
    if row.late_reason:
        said.append(say("print_late", reason=row.late_reason))
    if row.id is None and row.reserved_for is not None:
        said.append(say("print_reserved", purpose=row.reserved_for))
        if row.reserved_until is not None:
            said.append(say("print_reserved_until", day=printed_text(row.reserved_until)))
    if row.note:
        said.append(row.note)
    return "\n".join(said)


def voided_note(row: Any, language: Language) -> str:
    """Why the number is struck through; the reason itself is not."""
    if row.voided_at is None:
        return ""
    return text_of("print_voided", language, day=day_of(row.voided_at), reason=row.void_reason)


def day_of(moment: datetime) -> str:
    return printed_text(moment.astimezone(LOCAL_ZONE).date())


SHEET = Sheet(PrintKind.REGISTER, columns, lines)
