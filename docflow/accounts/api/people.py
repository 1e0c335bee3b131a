"""People, the roles they hold and, for administrators, their passwords."""

from typing import Annotated
from uuid import UUID

from litestar import Response, Router, delete, get, patch, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.accounts import listing
from docflow.accounts.listing import PeopleFilters
from docflow.accounts.models import Person
from docflow.accounts.rendering import person_out
from docflow.accounts.schemas import AddPerson, AmendPerson, GiveRole, NewPassword, PersonOut
from docflow.accounts.service import people as service
from docflow.core.paging import Page, page_of
from docflow.web.etags import etag_of


async def _answer(
    session: AsyncSession, actor: Actor, person: Person, *, location: str = ""
) -> Response[PersonOut]:
    held = await listing.roles_of(session, [person.id])
    headers = {"ETag": etag_of(person.version)}
    if location:
        headers["Location"] = f"/api/v1/people/{person.id}{location.rstrip('/')}"
    body = person_out(actor, person, held[person.id])
    return Response(body, status_code=201 if location else 200, headers=headers)


def provide_filters(
    q: Annotated[
        str | None, QueryParameter(description="Words of name or user name, accented or not.")
    ] = None,
    unit_id: Annotated[UUID | None, QueryParameter(description="Those who hold a role in it today.")] = None,
) -> PeopleFilters:
    """The filters of a list, from the query."""
    return PeopleFilters(q=q, unit_id=unit_id)


@get(
    "/people",
    opt={"action": Action.PERSON_READ},
    dependencies={"filters": Provide(provide_filters, sync_to_thread=False)},
)
async def list_people(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    filters: NamedDependency[PeopleFilters],
    limit: NamedDependency[int],
    cursor: FromQuery[str | None] = None,
) -> Page[PersonOut]:
    """The people of the house, by given name as Vietnamese people put it in order."""
    rows = await listing.list_people(session, actor, filters, cursor=cursor, limit=limit)
    kept, following = page_of(rows, limit, lambda person: (person.sort_key, person.id))
    held = await listing.roles_of(session, [person.id for person in kept])
    return Page([person_out(actor, person, held[person.id]) for person in kept], following)


@get("/people/{person_id:uuid}", opt={"action": Action.PERSON_READ})
async def get_person(
    person_id: FromPath[UUID], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Response[PersonOut]:
    """One person."""
    return await _answer(session, actor, await listing.get_person(session, actor, person_id))


@post("/people", opt={"action": Action.PERSON_ADMINISTER, "secret": True})
async def add_person(
    data: JSONBody[AddPerson], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Response[PersonOut]:
    """Add a person, who may do nothing until given a role."""
    return await _answer(session, actor, await service.add_person(session, actor, data), location="/")


@patch("/people/{person_id:uuid}", opt={"action": Action.PERSON_ADMINISTER})
async def amend_person(
    person_id: FromPath[UUID],
    data: JSONBody[AmendPerson],
    version: NamedDependency[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> Response[PersonOut]:
    """Change a person, or freeze one: every session and token ends at once."""
    person = await service.amend_person(session, actor, person_id, version, data)
    return await _answer(session, actor, person)


@post("/people/{person_id:uuid}/roles", opt={"action": Action.PERSON_ADMINISTER})
async def give_role(
    person_id: FromPath[UUID],
    data: JSONBody[GiveRole],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> Response[PersonOut]:
    """Let a person hold a role in a unit that you administer."""
    held = await service.give_role(session, actor, person_id, data)
    person = await listing.get_person(session, actor, person_id)
    return await _answer(session, actor, person, location=f"/roles/{held.id}")


@delete("/people/{person_id:uuid}/roles/{role_id:uuid}", opt={"action": Action.PERSON_ADMINISTER})
async def take_role(
    person_id: FromPath[UUID],
    role_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> None:
    """End a role today."""
    await service.take_role(session, actor, person_id, role_id)


@post(
    "/people/{person_id:uuid}/password",
    opt={"action": Action.PERSON_ADMINISTER, "secret": True},
    status_code=204,
)
async def set_password(
    person_id: FromPath[UUID],
    data: JSONBody[NewPassword],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> None:
    """Set the password of somebody who forgot it; their sessions end."""
    await service.set_password(session, actor, person_id, data.new_password)


router = Router(
    "",
    route_handlers=[list_people, get_person, add_person, amend_person, give_role, take_role, set_password],
    tags=["people"],
)
