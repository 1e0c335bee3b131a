"""The addresses of directions, tasks and parts. A part is what a unit answers with; its version is its ETag."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.core.paging import Page, page_of, total_of
from docflow.documents.api.prints import PRINTS, printed_answer
from docflow.documents.schemas.prints import PrintRegister
from docflow.notifications.service import Postman
from docflow.tasks import follow_up, queries, statistics
from docflow.tasks.models import PartRole, PartState
from docflow.tasks.queries import PartFilters, Scope
from docflow.tasks.rendering import direction_out, due_part, part_out, task_out
from docflow.tasks.schemas import (
    Complete,
    Direct,
    DirectionOut,
    DuePart,
    GiveBack,
    PartOut,
    Progress,
    StatisticsOut,
    TaskOut,
)
from docflow.tasks.service import answer
from docflow.tasks.service import direct as directing
from docflow.web.etags import etag_of

_SCOPES = "Of my units, directed by me, or of units where I see statistics."


@post("/documents/{document_id:uuid}/directions", opt={"action": Action.DOCUMENT_DIRECT})
async def direct(
    document_id: FromPath[UUID],
    data: JSONBody[Direct],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    postman: NamedDependency[Postman],
) -> Response[DirectionOut]:
    """Direct units about a document: who leads, who coordinates, until when. They get it, and a letter."""
    direction_id = await directing.direct(session, actor, postman, document_id, data)
    body = direction_out(actor, await queries.get_direction(session, actor, direction_id))
    return Response(body, status_code=201, headers={"Location": f"/api/v1/directions/{direction_id}"})


@get("/documents/{document_id:uuid}/directions", opt={"action": Action.TASK_READ})
async def list_directions(
    document_id: FromPath[UUID], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> list[DirectionOut]:
    """What leaders wrote on a document, with the tasks of it that you see."""
    views = await queries.list_directions(session, actor, document_id)
    return [direction_out(actor, view) for view in views]


@get("/documents/{document_id:uuid}/tasks", opt={"action": Action.TASK_READ})
async def list_document_tasks(
    document_id: FromPath[UUID], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> list[TaskOut]:
    """Who is where: the tasks of a document that you see, with the part of each unit."""
    return [task_out(actor, view) for view in await queries.list_tasks(session, actor, document_id)]


@get("/directions/{direction_id:uuid}", opt={"action": Action.TASK_READ})
async def get_direction(
    direction_id: FromPath[UUID], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> DirectionOut:
    """What a leader wrote on a document, with the tasks of it that you see."""
    return direction_out(actor, await queries.get_direction(session, actor, direction_id))


def provide_filters(
    unit_id: FromQuery[UUID | None] = None,
    document_id: FromQuery[UUID | None] = None,
    part_state: Annotated[PartState | None, QueryParameter(name="state")] = None,
    still_open: Annotated[
        bool | None, QueryParameter(name="open", description="Assigned or accepted, or no more.")
    ] = None,
    role: FromQuery[PartRole | None] = None,
    overdue: FromQuery[bool | None] = None,
    due_from: FromQuery[date | None] = None,
    due_to: FromQuery[date | None] = None,
) -> PartFilters:
    """The filters of a board, from the query."""
    return PartFilters(
        unit_id=unit_id,
        document_id=document_id,
        state=part_state,
        open=still_open,
        role=role,
        overdue=overdue,
        due_from=due_from,
        due_to=due_to,
    )


@get(
    "/tasks",
    opt={"action": Action.TASK_READ},
    dependencies={"filters": Provide(provide_filters, sync_to_thread=False)},
)
async def list_parts(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    filters: NamedDependency[PartFilters],
    limit: NamedDependency[int],
    whose: Annotated[Scope, QueryParameter(name="scope", description=_SCOPES)] = Scope.MINE,
    cursor: FromQuery[str | None] = None,
    total: Annotated[bool, QueryParameter(description="Count them.")] = False,
) -> Page[DuePart]:
    """A board: the parts of units in the order in which they are due."""
    rows, counted = await queries.list_parts(
        session, actor, whose, filters, cursor=cursor, limit=limit, total=total
    )
    kept, following = page_of(rows, limit, lambda row: (row.due_at, row.id))
    return Page([due_part(row) for row in kept], following, None if counted is None else total_of(counted))


@get("/tasks/statistics", opt={"action": Action.TASK_STATISTICS})
async def count(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    since: Annotated[date | None, QueryParameter(description="First day; this year's when left out.")] = None,
    until: Annotated[date | None, QueryParameter(description="Last day; this year's when left out.")] = None,
    unit_id: FromQuery[UUID | None] = None,
    role: Annotated[PartRole | None, QueryParameter(description="Leads when left out.")] = PartRole.LEAD,
) -> StatisticsOut:
    """Per unit: done on time, done late, open in time, open and late; of parts due in the period."""
    asked = statistics.period(since, until)
    return await statistics.count(session, actor, asked, unit_id=unit_id, role=role)


@post("/registers/{register_id:uuid}/follow-up-prints", opt={"action": Action.REGISTER_PRINT, **PRINTS})
async def print_follow_up(
    register_id: FromPath[UUID],
    data: JSONBody[PrintRegister],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> Response[Any]:
    """Print what became of the documents of an incoming register, as XLSX, DOCX or PDF. That is recorded."""
    return await printed_answer(session, actor, register_id, data, follow_up.SHEET)


@get("/tasks/{task_id:uuid}", opt={"action": Action.TASK_READ})
async def get_task(
    task_id: FromPath[UUID], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> TaskOut:
    """A task with as much of each unit's part as you see."""
    return task_out(actor, await queries.get_task(session, actor, task_id))


