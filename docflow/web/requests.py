"""What handlers take from a request besides its body."""

from typing import Annotated, Any

from litestar import Litestar, Request
from litestar.connection import ASGIConnection
from litestar.params import QueryParameter
from litestar.routes import HTTPRoute
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.core.errors import invalid
from docflow.core.paging import DEFAULT_LIMIT, MAX_LIMIT
from docflow.web.etags import version_from_if_match
from docflow.web.transaction import RequestTransaction, transaction_of

AnyRequest = Request[Any, Any, Any]


def provide_session(request: AnyRequest) -> AsyncSession:
    """The session of the request's transaction."""
    return transaction_of(request.scope).session


def provide_transaction(request: AnyRequest) -> RequestTransaction:
    """The request's transaction, for what is written outside the database."""
    return transaction_of(request.scope)


def provide_actor(request: AnyRequest) -> Actor:
    """Whoever the gate let in."""
    actor: Actor = request.scope["state"]["actor"]
    return actor


def provide_version(request: AnyRequest) -> int:
    """The version in If-Match. Raises when it is missing or not understood."""
    return version_from_if_match(request.headers.get("if-match"))


def provide_limit(
    rows: Annotated[
        int, QueryParameter(name="limit", description=f"Rows of a page, 1 to {MAX_LIMIT}.")
    ] = DEFAULT_LIMIT,
) -> int:
    """The size of a page."""
    if not 1 <= rows <= MAX_LIMIT:
        raise invalid("limit", "limit_out_of_range", most=MAX_LIMIT)
    return rows


def address_of(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """The network address that the server saw; behind a proxy uvicorn has put the client's there."""
    return connection.client.host if connection.client else ""


def provide_in_turn(app: Litestar) -> Litestar:
    """Have what handlers take provided one after the other.

    Litestar starts a task for each thing that could be provided at the same time as another. None of ours waits
    for anything, and the tasks take longer than all of them together.
    """
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for _, taken in route.route_handler_map.values():
                taken.dependency_batches = [
                    {one}
                    for batch in taken.dependency_batches
                    for one in sorted(batch, key=lambda one: one.key)
                ]
    return app
