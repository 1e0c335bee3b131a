"""Refused access, recorded in a transaction of its own: the request's is rolled back. An edge like ``api``."""

from collections.abc import Awaitable, Callable

from litestar.connection import ASGIConnection
from litestar.types import Scope

from docflow.audit import service
from docflow.audit.tags import Tag
from docflow.core.db import Sessions, transaction
from docflow.core.errors import NotAllowed
from docflow.web.transaction import transaction_of


def record_refusal(sessions: Sessions) -> Callable[[Exception, Scope], Awaitable[None]]:
    """A hook for every exception of the application; writes down those that refuse."""

    async def hook(error: Exception, scope: Scope) -> None:
        if not isinstance(error, NotAllowed):
            return
        client = ASGIConnection(scope).client
        # The request's connection goes back first: refusals at once must not wait for each other's second one.
        await transaction_of(scope).abandon()
        async with transaction(sessions) as session:
            await service.record(
                session,
                scope["state"].get("actor"),
                Tag.ACCESS_REFUSED,
                "request",
                None,
                name="somebody",
                address=client.host if client else "",
                path=scope["path"][:300].replace("\0", "\N{REPLACEMENT CHARACTER}"),
                method=scope.get("method", ""),
                **error.facts,
            )

    return hook
