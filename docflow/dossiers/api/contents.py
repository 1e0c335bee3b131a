"""What is in a dossier."""

from uuid import UUID

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.core.paging import Page, page_of
from docflow.dossiers.queries import contents
from docflow.dossiers.queries.dossiers import get_dossier
from docflow.dossiers.rendering import content_row
from docflow.dossiers.schemas import AddDocuments, ContentRow, MoveDocument, PutIn, RemoveDocument
from docflow.dossiers.service import filling


@get("/dossiers/{dossier_id:uuid}/documents", opt={"action": Action.DOSSIER_READ})
async def list_contents(
    dossier_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    limit: NamedDependency[int],
    cursor: FromQuery[str | None] = None,
) -> Page[ContentRow]:
    """The documents of a dossier that you see, in the order in which they were put in."""
    await get_dossier(session, actor, dossier_id)
    rows = await contents.list_contents(session, actor, dossier_id, cursor=cursor, limit=limit)
    kept, following = page_of(rows, limit, lambda row: (row.ordinal,))
    return Page([content_row(row) for row in kept], following)


@post("/dossiers/{dossier_id:uuid}/documents", opt={"action": Action.DOSSIER_KEEP}, status_code=200)
async def add_documents(
    dossier_id: FromPath[UUID],
    data: JSONBody[AddDocuments],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> PutIn:
    """Put documents into an open dossier. Nobody sees them because they are in it."""
    return await filling.add_documents(session, actor, dossier_id, data)


@post(
    "/dossiers/{dossier_id:uuid}/documents/{document_id:uuid}/removal",
    opt={"action": Action.DOSSIER_KEEP},
    status_code=204,
)
async def remove_document(
    dossier_id: FromPath[UUID],
    document_id: FromPath[UUID],
    data: JSONBody[RemoveDocument],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> None:
    """Take a document out of an open dossier, with the reason."""
    await filling.remove_document(session, actor, dossier_id, document_id, data.reason)


@post(
    "/dossiers/{dossier_id:uuid}/documents/{document_id:uuid}/move",
    opt={"action": Action.DOSSIER_KEEP},
    status_code=204,
)
async def move_document(
    dossier_id: FromPath[UUID],
    document_id: FromPath[UUID],
    data: JSONBody[MoveDocument],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> None:
    """Take a document out of one open dossier and put it into another."""
    await filling.move_document(session, actor, dossier_id, document_id, data)


router = Router(
    "",
    route_handlers=[list_contents, add_documents, remove_document, move_document],
    tags=["dossiers"],
)
