"""The addresses of documents, registers and kinds."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, Router, get, patch, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.audit import queries as audit_queries
from docflow.audit.queries import EventFilters
from docflow.audit.schemas import EventOut, event_out
from docflow.core.paging import Page, page_of, total_of
from docflow.documents import queries
from docflow.documents.models import Direction, Document, Urgency
from docflow.documents.policy import decide
from docflow.documents.queries import Filters
from docflow.documents.rendering import document_out, document_row, kind_out, receipt_out, register_out
from docflow.documents.schemas import (
    AddFile,
    Amend,
    DocumentOut,
    DocumentRow,
    IssueOutgoing,
    KindIn,
    KindOut,
    ReceiptOut,
    RegisterIncoming,
    RegisterOut,
    Route,
)
from docflow.documents.service import amend as amending
from docflow.documents.service import intake, receipts
from docflow.files.downloads import download
from docflow.files.service import FileStore
from docflow.files.uploads import Uploads
from docflow.notifications.service import Postman
from docflow.web.etags import etag_of

AnyRequest = Request[Any, Any, Any]
FORM = {"takes": "multipart/form-data"}


async def _answer(
    session: AsyncSession, actor: Actor, document: Document, *, created: bool = False
) -> Response[DocumentOut]:
    headers = {"ETag": etag_of(document.version)}
    if created:
        headers["Location"] = f"/api/v1/documents/{document.id}"
    body = await document_out(session, actor, document)
    return Response(body, status_code=201 if created else 200, headers=headers)


@post(
    "/documents/incoming",
    opt={"action": Action.DOCUMENT_REGISTER, "form": RegisterIncoming, **FORM},
    request_max_body_size=None,
)
async def register_incoming(
    uploads: NamedDependency[Uploads], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Response[DocumentOut]:
    """Register an incoming document with its file; the answer holds its arrival number."""
    data, received = await uploads.receive(RegisterIncoming)
    document = await intake.register_incoming(session, actor, data, received)
    return await _answer(session, actor, document, created=True)


@post(
    "/documents/outgoing",
    opt={"action": Action.DOCUMENT_REGISTER, "form": IssueOutgoing, **FORM},
    request_max_body_size=None,
)
async def issue_outgoing(
    uploads: NamedDependency[Uploads], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Response[DocumentOut]:
    """Register an outgoing document with its file; number, symbol and date are given here."""
    data, received = await uploads.receive(IssueOutgoing)
    document = await intake.issue_outgoing(session, actor, data, received)
    return await _answer(session, actor, document, created=True)


def provide_filters(
    q: Annotated[
        str | None,
        QueryParameter(description='Words, "phrases", -excluded, begin*, official numbers whole or in part.'),
    ] = None,
    direction: FromQuery[Direction | None] = None,
    unit_id: FromQuery[UUID | None] = None,
    kind: FromQuery[str | None] = None,
    urgency: FromQuery[Urgency | None] = None,
    issued_from: FromQuery[date | None] = None,
    issued_to: FromQuery[date | None] = None,
    arrived_from: FromQuery[date | None] = None,
    arrived_to: FromQuery[date | None] = None,
) -> Filters:
    """The filters of a list, from the query."""
    return Filters(
        q=q,
        direction=direction,
        unit_id=unit_id,
        kind=kind,
        urgency=urgency,
        issued_from=issued_from,
        issued_to=issued_to,
        arrived_from=arrived_from,
        arrived_to=arrived_to,
    )


@get(
    "/documents",
    opt={"action": Action.DOCUMENT_READ},
    dependencies={"filters": Provide(provide_filters, sync_to_thread=False)},
)
async def list_documents(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    filters: NamedDependency[Filters],
    limit: NamedDependency[int],
    cursor: FromQuery[str | None] = None,
    total: Annotated[bool, QueryParameter(description="Count them; a search always does.")] = False,
) -> Page[DocumentRow]:
    """The newest documents that you see, narrowed by filters and a search."""
    found = await queries.list_documents(session, actor, filters, cursor=cursor, limit=limit, total=total)
    rows, following = page_of(found.rows, limit, lambda row: (row.registered_at, row.id))
    counted = None if found.counted is None else total_of(found.counted)
    return Page([document_row(row) for row in rows], following, counted)


@get("/documents/{document_id:uuid}", opt={"action": Action.DOCUMENT_READ})
async def get_document(
    document_id: FromPath[UUID], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Response[DocumentOut]:
    """One document. That you opened it is recorded."""
    document = await queries.get_document(session, actor, document_id)
    await receipts.note_opened(session, actor, document)
    return await _answer(session, actor, document)


@patch("/documents/{document_id:uuid}", opt={"action": Action.DOCUMENT_AMEND})
async def amend(
    document_id: FromPath[UUID],
    data: JSONBody[Amend],
    version: NamedDependency[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> Response[DocumentOut]:
    """Correct what was registered of an incoming document."""
    document = await amending.amend(session, actor, document_id, version, data)
    return await _answer(session, actor, document)


@post(
    "/documents/{document_id:uuid}/files",
    opt={"action": Action.DOCUMENT_AMEND, "form": AddFile, **FORM},
    request_max_body_size=None,
)
async def add_file(
    document_id: FromPath[UUID],
    version: NamedDependency[int],
    uploads: NamedDependency[Uploads],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> Response[DocumentOut]:
    """Add a new version of an incoming document's file; earlier versions stay."""
    data, received = await uploads.receive(AddFile)
    document = await amending.add_document_file(session, actor, document_id, version, data, received)
    return await _answer(session, actor, document, created=True)


