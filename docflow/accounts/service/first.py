"""The first administrator of a new house, made at the console by whoever runs it."""

from uuid import UUID

import msgspec
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.roles import Role
from docflow.accounts.errors import UsernameTaken
from docflow.accounts.listing import unit_stands_on
from docflow.accounts.models import Person, RoleHeld, Unit, UnitKind
from docflow.accounts.passwords import hash_password
from docflow.accounts.schemas import AddPerson
from docflow.accounts.service.people import admit
from docflow.accounts.service.units import plant
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.core.text import clean_line

_KIND = {
    "code": "peoples_committee",
    "name_vi": "Ủy ban nhân dân tỉnh",
    "name_en": "provincial People's Committee",
}
_CODE = "UBND"
"""Code and symbol of the top unit until it is given a better symbol."""


async def add_first_administrator(
    sessions: Sessions, *, username: str, full_name: str, email: str, unit_name: str, password: str
) -> UUID:
    """Somebody who administers the whole house; the top unit is made when there is no unit. Returns who it is.

    Works as well when there are administrators already: whoever reaches the console is one of them.
    Raises UsernameTaken; msgspec.ValidationError for what no person can be called or no password can be.
    """
    given = {
        "username": username,
        "full_name": full_name,
        "email": email,
        "password": password,
        "post": "Quản trị hệ thống",
    }
    data = msgspec.convert(given, AddPerson)
    encoded = await hash_password(password)
    async with transaction(sessions) as session:
        if await session.scalar(select(Person.id).where(func.lower(Person.username) == data.username)):
            raise UsernameTaken
        unit = await _top_unit(session, unit_name)
        person = await admit(session, data, encoded)
        role = RoleHeld(
            person_id=person.id, unit_id=unit.id, role=Role.ADMINISTRATOR, valid_from=clock.today()
        )
        session.add(role)
        await session.flush()
        await audit.record(
            session,
            None,
            Tag.PERSON_ADDED,
            "person",
            person.id,
            name="console",
            username=person.username,
            full_name=person.full_name,
        )
        return person.id


async def _top_unit(session: AsyncSession, name: str) -> Unit:
    top = select(Unit).where(Unit.parent_id.is_(None), unit_stands_on(clock.today())).order_by(Unit.no)
    unit = await session.scalar(top.limit(1))
    if unit is None:
        await session.execute(insert(UnitKind).values(_KIND).on_conflict_do_nothing())
        unit = Unit(
            code=_CODE,
            symbol=_CODE,
            name_vi=clean_line(name) or _CODE,
            name_en=clean_line(name) or _CODE,
            kind_code=_KIND["code"],
            valid_from=clock.today(),
        )
        await plant(session, unit, None)
        await audit.record(
            session,
            None,
            Tag.UNIT_ADDED,
            "unit",
            unit.id,
            name="console",
            code=unit.code,
            unit_name=unit.name_vi,
        )
    return unit
