"""What waits to be registered."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.core.paging import Page, page_of
from docflow.documents.api.answers import FORM, AnyRequest, document_answer
from docflow.documents.draft_rendering import draft_out, draft_row
from docflow.documents.models import Draft, DraftState, Source
from docflow.documents.queries import drafts as queries
from docflow.documents.schemas import DocumentOut
from docflow.documents.schemas.drafts import (
    AddDraft,
    DiscardDraft,
    DraftOut,
    DraftRow,
    RegisterDraft,
    RegisterDraftStub,
)
from docflow.documents.service import drafts
from docflow.files.downloads import download
from docflow.files.service import FileStore
from docflow.files.uploads import Uploads
from docflow.notifications.service import Postman
from docflow.web.etags import etag_of

_READ = {"action": Action.DRAFT_READ}
_SETTLE = {"action": Action.DRAFT_SETTLE}


@post("/drafts", opt={**_SETTLE, "form": AddDraft, **FORM}, request_max_body_size=None)
async def add_draft(
    uploads: NamedDependency[Uploads], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Response[DraftOut]:
    """Put a file into your registry, to be read by machine now and registered by somebody later."""
    data, received = await uploads.receive(AddDraft)
    draft = await drafts.add_draft(session, actor, data.unit_id, Source.UPLOAD, [received], data.note)
    return await _answer(session, actor, draft, created=True)


@get("/drafts", opt=_READ)
async def list_drafts(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    limit: NamedDependency[int],
    cursor: FromQuery[str | None] = None,
    draft_state: Annotated[DraftState | None, QueryParameter(name="state")] = None,
    source: FromQuery[Source | None] = None,
) -> Page[DraftRow]:
    """What came to your registries: what waits first, the oldest first; then what was dealt with, the newest first."""
    rows = await queries.list_drafts(
        session, actor, state=draft_state, source=source, cursor=cursor, limit=limit
    )
    kept, following = page_of(rows, limit, queries.run_of)
    return Page([draft_row(row) for row in kept], following)


@get("/drafts/{draft_id:uuid}", opt=_READ)
async def get_draft(
    draft_id: FromPath[UUID], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Response[DraftOut]:
    """A draft with its files, its mail and suggestions for its registration. That you opened it is recorded."""
    draft = await queries.get_draft(session, actor, draft_id)
    await drafts.note_draft_read(session, actor, draft)
    return await _answer(session, actor, draft)


@get(
    "/drafts/{draft_id:uuid}/files/{file_id:uuid}/content",
    opt={**_READ, "answers": "application/octet-stream"},
)
async def download_draft_file(
    draft_id: FromPath[UUID],
    file_id: FromPath[UUID],
    request: AnyRequest,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    file_store: NamedDependency[FileStore],
    inline: FromQuery[bool] = False,
) -> Response[Any]:
    """The bytes of a file, whole or a range. That you took them is recorded."""
    draft, file = await queries.get_draft_file(session, actor, draft_id, file_id)
    answer = await download(request, file_store, file, inline=inline)
    if answer.status_code != 304:
        await drafts.note_draft_read(session, actor, draft, file=file.filename)
    return answer


@post("/drafts/{draft_id:uuid}/registration", opt=_SETTLE)
async def register_draft(
    draft_id: FromPath[UUID],
    data: JSONBody[RegisterDraft],
    version: NamedDependency[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    postman: NamedDependency[Postman],
) -> Response[DocumentOut]:
    """Register it as an incoming document; the sender of its mail is told the arrival number."""
    document = await drafts.register_draft(session, actor, postman, draft_id, version, data)
    return await document_answer(session, actor, document, created=True)


@post("/drafts/{draft_id:uuid}/stub", opt=_SETTLE)
async def register_draft_stub(
    draft_id: FromPath[UUID],
    data: JSONBody[RegisterDraftStub],
    version: NamedDependency[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> Response[DocumentOut]:
    """Register only the stub of a state secret that came this way; its files and its mail are deleted."""
    document = await drafts.register_draft_stub(session, actor, draft_id, version, data)
    return await document_answer(session, actor, document, created=True)


@post("/drafts/{draft_id:uuid}/discard", opt=_SETTLE, status_code=200)
async def discard_draft(
    draft_id: FromPath[UUID],
    data: JSONBody[DiscardDraft],
    version: NamedDependency[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> Response[DraftOut]:
    """Put it away with the reason; its files are deleted after a day or as long as the house waits."""
    draft = await drafts.discard_draft(session, actor, draft_id, version, data.reason)
    return await _answer(session, actor, draft)


async def _answer(
    session: AsyncSession, actor: Actor, draft: Draft, *, created: bool = False
) -> Response[DraftOut]:
    headers = {"ETag": etag_of(draft.version)}
    if created:
        headers["Location"] = f"/api/v1/drafts/{draft.id}"
    body = await draft_out(session, actor, draft)
    return Response(body, status_code=201 if created else 200, headers=headers)


router = Router(
    "",
    route_handlers=[
        add_draft,
        list_drafts,
        get_draft,
        download_draft_file,
        register_draft,
        register_draft_stub,
        discard_draft,
    ],
    tags=["drafts"],
)
