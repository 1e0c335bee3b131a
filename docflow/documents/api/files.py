"""The files of a document."""

from typing import Any
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.documents import queries
from docflow.documents.api.answers import FORM, AnyRequest, document_answer
from docflow.documents.schemas import (
    AddFile,
    DocumentOut,
)
from docflow.documents.service import amend as amending
from docflow.documents.service import receipts
from docflow.files.downloads import download
from docflow.files.service import FileStore
from docflow.files.uploads import Uploads


@post(
    "/documents/{document_id:uuid}/files",
    opt={"action": Action.DOCUMENT_AMEND, "form": AddFile, **FORM},
    request_max_body_size=None,
)
async def add_file(
    document_id: FromPath[UUID],
    version: NamedDependency[int],
    uploads: NamedDependency[Uploads],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> Response[DocumentOut]:
    """Add a new version of an incoming document's file; earlier versions stay."""
    data, received = await uploads.receive(AddFile)
    document = await amending.add_document_file(session, actor, document_id, version, data, received)
    return await document_answer(session, actor, document, created=True)


@get(
    "/documents/{document_id:uuid}/files/{file_id:uuid}/content",
    opt={"action": Action.DOCUMENT_READ, "answers": "application/octet-stream"},
)
async def download_file(
    document_id: FromPath[UUID],
    file_id: FromPath[UUID],
    request: AnyRequest,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    file_store: NamedDependency[FileStore],
    inline: FromQuery[bool] = False,
) -> Response[Any]:
    """The bytes of a file, whole or a range. That you took them is recorded."""
    file = await queries.get_file(session, actor, document_id, file_id)
    answer = await download(request, file_store, file, inline=inline)
    if answer.status_code != 304:
        await receipts.note_downloaded(session, actor, document_id, file)
    return answer


router = Router(
    "",
    route_handlers=[add_file, download_file],
    tags=["documents"],
)
