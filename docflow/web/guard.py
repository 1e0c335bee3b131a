"""The route gate: every route declares its action; whoever asks must be known and hold a role that grants it.

A request that waits long for its client passes it twice: what was allowed when the upload began may be over.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.types import Scope
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.core.errors import NotAllowed, NotFound, NotSignedIn, WrongMediaType
from docflow.web.idempotency import Replay, find_answer, keyed
from docflow.web.patience import IDLE_SECONDS, body_in_time
from docflow.web.transaction import transaction_of

Authenticate = Callable[[AsyncSession, ASGIConnection[Any, Any, Any, Any]], Awaitable[Actor | None]]
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
UPLOAD = "multipart/form-data"
"""Read by the handler itself, while it comes."""
KEY_HEADER = "idempotency-key"


class RouteGate:
    """The one guard of the application. ``authenticate`` finds the actor of a session cookie or a token."""

    def __init__(
        self, authenticate: Authenticate, public_url: str, *, idle_seconds: float = IDLE_SECONDS
    ) -> None:
        self._authenticate = authenticate
        self._idle_seconds = idle_seconds
        parts = urlsplit(public_url)
        self._origin = f"{parts.scheme}://{parts.netloc}"

    async def __call__(
        self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
    ) -> None:
        self._check_media_type(connection, handler)
        self._check_origin(connection)
        if "\0" in connection.scope["path"]:
            raise NotFound  # no file and no thing has such a name; the file system would fail over it
        public, action = handler.opt.get("public") is True, handler.opt.get("action")
        if not public and not isinstance(action, Action):
            raise NotAllowed(reason="route_without_action")
        if isinstance(connection, Request) and connection.method not in SAFE and not _is_upload(handler):
            # Before a connection to the database is taken: none waits for a slow client.
            await body_in_time(connection, self._idle_seconds)
        if public or not isinstance(action, Action):
            return
        actor = await self._admit(connection, action)
        connection.scope["state"]["admit"] = partial(self._admit, connection, action)
        if isinstance(connection, Request) and connection.method == "POST":
            await self._answered_before(connection, handler, actor)

    async def _admit(self, connection: ASGIConnection[Any, Any, Any, Any], action: Action) -> Actor:
        actor = await self._authenticate(transaction_of(connection.scope).session, connection)
        if actor is None:
            raise NotSignedIn
        connection.scope["state"]["actor"] = actor
        if not actor.may(action):
            raise NotAllowed(reason="role_missing", action=action.value)
        return actor

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
        body = b"" if _is_upload(handler) else await request.body()
        asked = keyed(actor.person_id, key, b"POST", str(request.url).encode(), body)
        answer = await find_answer(transaction.session, asked)
        if answer is not None:
            raise Replay(answer)
        transaction.keyed = asked


def _is_upload(handler: BaseRouteHandler) -> bool:
    return handler.opt.get("takes") == UPLOAD


async def admit_again(scope: Scope) -> None:
    """Ask once more who is asking, after the client was waited for and before anything is done for it.

    Raises NotSignedIn when nobody is any more, NotAllowed when the rights are not those of the beginning.
    """
    before: Actor = scope["state"]["actor"]
    now: Actor = await scope["state"]["admit"]()
    if _rights_of(now) != _rights_of(before):
        raise NotAllowed(reason="rights_changed")


def _rights_of(actor: Actor) -> tuple[object, ...]:
    return actor.clearance, actor.held, actor.inherited, actor.principals, actor.scopes
