"""Legal holds."""

from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.core.paging import Page, page_of
from docflow.retention import queries
from docflow.retention.models import LegalHold
from docflow.retention.rendering import hold_out
from docflow.retention.schemas import HoldOut, PlaceHold, ReleaseHold
from docflow.retention.service import holds
from docflow.web.etags import etag_of


@post("/legal-holds", opt={"action": Action.HOLD_PLACE})
async def place_hold(
    data: JSONBody[PlaceHold], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Response[HoldOut]:
    """Keep documents and dossiers from being destroyed, whatever their term."""
    return await _answer(session, actor, await holds.place_hold(session, actor, data), created=True)


@get("/legal-holds", opt={"action": Action.HOLD_PLACE})
async def list_holds(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    limit: NamedDependency[int],
    active: FromQuery[bool | None] = None,
    cursor: FromQuery[str | None] = None,
) -> Page[HoldOut]:
    """What is held and why in your units and those below, the newest first."""
    rows = await queries.list_holds(session, actor, active=active, cursor=cursor, limit=limit)
    kept, following = page_of(rows, limit, lambda row: (row.id,))
    return Page([await hold_out(session, actor, hold) for hold in kept], following)


@get("/legal-holds/{hold_id:uuid}", opt={"action": Action.HOLD_PLACE})
async def get_hold(
    hold_id: FromPath[UUID], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Response[HoldOut]:
    """One hold."""
    return await _answer(session, actor, await queries.get_hold(session, actor, hold_id))


@post("/legal-holds/{hold_id:uuid}/release", opt={"action": Action.HOLD_PLACE}, status_code=200)
async def release_hold(
    hold_id: FromPath[UUID],
    data: JSONBody[ReleaseHold],
    version: NamedDependency[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> Response[HoldOut]:
    """End a hold, with the reason; what another holds stays held."""
    hold = await holds.release_hold(session, actor, hold_id, version, data.reason)
    return await _answer(session, actor, hold)


async def _answer(
    session: AsyncSession, actor: Actor, hold: LegalHold, *, created: bool = False
) -> Response[HoldOut]:
    headers = {"ETag": etag_of(hold.version)}
    if created:
        headers["Location"] = f"/api/v1/legal-holds/{hold.id}"
    body = await hold_out(session, actor, hold)
    return Response(body, status_code=201 if created else 200, headers=headers)


router = Router("", route_handlers=[place_hold, list_holds, get_hold, release_hold], tags=["retention"])
