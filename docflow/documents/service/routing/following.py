"""What hangs on receipts elsewhere: the port by which it follows them."""

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.documents.models import Document
from docflow.documents.routing import Change


class Followed(msgspec.Struct, frozen=True):
    """What followed: ``told`` for the trail, each a JSON object, and the receipts that end by it in their turn."""

    told: list[dict[str, Any]] = []
    closing: list[UUID] = []


@runtime_checkable
class FollowReceipts(Protocol):
    """Is told which receipts of a locked document changed, and brings along what hangs on them."""

    async def __call__(
        self, session: AsyncSession, actor: Actor, document: Document, changes: Sequence[Change], note: str
    ) -> Followed:
        """``note``: the reason of a return or recall, or what was said on completing."""
        ...
