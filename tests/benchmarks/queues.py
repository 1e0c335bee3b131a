"""C1: a page of what waits with a leader for direction, among 10,000: in the database alone, and over HTTP."""

import asyncio
from collections.abc import Iterator

import psycopg
from psycopg import sql

from docflow.core.db import create_engine, create_sessions
from docflow.core.paging import DEFAULT_LIMIT
from docflow.documents.queries.queues import list_to_direct
from tests.benchmarks.clients import register_so_many
from tests.benchmarks.crowd import Crowd, keep_getting
from tests.benchmarks.figures import percentile
from tests.benchmarks.generated import DOCUMENT
from tests.benchmarks.lists import WARM_UP, actor_called, statements
from tests.benchmarks.options import Options
from tests.benchmarks.servers import Office, progress
from tests.benchmarks.table import Row

CLERK, LEADER = "anpth", "khaitq"
PATH = "/api/v1/queues/direction"
LIMIT_S = 0.015

_COPIED = [
    name for name in DOCUMENT if name not in {"id", "register_number", "urgency", "readers", "touched_at"}
]
_ENTRIES = """
INSERT INTO register_entry (register_id, number, taken_at, taken_by)
SELECT register_id, 1000000 + n, now(), registered_by FROM document, generate_series(1, %(count)s::int) AS n
WHERE id = %(like)s
"""
_DOCUMENTS = """
INSERT INTO document ({copied}, id, source, passed_on_at, register_number, urgency, readers, touched_at)
SELECT {copied}, uuidv7(), source, now(), 1000000 + n,
    CASE n %% 10 WHEN 0 THEN 'flash' WHEN 1 THEN 'urgent' ELSE 'normal' END,
    readers || (SELECT principal.no FROM principal JOIN person ON person.id = principal.person_id
        WHERE username = %(leader)s), now()
FROM document, generate_series(1, %(count)s::int) AS n WHERE id = %(like)s
"""
_RECEIPTS = """
INSERT INTO receipt (document_id, principal_no, role, sent_by, sent_at, note, urgency_rank)
SELECT document.id, principal.no, 'direction', document.registered_by, now(), 'Kính trình',
    CASE urgency WHEN 'flash' THEN 0 WHEN 'urgent' THEN 2 ELSE 3 END
FROM document, principal JOIN person ON person.id = principal.person_id
WHERE username = %(leader)s AND register_number > 1000000
    AND register_id = (SELECT register_id FROM document WHERE id = %(like)s)
"""


def measure(options: Options, office: Office, crowd: Crowd) -> Iterator[Row]:
    """Let so many wait, and read the first page again and again."""
    count = options.queued_documents
    _fill(office, crowd, count)
    progress("C1 in the database")
    times = asyncio.run(_in_database(office, options.single_runs * 10))
    p95 = percentile(times, 95)
    yield Row(
        target="C1",
        what=f"page of {DEFAULT_LIMIT} and count of {count:,} waiting, in the database",
        figure=f"p95 {p95 * 1000:.1f} ms",
        ratio=p95 / LIMIT_S,
        wanted="p95 ≤ 15 ms",
        met=p95 <= LIMIT_S,
        times=times,
    )
    order = (options.list_load_s, office.port, PATH, office.cookie(LEADER))
    crowd.run(keep_getting, [order])
    loads = [load for _ in range(options.pairs) for load in crowd.run(keep_getting, [order])]
    failures = [failure for load in loads for failure in load.failures]
    yield Row(
        target="C1",
        what=f"the same page over HTTP, {count:,} waiting, one client",
        figure=f"{percentile([load.rate for load in loads], 50):,.0f}/s",
        limit=failures[0] if failures else "",
        met=False if failures else None,
        times=[spent for load in loads for spent in load.times],
    )


def _fill(office: Office, crowd: Crowd, count: int) -> None:
    progress(f"C1 {count:,} documents wait with a leader")
    ((like,),) = crowd.run(register_so_many, [(1, office.port, office.cookie(CLERK), "hàng đợi")])
    values = {"like": like, "count": count, "leader": LEADER}
    copied = sql.SQL(", ").join(map(sql.Identifier, _COPIED))
    with psycopg.connect(office.owner_url, autocommit=True) as connection:
        connection.execute(_ENTRIES, values)
        connection.execute(sql.SQL(_DOCUMENTS).format(copied=copied), values)
        connection.execute(_RECEIPTS, values)
        connection.execute("VACUUM (ANALYZE) document")
        connection.execute("VACUUM (ANALYZE) receipt")


async def _in_database(office: Office, runs: int) -> list[float]:
    """Seconds that each page spent in its statements, driver included."""
    engine = create_engine(office.settings.database_url, connections=1)
    sessions = create_sessions(engine)
    times: list[float] = []
    try:
        actor = await actor_called(engine, LEADER)
        for _ in range(runs + WARM_UP):
            with statements(engine) as spent:
                async with sessions() as session:
                    queue = await list_to_direct(session, actor, cursor=None, limit=DEFAULT_LIMIT)
            assert len(queue.rows) == DEFAULT_LIMIT
            times.append(sum(spent))
    finally:
        await engine.dispose()
    return times[WARM_UP:]
