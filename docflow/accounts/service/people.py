"""Administering people: adding and amending them, freezing, roles, a password for who forgot theirs."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor, Secrecy
from docflow.access.roles import Role
from docflow.accounts import policy
from docflow.accounts.errors import RoleAlreadyHeld, UsernameTaken
from docflow.accounts.listing import find_unit_on, get_person, places_of, roles_of, still_held
from docflow.accounts.models import ApiToken, Person, Principal, PrincipalKind, RoleHeld
from docflow.accounts.passwords import hash_password
from docflow.accounts.schemas import AddPerson, AmendPerson, GiveRole
from docflow.accounts.service.administrators import require_administrator_remains
from docflow.accounts.service.sign_in import end_sessions
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import require_version
from docflow.core.errors import NotFound, invalid
from docflow.core.text import person_sort_key


async def add_person(session: AsyncSession, actor: Actor, data: AddPerson) -> Person:
    """Somebody who may sign in and, until given a role, do nothing. Raises NotAllowed, UsernameTaken."""
    policy.decide(actor, Action.PERSON_ADMINISTER).require()
    if await session.scalar(select(Person.id).where(func.lower(Person.username) == data.username)):
        raise UsernameTaken
    person = await admit(session, data, await hash_password(data.password))
    await audit.record(
        session,
        actor,
        Tag.PERSON_ADDED,
        "person",
        person.id,
        username=person.username,
        full_name=person.full_name,
    )
    return person


async def admit(session: AsyncSession, data: AddPerson, password_hash: str) -> Person:
    """Write a new person with the principal under which documents name them."""
    person = Person(
        username=data.username,
        full_name=data.full_name,
        sort_key=person_sort_key(data.full_name),
        post=data.post,
        email=data.email,
        language=data.language,
        clearance=Secrecy[data.clearance.upper()],
        password_hash=password_hash,
    )
    session.add(person)
    await session.flush()
    session.add(Principal(kind=PrincipalKind.PERSON, person_id=person.id))
    await session.flush()
    return person


async def amend_person(
    session: AsyncSession, actor: Actor, person_id: UUID, version: int, data: AmendPerson
) -> Person:
    """Change somebody else. Freezing ends every session at once and revokes every token; thawing brings none back.

    Raises NotFound, NotAllowed, Stale, PersonIsLastAdministrator.
    """
    person = await _administered(session, actor, person_id)
    require_version(person.version, version)
    told = _write(person, data)
    if data.frozen is not None and data.frozen != (person.frozen_at is not None):
        told["frozen"] = [not data.frozen, data.frozen]
        await _freeze(session, person, data.frozen)
    if told:
        await session.flush()
        await audit.record(session, actor, Tag.PERSON_CHANGED, "person", person.id, changed=told)
    return person


async def give_role(session: AsyncSession, actor: Actor, person_id: UUID, data: GiveRole) -> RoleHeld:
    """Let somebody else hold a role in a unit. Raises NotFound, NotAllowed, RoleAlreadyHeld, Invalid."""
    person = await get_person(session, actor, person_id, lock=True)
    since = data.valid_from or clock.today()
    unit = await find_unit_on(session, data.unit_id, since)
    if unit is None:
        raise invalid("unit_id", "unit_not_there")
    places = await _places(session, person.id)
    policy.decide_role(actor, person.id, data.role, unit.lineage, *places).require()
    if data.valid_to is not None and data.valid_to <= since:
        raise invalid("valid_to", "dates_in_wrong_order")
    held = RoleHeld(
        person_id=person.id, unit_id=unit.id, role=data.role, valid_from=since, valid_to=data.valid_to
    )
    await _require_not_held(session, held)
    session.add(held)
    await session.flush()
    await _touch(session, person)
    await audit.record(
        session,
        actor,
        Tag.ROLE_GIVEN,
        "person",
        person.id,
        role=data.role.value,
        unit=unit.name_vi,
        valid_from=str(since),
        valid_to=data.valid_to and str(data.valid_to),
    )
    return held


async def take_role(session: AsyncSession, actor: Actor, person_id: UUID, role_id: UUID) -> Person:
    """End somebody else's role today; one that began today or has not begun leaves no trace but in the trail.

    Raises NotFound, NotAllowed, PersonIsLastAdministrator.
    """
    person = await get_person(session, actor, person_id, lock=True)
    roles = still_held((await roles_of(session, [person.id]))[person.id])
    row = next((row for row in roles if row.RoleHeld.id == role_id), None)
    if row is None:
        raise NotFound
    policy.decide_person(actor, person.id, row.lineage).require()
    held: RoleHeld = row.RoleHeld
    today = clock.today()
    if held.role is Role.ADMINISTRATOR and held.valid_from <= today and person.frozen_at is None:
        await require_administrator_remains(session, row.lineage, without=RoleHeld.id == held.id)
    if held.valid_from < today:
        held.valid_to = today
    else:
        await session.delete(held)
    await session.flush()
    await _touch(session, person)
    await audit.record(
        session, actor, Tag.ROLE_TAKEN, "person", person.id, role=held.role.value, unit=row.name_vi
    )
    return person


async def set_password(session: AsyncSession, actor: Actor, person_id: UUID, password: str) -> None:
    """Set the password of somebody else, whose sessions end. Raises NotFound, NotAllowed."""
    person = await get_person(session, actor, person_id, lock=True)
    policy.decide_password(actor, person.id, *await _places(session, person.id)).require()
    person.password_hash = await hash_password(password)
    await session.flush()
    await end_sessions(session, person.id)
    await audit.record(session, actor, Tag.PERSON_CHANGED, "person", person.id, changed={"password": None})


async def _administered(session: AsyncSession, actor: Actor, person_id: UUID) -> Person:
    person = await get_person(session, actor, person_id, lock=True)
    policy.decide_person(actor, person.id, *await _places(session, person.id)).require()
    return person


async def _places(session: AsyncSession, person_id: UUID) -> Sequence[policy.Lineage]:
    return places_of((await roles_of(session, [person_id]))[person_id])


def _write(person: Person, data: AmendPerson) -> dict[str, Any]:
    """Set what was given; what changed, as ``{field: [before, after]}``."""
    given: dict[str, Any] = {
        "full_name": data.full_name,
        "post": data.post,
        "email": data.email,
        "language": data.language,
        "clearance": None if data.clearance is None else int(Secrecy[data.clearance.upper()]),
    }
    told: dict[str, Any] = {}
    for name, value in given.items():
        before = getattr(person, name)
        if value is not None and value != before:
            setattr(person, name, value)
            told[name] = [before, value]
    person.sort_key = person_sort_key(person.full_name)
    return told


async def _freeze(session: AsyncSession, person: Person, frozen: bool) -> None:
    if not frozen:
        person.frozen_at = None
        return
    for row in still_held((await roles_of(session, [person.id]))[person.id]):
        if row.RoleHeld.role is Role.ADMINISTRATOR and row.RoleHeld.valid_from <= clock.today():
            without = RoleHeld.person_id == person.id
            await require_administrator_remains(session, row.lineage, without=without)
    person.frozen_at = clock.now()
    await end_sessions(session, person.id)
    await session.execute(
        update(ApiToken)
        .where(ApiToken.person_id == person.id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=clock.now())
    )


async def _require_not_held(session: AsyncSession, held: RoleHeld) -> None:
    """No other row says the same for some of the same days."""
    overlaps = select(RoleHeld.id).where(
        RoleHeld.person_id == held.person_id,
        RoleHeld.unit_id == held.unit_id,
        RoleHeld.role == held.role,
        or_(RoleHeld.valid_to.is_(None), RoleHeld.valid_to > held.valid_from),
    )
    if held.valid_to is not None:
        overlaps = overlaps.where(RoleHeld.valid_from < held.valid_to)
    if await session.scalar(overlaps.limit(1)) is not None:
        raise RoleAlreadyHeld


async def _touch(session: AsyncSession, person: Person) -> None:
    """What a person is told as has changed with their roles: so has the version."""
    await session.execute(update(Person).where(Person.id == person.id).values(version=Person.version + 1))
    await session.refresh(person)
