"""``docflow letters``: letters that were given up, and giving them to the mail server once more."""

from collections.abc import Sequence

import click

from docflow.core.db import Sessions, create_engine, create_sessions, transaction
from docflow.notifications.service import list_failed, queue_again
from docflow.settings import Settings


async def tell_letters(settings: Settings, numbers: Sequence[int], *, requeue: bool) -> int:
    """Tell each letter that was given up on its own line; with ``requeue`` queue those with ``numbers``, or all.

    Returns how many are given up still.
    """
    engine = create_engine(settings.database_url, connections=1)
    try:
        sessions = create_sessions(engine)
        if requeue:
            await _queue_again(sessions, numbers)
        return await _tell_failed(sessions)
    finally:
        await engine.dispose()


async def _queue_again(sessions: Sessions, numbers: Sequence[int]) -> None:
    async with transaction(sessions) as session:
        again = await queue_again(session, numbers)
    for number in again:
        click.echo(f"letter {number}: queued again")


async def _tell_failed(sessions: Sessions) -> int:
    async with sessions() as session:
        failed = await list_failed(session)
    for letter in failed:
        click.echo(
            f"letter {letter.no} to {letter.recipient} about {letter.about},"
            f" of {letter.queued_at:%Y-%m-%d %H:%M} UTC: {letter.failure}"
        )
    click.echo(f"{len(failed)} letters given up")
    return len(failed)
