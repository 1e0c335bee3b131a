"""``docflow import``: a folder or ZIP with a manifest is registered, row by row, and each row's fate is told.

Whatever ends it early, an interruption, a power cut, a kill: the same command again does what is left, and nothing
is registered twice.
"""

import sys
import unicodedata
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import click
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.app import open_store
from docflow.commands.importing.asking import Asked, Books, get_actor, get_books, get_importer, unit_asked
from docflow.commands.importing.drafting import Drafter
from docflow.commands.importing.outcomes import (
    NOT_DONE,
    Outcome,
    Report,
    Result,
    Tally,
    partial_of,
    reason_of,
)
from docflow.commands.importing.planning import Plan, Planner
from docflow.commands.importing.registering import Importer, Stopped, not_reached
from docflow.commands.importing.staging import ROWS_AHEAD
from docflow.core.db import Sessions, create_engine, create_sessions, transaction
from docflow.core.errors import DocflowError, FieldError
from docflow.core.messages import Language, text_of
from docflow.documents import queries
from docflow.documents.bundles import Bundle, open_bundle
from docflow.documents.bundles.names import shown
from docflow.documents.errors import ImportNotPossible
from docflow.files.service import FileStore
from docflow.settings import Settings

DONE, SOME_REFUSED, NOT_STARTED = 0, 1, 2
"""Exit statuses."""


@dataclass(slots=True, kw_only=True)
class _Import:
    """One run of the command, with what it needs and what it has done so far."""

    sessions: Sessions
    files: FileStore
    asked: Asked
    language: Language
    actor: Actor
    books: Books
    bundle: Bundle
    plan: Plan
    report: Report | None
    tally: Tally = field(default_factory=Tally)
    fact: DocflowError | None = None
    """What ended it before its end."""
    is_report_lost: bool = False

    async def run(self) -> int:
        reached = 0
        try:
            length = len(self.plan.rows) + len(self.plan.beside)
            with click.progressbar(
                length=length, label=self._said("import_progress"), file=sys.stderr
            ) as bar:
                async with aclosing(self._outcomes()) as outcomes:
                    async for outcome in outcomes:
                        reached += outcome.line is not None
                        self._note(outcome)
                        bar.update(1)
                        if outcome.result in NOT_DONE and self.asked.stop_on_error:
                            break
        except Stopped as stopped:
            self.fact = stopped.fact
        finally:
            # An interrupted import has its report as well.
            self._end(reached)
        well = self.tally.is_done and self.fact is None and not self.is_report_lost
        return DONE if well else SOME_REFUSED

    async def _outcomes(self) -> AsyncGenerator[Outcome, None]:
        async with aclosing(self._importer().outcomes()) as outcomes:
            async for outcome in outcomes:
                yield outcome
        if self.asked.drafts:
            async with aclosing(self._drafter().outcomes(self.plan.beside)) as outcomes:
                async for outcome in outcomes:
                    yield outcome
        else:
            for entry in self.plan.beside:
                reason = text_of(entry.fault, self.language, name=shown(entry.path)) if entry.fault else ""
                yield Outcome(Result.WITHOUT_ROW, shown(entry.path), reason=reason)

    def _importer(self) -> Importer:
        return Importer(
            sessions=self.sessions,
            files=self.files,
            bundle=self.bundle,
            plan=self.plan,
            actor=self.actor,
            actor_now=self._actor_now,
            unit_code=self.books.code_of,
            language=self.language,
            confirm_duplicates=self.asked.confirm_duplicates,
            tally=self.tally,
            dry_run=self.asked.dry_run,
        )

    def _drafter(self) -> Drafter:
        unit_id = unit_asked(self.books, self.asked.unit)
        assert unit_id is not None
        return Drafter(
            sessions=self.sessions,
            files=self.files,
            bundle=self.bundle,
            actor_now=self._actor_now,
            unit_id=unit_id,
            note=shown(self.asked.source.name),
            language=self.language,
            dry_run=self.asked.dry_run,
        )

    async def _actor_now(self, session: AsyncSession) -> Actor:
        return await get_actor(session, self.actor.person_id, self.asked.username)

    def _note(self, outcome: Outcome) -> None:
        self.tally.add(outcome)
        self._write(outcome)
        if outcome.result in NOT_DONE or outcome.result is Result.WITHOUT_ROW:
            line = self._said("import_line", line=outcome.line) if outcome.line else ""
            facts = [line, outcome.file, self._said(outcome.result.value), outcome.reason]
            _tell(": ".join(filter(None, facts)))

    def _write(self, outcome: Outcome) -> None:
        if self.report is not None:
            with self._writing():
                self.report.add(outcome)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """A report that cannot be written any more is told, and the import goes on: what it does is done well."""
        try:
            yield
        except OSError as error:
            report, self.report = self.report, None
            self.is_report_lost = True
            _tell(
                self._said("import_report_not_written", name=f"{self.asked.report}: {error.strerror}"),
                err=True,
            )
            if report is not None:
                with suppress(OSError):
                    report.abandon()

    def _end(self, reached: int) -> None:
        rest = [not_reached(planned) for planned in self.plan.rows[reached:]]
        for outcome in rest:
            self.tally.add(outcome)
            self._write(outcome)
        summary = self.tally.lines(self.language, dry_run=self.asked.dry_run)
        if self.plan.ignored:
            titles = ", ".join(f"“{title}”" for title in self.plan.ignored)
            summary.append(self._said("import_columns_ignored", columns=titles))
        if self.asked.dry_run:
            summary.append(self._said("import_rehearsed"))
        if self.fact is not None:
            summary.append(reason_of(self.fact, self.language))
        if rest:
            summary.append(self._said("import_again"))
        if self.report is not None:
            with self._writing():
                self.report.finish(summary)
        for line in summary:
            _tell(line)

    def _said(self, code: str, **facts: object) -> str:
        return text_of(code, self.language, **facts)


