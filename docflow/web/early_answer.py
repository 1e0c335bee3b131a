"""An answer given before the whole request was read, brought to the client intact.

A server that closes a connection with unread bytes makes the kernel reset it, and the reset may overtake the
answer: the person sees "connection lost" in place of "the file is too large" (RFC 9112 §9.6). A server that
keeps the connection instead has to swallow the rest, however long. So the answer goes out at once with
``Connection: close``, and what still comes is dropped until the client stops, for a limited time.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import cast

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, HTTPReceiveMessage, Message, Receive, Scope, Send

SMALL_BODY_BYTES = 64 * 1024
"""A body that the HTTP server holds whole anyway: no reason to give up the connection."""


class EarlyAnswer(ASGIMiddleware):
    """The outermost middleware, so that nothing else is held while the client winds down.

    Costs nothing on a request without a long body.
    """

    scopes = (ScopeType.HTTP,)

    def __init__(self, linger_seconds: float = 10.0) -> None:
        self._linger_seconds = linger_seconds

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        if _has_long_body(scope["headers"]):
            exchange = _Exchange(receive, send, self._linger_seconds)
            await next_app(scope, exchange.receive, exchange.send)
        else:
            await next_app(scope, receive, send)


class _Exchange:
    def __init__(self, receive: Receive, send: Send, linger_seconds: float) -> None:
        self._receive = receive
        self._send = send
        self._linger_seconds = linger_seconds
        self._heard_all = False
        self._early = False

    async def receive(self) -> HTTPReceiveMessage:
        message = cast("HTTPReceiveMessage", await self._receive())
        self._heard_all = message["type"] == "http.disconnect" or not message["more_body"]
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and not self._heard_all:
            self._early = True
            kept = [(name, value) for name, value in message["headers"] if name.lower() != b"connection"]
            message["headers"] = [*kept, (b"connection", b"close")]
        if message["type"] == "http.response.body" and self._early and not message["more_body"]:
            message["more_body"] = True
            await self._send(message)
            await self._linger()
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        else:
            await self._send(message)

    async def _linger(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._linger_seconds):
                while not self._heard_all:
                    await self.receive()


def _has_long_body(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    for name, value in headers:
        if name == b"transfer-encoding":
            return True
        if name == b"content-length":
            return int(value) > SMALL_BODY_BYTES
    return False
