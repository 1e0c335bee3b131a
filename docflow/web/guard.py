"""The route gate: every route declares its action; whoever asks must be known and hold a role that grants it."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.core.errors import NotAllowed, NotSignedIn, WrongMediaType
from docflow.web.idempotency import Replay, find_answer, keyed
from docflow.web.transaction import transaction_of

Authenticate = Callable[[AsyncSession, ASGIConnection[Any, Any, Any, Any]], Awaitable[Actor | None]]
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
KEY_HEADER = "idempotency-key"


class RouteGate:
    """The one guard of the application. ``authenticate`` finds the actor of a session cookie or a token."""

    def __init__(self, authenticate: Authenticate, public_url: str) -> None:
        self._authenticate = authenticate
        parts = urlsplit(public_url)
        self._origin = f"{parts.scheme}://{parts.netloc}"

    async def __call__(
        self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
    ) -> None:
        self._check_media_type(connection, handler)
        self._check_origin(connection)
        if handler.opt.get("public") is True:
            return
        action = handler.opt.get("action")
        if not isinstance(action, Action):
            raise NotAllowed(reason="route_without_action")
        if isinstance(connection, Request) and connection.method not in SAFE and "takes" not in handler.opt:
            # Before a connection to the database is taken: none waits for a slow client.
            await connection.body()
        transaction = transaction_of(connection.scope)
        actor = await self._authenticate(transaction.session, connection)
        if actor is None:
            raise NotSignedIn
        connection.scope["state"]["actor"] = actor
        if not actor.may(action):
            raise NotAllowed(reason="role_missing", action=action.value)
        if isinstance(connection, Request) and connection.method == "POST":
            await self._answered_before(connection, handler, actor)

    def _check_origin(self, connection: ASGIConnection[Any, Any, Any, Any]) -> None:
        """A browser names the page a change comes from; a foreign page may not use the cookie (CSRF)."""
        if connection.scope.get("method") in SAFE or "authorization" in connection.headers:
            return
        site = connection.headers.get("sec-fetch-site")
        origin = connection.headers.get("origin")
        if site not in {None, "same-origin", "none"} or origin not in {None, self._origin}:
            raise NotAllowed(reason="foreign_origin")

    def _check_media_type(
        self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
    ) -> None:
        if connection.scope.get("method") in SAFE:
            return
        expected = handler.opt.get("takes", "application/json")
        given = connection.headers.get("content-type", "").partition(";")[0].strip().lower()
        empty = connection.headers.get("content-length", "0") == "0" and not connection.headers.get(
            "transfer-encoding"
        )
        if given != expected and not (empty and not given):
            raise WrongMediaType(expected=expected, given=given)

    async def _answered_before(
        self, request: Request[Any, Any, Any], handler: BaseRouteHandler, actor: Actor
    ) -> None:
        """A retry under the same key gets the first answer. An upload is told apart by its address only.

        Where body or answer hold a secret, not even its fingerprint is kept: a retry is a new request.
        """
        key = request.headers.get(KEY_HEADER)
        if key is None or handler.opt.get("secret") is True:
            return
        transaction = transaction_of(request.scope)
        streamed = "takes" in handler.opt
        body = b"" if streamed else await request.body()
        asked = keyed(actor.person_id, key, b"POST", str(request.url).encode(), body)
        answer = await find_answer(transaction.session, asked)
        if answer is not None:
            raise Replay(answer)
        transaction.keyed = asked
