"""The sample province in the database: whole, loaded once, and nobody's password in the clear."""

import asyncio
from datetime import date

import pytest
from sqlalchemy import delete, func, select

from docflow.access.roles import Role
from docflow.accounts.models import Person, Principal, RoleHeld, Unit, UnitKind
from docflow.accounts.passwords import password_matches
from docflow.accounts.queries import find_actor
from docflow.core.db import Base, Sessions, transaction
from docflow.core.text import person_sort_key
from docflow.documents.models import DocumentKind
from docflow.meetings.models import Site, SiteKind
from docflow.retention.models import RetentionRule
from docflow.sample.loader import SAMPLE_PASSWORD, load_sample, sample_sign_ins

LOADED: list[tuple[type[Base], int]] = [
    (UnitKind, 4),
    (Unit, 16),
    (Person, 25),
    (Principal, 41),
    (RoleHeld, 26),
    (SiteKind, 2),
    (Site, 10),
    (DocumentKind, 32),
]


async def empty(sessions: Sessions) -> None:
    async with transaction(sessions) as session:
        for table in (
            RetentionRule,
            Site,
            SiteKind,
            RoleHeld,
            Principal,
            Person,
            Unit,
            UnitKind,
            DocumentKind,
        ):
            await session.execute(delete(table))


async def counts(sessions: Sessions) -> list[tuple[type[Base], int | None]]:
    async with sessions() as session:
        return [(table, await session.scalar(select(func.count()).select_from(table))) for table, _ in LOADED]


async def test_everything_is_loaded_into_an_empty_house(sessions: Sessions):
    await empty(sessions)
    assert await load_sample(sessions) is True
    assert await counts(sessions) == LOADED


async def test_loading_again_changes_nothing(sessions: Sessions):
    assert await load_sample(sessions) is False
    assert await counts(sessions) == LOADED


async def test_of_two_who_load_at_once_one_does(sessions: Sessions):
    await empty(sessions)
    assert sorted(await asyncio.gather(load_sample(sessions), load_sample(sessions))) == [False, True]
    assert await counts(sessions) == LOADED


async def test_each_person_gets_their_own_password_and_equal_ones_share_a_hash(sessions: Sessions):
    await empty(sessions)
    await load_sample(sessions, lambda username: "khac hon ca" if username == "anpth" else "nhu nhau ca")
    async with sessions() as session:
        rows = (await session.execute(select(Person.username, Person.password_hash))).all()
    hashes = {row.username: row.password_hash for row in rows}
    assert len(set(hashes.values())) == 2
    assert await password_matches("khac hon ca", hashes["anpth"])
    assert await password_matches("nhu nhau ca", hashes["datcv"])
    assert not await password_matches("nhu nhau ca", hashes["anpth"])


async def test_every_unit_has_its_lineage_and_everybody_a_place_in_the_order(sessions: Sessions):
    async with sessions() as session:
        units = {unit.id: unit for unit in await session.scalars(select(Unit))}
        people = (await session.scalars(select(Person))).all()
    for unit in units.values():
        above = units[unit.parent_id].lineage if unit.parent_id else []
        assert unit.lineage == [*above, unit.no]
        assert unit.valid_from <= date(2026, 1, 1)
    assert all(person.sort_key == person_sort_key(person.full_name) for person in people)


@pytest.mark.parametrize(
    ("username", "role", "unit"), [("anpth", Role.REGISTRY_CLERK, "H99.01"), ("thuyhtt", Role.LEADER, "H99")]
)
async def test_a_person_of_the_sample_acts_in_their_role(
    sessions: Sessions, username: str, role: Role, unit: str
):
    async with sessions() as session:
        person_id = await session.scalar(select(Person.id).where(Person.username == username))
        unit_id = await session.scalar(select(Unit.id).where(Unit.code == unit))
        assert person_id is not None
        actor = await find_actor(session, person_id)
    assert actor is not None
    assert [(held.role, held.unit_id) for held in actor.held] == [(role, unit_id)]
    assert len(actor.principals) == 2


def test_whoever_is_told_can_sign_in():
    told = dict(sample_sign_ins())
    assert told["anpth"] == "Phạm Thị Hoài An, Văn thư Văn phòng"
    assert len(told) == 25
    assert len(SAMPLE_PASSWORD) >= 10
