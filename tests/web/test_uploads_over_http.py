"""Uploads over real connections: the answer while the client is still sending, and clients that go away."""

import logging
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from litestar import Litestar, Request, Response, post

from docflow.web.early_answer import EarlyAnswer
from docflow.web.form_errors import ClientGone, FileTooLarge, NotMultipart
from docflow.web.multipart import FilePart, FormLimits, FormReader

MIB = 1024 * 1024
LIMITS = FormLimits(file_bytes=MIB)
START = b'--b\r\nContent-Disposition: form-data; name="f"; filename="a.pdf"\r\n\r\n'
END = b"\r\n--b--\r\n"
BLOCK = b"x" * (64 * 1024)
ANSWER = "too large " * 20


@dataclass
class Site:
    """A running server, and what its handlers met."""

    port: int = 0
    taken: int = 0
    met: list[str] = field(default_factory=list)

    async def write(self, chunk: bytes, /) -> None:
        self.taken += len(chunk)

    @asynccontextmanager
    async def place(self, _: FilePart) -> AsyncIterator["Site"]:
        try:
            yield self
        except BaseException as error:
            self.met.append(f"aborted by {type(error).__name__}")
            raise
        self.met.append("finished")

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def wait_until_met(self, what: str) -> None:
        patience = time.monotonic() + 10
        while what not in self.met:
            assert time.monotonic() < patience, f"{what} not in {self.met}"
            time.sleep(0.005)


def build(site: Site) -> Litestar:
    async def upload(request: Request[Any, Any, Any], announced: bool) -> str:
        reader = FormReader(request.headers.get("content-type", ""), LIMITS)
        if announced:
            reader.refuse_announced(request.content_length)
        form = await reader.read(request.stream(), site.place)
        return form.files["f"].filename

    @post("/counted", request_max_body_size=None)
    async def counted(request: Request[Any, Any, Any]) -> str:
        return await upload(request, announced=False)

    @post("/announced", request_max_body_size=None)
    async def announced(request: Request[Any, Any, Any]) -> str:
        return await upload(request, announced=True)

    def refuse(_: Request[Any, Any, Any], error: FileTooLarge) -> Response[str]:
        return Response(ANSWER, status_code=413, media_type="text/plain")

    def note_gone(_: Request[Any, Any, Any], error: ClientGone) -> Response[None]:
        site.met.append("gone")
        return Response(None, status_code=400)

    def wrong_type(_: Request[Any, Any, Any], error: NotMultipart) -> Response[None]:
        return Response(None, status_code=415)

    return Litestar(
        [counted, announced],
        exception_handlers={FileTooLarge: refuse, ClientGone: note_gone, NotMultipart: wrong_type},
        middleware=[EarlyAnswer(linger_seconds=2)],
        openapi_config=None,
        logging_config=None,
    )


@pytest.fixture(scope="module", params=["uvloop", "asyncio"])
def server(request: pytest.FixtureRequest) -> Iterator[Site]:
    site = Site()
    listener = socket.create_server(("127.0.0.1", 0))
    site.port = listener.getsockname()[1]
    config = uvicorn.Config(build(site), http="httptools", loop=request.param, log_config=None)
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
    thread.start()
    while not running.started:
        time.sleep(0.01)
    yield site
    running.should_exit = True
    thread.join(timeout=10)
    assert not thread.is_alive()


@pytest.fixture
def site(server: Site) -> Site:
    server.taken = 0
    server.met.clear()
    return server


def head(path: str, length: int | None, content_type: str = "multipart/form-data; boundary=b") -> bytes:
    size = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    return f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {content_type}\r\n{size}\r\n\r\n".encode()


def as_chunk(content: bytes) -> bytes:
    return f"{len(content):x}\r\n".encode() + content + b"\r\n"


def read_all(client: socket.socket) -> bytes:
    answer = b""
    while piece := client.recv(65536):
        answer += piece
    return answer


