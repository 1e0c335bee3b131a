"""Loading the sample province into an empty house."""

from asyncio import gather
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

import msgspec
from sqlalchemy import exists, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.roles import Role
from docflow.accounts.models import RoleHeld, Unit, UnitKind
from docflow.accounts.passwords import hash_password
from docflow.accounts.schemas import AddPerson, Clearance
from docflow.accounts.service.people import admit
from docflow.accounts.service.units import plant
from docflow.core.db import Sessions, transaction
from docflow.core.messages import Language
from docflow.documents.seed import load_kinds
from docflow.meetings.models import Site, SiteKind

SAMPLE_PASSWORD = "mot-ngay-nang-dep"  # noqa: S105  (published: it opens the sample province only)

_FILE = Path(__file__).with_name("province.json")


class _Kind(msgspec.Struct, frozen=True):
    code: str
    name_vi: str
    name_en: str


class _Unit(msgspec.Struct, frozen=True):
    code: str
    symbol: str
    kind: str
    name_vi: str
    name_en: str
    parent: str | None
    email: str
    valid_from: date


class _Person(msgspec.Struct, frozen=True):
    username: str
    full_name: str
    post: str
    email: str
    language: Language
    clearance: Clearance
    roles: list[tuple[Role, str]]


class _Site(msgspec.Struct, frozen=True):
    name: str
    kind: str
    unit: str
    room: str
    address: str
    seats: int
    technician: str
    technician_phone: str


class _Province(msgspec.Struct, frozen=True):
    """What is read of ``province.json``."""

    unit_kinds: list[_Kind]
    site_kinds: list[_Kind]
    units: list[_Unit]
    people: list[_Person]
    sites: list[_Site]


def sample_sign_ins() -> list[tuple[str, str]]:
    """Each user name with who it is, in the order of the file."""
    return [(person.username, f"{person.full_name}, {person.post}") for person in _province().people]


async def load_sample(
    sessions: Sessions, password_of: Callable[[str], str] = lambda username: SAMPLE_PASSWORD
) -> bool:
    """Load the province unless there is any unit; whether it was loaded. ``password_of`` a user name.

    Equal passwords get one hash between them, since that many hashes would take half a second.
    """
    province = _province()
    await load_kinds(sessions)
    async with transaction(sessions) as session:
        await session.execute(select(func.pg_advisory_xact_lock(func.hashtext("docflow.sample"))))
        if await session.scalar(select(exists().where(Unit.id.is_not(None)))):
            return False
        units = await _load_units(session, province)
        await _load_people(session, province.people, units, password_of)
        await _load_sites(session, province, units)
        return True


def _province() -> _Province:
    return msgspec.json.decode(_FILE.read_bytes(), type=_Province)


async def _load_units(session: AsyncSession, province: _Province) -> Mapping[str, Unit]:
    """The units by code; the file has a parent before its children."""
    await session.execute(insert(UnitKind), [msgspec.structs.asdict(kind) for kind in province.unit_kinds])
    units: dict[str, Unit] = {}
    for given in province.units:
        parent = None if given.parent is None else units[given.parent]
        units[given.code] = Unit(
            code=given.code,
            symbol=given.symbol,
            name_vi=given.name_vi,
            name_en=given.name_en,
            kind_code=given.kind,
            parent_id=None if parent is None else parent.id,
            email=given.email,
            valid_from=given.valid_from,
        )
        await plant(session, units[given.code], parent)
    return units


async def _load_people(
    session: AsyncSession,
    people: Sequence[_Person],
    units: Mapping[str, Unit],
    password_of: Callable[[str], str],
) -> None:
    passwords = {person.username: password_of(person.username) for person in people}
    distinct = sorted(set(passwords.values()))
    hashes = dict(zip(distinct, await gather(*map(hash_password, distinct)), strict=True))
    roles = []
    for given in people:
        password = passwords[given.username]
        told = {name: getattr(given, name) for name in given.__struct_fields__ if name != "roles"}
        person = await admit(session, AddPerson(**told, password=password), hashes[password])
        for role, code in given.roles:
            unit = units[code]
            held = {"person_id": person.id, "unit_id": unit.id, "role": role, "valid_from": unit.valid_from}
            roles.append(held)
    await session.execute(insert(RoleHeld), roles)


async def _load_sites(session: AsyncSession, province: _Province, units: Mapping[str, Unit]) -> None:
    await session.execute(insert(SiteKind), [msgspec.structs.asdict(kind) for kind in province.site_kinds])
    rows = [
        {
            **{name: getattr(site, name) for name in site.__struct_fields__ if name not in {"kind", "unit"}},
            "kind_code": site.kind,
            "unit_id": units[site.unit].id,
        }
        for site in province.sites
    ]
    await session.execute(insert(Site), rows)
