"""Reading and amending a document."""

from uuid import UUID

from litestar import Response, Router, get, patch
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.audit import queries as audit_queries
from docflow.audit.queries import EventFilters
from docflow.audit.schemas import EventOut, event_out
from docflow.core.paging import Page, page_of
from docflow.documents import queries
from docflow.documents.api.answers import document_answer
from docflow.documents.policy import decide
from docflow.documents.schemas import (
    Amend,
    DocumentOut,
)
from docflow.documents.service import amend as amending
from docflow.documents.service import receipts


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
    route_handlers=[get_document, amend, trail],
    tags=["documents"],
)