def heard(client: socket.socket) -> bytes:
    """What has arrived so far, without waiting."""
    client.setblocking(False)
    try:
        return client.recv(65536)
    except BlockingIOError:
        return b""
    finally:
        client.settimeout(20)


def send_without_end(client: socket.socket) -> None:
    patience = time.monotonic() + 15
    while time.monotonic() < patience:
        client.sendall(as_chunk(BLOCK))
        time.sleep(0.01)


@pytest.mark.parametrize("chunked", [False, True])
def test_the_refusal_arrives_while_a_slow_client_is_still_sending(site: Site, chunked: bool) -> None:
    with site.connect() as client:
        client.sendall(head("/counted", None if chunked else 64 * MIB))
        client.sendall(as_chunk(START) if chunked else START)
        sent, answer = 0, b""
        while sent < 64 * MIB and not answer:
            client.sendall(as_chunk(BLOCK) if chunked else BLOCK)
            sent += len(BLOCK)
            time.sleep(0.003)
            answer = heard(client)
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert MIB <= sent <= 2 * MIB
        assert b"\r\nconnection: close\r\n" in answer.lower()
    assert site.met == ["aborted by FileTooLarge"]
    assert site.taken <= MIB


def test_a_client_that_sends_everything_before_it_listens_still_gets_the_whole_refusal(site: Site) -> None:
    with site.connect() as client:
        client.sendall(head("/counted", len(START) + 32 * MIB) + START)
        for _ in range(32 * MIB // len(BLOCK)):
            client.sendall(BLOCK)
        answer = read_all(client)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert answer.endswith(ANSWER.encode())
    assert site.taken <= MIB


def test_a_client_that_never_stops_is_cut_off(site: Site) -> None:
    began = time.monotonic()
    with site.connect() as client:
        client.sendall(head("/counted", None) + as_chunk(START))
        with pytest.raises(OSError, match=r"reset|[Bb]roken pipe"):
            send_without_end(client)
    assert 1.5 < time.monotonic() - began < 10


def test_an_announced_length_over_the_limit_is_refused_before_the_body(site: Site) -> None:
    with site.connect() as client:
        client.sendall(head("/announced", 64 * MIB) + START)
        answer = client.recv(65536)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert site.met == []


def test_a_client_that_waits_for_100_continue_sends_nothing_in_vain(site: Site) -> None:
    with site.connect() as client:
        raw = head("/announced", 64 * MIB).replace(b"Host: x", b"Host: x\r\nExpect: 100-continue")
        client.sendall(raw)
        assert client.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_a_wrong_content_type_is_answered_without_reading_the_body(site: Site) -> None:
    with site.connect() as client:
        client.sendall(head("/counted", 64 * MIB, "application/pdf") + BLOCK)
        assert client.recv(65536).startswith(b"HTTP/1.1 415 ")
    assert site.met == []


@pytest.mark.parametrize("how", ["closes", "resets", "half-closes"])
def test_a_client_that_hangs_up_is_no_failure_of_ours(
    site: Site, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        client = site.connect()
        client.sendall(head("/counted", MIB) + START + BLOCK)
        patience = time.monotonic() + 10
        while site.taken < len(BLOCK) // 2 and time.monotonic() < patience:
            time.sleep(0.005)
        if how == "resets":
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        if how == "half-closes":
            client.shutdown(socket.SHUT_WR)
            assert client.recv(10) == b""
        client.close()
        site.wait_until_met("gone")
    assert site.met == ["aborted by ClientGone", "gone"]
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_after_a_whole_upload_the_connection_serves_the_next(site: Site) -> None:
    whole = START + b"x" * 200_000 + END
    with site.connect() as client:
        for _ in range(3):
            client.sendall(head("/announced", len(whole)) + whole)
            answer = b""
            while not answer.endswith(b"a.pdf"):
                answer += client.recv(65536)
            assert answer.startswith(b"HTTP/1.1 201 ")
            assert b"connection: close" not in answer.lower()
    assert site.met == ["finished"] * 3
    assert site.taken == 600_000
