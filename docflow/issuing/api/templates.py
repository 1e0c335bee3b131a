"""Letters made from the record, and a province's own layouts for them."""

from typing import Any
from uuid import UUID

from litestar import Response, Router, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.core.paging import Page, page_of
from docflow.documents.api.answers import FORM, AnyRequest
from docflow.files.downloads import download
from docflow.files.models import File
from docflow.files.service import FileStore
from docflow.files.uploads import Uploads
from docflow.issuing.letters.fields import names
from docflow.issuing.manuscript_rendering import version_out
from docflow.issuing.models import LetterTemplate
from docflow.issuing.queries import manuscripts_lists as lists
from docflow.issuing.queries import templates as queries
from docflow.issuing.schemas.manuscript_versions import VersionOut
from docflow.issuing.schemas.templates import AddTemplate, FieldNameOut, MakeLetter, TemplateOut
from docflow.issuing.service import templates as service
from docflow.web.etags import etag_of

_READ = {"action": Action.MANUSCRIPT_READ}
_ADMINISTER = {"action": Action.TEMPLATE_ADMINISTER}


def _out(actor: Actor, template: LetterTemplate, lineage: list[int]) -> TemplateOut:
    return TemplateOut(
        id=template.id,
        unit_id=template.unit_id,
        kind=template.kind_code,
        title=template.title,
        file_id=template.file_id,
        fields=template.fields,
        added_at=template.added_at,
        retired_at=template.retired_at,
        actions=[Action.TEMPLATE_ADMINISTER] if queries.decide(actor, lineage) else [],
        version=template.version,
    )


@post("/letter-templates", opt={**_ADMINISTER, "form": AddTemplate, **FORM}, request_max_body_size=None)
async def add_template(
    uploads: NamedDependency[Uploads],
    file_store: NamedDependency[FileStore],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> Response[TemplateOut]:
    """Add a layout for the letters of a unit and those below: a DOCX with named fields and nothing that runs."""
    data, received = await uploads.receive(AddTemplate)
    added = await service.add_template(session, actor, file_store, data, received)
    template, lineage = await queries.get_template(session, actor, added.id)
    headers = {"ETag": etag_of(template.version), "Location": f"/api/v1/letter-templates/{template.id}"}
    return Response(_out(actor, template, lineage), status_code=201, headers=headers)


@get("/letter-templates", opt=_READ)
async def list_templates(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    limit: NamedDependency[int],
    cursor: FromQuery[str | None] = None,
    kind: FromQuery[str | None] = None,
    retired: FromQuery[bool] = False,
) -> Page[TemplateOut]:
    """Layouts that your units may use, the newest first; with ``kind`` those that fit it."""
    rows = await queries.list_templates(
        session, actor, kind=kind, retired=retired, cursor=cursor, limit=limit
    )
    kept, following = page_of(rows, limit, lambda row: (row.LetterTemplate.id,))
    return Page([_out(actor, row.LetterTemplate, row.lineage) for row in kept], following)


@get("/letter-templates/fields", opt=_READ)
async def list_fields(session: NamedDependency[AsyncSession]) -> list[FieldNameOut]:
    """The fields that a layout may have: `{{trich_yeu}}`, a content control's tag, or a MERGEFIELD."""
    return [
        FieldNameOut(
            name_vi=field.vi, name_en=name, says=field.says, later=field.later, optional=field.optional
        )
        for name, field in names().items()
    ]


@get("/letter-templates/{template_id:uuid}", opt=_READ)
async def get_template(
    template_id: FromPath[UUID], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Response[TemplateOut]:
    """One layout."""
    template, lineage = await queries.get_template(session, actor, template_id)
    return Response(_out(actor, template, lineage), headers={"ETag": etag_of(template.version)})


@get(
    "/letter-templates/{template_id:uuid}/content",
    opt={**_READ, "answers": "application/octet-stream"},
)
async def download_template(
    template_id: FromPath[UUID],
    request: AnyRequest,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    file_store: NamedDependency[FileStore],
) -> Response[Any]:
    """The file of a layout, as it was added."""
    template, _ = await queries.get_template(session, actor, template_id)
    return await download(request, file_store, await session.get_one(File, template.file_id))


@delete("/letter-templates/{template_id:uuid}", opt=_ADMINISTER)
async def retire_template(
    template_id: FromPath[UUID],
    version: NamedDependency[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> None:
    """Take a layout out of use."""
    await service.retire_template(session, actor, template_id, version)


@get("/manuscripts/{manuscript_id:uuid}/preview.pdf", opt={**_READ, "answers": "application/pdf"})
async def preview_pdf(
    manuscript_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    file_store: NamedDependency[FileStore],
    office: NamedDependency[str],
) -> Response[bytes]:
    """The letter as PDF, made from the record as it is now and kept nowhere."""
    return _file(await service.preview(session, actor, file_store, office, manuscript_id, "pdf"))


@get("/manuscripts/{manuscript_id:uuid}/preview.docx", opt={**_READ, "answers": service.MEDIA_TYPES["docx"]})
async def preview_docx(
    manuscript_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    file_store: NamedDependency[FileStore],
    office: NamedDependency[str],
) -> Response[bytes]:
    """The letter as DOCX, made from the record as it is now and kept nowhere."""
    return _file(await service.preview(session, actor, file_store, office, manuscript_id, "docx"))


def _file(made: service.Made) -> Response[bytes]:
    headers = {"Content-Disposition": f'attachment; filename="letter.{made.filename.rpartition(".")[2]}"'}
    return Response(made.content, media_type=made.media_type, headers=headers)


@post("/manuscripts/{manuscript_id:uuid}/versions/from-template", opt={"action": Action.MANUSCRIPT_WRITE})
async def make_version(
    manuscript_id: FromPath[UUID],
    data: JSONBody[MakeLetter],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    file_store: NamedDependency[FileStore],
    office: NamedDependency[str],
) -> Response[VersionOut]:
    """Make the letter from the record and keep it as a new version."""
    made = await service.make_version(session, actor, file_store, office, manuscript_id, data)
    (row,) = await lists.versions_of(session, manuscript_id, newest=True)
    location = f"/api/v1/manuscripts/{manuscript_id}/versions/{made.number}/content"
    return Response(version_out(row), status_code=201, headers={"Location": location})


router = Router(
    "",
    route_handlers=[
        add_template,
        list_templates,
        list_fields,
        get_template,
        download_template,
        retire_template,
        preview_pdf,
        preview_docx,
        make_version,
    ],
    tags=["letters"],
)
