"""Dossiers: opening, reading, changing, and who may use them."""

from typing import Annotated
from uuid import UUID

from litestar import Response, Router, get, patch, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.core.paging import Page, page_of
from docflow.documents.queries import get_document
from docflow.dossiers.api.answers import dossier_answer
from docflow.dossiers.models import DossierState
from docflow.dossiers.queries import dossiers as queries
from docflow.dossiers.queries.dossiers import DossierFilters
from docflow.dossiers.rendering import dossier_row
from docflow.dossiers.schemas import ChangeAccess, ChangeDossier, DossierOut, DossierRow, OpenDossier
from docflow.dossiers.service import keeping, reading


def provide_filters(
    q: Annotated[str | None, QueryParameter(description="Words of code, title or note.")] = None,
    unit_id: FromQuery[UUID | None] = None,
    year: FromQuery[int | None] = None,
    dossier_state: Annotated[DossierState | None, QueryParameter(name="state")] = None,
    code: Annotated[str | None, QueryParameter(description="How its code begins.")] = None,
    keeper_id: FromQuery[UUID | None] = None,
    proposed: Annotated[bool | None, QueryParameter(description="Offered to the archive, or not.")] = None,
) -> DossierFilters:
    """The filters of a list, from the query."""
    return DossierFilters(
        q=q,
        unit_id=unit_id,
        year=year,
        state=dossier_state,
        code=code,
        keeper_id=keeper_id,
        proposed=proposed,
    )


@get(
    "/dossiers",
    opt={"action": Action.DOSSIER_READ},
    dependencies={"filters": Provide(provide_filters, sync_to_thread=False)},
)
async def list_dossiers(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    filters: NamedDependency[DossierFilters],
    limit: NamedDependency[int],
    cursor: FromQuery[str | None] = None,
    total: Annotated[bool, QueryParameter(description="Count them.")] = False,
) -> Page[DossierRow]:
    """The dossiers that you see, those opened last first."""
    rows = await queries.list_dossiers(session, actor, filters, cursor=cursor, limit=limit)
    kept, following = page_of(rows, limit, lambda row: (row.Dossier.id,))
    counted = await queries.count_dossiers(session, actor, filters) if total else None
    return Page([dossier_row(row) for row in kept], following, counted)


@get("/dossiers/suggestions", opt={"action": Action.DOSSIER_READ})
async def suggest_dossiers(
    session: NamedDependency[AsyncSession], actor: NamedDependency[Actor], q: FromQuery[str]
) -> list[DossierRow]:
    """Open dossiers by the beginning of what was typed of code or title, ten at most."""
    return [dossier_row(row) for row in await queries.suggest_dossiers(session, actor, q)]


@get("/dossiers/{dossier_id:uuid}", opt={"action": Action.DOSSIER_READ})
async def get_dossier(
    dossier_id: FromPath[UUID], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Response[DossierOut]:
    """One dossier. That you opened it is recorded."""
    await reading.read_dossier(session, actor, dossier_id)
    return await dossier_answer(session, actor, dossier_id)


@post("/dossiers", opt={"action": Action.DOSSIER_KEEP})
async def open_dossier(
    data: JSONBody[OpenDossier], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Response[DossierOut]:
    """Open a dossier under a heading of the year's list."""
    dossier = await keeping.open_dossier(session, actor, data)
    return await dossier_answer(session, actor, dossier.id, created=True)


@patch("/dossiers/{dossier_id:uuid}", opt={"action": Action.DOSSIER_KEEP})
async def change_dossier(
    dossier_id: FromPath[UUID],
    data: JSONBody[ChangeDossier],
    version: NamedDependency[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> Response[DossierOut]:
    """Change title, keeper or note."""
    await keeping.change_dossier(session, actor, dossier_id, version, data)
    return await dossier_answer(session, actor, dossier_id)


@post("/dossiers/{dossier_id:uuid}/access", opt={"action": Action.DOSSIER_KEEP}, status_code=200)
async def change_access(
    dossier_id: FromPath[UUID],
    data: JSONBody[ChangeAccess],
    version: NamedDependency[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> Response[DossierOut]:
    """Say who may use it. Where more people could than before, confirm their names first."""
    await keeping.change_access(session, actor, dossier_id, version, data)
    return await dossier_answer(session, actor, dossier_id)


@get("/documents/{document_id:uuid}/dossiers", opt={"action": Action.DOSSIER_READ})
async def list_of_document(
    document_id: FromPath[UUID], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> list[DossierRow]:
    """The dossiers in which a document is, as far as you see them."""
    await get_document(session, actor, document_id)
    return [dossier_row(row) for row in await queries.list_of_document(session, actor, document_id)]


router = Router(
    "",
    route_handlers=[
        list_dossiers,
        suggest_dossiers,
        get_dossier,
        open_dossier,
        change_dossier,
        change_access,
        list_of_document,
    ],
    tags=["dossiers"],
)
