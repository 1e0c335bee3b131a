"""Kinds, registers and their numbers."""

from typing import Annotated
from uuid import UUID

from litestar import Response, Router, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, PathParameter
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.core.errors import NotFound
from docflow.core.paging import Page, page_of
from docflow.documents import queries
from docflow.documents.models import Direction, Register
from docflow.documents.numbering import read_number
from docflow.documents.queries.registers import get_register as find_register
from docflow.documents.queries.registers import list_entries as entries_of
from docflow.documents.rendering import entry_out, kind_out, register_out
from docflow.documents.schemas import (
    ChangeRegister,
    EntryFilter,
    EntryOut,
    KindIn,
    KindOut,
    OpenRegister,
    RegisterOut,
    Reserve,
    VoidNumber,
)
from docflow.documents.service import amend as amending
from docflow.documents.service.registers import books, reservations
from docflow.web.etags import etag_of


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
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    direction: FromQuery[Direction | None] = None,
) -> list[RegisterOut]:
    """The registers of your units, the newest first; those that wait to be closed say so."""
    return [register_out(register) for register in await queries.list_registers(session, actor, direction)]


@post("/registers", opt={"action": Action.REGISTER_CONFIGURE})
async def open_register(
    data: JSONBody[OpenRegister], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Response[RegisterOut]:
    """Open a book for a year or a term, for every kind of document or for some."""
    return _answer(await books.open_register(session, actor, data), created=True)


@get("/registers/{register_id:uuid}", opt={"action": Action.DOCUMENT_READ})
async def get_register(
    register_id: FromPath[UUID], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Response[RegisterOut]:
    """One register."""
    return _answer(await find_register(session, actor, register_id))


@patch("/registers/{register_id:uuid}", opt={"action": Action.REGISTER_CONFIGURE})
async def change_register(
    register_id: FromPath[UUID],
    data: JSONBody[ChangeRegister],
    version: NamedDependency[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> Response[RegisterOut]:
    """Change a book's title; while it has given no number, the kinds that it covers; of a term, its end."""
    return _answer(await books.change_register(session, actor, register_id, version, data))


@post("/registers/{register_id:uuid}/closing", opt={"action": Action.REGISTER_CONFIGURE}, status_code=200)
async def close_register(
    register_id: FromPath[UUID],
    version: NamedDependency[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> Response[RegisterOut]:
    """Close a book for ever; reserved numbers are used or voided before."""
    return _answer(await books.close_register(session, actor, register_id, version))


@get("/registers/{register_id:uuid}/entries", opt={"action": Action.DOCUMENT_READ})
async def list_entries(
    register_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    limit: NamedDependency[int],
    only: FromQuery[EntryFilter | None] = None,
    cursor: FromQuery[str | None] = None,
) -> Page[EntryOut]:
    """Every number of a register in its order; of a document that you may not see, the number only."""
    rows = await entries_of(session, actor, register_id, only, cursor=cursor, limit=limit)
    kept, following = page_of(rows, limit, lambda row: (row.number, len(row.suffix), row.suffix))
    return Page([entry_out(row) for row in kept], following)


@post("/registers/{register_id:uuid}/reservations", opt={"action": Action.NUMBER_RESERVE})
async def reserve(
    register_id: FromPath[UUID],
    data: JSONBody[Reserve],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> Response[list[EntryOut]]:
    """Take the next numbers for documents to come; later numbers stand after them."""
    entries = [entry_out(row) for row in await reservations.reserve(session, actor, register_id, data)]
    location = f"/api/v1/registers/{register_id}/entries?only=reserved"
    return Response(entries, status_code=201, headers={"Location": location})


@post(
    "/registers/{register_id:uuid}/entries/{number:str}/void",
    opt={"action": Action.NUMBER_VOID},
    status_code=200,
)
async def void(
    register_id: FromPath[UUID],
    number: Annotated[str, PathParameter(description="As it is written: 45, 05, 45a.")],
    data: JSONBody[VoidNumber],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> EntryOut:
    """Give a number to nobody any more, for ever; it stays in the register, struck through."""
    place = read_number(number)
    if place is None:
        raise NotFound
    (row,) = await reservations.void(session, actor, register_id, *place, data.reason)
    return entry_out(row)


def _answer(register: Register, *, created: bool = False) -> Response[RegisterOut]:
    headers = {"ETag": etag_of(register.version)}
    if created:
        headers["Location"] = f"/api/v1/registers/{register.id}"
    return Response(register_out(register), status_code=201 if created else 200, headers=headers)


router = Router(
    "",
    route_handlers=[
        list_kinds,
        add_kind,
        list_registers,
        open_register,
        get_register,
        change_register,
        close_register,
        list_entries,
        reserve,
        void,
    ],
    tags=["documents"],
)
