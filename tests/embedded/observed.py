"""What the tests observe from outside: processes, their sockets, objects, rows."""

import io
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import psycopg
from minio import Minio

from docflow.embedded import EmbeddedS3
from docflow.embedded.processes import command_of

ROOT = Path(__file__).parents[2]


def eventually(fact: Callable[[], bool], *, within_s: float = 10) -> bool:
    """Whether it becomes true in time."""
    deadline = time.monotonic() + within_s
    while not fact():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def is_gone(pid: int) -> bool:
    """Whether no such program runs: ended, or a zombie that nobody has asked for yet."""
    return not command_of(pid)


def python(code: str, *arguments: object) -> "subprocess.Popen[str]":
    """A Python of its own that runs the code with docflow importable."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def listening(pid: int) -> set[str]:
    """The addresses on which a process and its children wait for connections."""
    process = psutil.Process(pid)
    return {
        connection.laddr.ip
        for each in (process, *process.children(recursive=True))
        for connection in each.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN or connection.type == 2
    }


def minio_of(server: EmbeddedS3) -> Minio:
    """A client with the server's keys, on the bucket ``docflow``."""
    client = Minio(server.endpoint, server.access_key, server.secret_key, secure=False, region="us-east-1")
    if not client.bucket_exists("docflow"):
        client.make_bucket("docflow")
    return client


def put(client: Minio, name: str, content: bytes) -> None:
    client.put_object("docflow", name, io.BytesIO(content), len(content))


def read(client: Minio, name: str) -> bytes:
    answer = client.get_object("docflow", name)
    try:
        return bytes(answer.read())
    finally:
        answer.close()
        answer.release_conn()


def value(url: str, statement: str) -> object:
    """The first value of a query."""
    with psycopg.connect(url) as connection:
        row = connection.execute(statement.encode()).fetchone()
        assert row is not None
        return row[0]


def execute(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())
