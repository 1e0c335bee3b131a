"""``docflow audit verify``: the trail against its seals, with progress, one line for each fault."""

import sys
from typing import Any

import click
import msgspec
from sqlalchemy import text

from docflow.audit.verifying import Finding, Verified, verify
from docflow.core.db import create_engine, create_sessions
from docflow.settings import Settings

TOLD_EVERY = 100_000
"""Events between two lines of progress."""


async def verify_trail(settings: Settings, witness: tuple[int, bytes] | None, *, as_json: bool) -> int:
    """Tell each fault on its own line and a summary at the end; how many faults there were."""
    engine = create_engine(settings.database_url, connections=1)
    verified, faults = Verified(), 0
    try:
        async with create_sessions(engine)() as session:
            # One state of the trail, whatever is written or sealed meanwhile.
            await session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
            async for finding in verify(session, verified, witness, _Progress().tell):
                faults += 1
                click.echo(msgspec.json.encode(finding).decode() if as_json else line_of(finding))
    finally:
        await engine.dispose()
    click.echo(summary_of(verified, faults, as_json=as_json))
    return faults


class _Progress:
    """A line on the terminal now and then; nothing where the output is a file."""

    def __init__(self) -> None:
        self._told = 0

    def tell(self, events: int) -> None:
        if events - self._told >= TOLD_EVERY and sys.stderr.isatty():
            self._told = events
            click.echo(f"{events:,} events …", err=True)


def line_of(finding: Finding) -> str:
    """A fault in one line."""
    where = " ".join(
        filter(
            None,
            (
                f"seal {finding.seal}" if finding.seal is not None else "",
                f"event {finding.event}" if finding.event else "",
                f"({finding.tag}, {finding.told})" if finding.tag else "",
            ),
        )
    )
    return f"{finding.fault.value.replace('_', ' ')}: {where}"


def summary_of(verified: Verified, faults: int, *, as_json: bool) -> str:
    """What was gone through, with the digest to write down."""
    if as_json:
        facts: dict[str, Any] = {
            **msgspec.to_builtins(verified),
            "digest": verified.digest.hex(),
            "faults": faults,
        }
        return msgspec.json.encode(facts).decode()
    last = f"; write down: {verified.seals}:{verified.digest.hex()}" if verified.seals else ""
    waiting = f", {verified.waiting} wait for the next seal" if verified.waiting else ""
    return f"{verified.events} events in {verified.seals} seals{waiting}: {faults} faults{last}"


def read_witness(written: str) -> tuple[int, bytes]:
    """``NO:DIGEST`` as the summary says it. Raises ValueError."""
    no, _, digest = written.partition(":")
    read = int(no), bytes.fromhex(digest)
    if len(read[1]) != 32:
        raise ValueError(written)
    return read
