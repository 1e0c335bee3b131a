"""Kinds of document that every installation starts with: the decree's 29 and its three kinds of copy."""

from dataclasses import asdict

from sqlalchemy.dialects.postgresql import insert

from docflow.core.db import Sessions, transaction
from docflow.documents.kinds import COPIES, KINDS
from docflow.documents.models import DocumentKind


async def load_kinds(sessions: Sessions) -> None:
    """Add the kinds that are missing; those that the province changed stay as they are."""
    async with transaction(sessions) as session:
        await session.execute(
            insert(DocumentKind).on_conflict_do_nothing(), [asdict(kind) for kind in (*KINDS, *COPIES)]
        )
