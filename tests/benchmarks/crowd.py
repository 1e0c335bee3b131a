"""Clients in processes of their own: what they cost is theirs and not the server's."""

import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, TypeVar

from tests.benchmarks.wire import Wire, request

T = TypeVar("T")

PRELOADED = ["tests.benchmarks.clients", "tests.benchmarks.syllables"]
MUSTER_S = 0.25
"""Between the order and the common start."""


@dataclass(frozen=True)
class Load:
    """What one client, or several together, did: seconds of each request, from the start to the end of all."""

    times: list[float] = field(default_factory=list)
    seconds: float = 0.0
    failures: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Requests per second."""
        return len(self.times) / self.seconds


def together(loads: Sequence[Load]) -> Load:
    """Clients that began at the same time as one load."""
    return Load(
        [spent for load in loads for spent in load.times],
        max(load.seconds for load in loads),
        [failure for load in loads for failure in load.failures],
    )


class Crowd:
    """As many processes as clients are ever needed at once; each client is one of them."""

    def __init__(self, most: int) -> None:
        self._most = most
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(PRELOADED)
        self._pool = ProcessPoolExecutor(most, mp_context=context, initializer=_end_with_parent)

    def gather(self) -> None:
        """Start every process."""
        list(self._pool.map(wait_for, [time.monotonic() + 1.0] * self._most))

    def run(self, client: Callable[..., T], orders: Sequence[tuple[Any, ...]]) -> list[T]:
        """Run ``client(start_at, *order)`` once for each order, all at the same time, each in its process."""
        return [one.result() for one in self.begin(client, orders)]

    def begin(self, client: Callable[..., T], orders: Sequence[tuple[Any, ...]]) -> list[Future[T]]:
        """The same without waiting for their end."""
        start_at = time.monotonic() + MUSTER_S
        return [self._pool.submit(client, start_at, *order) for order in orders]

    def meanwhile(self, running: Sequence[Future[Any]], client: Callable[..., T], *order: Any) -> list[T]:
        """Run one short client again and again while others run."""
        time.sleep(MUSTER_S)
        results: list[T] = []
        while not all(one.done() for one in running):
            results.append(self._pool.submit(client, time.monotonic(), *order).result())
        return results

    def __enter__(self) -> Self:
        self.gather()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)


def _end_with_parent() -> None:
    """A client whose starter was killed would wait for its next order for ever."""
    parent = multiprocessing.parent_process()
    assert parent

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def wait_for(start_at: float) -> None:
    """Sleep until the common start."""
    time.sleep(max(start_at - time.monotonic(), 0))


def keep_doing(start_at: float, seconds: float, step: Callable[[], str | None]) -> Load:
    """Do ``step`` again and again for so long; it returns what went wrong, or None."""
    times: list[float] = []
    failures: list[str] = []
    wait_for(start_at)
    before = start = time.monotonic()
    while before - start < seconds:
        failure = step()
        after = time.monotonic()
        if failure is None:
            times.append(after - before)
        else:
            failures.append(failure)
        before = after
    return Load(times, before - start, failures)


def keep_getting(start_at: float, seconds: float, port: int, path: str, cookie: str) -> Load:
    """GET the same address again and again on one connection."""
    question = request("GET", path, cookie=cookie)
    with Wire(port) as wire:

        def step() -> str | None:
            answer = wire.ask(question)
            return None if answer.status == 200 else f"{answer.status} {answer.body[:200]!r}"

        return keep_doing(start_at, seconds, step)


def get_now_and_then(
    start_at: float, seconds: float, port: int, path: str, cookie: str, pause_s: float
) -> Load:
    """GET the same address with a pause after each: somebody at a desk while others do something heavy."""
    question = request("GET", path, cookie=cookie)
    times: list[float] = []
    failures: list[str] = []
    with Wire(port) as wire:
        wait_for(start_at)
        start = time.monotonic()
        while time.monotonic() - start < seconds:
            before = time.monotonic()
            answer = wire.ask(question)
            if answer.status == 200:
                times.append(time.monotonic() - before)
            else:
                failures.append(f"{answer.status} {answer.body[:200]!r}")
            time.sleep(pause_s)
    return Load(times, seconds, failures)
