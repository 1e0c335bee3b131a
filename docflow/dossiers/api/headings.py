"""The year's list."""

from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Request, Response, Router, get, patch, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.core.paging import Page, page_of
from docflow.dossiers.queries import headings as queries
from docflow.dossiers.queries.headings import HeadingFilters
from docflow.dossiers.rendering import heading_out
from docflow.dossiers.schemas import AddHeading, ChangeHeading, CopyList, HeadingOut, ListChanged
from docflow.dossiers.service import headings, list_files
from docflow.dossiers.year_lists import MAX_BYTES
from docflow.printing.writers import MEDIA_TYPES, Format
from docflow.web.etags import etag_of
from docflow.web.ranges import Disposition, content_disposition

AnyRequest = Request[Any, Any, Any]


def provide_filters(
    unit_id: FromQuery[UUID | None] = None,
    year: FromQuery[int | None] = None,
    withdrawn: Annotated[bool, QueryParameter(description="Those withdrawn as well.")] = False,
) -> HeadingFilters:
    """The filters of a list, from the query."""
    return HeadingFilters(unit_id=unit_id, year=year, withdrawn=withdrawn)


@get(
    "/dossier-headings",
    opt={"action": Action.DOSSIER_READ},
    dependencies={"filters": Provide(provide_filters, sync_to_thread=False)},
)
async def list_headings(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    filters: NamedDependency[HeadingFilters],
    limit: NamedDependency[int],
    cursor: FromQuery[str | None] = None,
) -> Page[HeadingOut]:
    """The year's lists of your units and of those below, the latest year first."""
    rows = await queries.list_headings(session, actor, filters, cursor=cursor, limit=limit)
    kept, following = page_of(rows, limit, queries.key_of_row)
    return Page([heading_out(actor, row) for row in kept], following)


@get("/dossier-headings/{heading_id:uuid}", opt={"action": Action.DOSSIER_READ})
async def get_heading(
    heading_id: FromPath[UUID], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Response[HeadingOut]:
    """A heading of a year's list."""
    return await _answer(session, actor, heading_id)


@post("/dossier-headings", opt={"action": Action.DOSSIER_LIST})
async def add_heading(
    data: JSONBody[AddHeading], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Response[HeadingOut]:
    """Add a heading to the list of a unit for a year."""
    heading = await headings.add_heading(session, actor, data)
    return await _answer(session, actor, heading.id, created=True)


@patch("/dossier-headings/{heading_id:uuid}", opt={"action": Action.DOSSIER_LIST})
async def change_heading(
    heading_id: FromPath[UUID],
    data: JSONBody[ChangeHeading],
    version: NamedDependency[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> Response[HeadingOut]:
    """Change a heading; dossiers that were opened under it stay as they are."""
    await headings.change_heading(session, actor, heading_id, version, data)
    return await _answer(session, actor, heading_id)


@post("/dossier-headings/{heading_id:uuid}/withdrawal", opt={"action": Action.DOSSIER_LIST}, status_code=200)
async def withdraw_heading(
    heading_id: FromPath[UUID],
    version: NamedDependency[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> Response[HeadingOut]:
    """Have nothing opened under it any more."""
    await headings.withdraw_heading(session, actor, heading_id, version)
    return await _answer(session, actor, heading_id)


@post("/dossier-headings/copies", opt={"action": Action.DOSSIER_LIST}, status_code=200)
async def copy_list(
    data: JSONBody[CopyList], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> ListChanged:
    """Begin a year's list with that of another year."""
    return await headings.copy_list(session, actor, data)


@get("/dossier-headings/export", opt={"action": Action.DOSSIER_READ, "answers": "application/octet-stream"})
async def export_list(
    unit_id: FromQuery[UUID],
    year: FromQuery[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    file_format: Annotated[Literal["xlsx", "csv", "docx", "pdf"], QueryParameter(name="format")] = "xlsx",
) -> Response[bytes]:
    """The list of a unit for a year as a file; XLSX and CSV can be imported again."""
    format_ = Format(file_format)
    name, content = await list_files.export_list(session, actor, unit_id, year, format_)
    disposition = content_disposition(name, Disposition.ATTACHMENT)
    headers = {"Content-Disposition": disposition}
    return Response(content, headers=headers, media_type=MEDIA_TYPES[format_])


@post(
    "/dossier-headings/import",
    opt={"action": Action.DOSSIER_LIST, "takes": "application/octet-stream"},
    request_max_body_size=MAX_BYTES,
    status_code=200,
)
async def import_list(
    unit_id: FromQuery[UUID],
    year: FromQuery[int],
    request: AnyRequest,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> ListChanged:
    """Put the headings of a CSV or XLSX table into a list: its bytes are the body. All of it or nothing."""
    return await list_files.import_list(session, actor, unit_id, year, await request.body())


async def _answer(
    session: AsyncSession, actor: Actor, heading_id: UUID, *, created: bool = False
) -> Response[HeadingOut]:
    body = heading_out(actor, await queries.get_row(session, actor, heading_id))
    headers = {"ETag": etag_of(body.version)}
    if created:
        headers["Location"] = f"/api/v1/dossier-headings/{body.id}"
    return Response(body, status_code=201 if created else 200, headers=headers)


router = Router(
    "",
    route_handlers=[
        list_headings,
        get_heading,
        add_heading,
        change_heading,
        withdraw_heading,
        copy_list,
        export_list,
        import_list,
    ],
    tags=["dossiers"],
)
