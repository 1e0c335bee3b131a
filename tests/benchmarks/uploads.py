"""D1 and D2: big files in and out through the API, beside the same SDK straight to the same S3 server."""

import os
from collections.abc import Callable, Iterator

from tests.benchmarks.clients import S3, download, get, put, sdk, upload
from tests.benchmarks.crowd import Crowd, get_now_and_then, together
from tests.benchmarks.figures import MIB, mebibytes, paired_ratio, percentile
from tests.benchmarks.options import Options
from tests.benchmarks.servers import Memory, Office, progress
from tests.benchmarks.table import Row

CLERK = "datcv"
AT_ONCE = 6


def s3_of(office: Office) -> S3:
    settings = office.settings
    return settings.s3_endpoint, settings.s3_access_key, settings.s3_secret_key, settings.s3_bucket


def turns(
    options: Options, target: str, ours: Callable[[int], float], theirs: Callable[[int], float]
) -> tuple[list[float], list[float]]:
    """Seconds of ours and of the limit, turn by turn, the order changing; nothing is left to be written to disk."""
    mine: list[float] = []
    limit: list[float] = []
    for turn in range(options.pairs):
        progress(f"{target} pair {turn + 1} of {options.pairs}")
        for times, run in ((mine, ours), (limit, theirs))[:: 1 if turn % 2 == 0 else -1]:
            os.sync()
            times.append(run(turn))
    return mine, limit


def measure_uploads(options: Options, office: Office, crowd: Crowd) -> Iterator[Row]:
    """D1: alone beside the SDK; then six at once with somebody else at work."""
    size, s3, cookie = options.big_file, s3_of(office), office.cookie(CLERK)
    client, bucket = sdk(s3)
    crowd.run(upload, [(office.port, cookie, MIB, "warm"), (office.port, cookie, 16 * MIB, "warm too")])
    grown: list[int] = []

    def ours(turn: int) -> float:
        with Memory(office.web_pid) as memory:
            ((spent, _),) = crowd.run(upload, [(office.port, cookie, size, f"tệp lớn {turn}")])
        grown.append(memory.growth)
        return spent

    def theirs(turn: int) -> float:
        (spent,) = crowd.run(put, [(s3, size, f"bench/{turn}")])
        client.remove_object(bucket, f"bench/{turn}")
        return spent

    mine, limit = turns(options, "D1", ours, theirs)
    ratio = paired_ratio(limit, mine)
    yield Row(
        target="D1",
        what=f"{mebibytes(size)} upload through the API",
        figure=f"{size / MIB / percentile(mine, 50):.0f} MiB/s",
        limit=f"SDK: {size / MIB / percentile(limit, 50):.0f} MiB/s",
        ratio=ratio,
        wanted="≥ 0.90",
        met=ratio >= 0.90,
        times=mine,
    )
    yield _memory_row("D1", "memory of the web process during it, above idle", grown, 48)
    yield from _six_at_once(options, office, crowd)


def _memory_row(target: str, what: str, grown: list[int], most: int, share: int = 1) -> Row:
    worst = max(grown) / share / MIB
    return Row(
        target=target,
        what=what,
        figure=f"+{worst:.0f} MiB at most",
        ratio=worst / most,
        wanted=f"≤ {most} MiB",
        met=worst <= most,
        runs=len(grown),
    )


def _six_at_once(options: Options, office: Office, crowd: Crowd) -> Iterator[Row]:
    cookie = office.cookie(CLERK)
    size = options.shared_file
    grown: list[int] = []
    alone = together(crowd.run(get_now_and_then, [(options.load_s, office.port, "/api/v1/me", cookie, 0.02)]))
    progress(f"D1 {AT_ONCE} at once")
    os.sync()
    running = crowd.begin(
        upload, [(office.port, cookie, size, f"cùng lúc {number}") for number in range(AT_ONCE)]
    )
    with Memory(office.web_pid) as memory:
        beside = together(
            crowd.meanwhile(running, get_now_and_then, 0.25, office.port, "/api/v1/me", cookie, 0.01)
        )
    grown.append(memory.growth)
    spent = max(seconds for seconds, _ in (one.result() for one in running))
    p95 = percentile(beside.times, 95)
    yield Row(
        target="D1",
        what=f"GET /me while {AT_ONCE} uploads of {mebibytes(size)} run",
        figure=f"p95 {p95 * 1000:.1f} ms",
        limit=f"alone: p95 {percentile(alone.times, 95) * 1000:.1f} ms",
        ratio=p95 / 0.025,
        wanted="p95 ≤ 25 ms",
        met=p95 <= 0.025 and not beside.failures,
        times=beside.times,
    )
    rate = AT_ONCE * size / MIB / spent
    yield Row(
        target="D1", what=f"{AT_ONCE} uploads at once, together", figure=f"{rate:.0f} MiB/s", runs=AT_ONCE
    )
    yield _memory_row("D1", f"memory per upload, {AT_ONCE} at once", grown, 48, AT_ONCE)


def measure_downloads(options: Options, office: Office, crowd: Crowd) -> Iterator[Row]:
    """D2: whole and in part."""
    size, s3, cookie = options.big_file, s3_of(office), office.cookie(CLERK)
    ((_, path),) = crowd.run(upload, [(office.port, cookie, size, "để tải")])
    client, bucket = sdk(s3)
    crowd.run(put, [(s3, size, "bench/download")])
    grown: list[int] = []
    for what, first, length in (("download", 0, size), ("Range, a quarter", size // 4, size // 4)):

        def ours(_: int, first: int = first, length: int = length) -> float:
            with Memory(office.web_pid) as memory:
                (spent,) = crowd.run(download, [(office.port, cookie, path, first, length)])
            grown.append(memory.growth)
            return spent

        def theirs(_: int, first: int = first, length: int = length) -> float:
            return crowd.run(get, [(s3, "bench/download", first, length)])[0]

        theirs(0), ours(0)
        mine, limit = turns(options, f"D2 {what}", ours, theirs)
        ratio = paired_ratio(limit, mine)
        yield Row(
            target="D2",
            what=f"{mebibytes(length)} {what} through the API",
            figure=f"{length / MIB / percentile(mine, 50):.0f} MiB/s",
            limit=f"SDK: {length / MIB / percentile(limit, 50):.0f} MiB/s",
            ratio=ratio,
            wanted="≥ 0.60",
            met=ratio >= 0.60,
            times=mine,
        )
    client.remove_object(bucket, "bench/download")
    yield _memory_row("D2", "memory of the web process during them, above idle", grown, 16)
