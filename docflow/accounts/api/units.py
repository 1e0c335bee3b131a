"""Units and their kinds."""

from datetime import date
from typing import Annotated
from uuid import UUID

from litestar import Response, Router, get, patch, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.accounts import listing
from docflow.accounts.listing import UnitFilters
from docflow.accounts.models import Unit
from docflow.accounts.rendering import unit_kind_out, unit_out
from docflow.accounts.schemas import AddUnit, AmendUnit, EndUnit, UnitKindIn, UnitKindOut, UnitOut
from docflow.accounts.service import units as service
from docflow.core import clock
from docflow.core.paging import Page, page_of
from docflow.web.etags import etag_of


def _answer(actor: Actor, unit: Unit, *, created: bool = False) -> Response[UnitOut]:
    headers = {"ETag": etag_of(unit.version)}
    if created:
        headers["Location"] = f"/api/v1/units/{unit.id}"
    return Response(unit_out(actor, unit), status_code=201 if created else 200, headers=headers)


def provide_filters(
    q: Annotated[
        str | None, QueryParameter(description="Words of name, code or symbol, accented or not.")
    ] = None,
    parent_id: FromQuery[UUID | None] = None,
    kind: Annotated[str | None, QueryParameter(pattern="^[a-z][a-z0-9_]*$")] = None,
    valid_on: Annotated[
        date | None, QueryParameter(description="Units that stand on this day; today.")
    ] = None,
    ended: Annotated[bool, QueryParameter(name="all", description="Ended and future units as well.")] = False,
) -> UnitFilters:
    """The filters of a list, from the query."""
    on = valid_on or (None if ended else clock.today())
    return UnitFilters(q=q, parent_id=parent_id, kind=kind, valid_on=on)


@get(
    "/units",
    opt={"action": Action.UNIT_READ},
    dependencies={"filters": Provide(provide_filters, sync_to_thread=False)},
)
async def list_units(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    filters: NamedDependency[UnitFilters],
    limit: NamedDependency[int],
    cursor: FromQuery[str | None] = None,
) -> Page[UnitOut]:
    """The units of the house, by code."""
    rows = await listing.list_units(session, filters, cursor=cursor, limit=limit)
    kept, following = page_of(rows, limit, lambda unit: (unit.code,))
    return Page([unit_out(actor, unit) for unit in kept], following)


@get("/units/{unit_id:uuid}", opt={"action": Action.UNIT_READ})
async def get_unit(
    unit_id: FromPath[UUID], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Response[UnitOut]:
    """One unit, ended or not."""
    return _answer(actor, await listing.get_unit(session, unit_id))


@post("/units", opt={"action": Action.UNIT_ADMINISTER})
async def add_unit(
    data: JSONBody[AddUnit], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Response[UnitOut]:
    """Add a unit below one that you administer."""
    return _answer(actor, await service.add_unit(session, actor, data), created=True)


@patch("/units/{unit_id:uuid}", opt={"action": Action.UNIT_ADMINISTER})
async def amend_unit(
    unit_id: FromPath[UUID],
    data: JSONBody[AmendUnit],
    version: NamedDependency[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> Response[UnitOut]:
    """Rename a unit, or move it with all below it."""
    return _answer(actor, await service.amend_unit(session, actor, unit_id, version, data))


@post("/units/{unit_id:uuid}/ending", opt={"action": Action.UNIT_ADMINISTER}, status_code=200)
async def end_unit(
    unit_id: FromPath[UUID],
    data: JSONBody[EndUnit],
    version: NamedDependency[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> Response[UnitOut]:
    """End a unit. The people of its successor read what its own could and finish what it left open."""
    return _answer(actor, await service.end_unit(session, actor, unit_id, version, data))


@get("/unit-kinds", opt={"action": Action.UNIT_READ})
async def list_unit_kinds(session: NamedDependency[AsyncSession]) -> list[UnitKindOut]:
    """Every kind of unit."""
    return [unit_kind_out(kind) for kind in await listing.list_unit_kinds(session)]


@post("/unit-kinds", opt={"action": Action.KIND_ADMINISTER})
async def add_unit_kind(
    data: JSONBody[UnitKindIn], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> UnitKindOut:
    """Add a kind of unit that the province has."""
    return unit_kind_out(await service.add_unit_kind(session, actor, data))


router = Router(
    "",
    route_handlers=[list_units, get_unit, add_unit, amend_unit, end_unit, list_unit_kinds, add_unit_kind],
    tags=["units"],
)
