"""Pictures of the pages of a document's files."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.documents import queries
from docflow.documents.service import receipts
from docflow.files.preview_answers import Previews
from docflow.files.previews import MEDIA_TYPE, THUMBNAIL, WIDTHS

SHOWN = {"action": Action.DOCUMENT_READ, "answers": MEDIA_TYPE}
Width = Annotated[
    int,
    QueryParameter(ge=1, le=WIDTHS[-1], description="In pixels; the next of 240, 800, 1200, 1600 is given."),
]


@get("/documents/{document_id:uuid}/files/{file_id:uuid}/pages/{page:int}", opt=SHOWN)
async def page_preview(
    document_id: FromPath[UUID],
    file_id: FromPath[UUID],
    page: FromPath[int],
    previews: NamedDependency[Previews],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    width: Width = 1200,
) -> Response[Any]:
    """A page of a PDF or an image as a picture, counted from 1. That you saw it is recorded."""
    file = await queries.get_file(session, actor, document_id, file_id)
    answer = await previews.answer(file, page, width)
    if answer.status_code != 304:
        await receipts.note_downloaded(session, actor, document_id, file)
    return answer


@get("/documents/{document_id:uuid}/files/{file_id:uuid}/thumbnail", opt=SHOWN)
async def thumbnail(
    document_id: FromPath[UUID],
    file_id: FromPath[UUID],
    previews: NamedDependency[Previews],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> Response[Any]:
    """The first page, small: for lists, where nobody reads it yet and nothing is recorded."""
    file = await queries.get_file(session, actor, document_id, file_id)
    return await previews.answer(file, 1, THUMBNAIL)


router = Router("", route_handlers=[page_preview, thumbnail], tags=["documents"])
