"""Disposals: proposed by one, decided by another, carried out by the worker."""

from typing import Annotated
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.core.paging import Page, page_of
from docflow.printing.writers import MEDIA_TYPES, Format
from docflow.retention import queries
from docflow.retention.certificate import file_name, print_certificate
from docflow.retention.models import Disposal, DisposalState
from docflow.retention.rendering import candidates_out, disposal_out, item_out
from docflow.retention.schemas import (
    CandidateOut,
    DecideDisposal,
    DisposalOut,
    ItemOut,
    ProposeDisposal,
    RefuseDisposal,
    TakenOut,
)
from docflow.retention.service import disposals
from docflow.web.etags import etag_of
from docflow.web.ranges import Disposition, content_disposition

Most = Annotated[int, QueryParameter(ge=1, le=2000, description="At most so many, the oldest first.")]
InState = Annotated[DisposalState | None, QueryParameter(name="state")]
PRINTS = {"answers": "application/octet-stream"}


@get("/disposal-candidates", opt={"action": Action.DISPOSAL_PROPOSE})
async def list_candidates(
    unit_id: FromQuery[UUID],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    most: Most = 500,
) -> list[CandidateOut]:
    """Documents of a unit and those below it whose term is over and which nothing holds."""
    return await candidates_out(session, await disposals.find_candidates(session, actor, unit_id, most))


@post("/disposals", opt={"action": Action.DISPOSAL_PROPOSE})
async def propose_disposal(
    data: JSONBody[ProposeDisposal], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Response[DisposalOut]:
    """Propose to destroy what may be destroyed, but for what you take out."""
    return await _answer(session, actor, await disposals.propose_disposal(session, actor, data), True)


@get("/disposals", opt={"action": Action.DOSSIER_READ})
async def list_disposals(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    limit: NamedDependency[int],
    in_state: InState = None,
    cursor: FromQuery[str | None] = None,
) -> Page[DisposalOut]:
    """Disposals of your units and those below, the newest first."""
    rows = await queries.list_disposals(session, actor, state=in_state, cursor=cursor, limit=limit)
    kept, following = page_of(rows, limit, lambda row: (row.id,))
    return Page([await disposal_out(session, actor, one) for one in kept], following)


@get("/disposals/{disposal_id:uuid}", opt={"action": Action.DOSSIER_READ})
async def get_disposal(
    disposal_id: FromPath[UUID], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Response[DisposalOut]:
    """One disposal."""
    return await _answer(session, actor, await queries.get_disposal(session, actor, disposal_id))


@get("/disposals/{disposal_id:uuid}/items", opt={"action": Action.DOSSIER_READ})
async def list_items(
    disposal_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    limit: NamedDependency[int],
    cursor: FromQuery[str | None] = None,
) -> Page[ItemOut]:
    """The documents of a disposal that you may see on it; how many there are besides, the disposal says."""
    disposal = await queries.get_disposal(session, actor, disposal_id)
    rows = await queries.list_items(session, actor, disposal.id, cursor=cursor, limit=limit)
    kept, following = page_of(rows, limit, lambda row: (row.DisposalItem.document_id,))
    return Page([item_out(row) for row in kept], following)


@post("/disposals/{disposal_id:uuid}/taking-out", opt={"action": Action.DISPOSAL_PROPOSE}, status_code=200)
async def take_out(
    disposal_id: FromPath[UUID],
    data: JSONBody[TakenOut],
    version: NamedDependency[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> Response[DisposalOut]:
    """Take a document out of a list that nobody has decided on yet, with a reason."""
    disposal = await disposals.take_out(session, actor, disposal_id, version, data)
    return await _answer(session, actor, disposal)


@post("/disposals/{disposal_id:uuid}/approval", opt={"action": Action.DISPOSAL_APPROVE}, status_code=200)
async def approve(
    disposal_id: FromPath[UUID],
    data: JSONBody[DecideDisposal],
    version: NamedDependency[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> Response[DisposalOut]:
    """Approve a disposal that another proposed; it is carried out at once and for good."""
    disposal = await disposals.approve(session, actor, disposal_id, version, data.note)
    return await _answer(session, actor, disposal)


@post("/disposals/{disposal_id:uuid}/refusal", opt={"action": Action.DISPOSAL_APPROVE}, status_code=200)
async def refuse(
    disposal_id: FromPath[UUID],
    data: JSONBody[RefuseDisposal],
    version: NamedDependency[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> Response[DisposalOut]:
    """Refuse a disposal: nothing of it is destroyed."""
    disposal = await disposals.refuse(session, actor, disposal_id, version, data.note)
    return await _answer(session, actor, disposal)


@get("/disposals/{disposal_id:uuid}/certificate", opt={"action": Action.DOSSIER_READ, **PRINTS})
async def get_certificate(
    disposal_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    as_: Annotated[Format, QueryParameter(name="format")] = Format.PDF,
) -> Response[bytes]:
    """The record of destruction, once everything was carried out. Documents that you may not see are rows without facts."""
    disposal = await queries.get_disposal(session, actor, disposal_id)
    content = await print_certificate(session, actor, disposal, as_)
    name = file_name(disposal, actor.language, as_)
    headers = {"Content-Disposition": content_disposition(name, Disposition.ATTACHMENT)}
    return Response(content, headers=headers, media_type=MEDIA_TYPES[as_])


async def _answer(
    session: AsyncSession, actor: Actor, disposal: Disposal, created: bool = False
) -> Response[DisposalOut]:
    headers = {"ETag": etag_of(disposal.version)}
    if created:
        headers["Location"] = f"/api/v1/disposals/{disposal.id}"
    body = await disposal_out(session, actor, disposal)
    return Response(body, status_code=201 if created else 200, headers=headers)


router = Router(
    "",
    route_handlers=[
        list_candidates,
        propose_disposal,
        list_disposals,
        get_disposal,
        list_items,
        take_out,
        approve,
        refuse,
        get_certificate,
    ],
    tags=["retention"],
)
