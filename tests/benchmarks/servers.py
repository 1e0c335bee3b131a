"""What is measured: the embedded servers as in production, the sample province, docflow's own processes."""

import asyncio
import json
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil

from docflow.commands.set_up import set_up
from docflow.core.db import create_engine, create_sessions
from docflow.embedded import Child, EmbeddedStack, start_child
from docflow.embedded.places import free_ports
from docflow.sample.loader import SAMPLE_PASSWORD, load_sample
from docflow.settings import Settings, settings_from
from tests.benchmarks.wire import HOST, Wire, request

ROOT = Path(__file__).parents[2]
READY_S = 30.0
STOPPING = ((signal.SIGTERM, 10.0),)
SAMPLED_EVERY_S = 0.005


def progress(words: str) -> None:
    """Tell whoever waits what is being done."""
    print(f"  {words}", file=sys.stderr, flush=True)


class Office:
    """PostgreSQL and S3 with fsync as in production, in a folder of their own, and one web process on them."""

    def __init__(self, folder: Path) -> None:
        self.stack = EmbeddedStack(folder / "data", want_mail=True)
        self.folder = folder
        self.port, self.bare_port = free_ports(2)
        self.web: Child | None = None
        self._cookies: dict[str, str] = {}

    @property
    def environment(self) -> dict[str, str]:
        """What docflow's processes are told."""
        ours = {name: value for name, value in os.environ.items() if not name.startswith("DOCFLOW_")}
        return {
            **ours,
            **self.stack.environment(),
            "DOCFLOW_PORT": str(self.port),
            "DOCFLOW_PUBLIC_URL": f"http://{HOST}:{self.port}",
            "DOCFLOW_MAX_UPLOAD_BYTES": str(4 * 1024**3),
            "DOCFLOW_LOG_LEVEL": "warning",
        }

    @property
    def settings(self) -> Settings:
        return settings_from(self.environment)

    @property
    def owner_url(self) -> str:
        """The database as its owner, for rows that no request would write."""
        return self.settings.migration_database_url

    @property
    def web_pid(self) -> int:
        assert self.web
        return self.web.pid

    def start(self) -> None:
        self.stack.start()
        asyncio.run(self._prepare())
        self.web = self.child("web", "-m", "docflow.cli", "web")
        wait_until_ready(self.port)

    def stop(self) -> None:
        if self.web:
            self.web.stop(*STOPPING)
        self.stack.stop()

    def child(self, name: str, *words: str) -> Child:
        """A Python process with docflow's environment; its output goes to a log in the folder."""
        command = [sys.executable, *words]
        return start_child(name, command, env=self.environment, cwd=ROOT, log=self.folder / f"{name}.log")

    @contextmanager
    def worker(self) -> Iterator[None]:
        """A worker for as long as the block lasts."""
        child = self.child("worker", "-m", "docflow.cli", "worker")
        try:
            yield
        finally:
            child.stop(*STOPPING)

    @contextmanager
    def bare(self) -> Iterator[int]:
        """The bare endpoint in a process of the same kind; its port."""
        words = ("-m", "tests.benchmarks.bare", str(self.bare_port))
        child = self.child("bare", *words)
        try:
            wait_until_ready(self.bare_port, "/plain/none", wanted=404)
            yield self.bare_port
        finally:
            child.stop(*STOPPING)

    def cookie(self, username: str) -> str:
        """The session cookie of somebody of the sample province, ``name=value``."""
        if username not in self._cookies:
            body = json.dumps({"username": username, "password": SAMPLE_PASSWORD}).encode()
            with Wire(self.port) as wire:
                answer = wire.ask(
                    request(
                        "POST", "/api/v1/session", body=body, headers="Content-Type: application/json\r\n"
                    )
                )
            assert answer.status == 201, answer
            self._cookies[username] = answer.header("set-cookie").partition(";")[0]
        return self._cookies[username]

    def get(self, path: str, username: str) -> bytes:
        """The body of a GET that must succeed."""
        with Wire(self.port) as wire:
            answer = wire.ask(request("GET", path, cookie=self.cookie(username)))
        assert answer.status == 200, answer
        return answer.body

    async def _prepare(self) -> None:
        await set_up(self.settings)
        engine = create_engine(self.settings.database_url, connections=2)
        await load_sample(create_sessions(engine))
        await engine.dispose()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


@contextmanager
def office() -> Iterator[Office]:
    """An office in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="docflow-bench-") as folder, Office(Path(folder)) as running:
        yield running


def wait_until_ready(port: int, path: str = "/health/ready", *, wanted: int = 200) -> None:
    """Ask until the server answers as wanted. Raises TimeoutError."""
    deadline = time.monotonic() + READY_S
    while not _answers(port, path, wanted):
        if time.monotonic() > deadline:
            raise TimeoutError(f"nothing answers {wanted} at port {port} after {READY_S:g} s")
        time.sleep(0.005)


def _answers(port: int, path: str, wanted: int) -> bool:
    try:
        with Wire(port) as wire:
            return wire.ask(request("GET", path)).status == wanted
    except OSError:
        return False


class Memory:
    """The resident memory of a process while the block lasts: how far it grew above what it was at its start."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.idle = self.peak = 0

    @property
    def growth(self) -> int:
        """Bytes."""
        return self.peak - self.idle

    def __enter__(self) -> Self:
        self.idle = self.peak = self._process.memory_info().rss
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(SAMPLED_EVERY_S):
            self.peak = max(self.peak, self._process.memory_info().rss)
