"""D8: from the commit until the text of a 10-page PDF is found, with an idle worker; and many PDFs in a row."""

import time
from collections.abc import Iterator
from urllib.parse import quote

import psycopg

from tests.benchmarks.clients import PAGES, register_paper, register_papers
from tests.benchmarks.crowd import Crowd, together
from tests.benchmarks.figures import percentile
from tests.benchmarks.options import Options
from tests.benchmarks.servers import Office, progress
from tests.benchmarks.table import Row
from tests.benchmarks.wire import Wire, request

CLERK = "oanhttk"
LIMIT_S = 1.0
PATIENCE_S = 30.0
POLL_S = 0.005
WORKER_SETTLES_S = 2.0
BACKLOG_S = 300.0
_WAITING = "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"
PAPERLESS = "Paperless-ngx on such a machine: 3.1 to 4.9/s"
PAPERLESS_RATE = 4.9


def measure(options: Options, office: Office, crowd: Crowd) -> Iterator[Row]:
    """One at a time, then as many as come."""
    cookie = office.cookie(CLERK)
    with office.worker():
        _await_idle(office)
        progress("D8 one PDF at a time")
        times = [
            _until_found(office.port, cookie, f"hiem{run}") for run in range(options.single_runs // 3 + 2)
        ]
        yield _single_row(times[2:])
        progress("D8 many PDFs in a row")
        yield _many_row(options, office, crowd, cookie)


def _await_idle(office: Office) -> None:
    """What was measured before has left jobs in the queue: they are done first."""
    progress("D8 waiting until the worker is idle")
    deadline = time.monotonic() + BACKLOG_S
    with psycopg.connect(office.owner_url, autocommit=True) as connection:
        while connection.execute(_WAITING).fetchone() != (0,):
            assert time.monotonic() < deadline, "the worker did not become idle"
            time.sleep(WORKER_SETTLES_S)


def _until_found(port: int, cookie: str, word: str) -> float:
    with Wire(port) as wire:
        assert register_paper(wire, cookie, word) == 201
        before = time.monotonic()
        question = request("GET", f"/api/v1/documents?q={quote(word)}", cookie=cookie)
        while not wire.ask(question).json()["items"]:
            assert time.monotonic() - before < PATIENCE_S, f"{word} is not found"
            time.sleep(POLL_S)
        return time.monotonic() - before


def _single_row(times: list[float]) -> Row:
    p95 = percentile(times, 95)
    return Row(
        target="D8",
        what=f"from the answer until the text of a {PAGES}-page PDF is found",
        figure=f"p95 {p95:.2f} s",
        ratio=p95 / LIMIT_S,
        wanted="≤ 1 s",
        met=p95 <= LIMIT_S,
        times=times,
    )


def _many_row(options: Options, office: Office, crowd: Crowd, cookie: str) -> Row:
    before = time.monotonic()
    orders = [(options.load_s * 2, office.port, cookie, f"loat{writer}") for writer in range(4)]
    load = together(crowd.run(register_papers, orders))
    with psycopg.connect(office.owner_url, autocommit=True) as connection:
        while _waiting(connection):
            time.sleep(0.05)
    seconds = time.monotonic() - before
    rate = len(load.times) / seconds
    return Row(
        target="D8",
        what=f"{PAGES}-page PDFs, 4 writers, until all are searchable",
        figure=f"{rate:.1f}/s",
        limit=load.failures[0] if load.failures else PAPERLESS,
        ratio=rate / PAPERLESS_RATE,
        wanted="≥ 100 ×",
        met=rate >= 100 * PAPERLESS_RATE,
        runs=len(load.times),
    )


def _waiting(connection: "psycopg.Connection[tuple[int]]") -> int:
    row = connection.execute("SELECT count(*) FROM file WHERE text_status = 'waiting'").fetchone()
    assert row
    return row[0]
