"""The S3 runner: real objects, real refusals."""

import json
import signal
import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError

import pytest
from minio import Minio
from minio.error import S3Error

from docflow.embedded import EmbeddedS3, EmbeddedStack
from tests.embedded.observed import is_gone, minio_of, put, python, read

STARTER = """
import sys, time
from pathlib import Path
from docflow.embedded import EmbeddedS3
server = EmbeddedS3(Path(sys.argv[1]), fast=True)
server.start()
print(server.child.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedS3]:
    """A server that is not started yet."""
    server = EmbeddedS3(tmp_path / "s3", fast=True)
    yield server
    server.stop()


def status(method: str, url: str) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=5) as answer:
            return int(answer.status)
    except HTTPError as error:
        error.close()
        return error.code


def test_only_its_keys_open_it(servers: EmbeddedStack) -> None:
    assert servers.s3 is not None
    put(minio_of(servers.s3), "secret", b"secret")
    assert status("GET", f"http://{servers.s3.endpoint}/docflow/secret") == 403
    guessing = Minio(servers.s3.endpoint, servers.s3.access_key, "guessed", secure=False, region="us-east-1")
    with pytest.raises(S3Error, match="SignatureDoesNotMatch"):
        guessing.list_buckets()


def test_its_inner_ports_neither_show_nor_delete_an_object(servers: EmbeddedStack) -> None:
    assert servers.s3 is not None
    client = minio_of(servers.s3)
    put(client, "locked", b"locked")
    ports = json.loads((servers.s3.folder / "kept.json").read_text())
    inside = f"http://127.0.0.1:{ports['filer']}/buckets/docflow/locked"
    assert {status(method, inside) for method in ("GET", "PUT", "DELETE")} == {401}
    assert read(client, "locked") == b"locked"


def test_a_stop_in_order_keeps_objects_and_ports_and_leaves_no_socket(tmp_path: Path) -> None:
    server = EmbeddedS3(tmp_path / "dữ liệu, tệp")
    server.start()
    before = server.endpoint
    put(minio_of(server), "kept", b"bytes")
    server.stop()
    ports = json.loads((server.folder / "kept.json").read_text())
    assert not [
        path for path in Path("/tmp").glob("seaweedfs-*.sock") if str(ports["s3"] + 10_000) in path.name
    ]
    server.fast = True
    server.start()
    try:
        assert server.endpoint == before
        assert read(minio_of(server), "kept") == b"bytes"
    finally:
        server.stop()


def test_after_a_kill_of_the_starter_and_with_a_taken_port_objects_are_still_there(
    server: EmbeddedS3,
) -> None:
    starter = python(STARTER, server.folder)
    assert starter.stdout is not None
    pid = int(starter.stdout.readline())
    server._facts = json.loads((server.folder / "kept.json").read_text())
    before = server.endpoint
    put(minio_of(server), "kept", b"bytes")
    starter.send_signal(signal.SIGKILL)
    starter.communicate()
    server.start()
    assert is_gone(pid)
    assert server.endpoint == before
    server.stop()
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", int(before.rpartition(":")[2])))
        other.listen()
        server.start()
    assert server.endpoint != before
    assert read(minio_of(server), "kept") == b"bytes"


def test_its_log_and_secrets_are_in_a_folder_of_the_owner_alone(servers: EmbeddedStack) -> None:
    assert servers.s3 is not None
    assert servers.s3.folder.stat().st_mode & 0o777 == 0o700
    assert (servers.s3.folder / "kept.json").stat().st_mode & 0o777 == 0o600
    assert "SeaweedFS" in servers.s3.log.read_text()
    assert servers.s3.child is not None
    command = Path(f"/proc/{servers.s3.child.pid}/cmdline").read_bytes().decode()
    assert servers.s3.secret_key not in command
    assert "-ip.bind=127.0.0.1" in command
