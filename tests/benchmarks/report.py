"""Measure, and print one table. The exit status is 0 whatever the figures are."""

import argparse
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from tests.benchmarks import (
    directing,
    exporting,
    lists,
    queues,
    reading,
    registering,
    sessions,
    starting,
    trail,
    uploads,
)
from tests.benchmarks.crowd import Crowd
from tests.benchmarks.options import Options
from tests.benchmarks.servers import Office, office, progress
from tests.benchmarks.table import TARGETS, Row, complete, render, save

MOST_CLIENTS = 16
Measure = Callable[[Options, Office, Crowd], Iterator[Row]]

MEASURES: list[tuple[frozenset[str], Measure]] = [
    (frozenset({"S1"}), sessions.measure),
    (frozenset({"D3"}), registering.measure),
    (frozenset({"D4", "D5", "D6", "D7"}), lists.measure),
    (frozenset({"D8"}), reading.measure),
    (frozenset({"C3"}), exporting.measure),
    (frozenset({"C1"}), queues.measure),
    (frozenset({"T4"}), directing.measure),
    (frozenset({"C2"}), trail.measure),
    (frozenset({"D1"}), uploads.measure_uploads),
    (frozenset({"D2"}), uploads.measure_downloads),
]
"""What is measured on one running office, in this order: big files last, for they fill the disk's caches."""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--only", metavar="D1,D3", default="", help="these targets alone")
    parser.add_argument("--quick", action="store_true", help="small sizes: shows that everything runs")
    parser.add_argument(
        "--small", action="store_true", help="lists and searches at no more than 100,000 documents"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="the figures as JSON, too")
    given = parser.parse_args()
    unknown = sorted(set(filter(None, given.only.split(","))) - set(TARGETS))
    if unknown:
        parser.error(f"no such target: {', '.join(unknown)}")
    return given


def main() -> int:
    given = arguments()
    # Asked to end, end in order: the servers stopped, the folder gone.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    options = Options(quick=given.quick, small=given.small)
    wanted = frozenset(filter(None, given.only.split(","))) or frozenset(TARGETS)
    why: dict[str, str] = dict.fromkeys(frozenset(TARGETS) - wanted, "not asked for")
    before = time.monotonic()
    rows = [row for row in collected(options, wanted, why) if row.target in wanted]
    told = complete(rows, why)
    print(render(told))
    print(
        f"\n{len(rows)} figures in {time.monotonic() - before:.0f} s{', quick: they mean little' * given.quick}"
    )
    if given.json:
        save(told, given.json)
    return 0


def collected(options: Options, wanted: frozenset[str], why: dict[str, str]) -> Iterator[Row]:
    """Every row that can be had; what fails is told in ``why`` and on standard error."""
    if "D9" in wanted:
        yield from tried(frozenset({"D9"}), partial(starting.measure, options), why)
    measures = [(targets, measure) for targets, measure in MEASURES if targets & wanted]
    if not measures:
        return
    progress("starting the servers")
    with office() as running, Crowd(MOST_CLIENTS) as crowd:
        for targets, measure in measures:
            yield from tried(targets, partial(measure, options, running, crowd), why)


def tried(targets: frozenset[str], rows: Callable[[], Iterator[Row]], why: dict[str, str]) -> Iterator[Row]:
    """The rows up to the one that fails."""
    try:
        yield from rows()
    except Exception as error:
        traceback.print_exc(file=sys.stderr)
        for target in targets:
            why.setdefault(target, f"failed: {error!r:.100}")
