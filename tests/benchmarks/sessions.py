"""S1: what knowing who asks costs, over the bare endpoint with the same answer."""

from collections.abc import Iterator

from tests.benchmarks.crowd import Crowd, keep_getting, together
from tests.benchmarks.figures import percentile
from tests.benchmarks.lists import CLIENTS, keep_answers
from tests.benchmarks.options import Options
from tests.benchmarks.servers import Office, progress
from tests.benchmarks.table import Row

PATH = "/api/v1/me"
CLERK = "datcv"
LIMIT_S = 0.001


def measure(options: Options, office: Office, crowd: Crowd) -> Iterator[Row]:
    """``GET /me`` beside the endpoint that reads the same bytes with one statement, and the one with none."""
    keep_answers(office, {"me": office.get(PATH, CLERK)})
    with office.bare() as bare_port:
        for name, path in (("one trivial statement", "/sql/me"), ("no statement", "/plain/me")):
            progress(f"S1 beside {name}")
            yield _row(options, office, crowd, bare_port, path, name)
        yield _at_once(options, office, crowd, bare_port)


def _row(options: Options, office: Office, crowd: Crowd, bare_port: int, path: str, name: str) -> Row:
    mine: list[float] = []
    limit: list[float] = []
    for _ in range(options.pairs + 1):
        mine = _times(options, crowd, office.port, PATH, office.cookie(CLERK)) + mine
        limit = _times(options, crowd, bare_port, path, "") + limit
    added = percentile(mine, 50) - percentile(limit, 50)
    return Row(
        target="S1",
        what=f"GET /me, one client, over {name}",
        figure=f"+{added * 1000:.2f} ms at p50",
        limit=f"bare: p50 {percentile(limit, 50) * 1000:.2f} ms",
        ratio=added / LIMIT_S,
        wanted="≤ 1 ms added",
        met=added <= LIMIT_S,
        times=mine,
    )


def _times(options: Options, crowd: Crowd, port: int, path: str, cookie: str) -> list[float]:
    (load,) = crowd.run(keep_getting, [(options.list_load_s / 2, port, path, cookie)])
    assert not load.failures, load.failures[0]
    return load.times


def _at_once(options: Options, office: Office, crowd: Crowd, bare_port: int) -> Row:
    ours = (options.list_load_s, office.port, PATH, office.cookie(CLERK))
    theirs = (options.list_load_s, bare_port, "/sql/me", "")
    mine = together(crowd.run(keep_getting, [ours] * CLIENTS))
    limit = together(crowd.run(keep_getting, [theirs] * CLIENTS))
    added = 1 / mine.rate - 1 / limit.rate
    return Row(
        target="S1",
        what=f"GET /me, {CLIENTS} clients, server time per request",
        figure=f"{mine.rate:,.0f}/s, +{added * 1000:.2f} ms each",
        limit=f"bare: {limit.rate:,.0f}/s",
        ratio=added / LIMIT_S,
        wanted="≤ 1 ms added",
        met=added <= LIMIT_S and not mine.failures,
        times=mine.times,
    )
