"""Documents whose term is over, people who keep the archive, and dossiers, as the tests of retention need them."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import select, text

from docflow.access.actor import Actor
from docflow.access.roles import Role
from docflow.accounts.models import Person, RoleHeld, Unit
from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.documents.models import Document
from docflow.dossiers.models import Dossier, DossierDocument, DossierHeading, DossierState, Retention
from tests.documents.registering import Files, paper, register

ActorOf = Callable[[str], Awaitable[Actor]]

CLERK, HEAD, ARCHIVIST, ELSEWHERE = "datcv", "nguyetdtm", "maihtx", "nghiant"
UNIT = "H99.02"


def later(year: int = 2045) -> AbstractContextManager[None]:
    """A day on which every term but the permanent ones has run out for what the tests register."""
    return clock.at(datetime(year, 6, 1, 3, tzinfo=UTC))


async def unit_of(sessions: Sessions, code: str = UNIT) -> UUID:
    async with sessions() as session:
        return (await session.scalars(select(Unit.id).where(Unit.code.endswith(code)).limit(1))).one()


async def make_archivist(
    sessions: Sessions, username: str = ARCHIVIST, code: str = UNIT, role: Role = Role.ARCHIVIST
) -> None:
    async with transaction(sessions) as session:
        person_id = (await session.scalars(select(Person.id).where(Person.username == username))).one()
        unit_id = await unit_of(sessions, code)
        session.add(RoleHeld(person_id=person_id, unit_id=unit_id, role=role, valid_from=date(2020, 1, 1)))


async def registered(
    sessions: Sessions,
    clerk: httpx.AsyncClient,
    *readers: Actor,
    words: str = "hoa cuc tim",
    files: Files | None = None,
    **fields: Any,
) -> UUID:
    """An incoming document with real bytes, which ``readers`` see too."""
    form = {"kind": "official_letter", **fields}
    body = await register(clerk, files or paper(f"{words}\n".encode()), **form)
    async with transaction(sessions) as session:
        document = await session.get_one(Document, UUID(body["id"]))
        document.readers = sorted({*document.readers, *(reader.person_principal for reader in readers)})
    return UUID(body["id"])


async def filed(
    sessions: Sessions,
    keeper: Actor,
    *documents: UUID,
    retention: Retention = Retention.YEARS_5,
    closed_on: date | None = None,
    handed_over: bool = False,
    code: str = UNIT,
) -> UUID:
    """A dossier with these documents."""
    unit_id = await unit_of(sessions, code)
    async with transaction(sessions) as session:
        count = len((await session.scalars(select(DossierHeading.id))).all()) + 1
        heading = DossierHeading(
            unit_id=unit_id, year=2026, code=f"{count:02d}.RT", title="Việc", retention=retention
        )
        session.add(heading)
        await session.flush()
        state = DossierState.OPEN if closed_on is None else DossierState.CLOSED
        dossier = Dossier(
            unit_id=unit_id,
            heading_id=heading.id,
            year=2026,
            code=heading.code,
            title="Việc",
            found_by="viec",
            retention=retention,
            keeper_id=keeper.person_id,
            readers=[keeper.person_principal],
            state=DossierState.HANDED_OVER if handed_over else state,
            opened_on=date(2026, 1, 1),
            opened_by=keeper.person_id,
            closed_on=closed_on,
            document_total=None if closed_on is None else len(documents),
            page_total=None if closed_on is None else 0,
            handed_over_on=closed_on if handed_over else None,
        )
        session.add(dossier)
        await session.flush()
        for ordinal, document_id in enumerate(documents, 1):
            session.add(
                DossierDocument(
                    dossier_id=dossier.id,
                    document_id=document_id,
                    ordinal=ordinal,
                    added_by=keeper.person_id,
                    added_at=clock.now(),
                )
            )
        return dossier.id


async def jobs(sessions: Sessions) -> list[str]:
    async with sessions() as session:
        return list(await session.scalars(text("SELECT task_name FROM procrastinate_jobs ORDER BY id")))
