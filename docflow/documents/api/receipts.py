"""Giving documents to units and people, and acknowledging them."""

from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.documents import queries
from docflow.documents.api.answers import document_answer
from docflow.documents.rendering import receipt_out
from docflow.documents.schemas import (
    DocumentOut,
    ReceiptOut,
    Route,
)
from docflow.documents.service import receipts
from docflow.notifications.service import Postman


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
    return await document_answer(session, actor, document)


router = Router(
    "",
    route_handlers=[route, list_receipts, acknowledge],
    tags=["documents"],
)
