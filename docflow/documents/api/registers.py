"""Kinds and registers."""

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.documents import queries
from docflow.documents.rendering import kind_out, register_out
from docflow.documents.schemas import (
    KindIn,
    KindOut,
    RegisterOut,
)
from docflow.documents.service import amend as amending


@get("/kinds", opt={"action": Action.DOCUMENT_READ})
async def list_kinds(session: NamedDependency[AsyncSession]) -> list[KindOut]:
    """Every kind of document."""
    return [kind_out(kind) for kind in await queries.list_kinds(session)]


@post("/kinds", opt={"action": Action.KIND_ADMINISTER})
async def add_kind(
    data: JSONBody[KindIn], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> KindOut:
    """Add a kind that the province uses."""
    return kind_out(await amending.add_kind(session, actor, data))


@get("/registers", opt={"action": Action.DOCUMENT_READ})
async def list_registers(
    session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> list[RegisterOut]:
    """The registers of your units."""
    return [register_out(register) for register in await queries.list_registers(session, actor)]


router = Router(
    "",
    route_handlers=[list_kinds, add_kind, list_registers],
    tags=["documents"],
)
