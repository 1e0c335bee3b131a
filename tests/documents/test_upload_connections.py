"""Registering over real connections: clients that send too much or go away leave neither row nor object."""

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest
import uvicorn
from sqlalchemy import select

from docflow.app import create_app
from docflow.core.db import Sessions
from docflow.documents.models import Register
from docflow.sample.loader import SAMPLE_PASSWORD
from docflow.settings import Settings
from storage import ObjectStore
from tests.documents.registering import INCOMING, incoming, paper
from tests.unchanged import State, state_of, unchanged

MIB = 1024 * 1024
LIMIT = 32 * MIB
BLOCK = b"x" * (64 * 1024)


@dataclass
class Server:
    """The whole application on a port of its own, and the cookie of a clerk."""

    port: int
    cookie: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def head(self, length: int | None) -> bytes:
        size = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
        lines = [
            f"POST {INCOMING} HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            "Content-Type: multipart/form-data; boundary=b",
            f"Cookie: {self.cookie}",
            "Accept-Language: en",
            size,
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


@pytest.fixture
async def server(settings: Settings, store: ObjectStore) -> AsyncIterator[Server]:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    config = uvicorn.Config(
        create_app(settings), http="httptools", log_config=None, timeout_graceful_shutdown=3
    )
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        body = {"username": "anpth", "password": SAMPLE_PASSWORD}
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            answer = await client.post("/api/v1/session", json=body)
        assert answer.status_code == 201, answer.text
        yield Server(port, answer.headers["set-cookie"].partition(";")[0])
    finally:
        running.should_exit = True
        thread.join(timeout=30)
    assert not thread.is_alive()


def fields() -> bytes:
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
        for name, text in incoming().items()
    ]
    return "".join(parts).encode()


START = fields() + b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
END = b"\r\n--b--\r\n"


def as_chunk(content: bytes) -> bytes:
    return f"{len(content):x}\r\n".encode() + content + b"\r\n"


def heard(client: socket.socket) -> bytes:
    """What has arrived so far, without waiting."""
    client.setblocking(False)
    try:
        return client.recv(65536)
    except BlockingIOError:
        return b""
    finally:
        client.settimeout(20)


def send_too_much(server: Server) -> tuple[int, bytes]:
    """Send until an answer comes: how much was sent by then, and the answer."""
    with server.connect() as client:
        client.sendall(server.head(None) + as_chunk(START))
        sent, answer = 0, b""
        while sent < 3 * LIMIT and not answer:
            client.sendall(as_chunk(BLOCK))
            sent += len(BLOCK)
            answer = heard(client)
            time.sleep(0.0002)
        while b"}" not in answer and (piece := client.recv(65536)):
            answer += piece
    return sent, answer


async def test_the_limit_is_told_while_the_client_is_still_sending_and_nothing_is_kept(
    server: Server, sessions: Sessions, store: ObjectStore
) -> None:
    async with unchanged(sessions, store):
        sent, answer = await asyncio.to_thread(send_too_much, server)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert LIMIT <= sent < 2 * LIMIT
    assert b"application/problem+json" in answer
    assert b'"code":"file_too_large","detail":"The file is larger than 32 MiB."' in answer


async def test_a_length_announced_over_the_limit_is_refused_at_once(
    server: Server, sessions: Sessions, store: ObjectStore
) -> None:
    async with unchanged(sessions, store):
        with server.connect() as client:
            client.sendall(server.head(10 * LIMIT))
            assert client.recv(65536).startswith(b"HTTP/1.1 413 ")


async def settled(sessions: Sessions, store: ObjectStore, wanted: State) -> bool:
    """Whether everything is as ``wanted`` soon: what a client left behind is cleared after it has gone."""
    patience = time.monotonic() + 10
    while time.monotonic() < patience:
        if await state_of(sessions, store) == wanted:
            return True
    return False


@pytest.mark.parametrize("how", ["closes", "resets", "half-closes"])
@pytest.mark.parametrize("sent", [len(BLOCK), 12 * MIB])
async def test_a_client_that_hangs_up_half_way_leaves_nothing(
    server: Server, sessions: Sessions, store: ObjectStore, how: str, sent: int
) -> None:
    before = await state_of(sessions, store)
    client = server.connect()
    client.sendall(server.head(20 * MIB) + START)
    for _ in range(sent // len(BLOCK)):
        client.sendall(BLOCK)
    if how == "resets":
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    if how == "half-closes":
        client.shutdown(socket.SHUT_WR)
        client.recv(10)
    client.close()
    await asyncio.sleep(0.2)
    assert await settled(sessions, store, before)
    async with httpx.AsyncClient(base_url=server.url, headers={"cookie": server.cookie}, timeout=60) as again:
        answer = await again.post(INCOMING, data=incoming(), files=paper())
    assert (answer.status_code, answer.json()["number"]) == (201, "01")


async def test_a_client_that_leaves_before_the_answer_leaves_nothing_half_done(
    server: Server, sessions: Sessions, store: ObjectStore
) -> None:
    """Whether such a document is registered is chance, and what an Idempotency-Key is for."""
    before = await state_of(sessions, store)
    for number, patience in enumerate((0.0, 0.0, 0.005, 0.01, 0.02, 0.03, 0.04, 0.3), 1):
        whole = START.replace(b"05/CT-UBND", b"%d/CT-UBND" % number) + b"%d" % number + END
        with server.connect() as client:
            client.sendall(server.head(len(whole)) + whole)
            await asyncio.sleep(patience)
    await asyncio.sleep(0.3)
    after = await state_of(sessions, store)
    registered = after.tables["document"][0]
    assert 1 <= registered <= 8
    assert len(after.objects - before.objects) == after.tables["file"][0] == registered
    async with sessions() as session:
        (register,) = await session.scalars(select(Register))
    assert register.last_number == registered
