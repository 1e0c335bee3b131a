"""Reading books and their prints, always through ``policy.registers_visible_to``."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from docflow.access.actor import Actor
from docflow.accounts.models import Person, Unit
from docflow.core.errors import NotFound
from docflow.core.messages import Language
from docflow.core.paging import key_of
from docflow.documents.models import Register, RegisterPrint
from docflow.documents.policy import registers_visible_to
from docflow.documents.prints.sheets import Asked, Book

_PRINT: tuple[Any, ...] = (
    RegisterPrint.id,
    RegisterPrint.code,
    RegisterPrint.register_id,
    RegisterPrint.kind,
    RegisterPrint.starts_on,
    RegisterPrint.ends_on,
    RegisterPrint.language,
    RegisterPrint.format,
    RegisterPrint.row_count,
    RegisterPrint.digest,
    func.cardinality(RegisterPrint.restricted).label("restricted_count"),
    RegisterPrint.printed_by,
    Person.full_name.label("printed_by_name"),
    RegisterPrint.printed_at,
)


async def get_book(session: AsyncSession, actor: Actor | None, register_id: UUID, language: Language) -> Book:
    """A book that the actor sees; without one any. Raises NotFound."""
    above = aliased(Unit)
    row = (
        await session.execute(
            select(Register, Unit, above)
            .join(Unit, Unit.id == Register.unit_id)
            .outerjoin(above, above.id == Unit.parent_id)
            .where(Register.id == register_id, _seen_by(actor))
        )
    ).one_or_none()
    if row is None:
        raise NotFound
    register, unit, parent = row
    return Book(
        register_id=register.id,
        unit_id=unit.id,
        lineage=tuple(unit.lineage),
        unit_name=_name(unit, language),
        parent_name=_name(parent, language) if parent is not None else "",
        direction=register.direction,
        series=register.series,
        title=register.title,
        starts_on=register.starts_on,
        ends_on=register.ends_on,
    )


async def asked_again(session: AsyncSession, record: RegisterPrint) -> Asked:
    """What a recorded print was asked for."""
    book = await get_book(session, None, record.register_id, record.language)
    return Asked(book, record.kind, record.starts_on, record.ends_on, record.language, record.printed_at)


async def list_prints(
    session: AsyncSession, actor: Actor, register_id: UUID, *, cursor: str | None, limit: int
) -> Sequence[Row[Any]]:
    """The prints of a book that the actor sees, the newest first; ``limit + 1`` at most. Raises NotFound."""
    await get_book(session, actor, register_id, actor.language)
    after = key_of(cursor, UUID)
    statement = (
        select(*_PRINT)
        .join(Person, Person.id == RegisterPrint.printed_by)
        .where(RegisterPrint.register_id == register_id, RegisterPrint.id < after[0] if after else true())
        .order_by(RegisterPrint.id.desc())
        .limit(limit + 1)
    )
    return (await session.execute(statement)).all()


async def get_print(session: AsyncSession, actor: Actor, code: str) -> Row[Any]:
    """A print of a book that the actor sees, by the code that stands on it. Raises NotFound."""
    row = (
        await session.execute(
            select(*_PRINT)
            .join(Person, Person.id == RegisterPrint.printed_by)
            .join(Register, Register.id == RegisterPrint.register_id)
            .join(Unit, Unit.id == Register.unit_id)
            .where(RegisterPrint.code == code.upper(), _seen_by(actor))
        )
    ).one_or_none()
    if row is None:
        raise NotFound
    return row


async def find_prints(session: AsyncSession, written: str) -> Sequence[RegisterPrint]:
    """The prints with a code or a checksum as somebody typed it from paper, the oldest first.

    For whoever runs the house: nobody's view is asked for. The same book printed twice unchanged has one checksum.
    """
    plain = "".join(written.split()).lower()
    digest = bytes.fromhex(plain) if len(plain) == 64 and set(plain) <= set("0123456789abcdef") else b""
    letters = plain.replace("-", "").upper().translate(_MISREAD)
    code = "-".join(letters[place : place + 4] for place in range(0, len(letters), 4))
    named = or_(RegisterPrint.code == code, RegisterPrint.digest == digest)
    return (await session.scalars(select(RegisterPrint).where(named).order_by(RegisterPrint.id))).all()


async def list_recorded(session: AsyncSession, after: UUID | None, limit: int) -> Sequence[RegisterPrint]:
    """Every print in the order in which they were made."""
    later = RegisterPrint.id > after if after else true()
    return (
        await session.scalars(select(RegisterPrint).where(later).order_by(RegisterPrint.id).limit(limit))
    ).all()


async def name_of(session: AsyncSession, person_id: UUID) -> str:
    """The name of whoever printed."""
    return await session.scalar(select(Person.full_name).where(Person.id == person_id)) or ""


_MISREAD = str.maketrans("OIL", "011")


def _seen_by(actor: Actor | None) -> ColumnElement[bool]:
    return true() if actor is None else registers_visible_to(actor)


def _name(unit: Unit, language: Language) -> str:
    return unit.name_vi if language is Language.VI else unit.name_en or unit.name_vi
