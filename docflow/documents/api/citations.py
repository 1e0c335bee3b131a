"""What a document cites, and what cites it."""

from uuid import UUID

from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.core.paging import Page, page_of
from docflow.documents.citing import citing_out, linked_citation_out
from docflow.documents.queries import citations as queries
from docflow.documents.schemas.citations import CitingOut, LinkedCitationOut


@get("/documents/{document_id:uuid}/citations", opt={"action": Action.DOCUMENT_READ})
async def list_citations(
    document_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    limit: NamedDependency[int],
    cursor: FromQuery[str | None] = None,
) -> Page[LinkedCitationOut]:
    """What the document names, in the order of its words, each with the documents that you see it lead to."""
    made = await queries.list_citations(session, actor, document_id, cursor=cursor, limit=limit)
    kept, following = page_of(made, limit, lambda one: (one.citation.id,))
    return Page([linked_citation_out(one) for one in kept], following)


@get("/documents/{document_id:uuid}/cited-by", opt={"action": Action.DOCUMENT_READ})
async def list_cited_by(
    document_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    limit: NamedDependency[int],
    cursor: FromQuery[str | None] = None,
) -> Page[CitingOut]:
    """The newest documents that you see that name this one, and in which words."""
    found = await queries.list_cited_by(session, actor, document_id, cursor=cursor, limit=limit)
    kept, following = page_of(found, limit, lambda one: (one.document.registered_at, one.document.id))
    return Page([citing_out(one) for one in kept], following)


router = Router("", route_handlers=[list_citations, list_cited_by], tags=["documents"])
