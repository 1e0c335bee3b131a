"""Refused access, recorded in a transaction of its own: the request's is rolled back. An edge like ``api``."""

import re
from collections.abc import Awaitable, Callable
from uuid import UUID

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
                *_subject_of(scope["path"]),
                name="somebody",
                address=client.host if client else "",
                path=scope["path"][:300].replace("\0", "\N{REPLACEMENT CHARACTER}"),
                method=scope.get("method", ""),
                **error.facts,
            )

    return hook


_DOCUMENT = re.compile(r"/documents/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:/|$)")


def _subject_of(path: str) -> tuple[str, UUID | None]:
    """What was refused: something with a document, whose trail then tells of it, or a request."""
    named = _DOCUMENT.search(path)
    return ("document", UUID(named[1])) if named else ("request", None)
