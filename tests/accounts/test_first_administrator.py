"""The first administrator, made at the console."""

import httpx
import msgspec
import pytest
from sqlalchemy import delete, func, select

from docflow.accounts.errors import UsernameTaken
from docflow.accounts.models import Person, Principal, RoleHeld, Unit, UnitKind
from docflow.accounts.queries import find_actor
from docflow.accounts.service.first import add_first_administrator
from docflow.audit.models import AuditEvent
from docflow.core.db import Sessions, transaction
from docflow.meetings.models import Site
from tests.accounts.house import API, PASSWORD, told

FIRST = {
    "username": "quantri",
    "full_name": "Nguyễn Văn Quản Trị",
    "email": "quantri@x.example",
    "unit_name": "UBND tỉnh",
    "password": PASSWORD,
}


async def empty(sessions: Sessions) -> None:
    """A house in which nobody has moved in yet."""
    async with transaction(sessions) as session:
        for table in (RoleHeld, Principal, Person, Site, Unit, UnitKind):
            await session.execute(delete(table))


async def test_in_an_empty_house_the_top_unit_is_made_with_its_administrator(
    sessions: Sessions, client: httpx.AsyncClient
):
    await empty(sessions)
    await add_first_administrator(sessions, **FIRST)
    signed_in = await client.post(f"{API}/session", json={"username": "quantri", "password": PASSWORD})
    assert "unit:administer" in told(signed_in, 201)["me"]["actions"]
    [top] = told(await client.get(f"{API}/units"))["items"]
    assert (top["name_vi"], top["parent_id"]) == ("UBND tỉnh", None)
    body = {"code": "division", "name_vi": "Phòng", "name_en": "division"}
    told(await client.post(f"{API}/unit-kinds", json=body), 201)
    unit = {
        "code": "A",
        "symbol": "A",
        "name_vi": "A",
        "name_en": "A",
        "kind": "division",
        "parent_id": top["id"],
        "valid_from": top["valid_from"],
    }
    told(await client.post(f"{API}/units", json=unit), 201)


async def test_in_a_house_with_units_the_administrator_is_of_the_top_one(sessions: Sessions):
    person_id = await add_first_administrator(sessions, **FIRST)
    async with sessions() as session:
        actor = await find_actor(session, person_id)
        top = await session.scalar(select(Unit.id).where(Unit.parent_id.is_(None)))
        assert await session.scalar(select(func.count()).select_from(Unit)) == 16
    assert actor is not None
    assert [(held.role.value, held.unit_id) for held in actor.held] == [("administrator", top)]


async def test_what_was_done_at_the_console_is_in_the_trail(sessions: Sessions):
    await empty(sessions)
    await add_first_administrator(sessions, **FIRST)
    async with sessions() as session:
        events = (await session.scalars(select(AuditEvent).order_by(AuditEvent.id))).all()
    assert [(event.tag.value, event.actor_name, event.actor_id) for event in events] == [
        ("unit:added", "console", None),
        ("person:added", "console", None),
    ]
    assert events[0].details["unit_name"] == "UBND tỉnh"
    assert events[1].details == {"username": "quantri", "full_name": "Nguyễn Văn Quản Trị"}


async def test_a_user_name_that_is_taken_stays_with_whoever_has_it(sessions: Sessions):
    with pytest.raises(UsernameTaken):
        await add_first_administrator(sessions, **{**FIRST, "username": "anpth"})


@pytest.mark.parametrize(
    ("field", "value"), [("password", "short"), ("username", "Quản Trị"), ("email", "x")]
)
async def test_what_nobody_can_be_called_is_refused_and_nothing_is_made(
    sessions: Sessions, field: str, value: str
):
    await empty(sessions)
    with pytest.raises(msgspec.ValidationError):
        await add_first_administrator(sessions, **{**FIRST, field: value})
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(Unit)) == 0
