"""Files that no row describes: each becomes a draft in the registry of the unit, for a clerk to look at."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.commands.importing.outcomes import Outcome, Result, reason_of
from docflow.commands.importing.registering import OF_THE_ROW, Stopped
from docflow.commands.importing.staging import ahead, digest_of, drop, store_entries, unbroken
from docflow.core.db import Sessions, transaction
from docflow.core.errors import DocflowError, FieldError, Invalid, Unavailable
from docflow.core.messages import Language, text_of
from docflow.documents.bundles import Bundle, Entry
from docflow.documents.bundles.entries import file_refused
from docflow.documents.bundles.names import shown
from docflow.documents.errors import ImportNotPossible
from docflow.documents.service.importing import draft_file, is_drafted
from docflow.files.service import FileStore, Received
from docflow.web.form_errors import FileTooLarge


@dataclass(frozen=True, slots=True)
class _Staged:
    entry: Entry
    files: tuple[Received, ...] = ()
    outcome: Outcome | None = None


@dataclass(slots=True, kw_only=True)
class Drafter:
    """Makes drafts of files, or only says what would become of them. The same bytes make one draft."""

    sessions: Sessions
    files: FileStore
    bundle: Bundle
    actor_now: Callable[[AsyncSession], Awaitable[Actor]]
    unit_id: UUID
    note: str
    language: Language
    dry_run: bool = False

    async def outcomes(self, entries: Sequence[Entry]) -> AsyncGenerator[Outcome, None]:
        """What became of each file, in order. Raises Stopped."""
        digests: set[bytes] = set()
        async with aclosing(ahead(entries, self._stage, self._undo)) as staged:
            async for one in staged:
                if one.outcome is not None:
                    yield one.outcome
                else:
                    yield await unbroken(self._draft(one, digests))

    async def _undo(self, staged: _Staged) -> None:
        if not self.dry_run:
            await drop(self.files, staged.files)

    async def _stage(self, entry: Entry) -> _Staged:
        try:
            self._refuse(entry)
            digest = await asyncio.to_thread(digest_of, self.bundle, entry)
            async with transaction(self.sessions) as session:
                known = await is_drafted(session, self.unit_id, digest)
            if known:
                return _Staged(entry, outcome=self._outcome(entry, Result.ALREADY))
            if self.dry_run:
                return _Staged(entry, (Received("rehearsal", "", "", entry.size, digest),))
            return _Staged(entry, tuple(await store_entries(self.files, self.bundle, [entry], [digest])))
        except OF_THE_ROW as error:
            reason = reason_of(error, self.language)
            return _Staged(entry, outcome=self._outcome(entry, Result.REFUSED, reason))
        except DocflowError as error:
            raise Stopped(error) from error

    def _refuse(self, entry: Entry) -> None:
        if entry.fault:
            raise file_refused(entry.fault, shown(entry.path))
        if entry.size > self.files.max_bytes:
            fact = FileTooLarge(self.files.max_bytes)
            raise Invalid(FieldError("/file", fact.code, fact.facts))

    async def _draft(self, staged: _Staged, digests: set[bytes]) -> Outcome:
        (received,) = staged.files
        if self.dry_run:
            result = Result.ALREADY if received.sha256 in digests else Result.WOULD_BE_DRAFTED
            digests.add(received.sha256)
            return self._outcome(staged.entry, result)
        decided = False
        try:
            async with transaction(self.sessions) as session:
                actor = await self.actor_now(session)
                draft = await draft_file(session, actor, self.unit_id, received, self.note)
                decided = draft is not None
        except BaseException as error:
            if not decided:
                await self._undo(staged)
            if decided and isinstance(error, DocflowError):
                raise Stopped(Unavailable(part="database")) from error
            if isinstance(error, OF_THE_ROW) and not isinstance(error, ImportNotPossible):
                return self._outcome(staged.entry, Result.REFUSED, reason_of(error, self.language))
            if isinstance(error, DocflowError):
                raise Stopped(error) from error
            raise
        if draft is None:
            await self._undo(staged)
            return self._outcome(staged.entry, Result.ALREADY)
        return self._outcome(staged.entry, Result.DRAFTED)

    def _outcome(self, entry: Entry, result: Result, reason: str = "") -> Outcome:
        if result is Result.ALREADY:
            reason = text_of("import_drafted_before", self.language)
        return Outcome(result, shown(entry.path), reason=reason)
