"""Opening, changing and closing the books of a unit: which kinds each covers, and from when to when."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor, Secrecy
from docflow.accounts import addressees
from docflow.accounts.models import Unit
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import require_version
from docflow.core.errors import invalid
from docflow.documents import queries
from docflow.documents.errors import (
    BookOverlaps,
    KindNumberedAlready,
    RegisterClosed,
    RegisterInUse,
    RegisterStillRuns,
    ReservationsOpen,
)
from docflow.documents.models import Register, Series
from docflow.documents.numbering import book_title, number_text, year_of
from docflow.documents.policy import decide_book, decide_stub
from docflow.documents.queries.registers import get_register, open_reservations
from docflow.documents.schemas import ChangeRegister, OpenRegister
from docflow.documents.service.registers.numbers import day_of
from docflow.documents.service.registers.years import lock_books, turn

LONGEST_TERM = timedelta(days=3653)
"""Ten years, with their leap days."""


async def open_register(session: AsyncSession, actor: Actor, data: OpenRegister) -> Register:
    """Open a book of a unit. Decree 30/2020 leaves to its head whether it keeps one series or one per kind.

    Raises Invalid, NotAllowed, BookOverlaps, and KindNumberedAlready where its series would begin twice.
    """
    unit_id = _own_unit(actor, data.unit_id)
    decide_book(actor, Action.REGISTER_CONFIGURE, unit_id).require()
    if data.is_secret:
        decide_stub(actor, Secrecy.SECRET).require()
    await addressees.units(session, [unit_id], "unit_id")
    register = Register(
        unit_id=unit_id,
        direction=data.direction,
        kinds=await _kinds(session, data.kinds),
        is_secret=data.is_secret,
        series=data.series,
        **_period(data),
    )
    await lock_books(session, unit_id)
    await _require_room(session, register)
    session.add(register)
    await session.flush()
    if data.series is Series.YEAR:
        first = register.starts_on
        await turn(session, actor, unit_id, data.direction, data.is_secret, first, beside=register.id)
    await session.refresh(register)
    await audit.record(
        session, actor, Tag.REGISTER_OPENED, "register", register.id, on_behalf_of=unit_id, **_told(register)
    )
    return register


async def change_register(
    session: AsyncSession, actor: Actor, register_id: UUID, version: int, data: ChangeRegister
) -> Register:
    """Another title; other kinds while it has given no number; another end of a term. Raises NotFound, NotAllowed,
    Stale, Invalid, RegisterClosed, RegisterInUse, and as ``open_register``."""
    register = await _locked(session, actor, register_id, version)
    if register.closed_at is not None:
        raise RegisterClosed(title=register.title)
    before = _told(register)
    if data.title is not msgspec.UNSET:
        register.title = data.title
    if data.kinds is not msgspec.UNSET and (kinds := await _kinds(session, data.kinds)) != register.kinds:
        if register.last_number:
            raise RegisterInUse
        register.kinds = kinds
    if data.ends_on is not msgspec.UNSET and data.ends_on != register.ends_on:
        _check_new_end(register, data.ends_on)
        register.ends_on = data.ends_on
    changed = {name: [before[name], told] for name, told in _told(register).items() if told != before[name]}
    if changed:
        if changed.keys() - {"title"}:
            await _require_room(session, register)
        await session.flush()
        await audit.record(
            session,
            actor,
            Tag.REGISTER_CHANGED,
            "register",
            register.id,
            on_behalf_of=register.unit_id,
            changed=changed,
        )
    return register


async def close_register(session: AsyncSession, actor: Actor, register_id: UUID, version: int) -> Register:
    """Close a book for ever: no number in it is given, reserved, used or voided any more.

    A year's when the year is over or its unit is no more, a term's on any day, which is then its last; one that
    gave no number at any time: it is as if it had never been. Raises NotFound, NotAllowed, Stale, RegisterClosed,
    RegisterStillRuns, ReservationsOpen.
    """
    register = await _locked(session, actor, register_id, version, ending=True)
    today = clock.today()
    if register.closed_at is not None:
        raise RegisterClosed(title=register.title)
    waiting = (await session.scalars(open_reservations(register.id))).all()
    if waiting:
        raise ReservationsOpen(numbers=", ".join(number_text(number) for number in waiting))
    if register.last_number and today < register.ends_on:
        if register.series is Series.YEAR and await _is_in_service(session, register.unit_id, today):
            raise RegisterStillRuns(title=register.title)
        if register.series is Series.TERM and register.last_at is not None:
            register.ends_on = max(date.fromordinal(day_of(register.last_at).toordinal() + 1), today)
    register.closed_at = clock.now()
    register.closed_by = actor.person_id
    await session.flush()
    await audit.record(
        session,
        actor,
        Tag.REGISTER_CLOSED,
        "register",
        register.id,
        on_behalf_of=register.unit_id,
        title=register.title,
        last_number=register.last_number,
    )
    return register


async def _locked(
    session: AsyncSession, actor: Actor, register_id: UUID, version: int, *, ending: bool = False
) -> Register:
    """The register, with the unit's books and itself locked."""
    register = await get_register(session, actor, register_id)
    decide_book(actor, Action.REGISTER_CONFIGURE, register.unit_id, ending=ending).require()
    await lock_books(session, register.unit_id)
    register = await get_register(session, actor, register_id, lock=True)
    require_version(register.version, version)
    return register


