"""The versions of a manuscript's text, the working copy, and comments."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from litestar import Response, Router, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.documents.api.answers import FORM, AnyRequest
from docflow.files.downloads import download
from docflow.files.service import FileStore
from docflow.files.uploads import Uploads
from docflow.issuing.manuscript_rendering import (
    changes_out,
    comment_out,
    version_out,
    working_copy_out,
)
from docflow.issuing.queries import manuscripts_lists as lists
from docflow.issuing.queries.manuscripts import get_version
from docflow.issuing.schemas.manuscript_versions import (
    AddVersion,
    ChangesOut,
    ManuscriptCommentOut,
    ReleaseCopy,
    VersionOut,
    WorkingCopyOut,
    WriteRemark,
)
from docflow.issuing.service import comments, manuscripts, versions, working_copies

_WRITE = {"action": Action.MANUSCRIPT_WRITE}
_READ = {"action": Action.MANUSCRIPT_READ}


@post(
    "/manuscripts/{manuscript_id:uuid}/versions",
    opt={**_WRITE, "form": AddVersion, **FORM},
    request_max_body_size=None,
)
async def add_version(
    manuscript_id: FromPath[UUID],
    uploads: NamedDependency[Uploads],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> Response[VersionOut]:
    """Add a version of the text; all earlier ones stay. Your working copy is returned by it."""
    data, received = await uploads.receive(AddVersion)
    version = await versions.upload_version(session, actor, manuscript_id, data, received)
    (row,) = await lists.versions_of(session, manuscript_id, newest=True)
    location = f"/api/v1/manuscripts/{manuscript_id}/versions/{version.number}/content"
    return Response(version_out(row), status_code=201, headers={"Location": location})


@get("/manuscripts/{manuscript_id:uuid}/versions", opt=_READ)
async def list_versions(
    manuscript_id: FromPath[UUID], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> list[VersionOut]:
    """Every version, the newest first."""
    return [version_out(row) for row in await lists.list_versions(session, actor, manuscript_id)]


@get(
    "/manuscripts/{manuscript_id:uuid}/versions/{number:int}/content",
    opt={**_READ, "answers": "application/octet-stream"},
)
async def download_version(
    manuscript_id: FromPath[UUID],
    number: FromPath[int],
    request: AnyRequest,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    file_store: NamedDependency[FileStore],
    inline: FromQuery[bool] = False,
) -> Response[Any]:
    """The bytes of a version, whole or a range. That you took them is recorded."""
    _, file = await get_version(session, actor, manuscript_id, number)
    answer = await download(request, file_store, file, inline=inline)
    if answer.status_code != 304:
        await manuscripts.note_downloaded(session, actor, manuscript_id, number, file)
    return answer


@get("/manuscripts/{manuscript_id:uuid}/versions/{before:int}/changes/{after:int}", opt=_READ)
async def compare_versions(
    manuscript_id: FromPath[UUID],
    before: FromPath[int],
    after: FromPath[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> ChangesOut:
    """How the text of one version differs from another's, line by line."""
    return await changes_out(session, actor, manuscript_id, before, after)


@put("/manuscripts/{manuscript_id:uuid}/working-copy", opt=_WRITE)
async def check_out(
    manuscript_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    working_copy_time: NamedDependency[timedelta],
) -> WorkingCopyOut:
    """Take the text to work on for some hours; doing it again has it for as long from now. Nobody else adds a version
    meanwhile."""
    copy = await working_copies.check_out(session, actor, manuscript_id, working_copy_time)
    return await working_copy_out(session, actor, copy)


@post("/manuscripts/{manuscript_id:uuid}/working-copy/release", opt=_WRITE, status_code=204)
async def release_copy(
    manuscript_id: FromPath[UUID],
    data: JSONBody[ReleaseCopy],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> None:
    """Give the text back without a new version. The head of the drafting unit takes another's back, with a reason."""
    await working_copies.release(session, actor, manuscript_id, data.reason)


@post("/manuscripts/{manuscript_id:uuid}/comments", opt=_WRITE)
async def write_comment(
    manuscript_id: FromPath[UUID],
    data: JSONBody[WriteRemark],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> Response[ManuscriptCommentOut]:
    """Write a remark on a version."""
    comment = await comments.comment(session, actor, manuscript_id, data)
    location = f"/api/v1/manuscripts/{manuscript_id}/comments"
    body = comment_out((comment, actor.name))
    return Response(body, status_code=201, headers={"Location": location})


@get("/manuscripts/{manuscript_id:uuid}/comments", opt=_READ)
async def list_comments(
    manuscript_id: FromPath[UUID], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> list[ManuscriptCommentOut]:
    """Remarks on all versions, in the order in which they were written."""
    return [comment_out(row) for row in await lists.list_comments(session, actor, manuscript_id)]


@post("/manuscript-comments/{comment_id:uuid}/settlement", opt=_WRITE, status_code=204)
async def settle_comment(
    comment_id: FromPath[UUID], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> None:
    """Say that a remark was dealt with."""
    await comments.settle(session, actor, comment_id)


router = Router(
    "",
    route_handlers=[
        add_version,
        list_versions,
        download_version,
        compare_versions,
        check_out,
        release_copy,
        write_comment,
        list_comments,
        settle_comment,
    ],
    tags=["manuscripts"],
)
