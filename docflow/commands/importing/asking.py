"""What was asked for, and who asks."""

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.accounts.models import Person, Unit
from docflow.accounts.queries import find_actor
from docflow.core.db import Sessions, transaction
from docflow.core.errors import FieldError, Invalid
from docflow.core.messages import Language, text_of
from docflow.documents.errors import ImportNotPossible
from docflow.documents.manifests.cells import CellWrong

ADDRESS = "import"
"""Stands in the trail where the address of a request does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The options of one import, as they were given."""

    source: Path
    username: str
    unit: str | None = None
    manifest: str | None = None
    report: Path | None = None
    late_reason: str = ""
    dry_run: bool = False
    drafts: bool = False
    confirm_duplicates: bool = False
    ignore_unknown: bool = False
    stop_on_error: bool = False
    language: Language | None = None


@dataclass(frozen=True, slots=True)
class Books:
    """The units in whose registers the importer may write, by id: agency code and symbol."""

    units: dict[UUID, tuple[str, str]]

    def called(self, written: str) -> UUID:
        """The unit of this code, or the only one of this symbol. Raises CellWrong; a unit that is not the importer's
        is not told from one that does not exist."""
        name = written.strip()
        by_code = [unit for unit, (code, _) in self.units.items() if code.casefold() == name.casefold()]
        found = by_code or [unit for unit, (_, symbol) in self.units.items() if symbol == name]
        if len(found) != 1:
            yours = ", ".join(sorted(code for code, _ in self.units.values()))
            raise CellWrong("import_unit_not_yours", {"given": name[:40], "units": yours})
        return found[0]

    def code_of(self, unit_id: UUID) -> str:
        return self.units[unit_id][0]


async def get_importer(sessions: Sessions, username: str) -> Actor:
    """The person in whose name documents are registered. Raises ImportNotPossible."""
    async with transaction(sessions) as session:
        person_id = await session.scalar(
            select(Person.id).where(func.lower(Person.username) == username.lower())
        )
        if person_id is None:
            raise ImportNotPossible(FieldError("/as", "import_person_unknown", {"username": username[:60]}))
        return await get_actor(session, person_id, username)


async def get_actor(session: AsyncSession, person_id: UUID, username: str) -> Actor:
    """The same person with the rights of this moment. Raises ImportNotPossible when they are gone."""
    actor = await find_actor(session, person_id, ADDRESS)
    if actor is None:
        raise ImportNotPossible(FieldError("/as", "import_person_frozen", {"username": username}))
    if not actor.units_for(Action.DOCUMENT_REGISTER):
        raise ImportNotPossible(FieldError("/as", "import_right_missing", {"username": username}))
    return actor


async def get_books(sessions: Sessions, actor: Actor) -> Books:
    """The units that the importer may name."""
    async with transaction(sessions) as session:
        rows = await session.execute(
            select(Unit.id, Unit.code, Unit.symbol).where(
                Unit.id.in_(actor.units_for(Action.DOCUMENT_REGISTER))
            )
        )
        return Books({row.id: (row.code, row.symbol) for row in rows})


def unit_asked(books: Books, written: str | None) -> UUID | None:
    """The unit of ``--unit``, else the only one there is, else none. Raises ImportNotPossible."""
    if written is None:
        return next(iter(books.units)) if len(books.units) == 1 else None
    try:
        return books.called(written)
    except CellWrong as wrong:
        raise ImportNotPossible(FieldError("/unit", wrong.code, dict(wrong.facts))) from wrong


def told(error: Invalid, language: Language) -> str:
    """What is wrong, in one line."""
    return " ".join(text_of(field.code, language, **field.facts) for field in error.fields)
