"""Registering: a document gets its number in the transaction that stores its row, its file's row and its readers."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.accounts import addressees
from docflow.core import clock
from docflow.core.errors import FieldError, Invalid, NotAllowed, invalid
from docflow.core.text import fold
from docflow.core.working_calendar import WorkingCalendar, vietnam
from docflow.documents import queries
from docflow.documents.errors import DuplicateSuspected
from docflow.documents.models import Direction, Document, Series, Source
from docflow.documents.numbering import after_number, number_text
from docflow.documents.policy import decide_register
from docflow.documents.queries.registers import symbols_of_kinds
from docflow.documents.schemas import IssueOutgoing, RegisterIncoming, Signed
from docflow.documents.service.filing import Filed, Finish, Own, Paper, check_number, file_away, get_place
from docflow.documents.symbols import YEARS, Symbol, SymbolNotUnderstood, parse


async def register_incoming(
    session: AsyncSession,
    actor: Actor,
    data: RegisterIncoming,
    paper: Paper,
    *,
    annexes: Sequence[Paper] = (),
    source: Source = Source.UPLOAD,
) -> Document:
    """Register an incoming document with its file and annexes. Decree 30/2020, articles 21 and 22.

    Raises Invalid for a symbol, kind, unit or date that is not possible and for a late entry without a reason,
    NotAllowed for another unit's register, DuplicateSuspected unless it is confirmed, and the conflicts of
    ``service.registers.numbers``.
    """
    return (await file_incoming(session, actor, data, (paper, *annexes), source)).document


async def file_incoming(
    session: AsyncSession,
    actor: Actor,
    data: RegisterIncoming,
    papers: tuple[Paper, ...],
    source: Source = Source.UPLOAD,
) -> Filed:
    """``register_incoming`` for whoever shows what was registered at once."""
    if data.secrecy != "none":
        raise invalid("secrecy", "secret_file_refused")
    return await enter_incoming(session, actor, data, papers, source)


async def enter_incoming(
    session: AsyncSession,
    actor: Actor,
    data: RegisterIncoming,
    papers: tuple[Paper, ...],
    source: Source,
    secrecy: int = 0,
) -> Filed:
    """``register_incoming`` for whoever has decided about secrecy: a stub has no papers."""
    unit_id = own_unit(actor, data.unit_id)
    symbol, kind = read_symbol(data, await symbols_of_kinds(session))
    document = new_document(actor, data, unit_id, kind, secrecy, source)
    document.direction = Direction.INCOMING
    document.symbol, document.symbol_key = symbol.written, symbol.match_key
    document.issued_on = data.issued_on
    document.arrived_on = data.arrived_on or clock.today()
    document.issuer, document.issuer_key = data.issuer, fold(data.issuer)
    document.issuer_unit_id = data.issuer_unit_id
    check_dates(document.issued_on, document.arrived_on, document.due_on)
    document.late_reason = late_reason_of(data, document.arrived_on)
    if data.issuer_unit_id is not None:
        await addressees.units(session, [data.issuer_unit_id], "issuer_unit_id")
    if not data.confirm_duplicate:
        await _warn_of_duplicates(session, actor, document, papers)
    place = await get_place(session, document)
    return await file_away(session, actor, document, place, data, papers)


async def issue_outgoing(
    session: AsyncSession,
    actor: Actor,
    data: IssueOutgoing,
    paper: Paper,
    *,
    annexes: Sequence[Paper] = (),
    direction: Direction = Direction.OUTGOING,
    source: Source = Source.UPLOAD,
) -> Document:
    """Register a document that the unit issues, to others or for itself: number and date are given together.

    In time order (domain §1.2); its symbol is made from the number. Raises as ``register_incoming``.
    """
    return (await enter_issued(session, actor, data, direction, (paper, *annexes), source)).document


async def enter_issued(
    session: AsyncSession,
    actor: Actor,
    data: IssueOutgoing,
    direction: Direction,
    papers: tuple[Paper, ...],
    source: Source = Source.UPLOAD,
    secrecy: int = 0,
    finish: Finish | None = None,
) -> Filed:
    """``issue_outgoing`` for whoever shows it at once, or has decided about secrecy: a stub has no papers.

    ``finish`` makes papers in which number and date stand.
    """
    unit_id = own_unit(actor, data.unit_id)
    check_number(data)
    kinds = await symbols_of_kinds(session)
    if data.kind is None or data.kind not in kinds:
        raise invalid("kind", "kind_not_known")
    if data.answers_id is not None:
        await queries.get_document(session, actor, data.answers_id)
    today = clock.today()
    check_dates(today, today, data.due_on)
    document = new_document(actor, data, unit_id, data.kind, secrecy, source)
    document.direction = direction
    place = await get_place(session, document)
    document.arrived_on = None
    document.late_reason = data.late_reason if data.after_number is not None else None
    document.issuer, document.issuer_key = place.name, fold(place.name)
    document.issuer_unit_id = unit_id
    document.answers_id = data.answers_id
    document.copy_kept_by = data.copy_kept_by
    symbol = kinds[data.kind]
    own = {series: _own_symbol(symbol, place.symbol, data.field, series) for series in Series}
    return await file_away(session, actor, document, place, data, papers, own, finish)


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


def read_symbol(data: RegisterIncoming, kinds: Mapping[str, str | None]) -> tuple[Symbol, str]:
    """What the symbol says, and the kind's code: named, or read off the symbol when it can mean one kind only.

    ``kinds`` are the symbols of the kinds by their codes.
    """
    by_symbol = {symbol: code for code, symbol in kinds.items() if symbol}
    try:
        symbol = parse(data.symbol, by_symbol)
    except SymbolNotUnderstood as error:
        raise invalid("symbol", f"symbol_{error.reason.value}") from error
    if data.kind is not None:
        if data.kind not in kinds:
            raise invalid("kind", "kind_not_known")
        if (named := kinds[data.kind]) in symbol.candidates:
            symbol = replace(symbol, kind=named)
        return symbol, data.kind
    if len(symbol.candidates) > 1:
        raise invalid("kind", "kind_ambiguous", candidates=", ".join(symbol.candidates))
    if symbol.kind is None or symbol.kind not in by_symbol:
        raise invalid("kind", "kind_to_be_named")
    return symbol, by_symbol[symbol.kind]


def _own_symbol(kind_symbol: str | None, unit_symbol: str, field: str, series: Series) -> Own | None:
    """What follows the number in a symbol of our own making; None where a letter's field is missing.

    Read before the number is taken, so that nothing can be wrong with it after.
    """
    if kind_symbol is None and not field and series is Series.YEAR:
        return None
    after = after_number(kind_symbol, unit_symbol, field, series)
    try:
        key = parse(f"10{after}", [kind_symbol] if kind_symbol else []).match_key
    except SymbolNotUnderstood as error:
        raise invalid("field", "field_not_of_a_symbol") from error
    return Own(after, key.removeprefix("10"))


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


def late_reason_of(data: RegisterIncoming, arrived_on: date) -> str | None:
    """Why the entry is late, when it is: a reason that is given for one in time is not kept.

    Decree 30/2020, articles 21 and 22: registered on the day of its arrival, at the latest on the next working
    day. A late entry gets the next number like every other, or a suffix; never one that was left free.
    Raises Invalid when the reason is missing.
    """
    check_number(data)
    if data.after_number is not None:
        return data.late_reason
    today = clock.today()
    if arrived_on == today or today <= _calendar(arrived_on.year).next_working_day(arrived_on):
        return None
    if not data.late_reason:
        raise invalid("late_reason", "late_reason_missing", arrived_on=arrived_on.isoformat())
    return data.late_reason


@lru_cache(maxsize=8)
def _calendar(year: int) -> WorkingCalendar:
    return vietnam([year])


async def _warn_of_duplicates(
    session: AsyncSession, actor: Actor, document: Document, papers: tuple[Paper, ...]
) -> None:
    found = await queries.find_duplicates(
        session,
        actor,
        symbol_key=document.symbol_key,
        issuer_key=document.issuer_key,
        issued_on=document.issued_on,
        sha256=papers[0].sha256 if papers else None,
    )
    if found:
        first = found[0]
        number = number_text(first.register_number, first.register_suffix)
        raise DuplicateSuspected(
            first=f"{number}/{first.registered_at.astimezone(clock.LOCAL_ZONE).year}",
            symbol=first.symbol,
            issuer=first.issuer,
            duplicates=[
                {
                    "id": str(row.id),
                    "number": number_text(row.register_number, row.register_suffix),
                    "symbol": row.symbol,
                    "issuer": row.issuer,
                    "subject": row.subject,
                    "arrived_on": row.arrived_on.isoformat(),
                }
                for row in found
            ],
        )


def new_document(
    actor: Actor, data: Signed, unit_id: UUID, kind: str, secrecy: int, source: Source
) -> Document:
    """The row of a document with what every one has, not yet in the session."""
    return Document(
        unit_id=unit_id,
        registered_by=actor.person_id,
        kind_code=kind,
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
        secrecy=secrecy,
        source=source,
        # Named though empty: what is not named would be read from the database again.
        answers_id=None,
        voided_at=None,
        destroyed_at=None,
        permitted=None,
        passed_on_at=None,
        copy_kept_by="",
        version=1,
    )