async def _answer(session: AsyncSession, actor: Actor, part_id: UUID) -> Response[PartOut]:
    view = await queries.get_part(session, actor, part_id)
    return Response(part_out(actor, view), status_code=200, headers={"ETag": etag_of(view.part.version)})


@get("/task-parts/{part_id:uuid}", opt={"action": Action.TASK_READ})
async def get_part(
    part_id: FromPath[UUID], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Response[PartOut]:
    """One unit's part in a task."""
    return await _answer(session, actor, part_id)


@post("/task-parts/{part_id:uuid}/acceptance", opt={"action": Action.TASK_ANSWER}, status_code=200)
async def accept(
    part_id: FromPath[UUID],
    version: NamedDependency[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> Response[PartOut]:
    """Take your unit's part on."""
    await answer.accept(session, actor, part_id, version)
    return await _answer(session, actor, part_id)


@post("/task-parts/{part_id:uuid}/progress", opt={"action": Action.TASK_ANSWER}, status_code=200)
async def report(
    part_id: FromPath[UUID],
    data: JSONBody[Progress],
    version: NamedDependency[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> Response[PartOut]:
    """Report how far your unit's part is."""
    await answer.report(session, actor, part_id, version, data)
    return await _answer(session, actor, part_id)


@post("/task-parts/{part_id:uuid}/return", opt={"action": Action.TASK_ANSWER}, status_code=200)
async def give_back(
    part_id: FromPath[UUID],
    data: JSONBody[GiveBack],
    version: NamedDependency[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    postman: NamedDependency[Postman],
) -> Response[PartOut]:
    """Give your unit's part back with the reason. This is final; the leader is told. The lead's closes the others."""
    await answer.give_back(session, actor, postman, part_id, version, data)
    return await _answer(session, actor, part_id)


@post("/task-parts/{part_id:uuid}/completion", opt={"action": Action.TASK_ANSWER}, status_code=200)
async def complete(
    part_id: FromPath[UUID],
    data: JSONBody[Complete],
    version: NamedDependency[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> Response[PartOut]:
    """Finish your unit's part. The lead's completes the task and closes what coordinators have not finished."""
    await answer.complete(session, actor, part_id, version, data)
    return await _answer(session, actor, part_id)


router = Router(
    "",
    route_handlers=[
        direct,
        list_directions,
        list_document_tasks,
        get_direction,
        list_parts,
        count,
        print_follow_up,
        get_task,
        get_part,
        accept,
        report,
        give_back,
        complete,
    ],
    tags=["tasks"],
)
