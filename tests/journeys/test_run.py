"""`docflow run`: one command, one folder; Ctrl-C stops everything, and so does nothing stand in the way after kill -9."""

import signal
from pathlib import Path

import httpx
import psutil

from docflow.sample.loader import SAMPLE_PASSWORD
from tests.journeys.servers import answers, await_that, family_of, free_port, started


def register(address: str, symbol: str) -> str:
    """Sign in and register; the arrival number."""
    with httpx.Client(base_url=address, timeout=20) as clerk:
        body = {"username": "anpth", "password": SAMPLE_PASSWORD}
        assert clerk.post("/api/v1/session", json=body).status_code == 201
        answer = clerk.post(
            "/api/v1/documents/incoming",
            data={"symbol": symbol, "issued_on": "2026-01-12", "issuer": "UBND", "subject": "Thử"},
            files={"file": ("a.txt", f"Văn bản {symbol}".encode())},
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["number"])


def test_run_serves_survives_kill_9_of_everything_and_stops_on_ctrl_c(tmp_path: Path) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    settings = {"DOCFLOW_PORT": str(port), "DOCFLOW_PUBLIC_URL": address}
    words = ["run", "--data-dir", str(tmp_path / "data")]
    log = tmp_path / "run.log"
    with started(words, settings, log) as process:
        await_that(lambda: answers(f"{address}/health/ready"), log.read_text())
        assert register(address, "1/CT-UBND") == "01"
        family = family_of(process.pid)
        assert len(family) >= 5
        for one in [*family, psutil.Process(process.pid)]:
            one.send_signal(signal.SIGKILL)
        process.wait()
        psutil.wait_procs(family, timeout=10)
    with started(words, settings, log) as process:
        await_that(lambda: answers(f"{address}/health/ready"), log.read_text())
        assert register(address, "2/CT-UBND") == "02"
        family = family_of(process.pid)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0
        _, alive = psutil.wait_procs(family, timeout=5)
        assert alive == []
    told = log.read_text()
    assert address in told
    assert SAMPLE_PASSWORD in told
    assert "docflow has stopped." in told
