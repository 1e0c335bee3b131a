"""To whom an issued document went and what became of each copy."""

from uuid import UUID

from litestar import Response, Router, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.issuing.issued_rendering import dispatch_out, dispatches_out, unsent_row
from docflow.issuing.queries.issued import get_copy, get_issued, list_copies, list_unsent
from docflow.issuing.schemas.issued import (
    ConfirmDestroyed,
    DispatchesOut,
    DispatchNote,
    DispatchOut,
    SendOn,
    UnsentRow,
)
from docflow.issuing.service import dispatch as dispatching
from docflow.issuing.service import recall
from docflow.issuing.service.issue import Desk
from docflow.web.etags import etag_of

SEND = {"action": Action.DOCUMENT_DISPATCH}
_PLACE = "/documents/{document_id:uuid}/dispatches"
_ONE = f"{_PLACE}/{{dispatch_id:uuid}}"


async def _answer(
    session: AsyncSession, actor: Actor, document_id: UUID, dispatch_id: UUID
) -> Response[DispatchOut]:
    document = await get_issued(session, actor, document_id)
    out = dispatch_out(await get_copy(session, actor, document, dispatch_id))
    return Response(out, headers={"ETag": etag_of(out.version)})


@get(_PLACE, opt={"action": Action.DOCUMENT_READ})
async def list_dispatches(
    session: NamedDependency[AsyncSession], actor: NamedDependency[Actor], document_id: FromPath[UUID]
) -> DispatchesOut:
    """Who got the document how and how far each copy is; your own, unless it is your unit's."""
    document = await get_issued(session, actor, document_id)
    return dispatches_out(await list_copies(session, actor, document))


@post(_PLACE, opt=SEND)
async def send_on(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    desk: NamedDependency[Desk],
    document_id: FromPath[UUID],
    data: JSONBody[SendOn],
) -> Response[DispatchesOut]:
    """Send an issued document to further recipients."""
    parts = (desk.postman, desk.files, desk.terms)
    document = await dispatching.send_on(session, actor, *parts, document_id, data.to)
    out = dispatches_out(await list_copies(session, actor, document))
    return Response(out, status_code=201, headers={"Location": f"/api/v1/documents/{document_id}/dispatches"})


@get(f"{_ONE}", opt={"action": Action.DOCUMENT_READ})
async def get_dispatch(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    document_id: FromPath[UUID],
    dispatch_id: FromPath[UUID],
) -> Response[DispatchOut]:
    """One copy."""
    return await _answer(session, actor, document_id, dispatch_id)


@post(f"{_ONE}/notes", opt=SEND, status_code=200)
async def note(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    document_id: FromPath[UUID],
    dispatch_id: FromPath[UUID],
    version: NamedDependency[int],
    data: JSONBody[DispatchNote],
) -> Response[DispatchOut]:
    """Note what you heard of a copy: when it left on paper, who has it, that it came back."""
    await dispatching.note(session, actor, document_id, dispatch_id, version, data)
    return await _answer(session, actor, document_id, dispatch_id)


@post(f"{_ONE}/link", opt=SEND, status_code=200)
async def send_again(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    desk: NamedDependency[Desk],
    document_id: FromPath[UUID],
    dispatch_id: FromPath[UUID],
    version: NamedDependency[int],
) -> Response[DispatchOut]:
    """Send the mail again; a personal link is new, and the one before it ends."""
    parts = (desk.postman, desk.files, desk.terms)
    await dispatching.send_again(session, actor, *parts, document_id, dispatch_id, version)
    return await _answer(session, actor, document_id, dispatch_id)


@delete(f"{_ONE}/link", opt=SEND, status_code=200)
async def revoke_link(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    document_id: FromPath[UUID],
    dispatch_id: FromPath[UUID],
    version: NamedDependency[int],
) -> Response[DispatchOut]:
    """End the personal link of a copy at once."""
    await dispatching.revoke(session, actor, document_id, dispatch_id, version)
    return await _answer(session, actor, document_id, dispatch_id)


@post(f"{_ONE}/recall-confirmation", opt={"action": Action.DOCUMENT_ACKNOWLEDGE}, status_code=204)
async def confirm_destroyed(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    document_id: FromPath[UUID],
    dispatch_id: FromPath[UUID],
    data: JSONBody[ConfirmDestroyed],
) -> None:
    """Say that your copy of a recalled document was destroyed or given back; the registry says so for others."""
    await recall.confirm(session, actor, document_id, dispatch_id, data.confirmed_by)


@get("/dispatches/unsent", opt=SEND)
async def list_not_sent(
    session: NamedDependency[AsyncSession], actor: NamedDependency[Actor], limit: NamedDependency[int]
) -> list[UnsentRow]:
    """Documents of your registry of which a copy has not left, the oldest first, with the day by which it has to."""
    return [unsent_row(row) for row in await list_unsent(session, actor, limit=limit)]


router = Router(
    "",
    route_handlers=[
        list_dispatches,
        send_on,
        get_dispatch,
        note,
        send_again,
        revoke_link,
        confirm_destroyed,
        list_not_sent,
    ],
    tags=["issuing"],
)
