"""Commands of docflow as processes, the way a person or a container starts them."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psutil

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """This process's own without any setting of docflow, and the ones given."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("DOCFLOW_")}
    return {**inherited, "PYTHONPATH": str(ROOT), **settings}


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "docflow.cli", *words]


@contextmanager
def started(words: list[str], settings: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A command running with its output in ``log``; whatever it started is gone at the end."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command(*words), env=environment(settings), cwd=log.parent, stdout=output, stderr=output
        )
    try:
        yield process
    finally:
        for one in family_of(process.pid):
            with suppress(psutil.NoSuchProcess):
                one.send_signal(signal.SIGKILL)
        process.kill()
        process.wait()


def family_of(pid: int) -> list[psutil.Process]:
    """The processes below ``pid``."""
    try:
        return list(psutil.Process(pid).children(recursive=True))
    except psutil.NoSuchProcess:
        return []


def await_that(fact: Callable[[], bool], what: str, seconds: float = 40.0) -> None:
    """Wait until ``fact``."""
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline, f"waited {seconds} s for: {what}"
        time.sleep(0.05)


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code == 200
    except httpx.HTTPError:
        return False
