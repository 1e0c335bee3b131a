"""Registering: a document gets its number in the transaction that stores its row, its file's row and its readers."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.accounts import addressees
from docflow.accounts.models import Unit
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.errors import FieldError, Invalid, NotAllowed, invalid
from docflow.core.jobs import enqueue
from docflow.core.text import fold
from docflow.documents import queries
from docflow.documents.errors import DuplicateSuspected
from docflow.documents.models import Direction, Document, DocumentFile, DocumentKind
from docflow.documents.numbering import number_text, outgoing_symbol
from docflow.documents.policy import decide_register
from docflow.documents.schemas import IssueOutgoing, RegisterIncoming, Signed
from docflow.documents.search_terms import tsvector_literal
from docflow.documents.service.registers import take_number
from docflow.documents.symbols import YEARS, Symbol, SymbolNotUnderstood, parse
from docflow.files.service import Received, add_file


async def register_incoming(
    session: AsyncSession, actor: Actor, data: RegisterIncoming, received: Received
) -> Document:
    """Register an incoming document with its file. Decree 30/2020, articles 21 and 22.

    Raises Invalid for a symbol, kind, unit or date that is not possible, NotAllowed for another unit's register
    and DuplicateSuspected unless it is confirmed.
    """
    if data.secrecy != "none":
        raise invalid("secrecy", "secret_file_refused")
    unit_id = own_unit(actor, data.unit_id)
    kinds = {kind.code: kind for kind in await queries.list_kinds(session)}
    symbol, kind = read_symbol(data, kinds)
    arrived_on = data.arrived_on or clock.today()
    check_dates(data.issued_on, arrived_on, data.due_on)
    if data.issuer_unit_id is not None:
        await addressees.units(session, [data.issuer_unit_id], "issuer_unit_id")
    issuer_key = fold(data.issuer)
    if not data.confirm_duplicate:
        await _warn_of_duplicates(session, actor, symbol.match_key, issuer_key, received.sha256)
    document = _document(actor, data, unit_id, kind)
    document.direction = Direction.INCOMING
    document.symbol = symbol.written
    document.symbol_key = symbol.match_key
    document.issued_on = data.issued_on
    document.arrived_on = arrived_on
    document.issuer = data.issuer
    document.issuer_key = issuer_key
    document.issuer_unit_id = data.issuer_unit_id
    return await _store(session, actor, document, received)


async def issue_outgoing(
    session: AsyncSession, actor: Actor, data: IssueOutgoing, received: Received
) -> Document:
    """Register an outgoing document: number and date are given together, in time order (domain §1.2)."""
    unit_id = own_unit(actor, data.unit_id)
    kind = await session.get(DocumentKind, data.kind or "")
    if kind is None:
        raise invalid("kind", "kind_not_known")
    if kind.symbol is None and not data.field:
        raise invalid("field", "field_of_letter_missing")
    if data.answers_id is not None:
        await queries.get_document(session, actor, data.answers_id)
    today = clock.today()
    check_dates(today, today, data.due_on)
    unit = await session.get_one(Unit, unit_id)
    _symbol_key(kind, outgoing_symbol(1, kind.symbol, unit.symbol, data.field))
    document = _document(actor, data, unit_id, kind)
    document.direction = Direction.OUTGOING
    document.issued_on = today
    document.issuer = unit.name_vi
    document.issuer_key = fold(unit.name_vi)
    document.issuer_unit_id = unit_id
    document.answers_id = data.answers_id
    return await _store(session, actor, document, received, (kind, unit, data.field))


def own_unit(actor: Actor, unit_id: UUID | None) -> UUID:
    """The unit in whose register to write: the one named, or the clerk's only one."""
    mine = actor.units_for(Action.DOCUMENT_REGISTER)
    if unit_id is None:
        if len(mine) != 1:
            raise invalid("unit_id", "unit_to_be_named")
        (unit_id,) = mine
    decision = decide_register(actor, unit_id)
    if not decision:
        raise NotAllowed(reason=decision.reason)
    return unit_id


def read_symbol(data: RegisterIncoming, kinds: dict[str, DocumentKind]) -> tuple[Symbol, DocumentKind]:
    """What the symbol says, and the kind: named, or read off the symbol when it can mean one kind only."""
    by_symbol = {kind.symbol: kind for kind in kinds.values() if kind.symbol}
    try:
        symbol = parse(data.symbol, by_symbol)
    except SymbolNotUnderstood as error:
        raise invalid("symbol", f"symbol_{error.reason.value}") from error
    if data.kind is not None:
        kind = kinds.get(data.kind)
        if kind is None:
            raise invalid("kind", "kind_not_known")
        if kind.symbol in symbol.candidates:
            symbol = replace(symbol, kind=kind.symbol)
        return symbol, kind
    if len(symbol.candidates) > 1:
        raise invalid("kind", "kind_ambiguous", candidates=", ".join(symbol.candidates))
    if symbol.kind is None or symbol.kind not in by_symbol:
        raise invalid("kind", "kind_to_be_named")
    return symbol, by_symbol[symbol.kind]


