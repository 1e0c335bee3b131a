"""C2: a trail of 1,000,000 events, sealed and verified, beside reading the same rows and doing nothing with them."""

import asyncio
import time
from collections.abc import Iterator

import psycopg
from sqlalchemy import text

from docflow.audit.sealing import seal
from docflow.audit.verifying import Verified, verify
from docflow.core.db import create_engine, create_sessions
from tests.benchmarks.crowd import Crowd
from tests.benchmarks.options import Options
from tests.benchmarks.servers import Office, progress
from tests.benchmarks.table import Row

_EVENTS = """
INSERT INTO audit_event (happened_at, tag, actor_id, actor_name, subject_kind, subject_id, address, details)
SELECT now(), 'document:read', uuidv7(), 'Phạm Thị Hoài An', 'document', uuidv7(), '10.0.0.1',
    jsonb_build_object('file', 'chi-thi-' || n || '.pdf', 'reason', 'xem lại nội dung', 'n', n)
FROM generate_series(1, %s::int) AS n
"""


def measure(options: Options, office: Office, _: Crowd) -> Iterator[Row]:
    """Seal from nothing, verify whole, and read the rows alone."""
    progress(f"trail: {options.events:,} events")
    with psycopg.connect(office.owner_url, autocommit=True) as connection:
        connection.execute(_EVENTS, [options.events])
        connection.execute("VACUUM (ANALYZE) audit_event")
    sealing, verifying, reading, count = asyncio.run(_measure(office))
    yield Row(
        target="C2",
        what=f"seal {count:,} events",
        figure=f"{count / sealing:,.0f} rows/s",
        limit=f"reading them: {count / reading:,.0f} rows/s",
        ratio=reading / sealing,
        runs=1,
    )
    yield Row(
        target="C2",
        what=f"docflow audit verify, {count:,} events",
        figure=f"{count / verifying:,.0f} rows/s",
        limit=f"reading them: {count / reading:,.0f} rows/s",
        ratio=reading / verifying,
        runs=1,
    )


async def _measure(office: Office) -> tuple[float, float, float, int]:
    engine = create_engine(office.settings.database_url, connections=2)
    sessions = create_sessions(engine)
    try:
        start = time.monotonic()
        count = await seal(sessions)
        sealed = time.monotonic()
        async with sessions() as session:
            verified = Verified()
            faults = [finding async for finding in verify(session, verified)]
        if faults or verified.events != count:
            raise ValueError(f"{len(faults)} faults in {verified.events} of {count} events")
        ended = time.monotonic()
        async with sessions() as session:
            rows = await session.stream(
                text("SELECT * FROM audit_event ORDER BY id").execution_options(yield_per=2_000)
            )
            async for partition in rows.partitions():
                del partition
        return sealed - start, ended - sealed, time.monotonic() - ended, count
    finally:
        await engine.dispose()
