"""Row after row: known already, stored, registered. One transaction a row, in the order of the manifest."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import NoReturn
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.commands.importing.outcomes import Outcome, Result, Tally, reason_of
from docflow.commands.importing.planning import Plan, Planned
from docflow.commands.importing.staging import ahead, digest_of, drop, store_entries, unbroken
from docflow.core.db import Sessions, transaction
from docflow.core.errors import Conflict, DocflowError, Invalid, NotAllowed, NotFound, TooLarge, Unavailable
from docflow.core.messages import Language, text_of
from docflow.documents.bundles import Bundle
from docflow.documents.bundles.names import shown
from docflow.documents.errors import DuplicateSuspected, ImportNotPossible, RowImported
from docflow.documents.models import Document, Register
from docflow.documents.numbering import number_text
from docflow.documents.service.importing import Known, Place, find_imported, import_row, row_key
from docflow.files.service import FileStore, Received

OF_THE_ROW = (Conflict, Invalid, NotAllowed, NotFound, TooLarge)
"""Facts about one row, after which the import goes on; anything else ends it."""


class Stopped(Exception):
    """The import cannot go on; the same command begun again does what is left. ``fact`` says why."""

    def __init__(self, fact: DocflowError) -> None:
        super().__init__(fact.code)
        self.fact = fact


@dataclass(frozen=True, slots=True)
class Staged:
    """A row whose bytes are known and, unless it is settled by ``outcome``, stored."""

    planned: Planned
    key: bytes = b""
    files: tuple[Received, ...] = ()
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class _Filed:
    """A registered document and the name of the book that it stands in."""

    document: Document
    book: str


class _RolledBack(Exception):
    """Ends the transaction of a row that is only rehearsed: it is registered by the same verb, and nothing stays."""

    def __init__(self, filed: _Filed) -> None:
        super().__init__()
        self.filed = filed


def _roll_back(filed: _Filed) -> NoReturn:
    raise _RolledBack(filed)


class _Rehearsed:
    """Rows that would have been registered, so that a later one that repeats them is told as it would be then."""

    def __init__(self) -> None:
        self._lines: dict[object, int] = {}

    def line_alike(self, document: Document, files: Sequence[Received], line: int) -> int | None:
        """The line of an earlier row that ``queries.find_duplicates`` would find, if it were registered."""
        marks: list[object] = [
            (document.symbol_key, document.issuer_key, document.issued_on),
            *(file.sha256 for file in files),
        ]
        found = min((self._lines[mark] for mark in marks[:2] if mark in self._lines), default=None)
        if found is None:
            self._lines.update(dict.fromkeys(marks, line))
        return found


@dataclass(slots=True, kw_only=True)
class Importer:
    """Registers the rows of a plan, or only says what would become of them."""

    sessions: Sessions
    files: FileStore
    bundle: Bundle
    plan: Plan
    actor: Actor
    actor_now: Callable[[AsyncSession], Awaitable[Actor]]
    """The importer with the rights of this moment: nobody registers by rights that were taken away meanwhile."""
    unit_code: Callable[[UUID], str]
    language: Language
    confirm_duplicates: bool
    tally: Tally
    dry_run: bool = False
    _lines: dict[bytes, int] = field(default_factory=dict)
    """The line that had a key first."""
    _books: dict[UUID, str] = field(default_factory=dict)
    _rehearsed: _Rehearsed = field(default_factory=_Rehearsed)

    async def outcomes(self) -> AsyncGenerator[Outcome, None]:
        """What became of each row, in order. Raises Stopped."""
        async with aclosing(ahead(self.plan.rows, self._stage, self._undo)) as staged:
            async for one in staged:
                yield one.outcome or await self._register(one)

    async def _undo(self, staged: Staged) -> None:
        await self._drop(staged.files)

    async def _drop(self, files: Sequence[Received]) -> None:
        if not self.dry_run:
            await drop(self.files, files)

    async def _stage(self, planned: Planned) -> Staged:
        if planned.data is None or planned.unit_id is None:
            return Staged(planned, outcome=self._refused(planned, Invalid(*planned.faults)))
        try:
            digests = [await asyncio.to_thread(digest_of, self.bundle, one) for one in planned.entries]
            key = row_key(planned.data, digests)
            async with transaction(self.sessions) as session:
                known = await find_imported(session, self.actor, planned.unit_id, key)
            if known is not None:
                return Staged(planned, key, outcome=self._already(planned, known))
            if self.dry_run:
                return Staged(planned, key, tuple(map(_not_stored, planned.entries, digests)))
            return Staged(
                planned, key, tuple(await store_entries(self.files, self.bundle, planned.entries, digests))
            )
        except ImportNotPossible as error:
            raise Stopped(error) from error
        except OF_THE_ROW as error:
            return Staged(planned, outcome=self._refused(planned, error))
        except DocflowError as error:
            raise Stopped(error) from error

    async def _register(self, staged: Staged) -> Outcome:
        planned = staged.planned
        first = self._lines.setdefault(staged.key, planned.row.line)
        if first != planned.row.line:
            await self._drop(staged.files)
            reason = text_of("import_same_row", self.language, line=first)
            return self._outcome(planned, Result.DUPLICATE, reason=reason)
        try:
            filed = await unbroken(self._in_transaction(staged))
        except RowImported as error:
            return self._already(planned, Known(**error.facts))
        except DuplicateSuspected as error:
            return self._outcome(planned, Result.DUPLICATE, reason=reason_of(error, self.language))
        except ImportNotPossible as error:
            raise Stopped(error) from error
        except OF_THE_ROW as error:
            return self._refused(planned, error)
        except DocflowError as error:
            raise Stopped(error) from error
        return self._registered(planned, filed, staged.files)

    async def _in_transaction(self, staged: Staged) -> _Filed:
        """One row, one transaction. Objects are deleted when it certainly ended without a commit, and only then."""
        planned, decided = staged.planned, False
        assert planned.data is not None
        place = Place(self.plan.manifest_name, planned.row.line)
        try:
            async with transaction(self.sessions) as session:
                actor = await self.actor_now(session)
                document = await import_row(session, actor, planned.data, place, staged.files)
                filed = _Filed(document, await self._book(session, document))
                if self.dry_run:
                    _roll_back(filed)
                decided = True
        except _RolledBack as rehearsed:
            return rehearsed.filed
        except BaseException as error:
            if not decided:
                await self._drop(staged.files)
            elif isinstance(error, DocflowError):
                # Whether it was committed nobody can say; the next run can.
                raise Stopped(Unavailable(part="database")) from error
            raise
        return filed

    async def _book(self, session: AsyncSession, document: Document) -> str:
        """The name of the book, the same in a rehearsal that opens it anew each time."""
        if (book := self._books.get(document.register_id)) is None:
            register = await session.get_one(Register, document.register_id)
            covers = f" ({', '.join(register.kinds)})" if register.kinds else ""
            book = f"{self.unit_code(document.unit_id)} – {register.title}{covers}"
            self._books[document.register_id] = book
        return book

    def _registered(self, planned: Planned, filed: _Filed, files: Sequence[Received]) -> Outcome:
        document, book, number = filed.document, filed.book, filed.document.register_number
        if self.dry_run:
            if (
                line := self._rehearsed.line_alike(document, files, planned.row.line)
            ) and not self.confirm_duplicates:
                reason = text_of("import_duplicate_in_manifest", self.language, line=line)
                return self._outcome(planned, Result.DUPLICATE, reason=reason)
            number += len(self.tally.numbers.get(book, ()))
        self.tally.numbers.setdefault(book, []).append(number)
        result = Result.WOULD_BE_REGISTERED if self.dry_run else Result.REGISTERED
        reason = text_of("import_late", self.language) if document.late_reason else ""
        told = number_text(number, document.register_suffix)
        return self._outcome(planned, result, number=told, reason=reason)

    def _refused(self, planned: Planned, error: DocflowError) -> Outcome:
        return self._outcome(
            planned, Result.REFUSED, reason=reason_of(error, self.language, self.plan.headings)
        )

    def _already(self, planned: Planned, known: Known) -> Outcome:
        code = "row_imported_void" if known.is_void else "row_imported"
        reason = text_of(code, self.language, number=known.number or "?")
        return self._outcome(planned, Result.ALREADY, number=known.number, reason=reason)

    def _outcome(self, planned: Planned, result: Result, *, number: str = "", reason: str = "") -> Outcome:
        row = planned.row
        symbol = row.fields.get("symbol", "")
        return Outcome(result, shown(row.file), row.line, shown(symbol), number, reason)


def _not_stored(entry: object, digest: bytes) -> Received:
    """What stands for a file in a rehearsal; no object has this key, and no row with it is kept."""
    return Received(f"rehearsal/{uuid4()}", "rehearsal", "application/octet-stream", 1, digest)


def not_reached(planned: Planned) -> Outcome:
    """A row that an import which ended early did not come to."""
    row = planned.row
    return Outcome(Result.NOT_REACHED, shown(row.file), row.line, shown(row.fields.get("symbol", "")))