def _symbol_key(kind: DocumentKind, symbol: str) -> str:
    """The key of a symbol of our own making; asked once before the number is taken, so it cannot fail after."""
    try:
        return parse(symbol, [kind.symbol] if kind.symbol else []).match_key
    except SymbolNotUnderstood as error:
        raise invalid("field", "field_not_of_a_symbol") from error


def check_dates(issued_on: date, arrived_on: date, due_on: date | None) -> None:
    """Arrival is not before issue nor in the future; a deadline is not before arrival nor in the past."""
    today = clock.today()
    wrong: list[FieldError] = []
    if issued_on.year not in YEARS:
        wrong.append(FieldError("/issued_on", "issued_in_impossible_year"))
    if arrived_on < issued_on:
        wrong.append(FieldError("/arrived_on", "arrived_before_issued"))
    if arrived_on > today:
        wrong.append(FieldError("/arrived_on", "arrived_in_future"))
    if due_on is not None and due_on < max(arrived_on, today):
        wrong.append(FieldError("/due_on", "due_in_past"))
    if wrong:
        raise Invalid(*wrong)


async def _warn_of_duplicates(
    session: AsyncSession, actor: Actor, symbol_key: str, issuer_key: str, sha256: bytes
) -> None:
    found = await queries.find_duplicates(
        session, actor, symbol_key=symbol_key, issuer_key=issuer_key, sha256=sha256
    )
    if found:
        first = found[0]
        raise DuplicateSuspected(
            first=f"{number_text(first.register_number)}/{first.registered_at.astimezone(clock.LOCAL_ZONE).year}",
            symbol=first.symbol,
            issuer=first.issuer,
            duplicates=[
                {
                    "id": str(row.id),
                    "number": number_text(row.register_number),
                    "symbol": row.symbol,
                    "issuer": row.issuer,
                    "subject": row.subject,
                    "arrived_on": row.arrived_on.isoformat(),
                }
                for row in found
            ],
        )


def _document(actor: Actor, data: Signed, unit_id: UUID, kind: DocumentKind) -> Document:
    return Document(
        unit_id=unit_id,
        registered_by=actor.person_id,
        kind_code=kind.code,
        subject=data.subject,
        language=data.language,
        page_count=data.page_count,
        copies=data.copies,
        note=data.note,
        signer_name=data.signer_name,
        signer_key=fold(data.signer_name),
        signer_post=data.signer_post,
        signer_authority=data.signer_authority,
        recipients=data.recipients,
        urgency=data.urgency,
        due_on=data.due_on,
        secrecy=0,
    )


async def _store(
    session: AsyncSession,
    actor: Actor,
    document: Document,
    received: Received,
    outgoing: tuple[DocumentKind, Unit, str] | None = None,
) -> Document:
    """Everything that belongs to a registered document. The number comes last: its register stays locked."""
    (unit,) = await addressees.units(session, [document.unit_id], "unit_id")
    document.readers = [unit.principal_no]
    document.id = await session.scalar(select(text("uuidv7()"))) or document.id
    file = await add_file(session, actor, received)
    taken = await take_number(
        session,
        actor.person_id,
        document.unit_id,
        document.direction,
        document.kind_code,
        clock.today(),
    )
    document.register_id = taken.register_id
    document.register_number = taken.number
    document.registered_at = taken.at
    if outgoing is not None:
        kind, issuer, field = outgoing
        document.symbol = outgoing_symbol(taken.number, kind.symbol, issuer.symbol, field)
        document.symbol_key = _symbol_key(kind, document.symbol)
    document.search_vector = search_vector(document, "")
    session.add(document)
    await session.flush()
    await add_version(session, actor, document, file.id, 1, "")
    await audit.record(
        session,
        actor,
        Tag.DOCUMENT_REGISTERED,
        "document",
        document.id,
        on_behalf_of=document.unit_id,
        **_told(document, file.filename),
    )
    return document


async def add_version(
    session: AsyncSession, actor: Actor, document: Document, file_id: UUID, version: int, note: str
) -> None:
    """A file becomes a version of a document's, and its text is read after the commit."""
    await session.execute(
        insert(DocumentFile).values(
            document_id=document.id,
            file_id=file_id,
            version=version,
            added_by=actor.person_id,
            added_at=clock.now(),
            note=note,
        )
    )
    await enqueue(session, "documents.read_text", document_id=str(document.id), file_id=str(file_id))


def search_vector(document: Document, content: str) -> str:
    """What a document is found by: number and subject first, then issuer and signer, notes, the text."""
    return tsvector_literal(
        [
            (document.symbol, "A"),
            (document.subject, "A"),
            (document.issuer, "B"),
            (document.signer_name, "B"),
            (document.note, "C"),
            (content, "D"),
        ]
    )


def _told(document: Document, filename: str) -> dict[str, Any]:
    return {
        "number": number_text(document.register_number),
        "direction": document.direction.value,
        "symbol": document.symbol,
        "subject": document.subject,
        "file": filename,
    }
