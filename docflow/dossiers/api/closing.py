"""Closing dossiers, reopening them, handing them over to the archive."""

from uuid import UUID

from litestar import Response, Router, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.dossiers.api.answers import dossier_answer
from docflow.dossiers.schemas import CloseDossier, DossierOut, PrintHandOver, WithReason
from docflow.dossiers.service import closing, printing
from docflow.printing.writers import MEDIA_TYPES, Format
from docflow.web.ranges import Disposition, content_disposition


@post("/dossiers/{dossier_id:uuid}/closing", opt={"action": Action.DOSSIER_KEEP}, status_code=200)
async def close_dossier(
    dossier_id: FromPath[UUID],
    data: JSONBody[CloseDossier],
    version: NamedDependency[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> Response[DossierOut]:
    """Close a dossier. Where documents in it still wait with somebody, confirm that."""
    await closing.close_dossier(session, actor, dossier_id, version, confirm=data.confirm)
    return await dossier_answer(session, actor, dossier_id)


@post("/dossiers/{dossier_id:uuid}/reopening", opt={"action": Action.DOSSIER_KEEP}, status_code=200)
async def reopen_dossier(
    dossier_id: FromPath[UUID],
    data: JSONBody[WithReason],
    version: NamedDependency[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> Response[DossierOut]:
    """Go on with a closed dossier, with the reason."""
    await closing.reopen_dossier(session, actor, dossier_id, version, data.reason)
    return await dossier_answer(session, actor, dossier_id)


@post("/dossiers/{dossier_id:uuid}/hand-over", opt={"action": Action.DOSSIER_KEEP}, status_code=200)
async def propose_hand_over(
    dossier_id: FromPath[UUID],
    version: NamedDependency[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> Response[DossierOut]:
    """Offer a closed dossier to the archive."""
    await closing.propose_hand_over(session, actor, dossier_id, version)
    return await dossier_answer(session, actor, dossier_id)


@post(
    "/dossiers/{dossier_id:uuid}/hand-over/receipt", opt={"action": Action.DOSSIER_RECEIVE}, status_code=200
)
async def receive_dossier(
    dossier_id: FromPath[UUID],
    version: NamedDependency[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> Response[DossierOut]:
    """Take a dossier that was offered into the archive."""
    await closing.receive_dossier(session, actor, dossier_id, version)
    return await dossier_answer(session, actor, dossier_id)


@post(
    "/dossiers/{dossier_id:uuid}/hand-over/refusal", opt={"action": Action.DOSSIER_RECEIVE}, status_code=204
)
async def refuse_dossier(
    dossier_id: FromPath[UUID],
    data: JSONBody[WithReason],
    version: NamedDependency[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> None:
    """Do not take what was offered, with the reason."""
    await closing.refuse_dossier(session, actor, dossier_id, version, data.reason)


@post("/dossiers/{dossier_id:uuid}/return", opt={"action": Action.DOSSIER_RECEIVE}, status_code=204)
async def return_dossier(
    dossier_id: FromPath[UUID],
    data: JSONBody[WithReason],
    version: NamedDependency[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> None:
    """Give a dossier back from the archive to its unit, with the reason."""
    await closing.return_dossier(session, actor, dossier_id, version, data.reason)


@post(
    "/dossiers/hand-over-sheets",
    opt={"action": Action.DOSSIER_READ, "secret": True, "answers": "application/octet-stream"},
    status_code=200,
)
async def print_hand_over(
    data: JSONBody[PrintHandOver], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """The minutes of a hand-over to the archive, or the index of its dossiers, as a file."""
    name, content = await printing.print_hand_over(session, actor, data)
    headers = {"Content-Disposition": content_disposition(name, Disposition.ATTACHMENT)}
    return Response(content, headers=headers, media_type=MEDIA_TYPES[Format(data.format)])


router = Router(
    "",
    route_handlers=[
        close_dossier,
        reopen_dossier,
        propose_hand_over,
        receive_dossier,
        refuse_dossier,
        return_dossier,
        print_hand_over,
    ],
    tags=["dossiers"],
)