async def import_documents(settings: Settings, asked: Asked) -> int:
    """Do what was asked for; the exit status."""
    language = asked.language or Language.VI
    engine = create_engine(settings.database_url, connections=ROWS_AHEAD + 3)
    store = open_store(settings)
    files = FileStore(store, settings.max_upload_bytes)
    sessions = create_sessions(engine)
    try:
        actor = await get_importer(sessions, asked.username)
        language = asked.language or actor.language
        async with _prepared(sessions, files, asked, language, actor) as ready:
            return await ready.run()
    except DocflowError as error:
        _tell(reason_of(error, language), err=True)
        return NOT_STARTED
    finally:
        await store.close()
        await engine.dispose()


@asynccontextmanager
async def _prepared(
    sessions: Sessions, files: FileStore, asked: Asked, language: Language, actor: Actor
) -> AsyncGenerator[_Import, None]:
    """Everything that can be known before the first row. Raises the facts for which an import does not begin."""
    books = await get_books(sessions, actor)
    unit_id = unit_asked(books, asked.unit)
    if asked.drafts and unit_id is None:
        raise ImportNotPossible(FieldError("/unit", "unit_to_be_named"))
    async with transaction(sessions) as session:
        kinds = await queries.list_kinds(session)
    planner = Planner(books, kinds, unit_id, files.max_bytes, asked.late_reason, asked.confirm_duplicates)
    but = [Path(asked.manifest)] if asked.manifest else []
    if asked.report is not None:
        but += [asked.report, partial_of(asked.report)]
    bundle = open_bundle(asked.source, but=but)
    try:
        plan = planner.plan(bundle, asked, language)
        with _report(asked, language) as report:
            yield _Import(
                sessions=sessions,
                files=files,
                asked=asked,
                language=language,
                actor=actor,
                books=books,
                bundle=bundle,
                plan=plan,
                report=report,
            )
    finally:
        bundle.close()


@contextmanager
def _report(asked: Asked, language: Language) -> Iterator[Report | None]:
    if asked.report is None:
        yield None
        return
    try:
        report = Report(asked.report, language, source=shown(asked.source.name))
    except OSError as error:
        name = shown(asked.report.name)
        raise ImportNotPossible(FieldError("/report", "import_report_not_written", {"name": name})) from error
    try:
        yield report
    finally:
        with suppress(OSError):
            report.abandon()


def _tell(line: str, *, err: bool = False) -> None:
    """A line for a terminal: what a manifest or a name says must not steer it."""
    plain = "".join(
        " " if unicodedata.category(letter) in ("Cc", "Cf", "Zl", "Zp") else letter for letter in line
    )
    click.echo(plain, err=err)