def _own_unit(actor: Actor, unit_id: UUID | None) -> UUID:
    """The unit named, or the only one whose registers the actor configures."""
    mine = actor.units_for(Action.REGISTER_CONFIGURE)
    if unit_id is not None:
        return unit_id
    if len(mine) != 1:
        raise invalid("unit_id", "unit_to_be_named")
    return next(iter(mine))


async def _kinds(session: AsyncSession, codes: list[str]) -> list[str]:
    """The codes in order, each once. Raises Invalid for one that is not known."""
    known = {kind.code for kind in await queries.list_kinds(session)} if codes else set()
    if not known.issuperset(codes):
        raise invalid("kinds", "kind_not_known")
    return sorted(set(codes))


def _period(data: OpenRegister) -> dict[str, Any]:
    """Title, first day and end of a book. Raises Invalid."""
    today = clock.today()
    if data.series is Series.YEAR:
        if data.starts_on is not None or data.ends_on is not None:
            raise invalid("starts_on", "term_dates_of_year")
        year = data.year or today.year
        if year not in (today.year, today.year + 1):
            raise invalid("year", "year_not_possible")
        starts_on, ends_on = year_of(date(year, 1, 1))
        usual = book_title(data.direction, is_secret=data.is_secret, year=year)
        return {"title": data.title or usual, "starts_on": starts_on, "ends_on": ends_on}
    if data.year is not None:
        raise invalid("year", "year_of_term")
    if data.starts_on is None or data.ends_on is None:
        raise invalid("starts_on" if data.starts_on is None else "ends_on", "term_dates_missing")
    if not data.title:
        raise invalid("title", "term_title_missing")
    _check_term(data.starts_on, data.ends_on)
    return {"title": data.title, "starts_on": data.starts_on, "ends_on": data.ends_on}


def _check_new_end(register: Register, ends_on: date) -> None:
    if register.series is Series.YEAR:
        raise invalid("ends_on", "term_dates_of_year")
    _check_term(register.starts_on, ends_on)


def _check_term(starts_on: date, ends_on: date) -> None:
    if not timedelta(0) < ends_on - starts_on <= LONGEST_TERM or ends_on <= clock.today():
        raise invalid("ends_on", "term_not_possible")


async def _require_room(session: AsyncSession, register: Register) -> None:
    """No other book covers the same at the same time, and no document of its kinds has a number elsewhere then.

    Raises BookOverlaps, KindNumberedAlready. Whoever is just taking a number in a book that loses a kind to this
    one is waited for, and chooses again when they waited for us: its version has changed.
    """
    facts = {
        "unit": register.unit_id,
        "direction": register.direction.value,
        "secret": register.is_secret,
        "starts": register.starts_on,
        "ends": register.ends_on,
        "kinds": register.kinds,
        "id": register.id,
    }
    other = (await session.execute(_OVERLAPPING, facts)).first()
    if other is not None:
        raise BookOverlaps(title=other.title)
    if not register.kinds:
        return
    general = (await session.scalars(_TELL_GENERAL, facts)).all()
    numbered = (await session.scalars(_NUMBERED, {"books": general, "kinds": register.kinds})).all()
    if numbered:
        raise KindNumberedAlready(kinds=", ".join(numbered))


async def _is_in_service(session: AsyncSession, unit_id: UUID, on: date) -> bool:
    valid_to = await session.scalar(select(Unit.valid_to).where(Unit.id == unit_id))
    return valid_to is None or valid_to > on


def _told(register: Register) -> dict[str, Any]:
    return {
        "title": register.title,
        "direction": register.direction.value,
        "kinds": list(register.kinds),
        "series": register.series.value,
        "starts_on": register.starts_on.isoformat(),
        "ends_on": register.ends_on.isoformat(),
        "is_secret": register.is_secret,
    }


_OTHERS = """
    unit_id = :unit AND direction = :direction AND is_secret = :secret
    AND (CAST(:id AS uuid) IS NULL OR id <> CAST(:id AS uuid))
    AND (closed_at IS NULL OR last_number > 0) AND starts_on < :ends AND ends_on > :starts
"""
_OVERLAPPING = text(
    f"""
    SELECT title FROM register
    WHERE {_OTHERS} AND (kinds && CAST(:kinds AS text[]) OR (kinds = '{{}}' AND CAST(:kinds AS text[]) = '{{}}'))
    ORDER BY starts_on LIMIT 1
    """  # noqa: S608  (constants)
)
_TELL_GENERAL = text(
    f"UPDATE register SET version = version + 1 WHERE {_OTHERS} AND kinds = '{{}}' RETURNING id"  # noqa: S608
)
_NUMBERED = text(
    """
    SELECT kind FROM unnest(CAST(:kinds AS text[])) AS kind
    WHERE EXISTS (
        SELECT FROM document WHERE register_id = ANY(CAST(:books AS uuid[])) AND kind_code = kind
    )
    ORDER BY kind
    """
)
