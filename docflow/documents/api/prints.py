"""Prints of registers."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, BinaryIO
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response import Stream
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.core import clock
from docflow.core.paging import Page, page_of
from docflow.documents.prints import books, queries
from docflow.documents.prints.service import Printed, file_name, print_out
from docflow.documents.prints.sheets import Asked, Sheet, period
from docflow.documents.schemas.prints import PrintOut, PrintRegister
from docflow.printing.writers import MEDIA_TYPES, Format
from docflow.web.ranges import Disposition, content_disposition

CHUNK = 64 * 1024
PRINTS = {"secret": True, "answers": "application/octet-stream"}
"""A print is not kept under an Idempotency-Key: it is large, and a retry is another print with a code of its own."""


@post("/registers/{register_id:uuid}/prints", opt={"action": Action.REGISTER_PRINT, **PRINTS})
async def print_register(
    register_id: FromPath[UUID],
    data: JSONBody[PrintRegister],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> Response[Any]:
    """Print a register, with every legal column, as XLSX, DOCX or PDF. That and what you printed is recorded."""
    return await printed_answer(session, actor, register_id, data, books.SHEET)


@get("/registers/{register_id:uuid}/prints", opt={"action": Action.REGISTER_PRINT})
async def list_prints(
    register_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    limit: NamedDependency[int],
    cursor: FromQuery[str | None] = None,
) -> Page[PrintOut]:
    """The prints that were made of a register, the newest first."""
    rows = await queries.list_prints(session, actor, register_id, cursor=cursor, limit=limit)
    kept, following = page_of(rows, limit, lambda row: (row.id,))
    return Page([print_row(row) for row in kept], following)


@get("/register-prints/{code:str}", opt={"action": Action.REGISTER_PRINT})
async def get_print(
    code: FromPath[str], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> PrintOut:
    """When, by whom and with which checksum a sheet with this code was printed."""
    return print_row(await queries.get_print(session, actor, code))


async def printed_answer(
    session: AsyncSession, actor: Actor, register_id: UUID, data: PrintRegister, sheet: Sheet
) -> Response[Any]:
    """The file of a new print; ``sheet`` is one of those that a book can be printed as."""
    language = data.language or actor.language
    book = await queries.get_book(session, actor, register_id, language)
    starts_on, ends_on = period(book, data.since, data.until, clock.today())
    asked = Asked(book, sheet.kind, starts_on, ends_on, language, clock.now())
    printed = await print_out(session, actor, sheet, asked, Format(data.format))
    headers = {
        "Location": f"/api/v1/register-prints/{printed.record.code}",
        "Content-Type": MEDIA_TYPES[Format(data.format)],
        "Content-Length": str(printed.size),
        "Content-Disposition": content_disposition(file_name(asked, printed.record), Disposition.ATTACHMENT),
    }
    return Stream(_sent(printed), status_code=201, headers=headers)


async def _sent(printed: Printed) -> AsyncGenerator[bytes, None]:
    try:
        while chunk := await asyncio.to_thread(_read, printed.file):
            yield chunk
    finally:
        printed.file.close()


def _read(file: BinaryIO) -> bytes:
    return file.read(CHUNK)


def print_row(row: Row[Any]) -> PrintOut:
    return PrintOut(
        id=row.id,
        code=row.code,
        register_id=row.register_id,
        kind=row.kind,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        language=row.language,
        format=row.format,
        rows=row.row_count,
        restricted_rows=row.restricted_count,
        checksum=row.digest.hex(),
        printed_by=row.printed_by,
        printed_by_name=row.printed_by_name,
        printed_at=row.printed_at,
    )


router = Router("", route_handlers=[print_register, list_prints, get_print], tags=["documents"])
