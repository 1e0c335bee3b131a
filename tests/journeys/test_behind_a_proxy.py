"""Behind a reverse proxy: whose word is believed on where a request comes from."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from docflow.embedded import EmbeddedStack
from tests.journeys.servers import answers, await_that, free_port, started
from tests.journeys.test_entry_points import perform

CLIENT = "203.0.113.7"


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStack]:
    folder = tmp_path_factory.mktemp("proxied")
    with EmbeddedStack(folder / "servers", fast=True) as stack:
        perform(stack.environment(), folder, "migrate")
        yield stack


def address_that_failed(stack: EmbeddedStack, folder: Path, **given: str) -> str:
    """From where a wrong password seems to come that a neighbour sent on for the client."""
    port = free_port()
    settings = {**stack.environment(), "DOCFLOW_PORT": str(port), **given}
    url = f"http://127.0.0.1:{port}"
    with psycopg.connect(stack.environment()["DOCFLOW_MIGRATION_DATABASE_URL"]) as database:
        database.execute("DELETE FROM sign_in_throttle")
    with started(["web"], settings, folder / "web.log"):
        await_that(lambda: answers(f"{url}/health/live"), "web answers")
        body = {"username": "nobody", "password": "wrong"}
        said = {"X-Forwarded-For": f"198.51.100.1, {CLIENT}"}
        assert httpx.post(f"{url}/api/v1/session", json=body, headers=said).status_code == 401
    with psycopg.connect(stack.environment()["DOCFLOW_DATABASE_URL"]) as database:
        found = database.execute("SELECT key FROM sign_in_throttle WHERE key LIKE 'address:%'").fetchone()
    assert found is not None
    return str(found[0]).removeprefix("address:")


def test_a_proxy_on_the_same_machine_is_believed(servers: EmbeddedStack, tmp_path: Path) -> None:
    assert address_that_failed(servers, tmp_path) == CLIENT


def test_of_several_proxies_each_that_is_named_is_believed(servers: EmbeddedStack, tmp_path: Path) -> None:
    trusted = f"127.0.0.0/8, {CLIENT}"
    assert address_that_failed(servers, tmp_path, DOCFLOW_TRUSTED_PROXIES=trusted) == "198.51.100.1"


def test_whoever_is_not_named_cannot_claim_another_address(servers: EmbeddedStack, tmp_path: Path) -> None:
    trusted = {"DOCFLOW_TRUSTED_PROXIES": "192.0.2.1"}
    assert address_that_failed(servers, tmp_path, **trusted) == "127.0.0.1"
