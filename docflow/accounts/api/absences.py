"""Who is away, and who acts for them."""

from uuid import UUID

from litestar import Response, Router, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.accounts import absences
from docflow.accounts.absence_schemas import AbsenceOut, SetAbsence
from docflow.accounts.models import Person
from docflow.accounts.service import absences as service
from docflow.core.paging import Page, page_of


@get("/people/{person_id:uuid}/absences", opt={"action": Action.PERSON_READ})
async def list_absences(
    person_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    limit: NamedDependency[int],
    cursor: FromQuery[str | None] = None,
) -> Page[AbsenceOut]:
    """When a person is away and who stands in: what is to come first, then what was."""
    rows = await absences.list_absences(session, actor, person_id, cursor=cursor, limit=limit)
    kept, following = page_of(rows, limit, lambda row: (row.Absence.starts_on, row.Absence.id))
    told = await absences.may_know_reason(session, actor, person_id)
    items = [await absences.absence_out(session, row.Absence, row.substitute_name, told=told) for row in kept]
    return Page(items, following)


@post("/people/{person_id:uuid}/absences", opt={"action": Action.ABSENCE_SET})
async def set_absence(
    person_id: FromPath[UUID],
    data: JSONBody[SetAbsence],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> Response[AbsenceOut]:
    """Say that a person is away, and who acts for them. ``uncovered`` names those who lose their substitute by it."""
    absence = await service.set_absence(session, actor, person_id, data)
    substitute = await session.get(Person, data.substitute_id) if data.substitute_id else None
    body = await absences.absence_out(
        session, absence, substitute.full_name if substitute else None, told=True
    )
    location = f"/api/v1/people/{person_id}/absences/{absence.id}"
    return Response(body, status_code=201, headers={"Location": location})


@delete("/people/{person_id:uuid}/absences/{absence_id:uuid}", opt={"action": Action.ABSENCE_SET})
async def cancel_absence(
    person_id: FromPath[UUID],
    absence_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> None:
    """End an absence now, or take back one that has not begun."""
    await service.cancel_absence(session, actor, person_id, absence_id)


router = Router("", route_handlers=[list_absences, set_absence, cancel_absence], tags=["people"])
