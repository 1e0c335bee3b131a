"""The trail of a document as a signed file."""

from typing import Annotated, Literal
from uuid import UUID

from litestar import Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.core.messages import Language
from docflow.issuing.service.trails import export_trail
from docflow.signatures.house import HouseSigner
from docflow.web.ranges import Disposition, content_disposition

MEDIA_TYPES = {"pdf": "application/pdf", "json": "application/json"}


@get(
    "/documents/{document_id:uuid}/trail/export",
    opt={"action": Action.DOCUMENT_TRAIL, "answers": "application/octet-stream"},
)
async def export(
    document_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    house: NamedDependency[HouseSigner],
    file_format: Annotated[Literal["pdf", "json"], QueryParameter(name="format")] = "pdf",
    language: FromQuery[Language | None] = None,
) -> Response[bytes]:
    """Everything that was done to the document and to its manuscript, as a PDF or a JSON file that the house signs."""
    name, content = await export_trail(
        session, actor, house, document_id, file_format, language or actor.language
    )
    headers = {"Content-Disposition": content_disposition(name, Disposition.ATTACHMENT)}
    return Response(content, media_type=MEDIA_TYPES[file_format], headers=headers)


router = Router("", route_handlers=[export], tags=["issuing"])