@get(
    "/documents/{document_id:uuid}/files/{file_id:uuid}/content",
    opt={"action": Action.DOCUMENT_READ, "answers": "application/octet-stream"},
)
async def download_file(
    document_id: FromPath[UUID],
    file_id: FromPath[UUID],
    request: AnyRequest,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    file_store: NamedDependency[FileStore],
    inline: FromQuery[bool] = False,
) -> Response[Any]:
    """The bytes of a file, whole or a range. That you took them is recorded."""
    file = await queries.get_file(session, actor, document_id, file_id)
    answer = await download(request, file_store, file, inline=inline)
    if answer.status_code != 304:
        await receipts.note_downloaded(session, actor, document_id, file)
    return answer


@post("/documents/{document_id:uuid}/routes", opt={"action": Action.DOCUMENT_ROUTE})
async def route(
    document_id: FromPath[UUID],
    data: JSONBody[Route],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    postman: NamedDependency[Postman],
) -> list[ReceiptOut]:
    """Give the document to units and people, for information or for a leader's direction."""
    await receipts.route(session, actor, postman, document_id, data)
    return [receipt_out(row) for row in await queries.list_receipts(session, actor, document_id)]


@get("/documents/{document_id:uuid}/receipts", opt={"action": Action.DOCUMENT_READ})
async def list_receipts(
    document_id: FromPath[UUID], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> list[ReceiptOut]:
    """Who got the document, for what, and whether they opened and acknowledged it; your own, unless it is your unit's."""
    return [receipt_out(row) for row in await queries.list_receipts(session, actor, document_id)]


@post(
    "/documents/{document_id:uuid}/acknowledgement",
    opt={"action": Action.DOCUMENT_ACKNOWLEDGE},
    status_code=200,
)
async def acknowledge(
    document_id: FromPath[UUID], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Response[DocumentOut]:
    """Say that you, or your unit, have got the document."""
    document = await receipts.acknowledge(session, actor, document_id)
    return await _answer(session, actor, document)


@get("/documents/{document_id:uuid}/trail", opt={"action": Action.DOCUMENT_TRAIL})
async def trail(
    document_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    limit: NamedDependency[int],
    cursor: FromQuery[str | None] = None,
) -> Page[EventOut]:
    """The document's whole story in order: who did what, when, from where."""
    document = await queries.get_document(session, actor, document_id)
    owner = await queries.lineage_of(session, document)
    decide(actor, Action.DOCUMENT_TRAIL, document, owner).require()
    filters = EventFilters(subject_kind="document", subject_id=document_id)
    rows = await audit_queries.list_events(session, filters, cursor=cursor, limit=limit)
    kept, following = page_of(rows, limit, lambda event: (event.id,))
    return Page([event_out(event) for event in kept], following)


@get("/kinds", opt={"action": Action.DOCUMENT_READ})
async def list_kinds(session: NamedDependency[AsyncSession]) -> list[KindOut]:
    """Every kind of document."""
    return [kind_out(kind) for kind in await queries.list_kinds(session)]


@post("/kinds", opt={"action": Action.KIND_ADMINISTER})
async def add_kind(
    data: JSONBody[KindIn], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> KindOut:
    """Add a kind that the province uses."""
    return kind_out(await amending.add_kind(session, actor, data))


@get("/registers", opt={"action": Action.DOCUMENT_READ})
async def list_registers(
    session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> list[RegisterOut]:
    """The registers of your units."""
    return [register_out(register) for register in await queries.list_registers(session, actor)]


router = Router(
    "",
    route_handlers=[
        register_incoming,
        issue_outgoing,
        list_documents,
        get_document,
        amend,
        add_file,
        download_file,
        route,
        list_receipts,
        acknowledge,
        trail,
        list_kinds,
        add_kind,
        list_registers,
    ],
    tags=["documents"],
)
