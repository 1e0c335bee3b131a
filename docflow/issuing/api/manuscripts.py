"""Manuscripts: begin, change, list, put away."""

from typing import Annotated
from uuid import UUID

from litestar import Response, Router, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.core.paging import Page, page_of, total_of
from docflow.issuing.manuscript_rendering import manuscript_out, manuscript_row
from docflow.issuing.models import Manuscript, ManuscriptState
from docflow.issuing.queries.manuscripts import get_manuscript as find_it
from docflow.issuing.queries.manuscripts_lists import Scope, list_key
from docflow.issuing.queries.manuscripts_lists import list_manuscripts as query
from docflow.issuing.schemas.manuscripts import (
    BeginManuscript,
    ChangeManuscript,
    ManuscriptOut,
    ManuscriptRow,
    WithdrawManuscript,
)
from docflow.issuing.service import manuscripts
from docflow.web.etags import etag_of

_WRITE = {"action": Action.MANUSCRIPT_WRITE}
_READ = {"action": Action.MANUSCRIPT_READ}
_SCOPES = "Begun by me or shared with me, waiting for my decision, or drafted by my units."


@post("/manuscripts", opt=_WRITE)
async def begin_manuscript(
    data: JSONBody[BeginManuscript], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Response[ManuscriptOut]:
    """Begin a document that is to be issued. Only you see it, and whom you name."""
    manuscript = await manuscripts.begin_manuscript(session, actor, data)
    return await manuscript_answer(session, actor, manuscript, created=True)


@get("/manuscripts", opt=_READ)
async def list_manuscripts(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    limit: NamedDependency[int],
    whose: Annotated[Scope, QueryParameter(name="scope", description=_SCOPES)] = Scope.MINE,
    manuscript_state: Annotated[ManuscriptState | None, QueryParameter(name="state")] = None,
    cursor: FromQuery[str | None] = None,
    total: Annotated[bool, QueryParameter(description="Count them.")] = False,
) -> Page[ManuscriptRow]:
    """Manuscripts that you see, the newest first; what waits for you in the order in which it was submitted."""
    listed = await query(session, actor, whose, manuscript_state, cursor=cursor, limit=limit, total=total)
    kept, following = page_of(listed[0], limit, list_key(whose))
    counted = total_of(listed[1]) if listed[1] is not None else None
    return Page([manuscript_row(row) for row in kept], following, counted)


@get("/manuscripts/{manuscript_id:uuid}", opt=_READ)
async def get_manuscript(
    manuscript_id: FromPath[UUID], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Response[ManuscriptOut]:
    """A manuscript with its newest version and the steps of its present round. That you opened it is recorded."""
    manuscript = await find_it(session, actor, manuscript_id)
    await manuscripts.note_read(session, actor, manuscript)
    return await manuscript_answer(session, actor, manuscript)


@patch("/manuscripts/{manuscript_id:uuid}", opt=_WRITE)
async def change_manuscript(
    manuscript_id: FromPath[UUID],
    data: JSONBody[ChangeManuscript],
    version: NamedDependency[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> Response[ManuscriptOut]:
    """Change the record while it is being written."""
    manuscript = await manuscripts.change(session, actor, manuscript_id, version, data)
    return await manuscript_answer(session, actor, manuscript)


@post("/manuscripts/{manuscript_id:uuid}/withdrawal", opt=_WRITE, status_code=200)
async def withdraw_manuscript(
    manuscript_id: FromPath[UUID],
    data: JSONBody[WithdrawManuscript],
    version: NamedDependency[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> Response[ManuscriptOut]:
    """Put it away for good, with the reason. Nothing of it is deleted."""
    manuscript = await manuscripts.withdraw(session, actor, manuscript_id, version, data.reason)
    return await manuscript_answer(session, actor, manuscript)


async def manuscript_answer(
    session: AsyncSession, actor: Actor, manuscript: Manuscript, *, created: bool = False
) -> Response[ManuscriptOut]:
    """The manuscript with its ETag."""
    headers = {"ETag": etag_of(manuscript.version)}
    if created:
        headers["Location"] = f"/api/v1/manuscripts/{manuscript.id}"
    body = await manuscript_out(session, actor, manuscript)
    return Response(body, status_code=201 if created else 200, headers=headers)


router = Router(
    "",
    route_handlers=[
        begin_manuscript,
        list_manuscripts,
        get_manuscript,
        change_manuscript,
        withdraw_manuscript,
    ],
    tags=["manuscripts"],
)
