"""Lists of documents: search, filters, facets, export."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import date
from typing import Annotated, Any, BinaryIO, Literal
from uuid import UUID

from litestar import Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromQuery, QueryParameter
from litestar.response import Stream
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.documents.listing import facets_page, list_page, read_chosen, read_facets
from docflow.documents.models import Direction, Source, Urgency
from docflow.documents.queries import Filters, Order, Status
from docflow.documents.schemas import FacetsOut, Listing
from docflow.documents.service import exports
from docflow.printing.writers import MEDIA_TYPES, Format
from docflow.web.ranges import Disposition, content_disposition

CHUNK = 64 * 1024

Sort = Annotated[
    Order,
    QueryParameter(name="sort", description="Relevance needs a search; its cursor is of no other order."),
]
Columns = Annotated[
    str | None,
    QueryParameter(name="columns", description="Names of columns with commas between; the usual ones."),
]


def provide_span(
    issued_from: FromQuery[date | None] = None,
    issued_to: FromQuery[date | None] = None,
    arrived_from: FromQuery[date | None] = None,
    arrived_to: FromQuery[date | None] = None,
    registered_from: FromQuery[date | None] = None,
    registered_to: FromQuery[date | None] = None,
) -> dict[str, date | None]:
    """The spans of dates of a list, both ends included."""
    return {
        "issued_from": issued_from,
        "issued_to": issued_to,
        "arrived_from": arrived_from,
        "arrived_to": arrived_to,
        "registered_from": registered_from,
        "registered_to": registered_to,
    }


def provide_filters(
    span: NamedDependency[dict[str, date | None]],
    q: Annotated[
        str | None,
        QueryParameter(description='Words, "phrases", -excluded, begin*, official numbers whole or in part.'),
    ] = None,
    direction: FromQuery[Direction | None] = None,
    unit_id: FromQuery[UUID | None] = None,
    register_id: FromQuery[UUID | None] = None,
    kind: FromQuery[str | None] = None,
    urgency: FromQuery[Urgency | None] = None,
    source: FromQuery[Source | None] = None,
    status: Annotated[
        Status | None, QueryParameter(description="Of your own receipts and your units'; or void.")
    ] = None,
    issuer: Annotated[str | None, QueryParameter(description="The whole name, accents or not.")] = None,
    signer: Annotated[str | None, QueryParameter(description="Words of the name, accents or not.")] = None,
    cites: Annotated[UUID | None, QueryParameter(description="Documents that cite this one.")] = None,
    late: Annotated[bool | None, QueryParameter(description="Entered late, or not.")] = None,
) -> Filters:
    """The filters of a list, from the query."""
    return Filters(
        q=q,
        direction=direction,
        unit_id=unit_id,
        register_id=register_id,
        kind=kind,
        urgency=urgency,
        source=source,
        status=status,
        issuer=issuer,
        signer=signer,
        cites=cites,
        late=late,
        **span,
    )


FILTERED = {
    "span": Provide(provide_span, sync_to_thread=False),
    "filters": Provide(provide_filters, sync_to_thread=False),
}


@get("/documents", opt={"action": Action.DOCUMENT_READ}, dependencies=FILTERED)
async def list_documents(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    filters: NamedDependency[Filters],
    limit: NamedDependency[int],
    sort: Sort = Order.NEWEST,
    columns: Columns = None,
    cursor: FromQuery[str | None] = None,
    total: Annotated[bool, QueryParameter(description="Count them; a search always does.")] = False,
    excerpts: Annotated[bool, QueryParameter(description="Where a search stands in each document.")] = True,
) -> Listing:
    """The documents that you see, narrowed by filters and a search."""
    chosen = read_chosen(columns)
    shown: dict[str, Any] = {"order": sort, "columns": chosen, "cursor": cursor, "limit": limit}
    return await list_page(session, actor, filters, total=total, excerpts=excerpts, **shown)


@get("/documents/facets", opt={"action": Action.DOCUMENT_READ}, dependencies=FILTERED)
async def list_facets(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    filters: NamedDependency[Filters],
    facets: Annotated[
        str | None, QueryParameter(description="Names of facets with commas between; all of them.")
    ] = None,
) -> FacetsOut:
    """What the list with these filters can be narrowed to, with counts."""
    return await facets_page(session, actor, filters, read_facets(facets))


@get(
    "/documents/export",
    opt={"action": Action.DOCUMENT_READ, "answers": "application/octet-stream"},
    dependencies=FILTERED,
)
async def export_list(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    filters: NamedDependency[Filters],
    sort: Sort = Order.NEWEST,
    columns: Columns = None,
    file_format: Annotated[Literal["xlsx", "csv"], QueryParameter(name="format")] = "xlsx",
) -> Response[Any]:
    """The whole list as a file, at most 100,000 documents. That and what you took is recorded."""
    chosen = read_chosen(columns)
    format_ = Format(file_format)
    taken = await exports.export_list(session, actor, filters, order=sort, columns=chosen, format_=format_)
    return Stream(_sent(taken.file), headers=_headers(taken, format_))


def _headers(taken: exports.Exported, format_: Format) -> dict[str, str]:
    return {
        "Content-Type": MEDIA_TYPES[format_],
        "Content-Length": str(taken.size),
        "Content-Disposition": content_disposition(taken.name, Disposition.ATTACHMENT),
        "Docflow-Rows": str(taken.rows),
        "Docflow-Complete": "true" if taken.whole else "false",
    }


async def _sent(file: BinaryIO) -> AsyncGenerator[bytes, None]:
    try:
        while chunk := await asyncio.to_thread(file.read, CHUNK):
            yield chunk
    finally:
        file.close()


router = Router("", route_handlers=[list_documents, list_facets, export_list], tags=["documents"])
