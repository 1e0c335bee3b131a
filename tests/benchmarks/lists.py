"""D4, D5, D7: the newest documents and searches, over HTTP beside the bare endpoint, and in the database alone."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import psycopg
from sqlalchemy import event, select
from sqlalchemy.ext.asyncio import AsyncEngine

from docflow.access.actor import Actor
from docflow.accounts.models import Person
from docflow.accounts.queries import find_actor
from docflow.core.db import create_engine, create_sessions
from docflow.core.paging import DEFAULT_LIMIT
from docflow.documents import queries
from docflow.documents.queries import Filters
from tests.benchmarks import bare
from tests.benchmarks.crowd import Crowd, Load, keep_getting, together
from tests.benchmarks.figures import paired_ratio, percentile
from tests.benchmarks.generated import Archive
from tests.benchmarks.options import Options
from tests.benchmarks.servers import Office, progress
from tests.benchmarks.syllables import NUMBERED, RARE, number_of, vocabulary
from tests.benchmarks.table import Row

CLERK, LEADER = "lienttb", "khaitq"
CLIENTS = 8
MOST_TIMES = 2.5
GROWTH = 2.0
WARM_UP = 10


@dataclass(frozen=True)
class Question:
    """A list that is asked for; ``q`` None is the newest."""

    target: str
    what: str
    q: str | None
    clerk_s: float
    leader_s: float

    @property
    def path(self) -> str:
        return "/api/v1/documents" + (f"?q={quote(self.q)}" if self.q else "")


def questions() -> list[Question]:
    """The newest 25, and searches from rare to common."""
    words = vocabulary()
    return [
        Question("D4", "newest 25", None, 0.010, 0.010),
        Question("D5", "search, rare word", RARE, 0.050, 0.150),
        Question("D5", "search, common word", words[10], 0.050, 0.150),
        Question("D5", "search, phrase", f'"{words[1]} {words[2]}"', 0.050, 0.150),
        Question("D5", "search, number", number_of(NUMBERED), 0.050, 0.150),
    ]


def measure(options: Options, office: Office, crowd: Crowd) -> Iterator[Row]:
    """Every question at every number of documents."""
    archive = Archive(office, crowd)
    clerk_p50: dict[str, list[float]] = {}
    for count in options.document_steps:
        archive.grow_to(count)
        with office.bare() as port:
            for question in questions():
                yield _over_http(options, office, crowd, port, question, count)
        timed = asyncio.run(_in_database(options, office))
        for question, viewer, times in timed:
            if viewer == CLERK:
                clerk_p50.setdefault(question.what, []).append(percentile(times, 50))
            yield _database_row(question, viewer, count, times)
    if len(options.document_steps) > 1:
        yield _growth_row(options.document_steps, clerk_p50)


def keep_answers(office: Office, answers: dict[str, bytes]) -> None:
    """What the bare endpoint is to answer, by name."""
    with psycopg.connect(office.owner_url) as connection:
        connection.execute(bare.TABLE)
        connection.execute(bare.GRANT)
        for name, body in answers.items():
            connection.execute(bare.KEEP, [name, body])


def _over_http(
    options: Options, office: Office, crowd: Crowd, bare_port: int, question: Question, count: int
) -> Row:
    name = question.what.replace(" ", "-").replace(",", "")
    keep_answers(office, {name: office.get(question.path, CLERK)})
    progress(f"{question.target} {question.what}, {count:,} documents")
    mine: list[Load] = []
    limit: list[Load] = []
    ours = (office.port, question.path, office.cookie(CLERK))
    theirs = (bare_port, f"/sql/{name}", "")
    for port, path, cookie in (ours, theirs):
        crowd.run(keep_getting, [(0.5, port, path, cookie)] * CLIENTS)
    for _ in range(options.pairs):
        for loads, (port, path, cookie) in ((mine, ours), (limit, theirs)):
            loads.append(
                together(crowd.run(keep_getting, [(options.list_load_s, port, path, cookie)] * CLIENTS))
            )
    ratio = paired_ratio([load.rate for load in limit], [load.rate for load in mine])
    failures = [failure for load in (*mine, *limit) for failure in load.failures]
    return Row(
        target=question.target,
        what=f"{question.what}, clerk, {count:,} documents, HTTP, {CLIENTS} clients",
        figure=f"{percentile([load.rate for load in mine], 50):,.0f}/s",
        limit=failures[0] if failures else f"bare: {percentile([load.rate for load in limit], 50):,.0f}/s",
        ratio=ratio,
        wanted=f"≤ {MOST_TIMES} × the time",
        met=ratio <= MOST_TIMES and not failures,
        times=[spent for load in mine for spent in load.times],
    )


async def _in_database(options: Options, office: Office) -> list[tuple[Question, str, list[float]]]:
    engine = create_engine(office.settings.database_url, connections=1)
    try:
        actors = [(name, await _actor(engine, name)) for name in (CLERK, LEADER)]
        return [
            (question, name, await _time(engine, actor, question, options.single_runs * 5))
            for question in questions()
            for name, actor in actors
        ]
    finally:
        await engine.dispose()


async def _actor(engine: AsyncEngine, username: str) -> Actor:
    async with create_sessions(engine)() as session:
        person_id = await session.scalar(select(Person.id).where(Person.username == username))
        assert person_id
        actor = await find_actor(session, person_id)
    assert actor
    return actor


async def _time(engine: AsyncEngine, actor: Actor, question: Question, runs: int) -> list[float]:
    """Seconds that each list spent in its statements, driver included."""
    times: list[float] = []
    for _ in range(runs + WARM_UP):
        with _statements(engine) as spent:
            async with create_sessions(engine)() as session:
                await queries.list_documents(
                    session, actor, Filters(q=question.q), cursor=None, limit=DEFAULT_LIMIT, total=False
                )
        times.append(sum(spent))
    return times[WARM_UP:]


@contextmanager
def _statements(engine: AsyncEngine) -> Iterator[list[float]]:
    spent: list[float] = []
    started = 0.0

    def before(*_: Any) -> None:
        nonlocal started
        started = time.perf_counter()

    def after(*_: Any) -> None:
        spent.append(time.perf_counter() - started)

    listeners = (("before_cursor_execute", before), ("after_cursor_execute", after))
    for name, listener in listeners:
        event.listen(engine.sync_engine, name, listener)
    try:
        yield spent
    finally:
        for name, listener in listeners:
            event.remove(engine.sync_engine, name, listener)


def _database_row(question: Question, viewer: str, count: int, times: Sequence[float]) -> Row:
    most = question.clerk_s if viewer == CLERK else question.leader_s
    p95 = percentile(times, 95)
    who = "clerk" if viewer == CLERK else "wide reader"
    return Row(
        target=question.target,
        what=f"{question.what}, {who}, {count:,} documents, in the database",
        figure=f"p95 {p95 * 1000:.1f} ms",
        ratio=p95 / most,
        wanted=f"p95 ≤ {most * 1000:.0f} ms",
        met=p95 <= most,
        times=times,
    )


def _growth_row(steps: Sequence[int], p50: dict[str, list[float]]) -> Row:
    growth = {what: times[-1] / times[0] for what, times in p50.items()}
    worst = max(growth, key=lambda what: growth[what])
    return Row(
        target="D7",
        what=f"p50 in the database, clerk, from {steps[0]:,} to {steps[-1]:,} documents, worst: {worst}",
        figure=f"{growth[worst]:.1f} ×",
        ratio=growth[worst] / GROWTH,
        wanted=f"≤ {GROWTH:g} ×",
        met=growth[worst] <= GROWTH,
        runs=len(growth),
    )
