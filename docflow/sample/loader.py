"""Loads the sample province into an empty database."""

import json
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Secrecy
from docflow.accounts.models import Person, Principal, PrincipalKind, RoleHeld, Unit, UnitKind
from docflow.accounts.passwords import hash_password
from docflow.core.db import Sessions, transaction
from docflow.core.text import person_sort_key
from docflow.meetings.models import Site, SiteKind

PROVINCE = Path(__file__).parent / "province.json"
SAMPLE_PASSWORD = "mot-ngay-nang-dep"  # noqa: S105  (published: it opens the sample province only)
EVER = date(2000, 1, 1)


def province() -> dict[str, Any]:
    """The sample as data."""
    data: dict[str, Any] = json.loads(PROVINCE.read_text("utf-8"))
    return data


def sample_sign_ins() -> list[tuple[str, str]]:
    """User names with name and post, in the order of the file."""
    return [
        (person["username"], f"{person['full_name']}, {person['post']}") for person in province()["people"]
    ]


async def load_sample(sessions: Sessions) -> bool:
    """Load the province unless there are units already; whether it was loaded."""
    data = province()
    password_hash = await hash_password(SAMPLE_PASSWORD)
    async with transaction(sessions) as session:
        if await session.scalar(select(func.count()).select_from(Unit)):
            return False
        await session.execute(insert(UnitKind), data["unit_kinds"])
        await session.execute(insert(SiteKind), data["site_kinds"])
        units = await _load_units(session, data["units"])
        await _load_people(session, data["people"], units, password_hash)
        await _load_sites(session, data["sites"], units)
    return True


async def _load_units(session: AsyncSession, rows: list[dict[str, Any]]) -> dict[str, UUID]:
    """Units in the file's order, parents first; their keys by code."""
    known: dict[str, Unit] = {}
    for row in rows:
        parent = known.get(row["parent"] or "")
        unit = Unit(
            code=row["code"],
            symbol=row["symbol"],
            name_vi=row["name_vi"],
            name_en=row["name_en"],
            kind_code=row["kind"],
            parent_id=parent.id if parent else None,
            lineage=[],
            email=row["email"],
            valid_from=date.fromisoformat(row["valid_from"]),
        )
        session.add(unit)
        await session.flush()
        unit.lineage = [*(parent.lineage if parent else []), unit.no]
        session.add(Principal(kind=PrincipalKind.UNIT, unit_id=unit.id))
        known[unit.code] = unit
    await session.flush()
    return {code: unit.id for code, unit in known.items()}


async def _load_people(
    session: AsyncSession, rows: list[dict[str, Any]], units: dict[str, UUID], password_hash: str
) -> None:
    for row in rows:
        person = Person(
            username=row["username"],
            full_name=row["full_name"],
            sort_key=person_sort_key(row["full_name"]),
            post=row["post"],
            email=row["email"],
            language=row["language"],
            clearance=Secrecy[row["clearance"].upper()],
            password_hash=password_hash,
        )
        session.add(person)
        await session.flush()
        session.add(Principal(kind=PrincipalKind.PERSON, person_id=person.id))
        for role, code in row["roles"]:
            session.add(RoleHeld(person_id=person.id, unit_id=units[code], role=role, valid_from=EVER))
    await session.flush()


async def _load_sites(session: AsyncSession, rows: list[dict[str, Any]], units: dict[str, UUID]) -> None:
    for row in rows:
        place = {name: row[name] for name in ("name", "room", "address", "seats", "technician")}
        session.add(
            Site(
                **place,
                technician_phone=row["technician_phone"],
                kind_code=row["kind"],
                unit_id=units[row["unit"]],
            )
        )
    await session.flush()
