"""Searches that people keep."""

from uuid import UUID

from litestar import Response, Router, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.core.paging import Page, total_of
from docflow.documents.listing import list_page, read_chosen
from docflow.documents.models import SavedSearch
from docflow.documents.queries.kept import get_kept, list_kept
from docflow.documents.schemas import ChangeSearch, KeepSearch, Listing, SavedSearchOut, Search
from docflow.documents.service import searches
from docflow.web.etags import etag_of


@post("/searches", opt={"action": Action.SEARCH_KEEP})
async def keep_search(
    data: JSONBody[KeepSearch], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Response[SavedSearchOut]:
    """Keep a search: you are told of documents that come to it, as far as you may see them then."""
    kept = await searches.keep_search(session, actor, data)
    headers = {"ETag": etag_of(kept.version), "Location": f"/api/v1/searches/{kept.id}"}
    return Response(_out(kept, 0), status_code=201, headers=headers)


@get("/searches", opt={"action": Action.SEARCH_KEEP})
async def list_searches(
    session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Page[SavedSearchOut]:
    """The searches that you keep, by name; one page holds them all."""
    return Page([_out(kept, new) for kept, new in await list_kept(session, actor)])


@get("/searches/{search_id:uuid}", opt={"action": Action.SEARCH_KEEP})
async def get_search(
    search_id: FromPath[UUID], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Response[SavedSearchOut]:
    """One of them."""
    kept, new = await get_kept(session, actor, search_id)
    return Response(_out(kept, new), headers={"ETag": etag_of(kept.version)})


@patch("/searches/{search_id:uuid}", opt={"action": Action.SEARCH_KEEP})
async def change_search(
    search_id: FromPath[UUID],
    data: JSONBody[ChangeSearch],
    version: NamedDependency[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> Response[SavedSearchOut]:
    """Change its name, what it looks for, or whether you are told by mail."""
    await searches.change_search(session, actor, search_id, version, data)
    kept, new = await get_kept(session, actor, search_id)
    return Response(_out(kept, new), headers={"ETag": etag_of(kept.version)})


@delete("/searches/{search_id:uuid}", opt={"action": Action.SEARCH_KEEP})
async def drop_search(
    search_id: FromPath[UUID],
    version: NamedDependency[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> None:
    """Keep it no longer."""
    await searches.drop_search(session, actor, search_id, version)


@get("/searches/{search_id:uuid}/documents", opt={"action": Action.SEARCH_KEEP})
async def list_found(
    search_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    limit: NamedDependency[int],
    cursor: FromQuery[str | None] = None,
) -> Listing:
    """What it finds now, of what you see now. With its first page nothing is new any more."""
    kept, _ = await get_kept(session, actor, search_id)
    page = await _found(session, actor, searches.read_search(kept), cursor, limit)
    if cursor is None:
        await searches.note_looked(session, kept)
    return page


async def _found(
    session: AsyncSession, actor: Actor, search: Search, cursor: str | None, limit: int
) -> Listing:
    return await list_page(
        session,
        actor,
        searches.filters_of(search),
        order=search.sort,
        columns=read_chosen(search.columns),
        cursor=cursor,
        limit=limit,
        total=True,
    )


def _out(kept: SavedSearch, new: int) -> SavedSearchOut:
    return SavedSearchOut(
        id=kept.id,
        name=kept.name,
        search=kept.search,
        by_mail=kept.by_mail,
        kept_at=kept.kept_at,
        looked_at=kept.looked_at,
        new=total_of(new),
        version=kept.version,
    )


router = Router(
    "",
    route_handlers=[keep_search, list_searches, get_search, change_search, drop_search, list_found],
    tags=["searches"],
)
