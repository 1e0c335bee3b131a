"""What the containers of docker-compose.yml start, with its environment variables, against servers started by hand."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml

from docflow.embedded import EmbeddedStack
from docflow.settings import Settings
from tests.journeys.servers import ROOT, answers, await_that, command, environment, free_port, started


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[EmbeddedStack]:
    with EmbeddedStack(tmp_path / "servers", fast=True) as stack:
        yield stack


def compose_names(service: str) -> set[str]:
    """Names of the settings that compose gives a service."""
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
    return set(compose["services"][service]["environment"])


def perform(settings: dict[str, str], cwd: Path, *words: str) -> str:
    done = subprocess.run(
        command(*words),
        env=environment(settings),
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_migrate_web_and_worker_run_with_the_names_that_compose_gives(
    servers: EmbeddedStack, tmp_path: Path
) -> None:
    port = free_port()
    given = {
        **servers.environment(),
        "DOCFLOW_HOST": "127.0.0.1",
        "DOCFLOW_PORT": str(port),
        "DOCFLOW_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "DOCFLOW_S3_SECURE": "false",
        "DOCFLOW_S3_REGION": "us-east-1",
        "DOCFLOW_SMTP_TLS": "none",
        "DOCFLOW_SMTP_USERNAME": "",
        "DOCFLOW_SMTP_PASSWORD": "",
        "DOCFLOW_MAIL_FROM": "docflow@province.example",
        "DOCFLOW_IMAP_HOST": "",
    }
    known = {f"DOCFLOW_{field.upper()}" for field in Settings.__struct_fields__}
    for service in ("migrate", "web", "worker"):
        assert compose_names(service) <= known
    perform(given, tmp_path, "migrate")
    perform(given, tmp_path, "migrate")
    admin = {**given, "DOCFLOW_ADMIN_PASSWORD": "mot mat khau that dai"}
    words = ["--username", "quantri", "--name", "Quản Trị", "--email", "quantri@province.example"]
    perform(admin, tmp_path, "create-admin", *words, "--unit-name", "UBND tỉnh")
    application = {name: value for name, value in given.items() if "MIGRATION" not in name}
    with (
        started(["web"], application, tmp_path / "web.log"),
        started(["worker"], application, tmp_path / "worker.log"),
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client,
    ):
        await_that(lambda: answers(f"http://127.0.0.1:{port}/health/ready"), "web is ready")
        ready = client.get("/health/ready").json()
        needed = {"database": "up", "store": "up", "mail": "up"}
        without = {name: state for name, state in ready["parts"].items() if name not in needed}
        assert "ocr" in without
        assert set(without.values()) <= {"up", "absent"}
        assert ready == {"status": "up", "parts": {**needed, **without}}
        body = {"username": "quantri", "password": "mot mat khau that dai"}
        assert client.post("/api/v1/session", json=body).status_code == 201
        assert client.get("/api/v1/kinds").json()[0]["code"] == "agreement"
        assert servers.mail is not None
        servers.mail.stop()
        without_mail = client.get("/health/ready")
        assert without_mail.status_code == 200
        parts = {"database": "up", "store": "up", "mail": "down", **without}
        assert without_mail.json() == {"status": "degraded", "parts": parts}
        assert servers.s3 is not None
        servers.s3.stop()
        down = client.get("/health/ready")
        assert down.status_code == 503
        assert down.json() == {"status": "down", "parts": {**parts, "store": "down"}}
        assert client.get("/health/live").status_code == 200
    servers.s3.start()
    told = perform(given, tmp_path, "verify")
    assert "0 files verified, 0 faults" in told


def test_a_misspelt_setting_is_refused_by_name(tmp_path: Path) -> None:
    done = subprocess.run(
        command("web"),
        env=environment({"DOCFLOW_DATABSE_URL": "postgresql://x"}),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "DOCFLOW_DATABSE_URL" in done.stderr
