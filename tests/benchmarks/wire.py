"""The least that an HTTP client can be, so that what is measured is the server."""

import json
import socket
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

HOST = "127.0.0.1"
BOUNDARY = "----WebKitFormBoundaryqZ5vXkT2mWb8RcLd"
READ_BYTES = 1024 * 1024
PATIENCE_S = 120


@dataclass(frozen=True)
class Answer:
    """Status, head as it came, and the body (empty when it was only counted)."""

    status: int
    head: bytes
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def header(self, name: str) -> str:
        """The value of a header, in lower-case name; empty when it is missing."""
        for line in self.head.split(b"\r\n")[1:]:
            key, _, value = line.partition(b":")
            if key.lower() == name.encode():
                return value.strip().decode("latin-1")
        return ""


class Wire:
    """One kept-alive connection to a server of this machine."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection((HOST, port), timeout=PATIENCE_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, data: bytes | memoryview) -> None:
        self._socket.sendall(data)

    def ask(self, request: bytes) -> Answer:
        """Send a whole request and read its whole answer."""
        self._socket.sendall(request)
        return self.answer()

    def answer(self) -> Answer:
        """Read one answer with its body."""
        answer, body, length = self._head()
        while len(body) < length:
            body += self._receive()
        return Answer(answer.status, answer.head, bytes(body))

    def count(self) -> tuple[Answer, int]:
        """Read one answer and throw its body away; how long the body was."""
        answer, begun, length = self._head()
        buffer = bytearray(READ_BYTES)
        missing = length - len(begun)
        while missing > 0:
            received = self._socket.recv_into(buffer)
            if not received:
                raise ConnectionError("the server closed in the middle of an answer")
            missing -= received
        return answer, length

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _receive(self) -> bytes:
        data = self._socket.recv(READ_BYTES)
        if not data:
            raise ConnectionError("the server closed in the middle of an answer")
        return data

    def _head(self) -> tuple[Answer, bytearray, int]:
        read = bytearray()
        while (end := read.find(b"\r\n\r\n")) < 0:
            read += self._receive()
        answer = Answer(int(read[9:12]), bytes(read[:end]), b"")
        return answer, read[end + 4 :], int(answer.header("content-length"))


def request(method: str, path: str, *, cookie: str = "", body: bytes = b"", headers: str = "") -> bytes:
    """A whole request. ``cookie`` is ``name=value``, ``headers`` are whole lines with their ends."""
    signed_in = f"Cookie: {cookie}\r\n" if cookie else ""
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    return f"{method} {path} HTTP/1.1\r\nHost: {HOST}\r\n{signed_in}{length}{headers}\r\n".encode() + body


def form_start(fields: dict[str, str], filename: str, media_type: str) -> bytes:
    """A multipart form up to the first byte of its file."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    file = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\n'
    return f"{''.join(parts)}{file}Content-Type: {media_type}\r\n\r\n".encode()


FORM_END = f"\r\n--{BOUNDARY}--\r\n".encode()


def upload_head(path: str, cookie: str, length: int) -> bytes:
    """The head of a request whose body is a form of ``length`` bytes."""
    lines = f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {length}\r\n"
    return request("POST", path, cookie=cookie, headers=lines)
