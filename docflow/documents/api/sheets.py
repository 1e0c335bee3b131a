"""The circulation sheet, and acquaintance lists: who has read and who has not."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.response import Stream
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.core.messages import Language
from docflow.core.paging import Page, page_of
from docflow.documents import queries
from docflow.documents.circulating import acquaintance_out, acquainted_out, sheet_out
from docflow.documents.prints.circulation import print_list, print_sheet
from docflow.documents.queries import circulation
from docflow.documents.queries.sheet import list_lines
from docflow.documents.schemas.circulation import Acquaint, AcquaintanceOut, AcquaintedOut, SheetOut
from docflow.documents.service import acquainting
from docflow.documents.service.tables import Made
from docflow.documents.sheet import SheetSources
from docflow.notifications.service import Postman
from docflow.printing.writers import MEDIA_TYPES, Format
from docflow.web.ranges import Disposition, content_disposition

CHUNK = 64 * 1024
FILE = {"action": Action.DOCUMENT_READ, "answers": "application/octet-stream"}
InLanguage = Annotated[Language | None, QueryParameter(name="language", description="Yours, if left out.")]


@post("/documents/{document_id:uuid}/acquaintances", opt={"action": Action.DOCUMENT_ROUTE})
async def acquaint(
    document_id: FromPath[UUID],
    data: JSONBody[Acquaint],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    postman: NamedDependency[Postman],
) -> Response[AcquaintanceOut]:
    """Have units and people make themselves acquainted with the document."""
    made = await acquainting.acquaint(session, actor, postman, document_id, data)
    body = await _list_out(session, actor, document_id, made.id)
    location = {"Location": f"/api/v1/documents/{document_id}/acquaintances/{made.id}"}
    return Response(body, status_code=201, headers=location)


@get("/documents/{document_id:uuid}/acquaintances", opt={"action": Action.DOCUMENT_READ})
async def list_acquaintances(
    document_id: FromPath[UUID], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> list[AcquaintanceOut]:
    """Acquaintance lists of the document with how many have read; for its unit, those above, and whoever made one."""
    rows = await circulation.list_acquaintances(session, actor, document_id)
    counts = await circulation.count_acquainted(session, [row.id for row in rows])
    return [acquaintance_out(row, counts.get(row.id)) for row in rows]


@get(
    "/documents/{document_id:uuid}/acquaintances/{acquaintance_id:uuid}",
    opt={"action": Action.DOCUMENT_READ},
)
async def get_acquaintance(
    document_id: FromPath[UUID],
    acquaintance_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> AcquaintanceOut:
    """One acquaintance list, with how many are to read it and how many have."""
    return await _list_out(session, actor, document_id, acquaintance_id)


@get(
    "/documents/{document_id:uuid}/acquaintances/{acquaintance_id:uuid}/entries",
    opt={"action": Action.DOCUMENT_READ},
)
async def list_acquainted(
    document_id: FromPath[UUID],
    acquaintance_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    limit: NamedDependency[int],
    cursor: FromQuery[str | None] = None,
) -> Page[AcquaintedOut]:
    """Units and people of an acquaintance list: who has read, when first, and who has not."""
    await circulation.get_acquaintance(session, actor, document_id, acquaintance_id)
    rows = await circulation.list_acquainted(session, acquaintance_id, cursor=cursor, limit=limit)
    kept, following = page_of(rows, limit, lambda row: (row.id,))
    people = await circulation.list_read_by(session, [row.id for row in kept])
    return Page([acquainted_out(row, people.get(row.id, [])) for row in kept], following)


@get("/documents/{document_id:uuid}/acquaintances/{acquaintance_id:uuid}/export", opt=FILE)
async def export_acquaintance(
    document_id: FromPath[UUID],
    acquaintance_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    language: InLanguage = None,
    file_format: Annotated[Literal["xlsx", "csv"], QueryParameter(name="format")] = "xlsx",
) -> Response[Any]:
    """The list as a file, one row a person. That you took it is recorded."""
    chosen = language or actor.language
    made = await print_list(session, actor, document_id, acquaintance_id, Format(file_format), chosen)
    return _file_answer(made)


@get("/documents/{document_id:uuid}/circulation", opt={"action": Action.DOCUMENT_READ})
async def get_sheet(
    document_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    sheet_sources: NamedDependency[SheetSources],
) -> SheetOut:
    """Everything that was done with the document, in time order, as far as you may see it."""
    document = await queries.get_document(session, actor, document_id)
    lines = await list_lines(session, actor, document, actor.language, sheet_sources)
    return sheet_out(document, lines, actor.language)


@get("/documents/{document_id:uuid}/circulation/print", opt=FILE)
async def print_circulation(
    document_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    sheet_sources: NamedDependency[SheetSources],
    language: InLanguage = None,
    file_format: Annotated[Literal["pdf", "docx", "xlsx"], QueryParameter(name="format")] = "pdf",
) -> Response[Any]:
    """The circulation sheet on paper, as far as you may see it. That you took it is recorded."""
    format_, chosen = Format(file_format), language or actor.language
    return _file_answer(await print_sheet(session, actor, document_id, sheet_sources, format_, chosen))


async def _list_out(
    session: AsyncSession, actor: Actor, document_id: UUID, acquaintance_id: UUID
) -> AcquaintanceOut:
    row = await circulation.get_acquaintance(session, actor, document_id, acquaintance_id)
    counts = await circulation.count_acquainted(session, [row.id])
    return acquaintance_out(row, counts.get(row.id))


def _file_answer(made: Made) -> Response[Any]:
    headers = {
        "Content-Type": MEDIA_TYPES[made.format],
        "Content-Length": str(made.size),
        "Content-Disposition": content_disposition(made.name, Disposition.ATTACHMENT),
    }
    return Stream(_sent(made), headers=headers)


async def _sent(made: Made) -> AsyncGenerator[bytes, None]:
    try:
        while chunk := await asyncio.to_thread(made.file.read, CHUNK):
            yield chunk
    finally:
        made.file.close()


router = Router(
    "",
    route_handlers=[
        acquaint,
        list_acquaintances,
        get_acquaintance,
        list_acquainted,
        export_acquaintance,
        get_sheet,
        print_circulation,
    ],
    tags=["documents"],
)
