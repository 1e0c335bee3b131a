"""D4, D5, D6, D7: newest documents, searches and facets, over HTTP beside the bare endpoint, and in the database alone.

For a clerk of one unit, a leader who reads a quarter of everything, and an auditor whom everything was given to. The
growth is that of a unit which reads the same documents at every size: all of them old, so none is near the newest.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import msgspec
import psycopg
from sqlalchemy import event, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from docflow.access.actor import Actor
from docflow.accounts.models import Person
from docflow.accounts.queries import find_actor
from docflow.core.db import create_engine, create_sessions
from docflow.core.paging import DEFAULT_LIMIT
from docflow.documents.listing import facets_page, list_page
from docflow.documents.queries import FACETS, Filters, Order
from tests.benchmarks import bare
from tests.benchmarks.crowd import Crowd, Load, keep_getting, together
from tests.benchmarks.figures import paired_ratio, percentile
from tests.benchmarks.generated import WIDEST, Archive
from tests.benchmarks.options import Options
from tests.benchmarks.servers import Office, progress
from tests.benchmarks.syllables import NUMBERED, RARE, number_of, vocabulary
from tests.benchmarks.table import Row

CLERK, LEADER, OLD = "lienttb", "khaitq", "old"
CALLED = {CLERK: "clerk", LEADER: "leader", WIDEST: "auditor", OLD: "unit with old documents"}
CLIENTS = 8
MOST_TIMES = 2.5
GROWTH = 2.0
WARM_UP = 5


@dataclass(frozen=True)
class Question:
    """A list, or facets, that are asked for. ``unit_s`` and ``wide_s``: the most seconds in the database."""

    target: str
    what: str
    filters: Filters = field(default_factory=Filters)
    order: Order = Order.NEWEST
    unit_s: float = 0.050
    wide_s: float = 0.150

    @property
    def path(self) -> str:
        asked = {"q": self.filters.q, "kind": self.filters.kind}
        query = "&".join(f"{name}={quote(value)}" for name, value in asked.items() if value)
        return f"/api/v1/documents?sort={self.order.value}" + (f"&{query}" if query else "")

    async def ask(self, session: AsyncSession, actor: Actor) -> None:
        """As the API asks it."""
        if self.target == "D6":
            await facets_page(session, actor, self.filters, FACETS)
        else:
            await list_page(session, actor, self.filters, order=self.order, limit=DEFAULT_LIMIT)


def questions() -> list[Question]:
    """The newest 25, searches from rare to common, filters, and facets."""
    words = vocabulary()
    rare, common = Filters(q=RARE), Filters(q=words[10])
    phrase, number = Filters(q=f'"{words[1]} {words[2]}"'), Filters(q=number_of(NUMBERED))
    both = Filters(q=words[10], kind="plan")
    return [
        Question("D4", "newest 25", unit_s=0.010, wide_s=0.010),
        Question(
            "D4", "newest 25 of a rare kind", Filters(kind="urgent_dispatch"), unit_s=0.010, wide_s=0.050
        ),
        Question("D5", "search, rare word", rare),
        Question("D5", "search, common word", common),
        Question("D5", "search, common word by relevance", common, Order.RELEVANCE),
        Question("D5", "search, phrase", phrase),
        Question("D5", "search, number", number),
        Question("D5", "search, common word in one kind", both),
        Question("D6", "facets of everything", unit_s=0.150, wide_s=0.500),
        Question("D6", "facets of a common word", common, unit_s=0.150, wide_s=0.500),
        Question(
            "D6",
            "facets of a phrase in one kind",
            Filters(q=phrase.q, kind="plan"),
            unit_s=0.150,
            wide_s=0.500,
        ),
    ]


OVER_HTTP = frozenset(
    {"newest 25", "search, rare word", "search, common word", "search, phrase", "search, number"}
)


def measure(options: Options, office: Office, crowd: Crowd) -> Iterator[Row]:
    """Every question at every number of documents."""
    archive = Archive(office, crowd)
    p50: dict[str, list[float]] = {}
    steps = options.document_steps
    for count in steps:
        archive.grow_to(count)
        if count in (steps[0], steps[-1]):
            keep_answers(office, {})
            with office.bare() as port:
                for question in questions():
                    if question.what in OVER_HTTP:
                        yield _over_http(options, office, crowd, port, question, count)
        for question, viewer, times in asyncio.run(_in_database(options, office, archive)):
            if viewer == OLD:
                p50.setdefault(question.what, []).append(percentile(times, 50))
            yield _database_row(question, viewer, count, times)
    if len(steps) > 1:
        yield _growth_row(steps, p50)
    for count in options.left_out:
        yield Row(
            target="D7", what=f"D4 to D6 at {count:,} documents", figure="not measured: left out by --small"
        )


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
    targeted = question.target == "D4"
    return Row(
        target=question.target,
        what=f"{question.what}, clerk, {count:,} documents, HTTP, {CLIENTS} clients",
        figure=f"{percentile([load.rate for load in mine], 50):,.0f}/s",
        limit=failures[0] if failures else f"bare: {percentile([load.rate for load in limit], 50):,.0f}/s",
        ratio=ratio,
        wanted=f"≤ {MOST_TIMES} × the time" if targeted else "",
        met=(ratio <= MOST_TIMES and not failures) if targeted else False if failures else None,
        times=[spent for load in mine for spent in load.times],
    )


async def _in_database(
    options: Options, office: Office, archive: Archive
) -> list[tuple[Question, str, list[float]]]:
    engine = create_engine(office.settings.database_url, connections=1)
    progress("D4 to D6 in the database")
    try:
        actors = {name: await actor_called(engine, name) for name in (CLERK, LEADER, WIDEST)}
        actors[OLD] = msgspec.structs.replace(actors[CLERK], principals=(archive.old_reader,))
        return [
            (question, name, await _time(engine, actor, question, options.single_runs))
            for question in questions()
            for name, actor in actors.items()
        ]
    finally:
        await engine.dispose()


async def actor_called(engine: AsyncEngine, username: str) -> Actor:
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
        with statements(engine) as spent:
            async with create_sessions(engine)() as session:
                await question.ask(session, actor)
        times.append(sum(spent))
    return times[WARM_UP:]


@contextmanager
def statements(engine: AsyncEngine) -> Iterator[list[float]]:
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
    most = question.unit_s if viewer in (CLERK, OLD) else question.wide_s
    p95 = percentile(times, 95)
    return Row(
        target=question.target,
        what=f"{question.what}, {CALLED[viewer]}, {count:,} documents, in the database",
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
        what=f"p50 in the database, {CALLED[OLD]}, from {steps[0]:,} to {steps[-1]:,} documents, worst: {worst}",
        figure=f"{growth[worst]:.1f} ×",
        ratio=growth[worst] / GROWTH,
        wanted=f"≤ {GROWTH:g} ×",
        met=growth[worst] <= GROWTH,
        runs=len(growth),
    )
