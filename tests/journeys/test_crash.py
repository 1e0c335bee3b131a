"""kill -9 of the web process in the middle of uploads: nothing acknowledged is lost, no number is skipped."""

import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import httpx
import psycopg
import pytest

from docflow.embedded import EmbeddedStack
from docflow.sample.loader import SAMPLE_PASSWORD
from tests.journeys.servers import answers, await_that, command, environment, free_port, started

KILLS = 10
WRITERS = 4


@dataclass
class Load:
    """Writers that register without pause; what the server acknowledged to them."""

    address: str
    acknowledged: dict[str, str] = field(default_factory=dict)
    """SHA-256 of the bytes by number."""
    sent: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    def write(self, writer: int) -> None:
        while not self.ended.is_set():
            try:
                with httpx.Client(base_url=self.address, timeout=10) as clerk:
                    body = {"username": "anpth", "password": SAMPLE_PASSWORD}
                    clerk.post("/api/v1/session", json=body).raise_for_status()
                    while not self.ended.is_set():
                        self.register(clerk, writer)
            except httpx.HTTPError:
                time.sleep(0.05)

    def register(self, clerk: httpx.Client, writer: int) -> None:
        self.sent += 1
        content = f"{writer} {self.sent} ".encode() * (5000 if self.sent % 3 else 900_000)
        answer = clerk.post(
            "/api/v1/documents/incoming",
            data={
                "symbol": f"{self.sent}/CT-UBND",
                "issued_on": "2026-01-12",
                "issuer": f"Người viết {writer}",
                "subject": "Tải",
                "confirm_duplicate": "true",
            },
            files={"file": ("a.txt", content)},
        )
        answer.raise_for_status()
        self.acknowledged[answer.json()["number"]] = sha256(content).hexdigest()


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[EmbeddedStack]:
    with EmbeddedStack(tmp_path / "servers") as stack:
        yield stack


def test_ten_kills_during_uploads_lose_nothing_and_leave_no_gap(
    servers: EmbeddedStack, tmp_path: Path
) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    given = {**servers.environment(), "DOCFLOW_PORT": str(port), "DOCFLOW_PUBLIC_URL": address}
    _set_up(given, tmp_path)
    load = Load(address)
    writers = [threading.Thread(target=load.write, args=(number,)) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    try:
        for kill in range(KILLS):
            before = len(load.acknowledged)
            with started(["web"], given, tmp_path / "web.log") as web:
                await_that(lambda: answers(f"{address}/health/live"), "web answers")
                await_that(lambda before=before: len(load.acknowledged) > before + 3, "registrations")  # type: ignore[misc]
                time.sleep(0.037 * kill)
                web.send_signal(signal.SIGKILL)
                web.wait()
    finally:
        load.ended.set()
        for writer in writers:
            writer.join()
    _assert_whole(servers, load)
    verified = subprocess.run(
        command("verify"), env=environment(given), cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert verified.returncode == 0, verified.stdout
    assert " 0 faults" in verified.stdout


def _set_up(given: dict[str, str], cwd: Path) -> None:
    load = (
        "import asyncio, os;"
        "from docflow.settings import settings_from;"
        "from docflow.commands.run import prepare;"
        "asyncio.run(prepare(settings_from(os.environ), sample=True))"
    )
    code = [command()[0], "-c", load]
    subprocess.run(code, env=environment(given), cwd=cwd, check=True, timeout=60)


def _assert_whole(servers: EmbeddedStack, load: Load) -> None:
    assert servers.postgres is not None
    with psycopg.connect(servers.postgres.superuser_url.rpartition("/")[0] + "/docflow") as connection:
        rows = connection.execute(
            "SELECT d.register_number, encode(f.sha256, 'hex') FROM document d"
            " JOIN document_file v ON v.document_id = d.id JOIN file f ON f.id = v.file_id"
            " ORDER BY d.registered_at, d.register_number"
        ).fetchall()
        (last,) = connection.execute("SELECT last_number FROM register").fetchone() or (0,)
    numbers = [number for number, _ in rows]
    assert numbers == list(range(1, len(rows) + 1)), "no gap, no double, in time order"
    assert last == len(rows)
    kept = {f"{number:02d}": digest for number, digest in rows}
    assert load.acknowledged.items() <= kept.items(), "what was acknowledged is there with its bytes"
    assert len(load.acknowledged) >= KILLS * 3
