"""Submitting to a leader, what waits, comments, readings, and who may see a document."""

from typing import Annotated
from uuid import UUID

from litestar import Response, Router, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.core.paging import Page, page_of
from docflow.documents import queries
from docflow.documents.circulating import (
    comment_out,
    reading_out,
    to_direct_out,
    to_pass_on_out,
    who_may_see,
)
from docflow.documents.policy import decide
from docflow.documents.queries import circulation, queues
from docflow.documents.receipt_rendering import receipts_out
from docflow.documents.schemas import ReceiptOut
from docflow.documents.schemas.circulation import (
    CommentOut,
    Permit,
    ReadersOut,
    ReadingOut,
    Submit,
    ToDirect,
    ToPassOn,
    WriteComment,
)
from docflow.documents.service import commenting, permitting, submitting
from docflow.notifications.service import Postman
from docflow.web.etags import etag_of


@post("/documents/{document_id:uuid}/submissions", opt={"action": Action.DOCUMENT_ROUTE})
async def submit(
    document_id: FromPath[UUID],
    data: JSONBody[Submit],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    postman: NamedDependency[Postman],
) -> Response[list[ReceiptOut]]:
    """Submit the document to a leader of its unit, or of one above, for direction."""
    await submitting.submit(session, actor, postman, document_id, data)
    rows = await queries.list_receipts(session, actor, document_id)
    location = {"Location": f"/api/v1/documents/{document_id}/receipts"}
    return Response(receipts_out(actor, rows), status_code=201, headers=location)


@get("/queues/registry", opt={"action": Action.DOCUMENT_REGISTER})
async def list_to_pass_on(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    limit: NamedDependency[int],
    unit_id: Annotated[
        UUID | None, QueryParameter(description="One of the registries that you keep.")
    ] = None,
    cursor: FromQuery[str | None] = None,
) -> Page[ToPassOn]:
    """What arrived, was registered and given to nobody yet: the most urgent, then the oldest first."""
    queue = await queues.list_to_pass_on(session, actor, unit_id=unit_id, cursor=cursor, limit=limit)
    return Page([to_pass_on_out(row) for row in queue.rows], queue.next, queue.total)


@get("/queues/direction", opt={"action": Action.DOCUMENT_READ})
async def list_to_direct(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    limit: NamedDependency[int],
    cursor: FromQuery[str | None] = None,
) -> Page[ToDirect]:
    """What waits for your direction, or for that of whoever you stand in for: the most urgent, then the oldest first."""
    queue = await queues.list_to_direct(session, actor, cursor=cursor, limit=limit)
    return Page([to_direct_out(row) for row in queue.rows], queue.next, queue.total)


@get("/documents/{document_id:uuid}/readings", opt={"action": Action.DOCUMENT_TRAIL})
async def list_readings(
    document_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    limit: NamedDependency[int],
    cursor: FromQuery[str | None] = None,
) -> Page[ReadingOut]:
    """Who opened the document, when first and last, and how often; for its unit and those above."""
    rows = await circulation.list_readings(session, actor, document_id, cursor=cursor, limit=limit)
    kept, following = page_of(rows, limit, lambda row: (row.first_at, row.person_id))
    return Page([reading_out(row) for row in kept], following)


@post("/documents/{document_id:uuid}/comments", opt={"action": Action.DOCUMENT_COMMENT})
async def comment(
    document_id: FromPath[UUID],
    data: JSONBody[WriteComment],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> Response[CommentOut]:
    """Comment on the document, for everybody who sees it or for the members of your unit alone."""
    written = await commenting.comment(session, actor, document_id, data)
    row = await circulation.get_comment(session, actor, written.id)
    location = {"Location": f"/api/v1/documents/{document_id}/comments"}
    return Response(comment_out(row, actor), status_code=201, headers=location)


@get("/documents/{document_id:uuid}/comments", opt={"action": Action.DOCUMENT_READ})
async def list_comments(
    document_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    limit: NamedDependency[int],
    cursor: FromQuery[str | None] = None,
) -> Page[CommentOut]:
    """Comments that you may see, in the order in which they were written."""
    rows = await circulation.list_comments(session, actor, document_id, cursor=cursor, limit=limit)
    kept, following = page_of(rows, limit, lambda row: (row.id,))
    return Page([comment_out(row, actor) for row in kept], following)


@post(
    "/documents/{document_id:uuid}/comments/{comment_id:uuid}/withdrawal",
    opt={"action": Action.DOCUMENT_COMMENT},
    status_code=200,
)
async def withdraw_comment(
    document_id: FromPath[UUID],
    comment_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> CommentOut:
    """Withdraw a comment of yours: its words are shown no more, that there was one is."""
    await commenting.withdraw(session, actor, document_id, comment_id)
    return comment_out(await circulation.get_comment(session, actor, comment_id), actor)


@get("/documents/{document_id:uuid}/readers", opt={"action": Action.DOCUMENT_PERMIT})
async def list_readers(
    document_id: FromPath[UUID], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Response[ReadersOut]:
    """Who may see the document, and why; for its unit and those above."""
    document = await queries.get_document(session, actor, document_id)
    owner = await queries.lineage_of(session, document)
    decide(actor, Action.DOCUMENT_PERMIT, document, owner).require()
    return Response(await who_may_see(session, document), headers={"ETag": etag_of(document.version)})


@put("/documents/{document_id:uuid}/readers", opt={"action": Action.DOCUMENT_PERMIT})
async def permit(
    document_id: FromPath[UUID],
    data: JSONBody[Permit],
    version: NamedDependency[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> Response[ReadersOut]:
    """Let the whole unit see the document, or people alone. Whom it lets newly see it is told first, to be confirmed."""
    document = await permitting.permit(session, actor, document_id, version, data)
    return Response(await who_may_see(session, document), headers={"ETag": etag_of(document.version)})


router = Router(
    "",
    route_handlers=[
        submit,
        list_to_pass_on,
        list_to_direct,
        list_readings,
        comment,
        list_comments,
        withdraw_comment,
        list_readers,
        permit,
    ],
    tags=["documents"],
)
