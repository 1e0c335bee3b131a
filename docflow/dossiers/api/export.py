"""A dossier as one archive."""

from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.core.db import Sessions
from docflow.documents.sheet import SheetSources
from docflow.dossiers.exporting.planning import Plan, plan_export
from docflow.dossiers.exporting.sending import Export, note_begun, sheets_from
from docflow.dossiers.service.printing import export_name, print_index
from docflow.files.service import FileStore
from docflow.printing.writers import MEDIA_TYPES, Format
from docflow.web.ranges import Disposition, content_disposition


@get(
    "/dossiers/{dossier_id:uuid}/export.zip",
    opt={"action": Action.DOSSIER_READ, "answers": "application/zip"},
)
async def export_dossier(
    dossier_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    sessions: NamedDependency[Sessions],
    actor: NamedDependency[Actor],
    file_store: NamedDependency[FileStore],
    sheet_sources: NamedDependency[SheetSources],
    versions: Annotated[
        bool, QueryParameter(description="Every version of a file, not the newest alone.")
    ] = False,
) -> Response[Any]:
    """The documents of a dossier that you see, in time order, as one archive. That and what you took is recorded."""
    plan = await plan_export(session, file_store, actor, dossier_id, versions=versions)
    await note_begun(session, plan, versions=versions)
    return _stream(plan, Export(plan, sessions, file_store, sheets_from(sheet_sources)))


def _stream(plan: Plan, export: Export) -> Response[Any]:
    name = export_name(plan.dossier, "zip")
    headers = {
        "Content-Type": "application/zip",
        "Content-Disposition": content_disposition(name, Disposition.ATTACHMENT),
        "Docflow-Documents": str(len(plan.documents)),
    }
    return Stream(export.chunks(), headers=headers)


@get(
    "/dossiers/{dossier_id:uuid}/index",
    opt={"action": Action.DOSSIER_READ, "answers": "application/octet-stream"},
)
async def get_index(
    dossier_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    file_format: Annotated[Literal["pdf", "docx", "xlsx", "csv"], QueryParameter(name="format")] = "pdf",
) -> Response[bytes]:
    """The list of the documents that you see, in time order, as a file."""
    format_ = Format(file_format)
    name, content = await print_index(session, actor, dossier_id, format_)
    headers = {"Content-Disposition": content_disposition(name, Disposition.ATTACHMENT)}
    return Response(content, headers=headers, media_type=MEDIA_TYPES[format_])


router = Router("", route_handlers=[export_dossier, get_index], tags=["dossiers"])
