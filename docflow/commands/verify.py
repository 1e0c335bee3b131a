"""``docflow verify``: every object against its row, objects that no row names, uploads that never ended, and every
print of a register against the data."""

import sys
from datetime import timedelta
from uuid import UUID

import click
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.app import open_store
from docflow.core.clock import LOCAL_ZONE
from docflow.core.db import Sessions, create_engine, create_sessions
from docflow.documents.models import PrintKind, RegisterPrint
from docflow.documents.prints import books
from docflow.documents.prints.queries import find_prints, list_recorded, name_of
from docflow.documents.prints.verifying import Sheets, Verdict, verify_print
from docflow.files.models import File
from docflow.files.previews import verify_previews
from docflow.files.service import find_orphans, find_unfinished, verify
from docflow.settings import Settings
from docflow.tasks import follow_up
from storage import ObjectStore

SHEETS: Sheets = {PrintKind.REGISTER: books.SHEET, PrintKind.FOLLOW_UP: follow_up.SHEET}
PRINTS_AT_ONCE = 100


async def verify_store(settings: Settings, sweep: bool, grace: timedelta) -> int:
    """Tell each fault on its own line and a summary at the end; how many faults there were."""
    engine = create_engine(settings.database_url, connections=2)
    store = open_store(settings)
    try:
        sessions = create_sessions(engine)
        faults = await _verify_files(sessions, store)
        await _verify_previews(sessions, store)
        faults += await _verify_prints(sessions)
        await _tell_orphans(sessions, store, sweep, grace)
        await _tell_unfinished(store, sweep, grace)
    finally:
        await store.close()
        await engine.dispose()
    return faults


async def verify_sheet(settings: Settings, written: str) -> int:
    """Tell what became of the print whose code or checksum somebody typed from paper; 0 when it still agrees."""
    engine = create_engine(settings.database_url, connections=2)
    try:
        async with create_sessions(engine)() as session:
            records = await find_prints(session, written)
            verdicts = [await verify_print(session, record, SHEETS) for record in records]
            for verdict in verdicts:
                click.echo(await _made(session, verdict.record))
                _tell_verdict(verdict)
    finally:
        await engine.dispose()
    if not verdicts:
        click.echo("no print has this code or checksum")
    return 0 if verdicts and all(verdict.agrees for verdict in verdicts) else 1


async def _verify_previews(sessions: Sessions, store: ObjectStore) -> None:
    """Tell the previews that are not what was stored. No fault: they are forgotten, and drawn anew when wanted."""
    previews = forgotten = 0
    async for finding in verify_previews(sessions, store):
        previews += 1
        if finding.fault:
            forgotten += 1
            click.echo(f"preview of file {finding.file_id} ({finding.object_key}): {finding.fault}")
    click.echo(f"{previews} previews verified, {forgotten} to be drawn anew")


async def _verify_prints(sessions: Sessions) -> int:
    """Tell the prints that no longer agree with the data. A row is a fault when no event tells why it changed."""
    agreeing = changed = faults = 0
    after: UUID | None = None
    async with sessions() as session:
        while records := await list_recorded(session, after, PRINTS_AT_ONCE):
            for record in records:
                verdict = await verify_print(session, record, SHEETS)
                agreeing, changed = agreeing + verdict.agrees, changed + (not verdict.agrees)
                faults += verdict.unexplained
                if not verdict.agrees:
                    _tell_verdict(verdict)
            after = records[-1].id
            session.expunge_all()
    click.echo(f"{agreeing + changed} prints compared, {agreeing} agree, {changed} changed since")
    return faults


async def _made(session: AsyncSession, record: RegisterPrint) -> str:
    """What was printed, when and by whom."""
    last = record.ends_on - timedelta(days=1)
    name = await name_of(session, record.printed_by)
    at = record.printed_at.astimezone(LOCAL_ZONE)
    return (
        f"print {record.code}: {record.kind} of {record.register_id}, {record.starts_on} to {last},"
        f" {record.row_count} rows, printed {at:%Y-%m-%d %H:%M} by {name} as {record.format}"
    )


def _tell_verdict(verdict: Verdict) -> None:
    code = verdict.record.code
    if verdict.agrees:
        click.echo(f"print {code}: unchanged")
    if verdict.changed_rows:
        numbers = ", ".join(dict.fromkeys(change.number for change in verdict.changed))
        more = " and more" if verdict.changed_rows > len(verdict.changed) else ""
        click.echo(f"print {code}: {verdict.changed_rows} rows changed since: numbers {numbers}{more}")
    for change in verdict.changed:
        if change.tag is None or change.at is None:
            click.echo(f"print {code}: number {change.number}: no event of the trail tells why")
        else:
            at = change.at.astimezone(LOCAL_ZONE)
            click.echo(
                f"print {code}: number {change.number}: {change.tag} by {change.by}, {at:%Y-%m-%d %H:%M}"
            )
    if verdict.missing:
        click.echo(f"print {code}: {verdict.missing} rows are no longer there")
    if verdict.only_order:
        click.echo(f"print {code}: its rows are there, but the checksum is not theirs")
    if verdict.later:
        click.echo(f"print {code}: {verdict.later} numbers given since")


async def _verify_files(sessions: Sessions, store: ObjectStore) -> int:
    async with sessions() as session:
        total = await session.scalar(select(func.count()).select_from(File)) or 0
    faults = 0
    with click.progressbar(length=total, label="files", file=sys.stderr) as progress:
        async for finding in verify(sessions, store):
            progress.update(1)
            if finding.fault:
                faults += 1
                click.echo(f"file {finding.file_id} ({finding.object_key}): {finding.fault}")
    click.echo(f"{total} files verified, {faults} faults")
    return faults


async def _tell_orphans(sessions: Sessions, store: ObjectStore, sweep: bool, grace: timedelta) -> None:
    orphans = 0
    async for key in find_orphans(sessions, store, grace):
        orphans += 1
        click.echo(f"object {key}: no row names it")
        if sweep:
            await store.delete(key)
    click.echo(f"{orphans} objects without a row{', deleted' if sweep and orphans else ''}")


async def _tell_unfinished(store: ObjectStore, sweep: bool, grace: timedelta) -> None:
    unfinished = await find_unfinished(store, grace)
    for upload in unfinished:
        click.echo(f"upload of {upload.key}: not finished since {upload.begun_at:%Y-%m-%d %H:%M} UTC")
        if sweep:
            await store.abort(upload)
    click.echo(f"{len(unfinished)} unfinished uploads{', removed' if sweep and unfinished else ''}")
