"""What the addresses of documents share."""

from typing import Any

from litestar import Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.documents.models import Document
from docflow.documents.rendering import document_out
from docflow.documents.schemas import (
    DocumentOut,
)
from docflow.documents.service.filing import Filed
from docflow.web.etags import etag_of

AnyRequest = Request[Any, Any, Any]
FORM = {"takes": "multipart/form-data"}


async def document_answer(
    session: AsyncSession, actor: Actor, document: Document, *, created: bool = False
) -> Response[DocumentOut]:
    body = await document_out(session, actor, document)
    return _answer(body, created=created)


async def filed_answer(session: AsyncSession, actor: Actor, filed: Filed) -> Response[DocumentOut]:
    """Of a document that was just registered; its register is locked until the answer is built."""
    return _answer(await document_out(session, actor, filed.document, filed), created=True)


def _answer(body: DocumentOut, *, created: bool) -> Response[DocumentOut]:
    headers = {"ETag": etag_of(body.version)}
    if created:
        headers["Location"] = f"/api/v1/documents/{body.id}"
    return Response(body, status_code=201 if created else 200, headers=headers)
