"""D3: registering documents of 200 KB, beside one S3 put of the same bytes and one commit of one row."""

import os
from collections.abc import Iterator, Sequence

import psycopg

from tests.benchmarks.clients import S3, put_and_commit, register
from tests.benchmarks.crowd import Crowd, Load, together
from tests.benchmarks.figures import paired_ratio
from tests.benchmarks.options import Options
from tests.benchmarks.servers import Office, progress
from tests.benchmarks.table import Row
from tests.benchmarks.uploads import s3_of

CLERK = "datcv"
WRITERS = (8, 16)
TABLE = """CREATE TABLE IF NOT EXISTS bench_row (
    id uuid PRIMARY KEY DEFAULT uuidv7(), object_key text NOT NULL, written_at timestamptz NOT NULL)"""
GRANT = "GRANT INSERT ON bench_row TO PUBLIC"


def measure(options: Options, office: Office, crowd: Crowd) -> Iterator[Row]:
    """Eight and sixteen writers in one register, then whether its numbers are whole."""
    with psycopg.connect(office.owner_url) as connection:
        connection.execute(TABLE)
        connection.execute(GRANT)
    failures: list[str] = []
    registered = 0
    crowd.run(register, _orders(office, 4, 0.5, "làm nóng"))
    crowd.run(put_and_commit, _raw_orders(office, 4, 0.5, "warm"))
    for writers in WRITERS:
        ours, limit = _turns(options, office, crowd, writers)
        failures += [failure for load in ours for failure in load.failures]
        registered += sum(len(load.times) for load in ours)
        yield _rate_row(writers, ours, limit)
    yield _numbers_row(office, failures)


def _turns(options: Options, office: Office, crowd: Crowd, writers: int) -> tuple[list[Load], list[Load]]:
    ours: list[Load] = []
    limit: list[Load] = []
    for turn in range(options.pairs):
        progress(f"D3 {writers} writers, pair {turn + 1} of {options.pairs}")
        name = f"{writers}-{turn}"
        os.sync()
        ours.append(together(crowd.run(register, _orders(office, writers, options.load_s, name))))
        os.sync()
        limit.append(together(crowd.run(put_and_commit, _raw_orders(office, writers, options.load_s, name))))
    return ours, limit


def _orders(office: Office, writers: int, seconds: float, name: str) -> list[tuple[float, int, str, str]]:
    cookie = office.cookie(CLERK)
    return [(seconds, office.port, cookie, f"{name}-{writer}") for writer in range(writers)]


def _raw_orders(office: Office, writers: int, seconds: float, name: str) -> list[tuple[float, S3, str, str]]:
    url = office.settings.database_url
    return [(seconds, s3_of(office), url, f"{name}-{writer}") for writer in range(writers)]


def _rate_row(writers: int, ours: Sequence[Load], limit: Sequence[Load]) -> Row:
    ratio = paired_ratio([load.rate for load in ours], [load.rate for load in limit])
    times = [spent for load in ours for spent in load.times]
    return Row(
        target="D3",
        what=f"register a 200 KB document, {writers} writers, one register",
        figure=f"{len(times) / sum(load.seconds for load in ours):.0f}/s",
        limit=f"put + commit: {sum(len(load.times) for load in limit) / sum(load.seconds for load in limit):.0f}/s",
        ratio=ratio,
        wanted="≥ 0.50",
        met=ratio >= 0.50,
        times=times,
    )


def _numbers_row(office: Office, failures: Sequence[str]) -> Row:
    with psycopg.connect(office.owner_url) as connection:
        found = connection.execute(
            """
            SELECT count(*), count(DISTINCT register_number), min(register_number), max(register_number),
                   max(r.last_number),
                   (SELECT count(*) FROM (SELECT registered_at < lag(registered_at)
                       OVER (PARTITION BY register_id ORDER BY register_number) AS early
                    FROM document) AS ordered WHERE early)
            FROM document JOIN register r ON r.id = register_id
            WHERE r.id = (SELECT register_id FROM document ORDER BY id DESC LIMIT 1)
            """
        ).fetchone()
    assert found
    count, distinct, first, last, told, disordered = found
    whole = count == distinct == last == told and first == 1 and not disordered and not failures
    return Row(
        target="D3",
        what="numbers of that register afterwards",
        figure=f"{first} … {last:,} of {count:,}"
        if whole
        else f"{count:,} documents, {distinct:,} numbers to {last:,}",
        limit=f"{len(failures)} requests refused" + (f": {failures[0]}" if failures else ""),
        wanted="no gap, no double, in order",
        met=whole,
        runs=count,
    )
