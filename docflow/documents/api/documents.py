"""Registering, reading, listing and amending documents."""

from datetime import date
from typing import Annotated
from uuid import UUID

from litestar import Response, Router, get, patch, post
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
from docflow.documents.api.answers import FORM, document_answer
from docflow.documents.models import Direction, Urgency
from docflow.documents.policy import decide
from docflow.documents.queries import Filters
from docflow.documents.rendering import document_row
from docflow.documents.schemas import (
    Amend,
    DocumentOut,
    DocumentRow,
    IssueOutgoing,
    RegisterIncoming,
)
from docflow.documents.service import amend as amending
from docflow.documents.service import intake, receipts
from docflow.files.uploads import Uploads


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
    return await document_answer(session, actor, document, created=True)


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
    return await document_answer(session, actor, document, created=True)


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
    return await document_answer(session, actor, document)


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
    return await document_answer(session, actor, document)


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


router = Router(
    "",
    route_handlers=[register_incoming, issue_outgoing, list_documents, get_document, amend, trail],
    tags=["documents"],
)
