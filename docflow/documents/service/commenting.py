"""Remarks on a document: for everybody who sees it, or inside one unit. Kept as written; withdrawn, never edited."""

from hashlib import sha256
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.accounts import addressees
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.errors import NotFound
from docflow.documents import queries
from docflow.documents.errors import CommentWithdrawn
from docflow.documents.models import Comment
from docflow.documents.policy import comments_visible_to, decide, decide_comment, decide_withdrawal
from docflow.documents.schemas.circulation import WriteComment
from docflow.documents.workflow import require_possible


async def comment(session: AsyncSession, actor: Actor, document_id: UUID, data: WriteComment) -> Comment:
    """Write a comment. The trail tells that, where, and the checksum of the words, which only its readers see.

    Raises NotFound, NotAllowed, Invalid for a unit that is no more, DocumentVoided, StubNotGivenOn.
    """
    document = await queries.get_document(session, actor, document_id)
    owner = await queries.lineage_of(session, document)
    decide(actor, Action.DOCUMENT_COMMENT, document, owner).require()
    decide_comment(actor, data.unit_id).require()
    require_possible(document, Action.DOCUMENT_COMMENT)
    if data.unit_id is not None:
        await addressees.units(session, {data.unit_id}, "unit_id")
    written = Comment(
        document_id=document.id,
        unit_id=data.unit_id,
        author_id=actor.person_id,
        written_at=clock.now(),
        body=data.content,
    )
    session.add(written)
    await session.flush()
    await audit.record(
        session,
        actor,
        Tag.DOCUMENT_COMMENTED,
        "document",
        document.id,
        on_behalf_of=data.unit_id,
        comment=str(written.id),
        sha256=sha256(data.content.encode()).hexdigest(),
    )
    return written


async def withdraw(session: AsyncSession, actor: Actor, document_id: UUID, comment_id: UUID) -> Comment:
    """Withdraw one's own comment: that there was one stays. Raises NotFound, NotAllowed, CommentWithdrawn."""
    await queries.get_document(session, actor, document_id)
    statement = select(Comment).where(
        Comment.id == comment_id, Comment.document_id == document_id, comments_visible_to(actor)
    )
    found = await session.scalar(statement.with_for_update())
    if found is None:
        raise NotFound
    decide_withdrawal(actor, found.author_id).require()
    if found.withdrawn_at is not None:
        raise CommentWithdrawn
    found.withdrawn_at = clock.now()
    await session.flush()
    await audit.record(
        session,
        actor,
        Tag.COMMENT_WITHDRAWN,
        "document",
        document_id,
        on_behalf_of=found.unit_id,
        comment=str(found.id),
    )
    return found
