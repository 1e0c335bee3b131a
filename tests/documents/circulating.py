"""A document on its way, for tests of what circulates: verbs and queries as somebody, each in its own transaction."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from docflow.access.actor import Actor
from docflow.accounts.models import Person, Principal, Unit
from docflow.audit.models import AuditEvent
from docflow.core.db import Sessions, transaction
from docflow.documents.models import Document
from docflow.documents.schemas import Route
from docflow.documents.service import intake, receipts
from docflow.notifications.models import Letter
from docflow.notifications.service import Postman
from tests.documents.registering import received, to_register

CLERK, HEAD, SPECIALIST = "anpth", "tungnt", "lochtt"
"""Of the office of the People's Committee (VP), which registers."""
CHAIRMAN, VICE = "khaitq", "thuyhtt"
AFFAIRS_CLERK, AFFAIRS_HEAD, AFFAIRS_SPECIALIST = "datcv", "nguyetdtm", "maihtx"
"""Of the department of home affairs (SNV)."""
FINANCE_CLERK = "lienttb"


@dataclass(frozen=True)
class Circle:
    """The sample province around documents that circulate."""

    sessions: Sessions
    postman: Postman
    actor_of: Callable[[str], Awaitable[Actor]]

    async def as_(self, username: str, verb: Callable[..., Awaitable[Any]], *given: Any, **named: Any) -> Any:
        actor = await self.actor_of(username)
        async with transaction(self.sessions) as session:
            return await verb(session, actor, *given, **named)

    async def register(self, username: str = CLERK, number: int = 5, **fields: Any) -> UUID:
        """The id of an incoming document, registered by somebody."""
        form = to_register(symbol=f"{number:02d}/CT-UBND", **fields)
        document: Document = await self.as_(username, intake.register_incoming, form, received(number))
        return document.id

    async def route(self, document_id: UUID, username: str = CLERK, **to: Any) -> None:
        await self.as_(username, receipts.route, self.postman, document_id, Route(**to))

    async def open_(self, username: str, document_id: UUID) -> None:
        document = await self.document(document_id)
        await self.as_(username, receipts.note_opened, document)

    async def document(self, document_id: UUID) -> Document:
        async with self.sessions() as session:
            return await session.get_one(Document, document_id)

    async def person(self, username: str) -> UUID:
        async with self.sessions() as session:
            return (await session.scalars(select(Person.id).where(Person.username == username))).one()

    async def unit(self, symbol: str) -> UUID:
        async with self.sessions() as session:
            return (await session.scalars(select(Unit.id).where(Unit.symbol == symbol))).one()

    async def principal(self, *, username: str = "", symbol: str = "") -> int:
        one = Principal.person_id == await self.person(username) if username else None
        if one is None:
            one = Principal.unit_id == await self.unit(symbol)
        async with self.sessions() as session:
            return (await session.scalars(select(Principal.no).where(one))).one()

    async def letters(self, beginning: str = "") -> list[str]:
        async with self.sessions() as session:
            found = await session.scalars(select(Letter.effect).order_by(Letter.no))
            return [effect for effect in found if effect.startswith(beginning)]

    async def trail(self, document_id: UUID) -> list[AuditEvent]:
        async with self.sessions() as session:
            statement = select(AuditEvent).where(AuditEvent.subject_id == document_id)
            return list(await session.scalars(statement.order_by(AuditEvent.id)))
