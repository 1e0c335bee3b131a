"""``docflow verify``: every object against its row, objects that no row names, and uploads that never ended."""

import sys
from datetime import timedelta

import click
from sqlalchemy import func, select

from docflow.app import open_store
from docflow.core.db import Sessions, create_engine, create_sessions
from docflow.files.models import File
from docflow.files.service import find_orphans, find_unfinished, verify
from docflow.settings import Settings
from storage import ObjectStore


async def verify_store(settings: Settings, sweep: bool, grace: timedelta) -> int:
    """Tell each fault on its own line and a summary at the end; how many faults there were."""
    engine = create_engine(settings.database_url, connections=2)
    store = open_store(settings)
    try:
        sessions = create_sessions(engine)
        faults = await _verify_files(sessions, store)
        await _tell_orphans(sessions, store, sweep, grace)
        await _tell_unfinished(store, sweep, grace)
    finally:
        await store.close()
        await engine.dispose()
    return faults


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
