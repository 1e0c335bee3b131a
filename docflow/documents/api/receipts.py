"""Giving documents to units and people; passing on, returning, recalling and completing what one was given."""

from typing import Annotated
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.core.paging import Page, page_of
from docflow.documents import queries
from docflow.documents.api.answers import document_answer
from docflow.documents.models import ReceiptRole
from docflow.documents.receipt_rendering import open_receipt, receipt_out, receipts_out
from docflow.documents.schemas import (
    CompleteReceipt,
    DocumentOut,
    Forward,
    GiveBackReceipt,
    OpenReceipt,
    RecallReceipt,
    ReceiptOut,
    Route,
)
from docflow.documents.service import receipts, routing
from docflow.documents.service.routing import FollowReceipts
from docflow.notifications.service import Postman
from docflow.web.etags import etag_of


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
    return receipts_out(actor, await queries.list_receipts(session, actor, document_id))


@get("/documents/{document_id:uuid}/receipts", opt={"action": Action.DOCUMENT_READ})
async def list_receipts(
    document_id: FromPath[UUID], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> list[ReceiptOut]:
    """Who got the document from whom and for what, and how far it is with each: the tree below what you have and gave."""
    return receipts_out(actor, await queries.list_receipts(session, actor, document_id))


@post(
    "/documents/{document_id:uuid}/acknowledgement",
    opt={"action": Action.DOCUMENT_ACKNOWLEDGE},
    status_code=200,
)
async def acknowledge(
    document_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    follow: NamedDependency[FollowReceipts],
) -> Response[DocumentOut]:
    """Say that you, or your unit, have got the document. What was given for information is done by that."""
    document = await routing.acknowledge(session, actor, follow, document_id)
    return await document_answer(session, actor, document)


@get("/receipts", opt={"action": Action.DOCUMENT_READ})
async def list_waiting(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    limit: NamedDependency[int],
    role: Annotated[ReceiptRole, QueryParameter(description="What it was given for.")],
    cursor: FromQuery[str | None] = None,
) -> Page[OpenReceipt]:
    """What waits for you and your units in a role and was neither passed on nor ended, the oldest first."""
    rows = await queries.list_open_receipts(session, actor, role, cursor=cursor, limit=limit)
    kept, following = page_of(rows, limit, lambda row: (row.receipt_id,))
    return Page([open_receipt(row) for row in kept], following)


async def _answer(session: AsyncSession, actor: Actor, receipt_id: UUID) -> Response[ReceiptOut]:
    row = await queries.get_receipt(session, actor, receipt_id)
    seen = {row.Receipt.parent_id} if row.parent_seen else set()
    body = receipt_out(actor, row, seen)
    return Response(body, status_code=200, headers={"ETag": etag_of(body.version)})


@get("/receipts/{receipt_id:uuid}", opt={"action": Action.DOCUMENT_READ})
async def get_receipt(
    receipt_id: FromPath[UUID], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Response[ReceiptOut]:
    """Who got a document from whom and for what, and how far it is with them."""
    return await _answer(session, actor, receipt_id)


@post("/receipts/{receipt_id:uuid}/forwards", opt={"action": Action.RECEIPT_HANDLE}, status_code=200)
async def forward(
    receipt_id: FromPath[UUID],
    data: JSONBody[Forward],
    version: NamedDependency[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    postman: NamedDependency[Postman],
    follow: NamedDependency[FollowReceipts],
) -> Response[ReceiptOut]:
    """Pass on what you were given: who acts, who coordinates, who is to know. It is handled by that, not complete."""
    await routing.forward(session, actor, postman, follow, receipt_id, version, data)
    return await _answer(session, actor, receipt_id)


@post("/receipts/{receipt_id:uuid}/return", opt={"action": Action.RECEIPT_HANDLE}, status_code=200)
async def give_back(
    receipt_id: FromPath[UUID],
    data: JSONBody[GiveBackReceipt],
    version: NamedDependency[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    postman: NamedDependency[Postman],
    follow: NamedDependency[FollowReceipts],
) -> Response[ReceiptOut]:
    """Give it back with the reason, at once and for good; what you passed on is recalled, and the sender is told."""
    await routing.give_back(session, actor, postman, follow, receipt_id, version, data.reason)
    return await _answer(session, actor, receipt_id)


@post("/receipts/{receipt_id:uuid}/recall", opt={"action": Action.RECEIPT_HANDLE}, status_code=200)
async def recall(
    receipt_id: FromPath[UUID],
    data: JSONBody[RecallReceipt],
    version: NamedDependency[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    postman: NamedDependency[Postman],
    follow: NamedDependency[FollowReceipts],
) -> Response[ReceiptOut]:
    """Take back what you gave, and everything passed on from it. Whoever had it for no other reason sees it no more."""
    await routing.recall(session, actor, postman, follow, receipt_id, version, data.reason)
    return await _answer(session, actor, receipt_id)


@post("/receipts/{receipt_id:uuid}/completion", opt={"action": Action.RECEIPT_HANDLE}, status_code=200)
async def complete(
    receipt_id: FromPath[UUID],
    data: JSONBody[CompleteReceipt],
    version: NamedDependency[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    follow: NamedDependency[FollowReceipts],
) -> Response[ReceiptOut]:
    """Finish what you were given, with the reply where one is required. The sender's ends when all who act have ended."""
    await routing.complete(session, actor, follow, receipt_id, version, data)
    return await _answer(session, actor, receipt_id)


router = Router(
    "",
    route_handlers=[
        route,
        list_receipts,
        acknowledge,
        list_waiting,
        get_receipt,
        forward,
        give_back,
        recall,
        complete,
    ],
    tags=["documents"],
)
