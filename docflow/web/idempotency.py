"""Answers kept under an Idempotency-Key: a retried POST gets the first answer and nothing happens twice.

The answer is stored in the transaction that made it, so there is no moment at which the effect exists and the
answer does not. Of two at once, the later commit finds the key taken, rolls its own effect back and gives the
first one's answer.
"""

import hashlib
from datetime import timedelta
from uuid import UUID

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from docflow.core import clock
from docflow.core.db import Base, Moment
from docflow.core.errors import invalid

KEPT = timedelta(days=2)
MAX_KEY = 200


class KeptAnswer(Base):
    """The first answer to a keyed request of one person."""

    __tablename__ = "kept_answer"

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[bytes]
    """Of method, address and (for JSON) body: the same key on another request is a mistake."""
    status: Mapped[int]
    headers: Mapped[dict[str, str]] = mapped_column(JSONB)
    body: Mapped[bytes]
    answered_at: Mapped[Moment] = mapped_column(index=True)


class Keyed(msgspec.Struct, frozen=True):
    """A request that came with a key."""

    person_id: UUID
    key: str
    fingerprint: bytes


class Answer(msgspec.Struct, frozen=True):
    """What went over the wire the first time."""

    status: int
    headers: dict[str, str]
    body: bytes


class Replay(Exception):
    """The request was answered before."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("answered before")
        self.answer = answer


def keyed(person_id: UUID, key: str, *parts: bytes) -> Keyed:
    """Raises Invalid when the key is empty or longer than 200 characters."""
    if not 0 < len(key) <= MAX_KEY:
        raise invalid("Idempotency-Key", "idempotency_key_length", limit=MAX_KEY)
    return Keyed(person_id, key, hashlib.sha256(b"\0".join(parts)).digest())


async def find_answer(session: AsyncSession, request: Keyed) -> Answer | None:
    """The first answer, if there is one. Raises Invalid when the key was used for another request."""
    kept = await session.scalar(
        select(KeptAnswer).where(KeptAnswer.person_id == request.person_id, KeptAnswer.key == request.key)
    )
    if kept is None:
        return None
    if kept.fingerprint != request.fingerprint:
        raise invalid("Idempotency-Key", "idempotency_key_reused")
    return Answer(kept.status, kept.headers, kept.body)


async def keep(session: AsyncSession, request: Keyed, answer: Answer) -> bool:
    """Store the answer with its effect; False when another request with the key was faster."""
    stored = await session.execute(
        insert(KeptAnswer)
        .values(
            person_id=request.person_id,
            key=request.key,
            fingerprint=request.fingerprint,
            status=answer.status,
            headers=answer.headers,
            body=answer.body,
            answered_at=clock.now(),
        )
        .on_conflict_do_nothing()
        .returning(KeptAnswer.key)
    )
    return stored.scalar() is not None


async def forget_old(session: AsyncSession) -> None:
    """Drop answers older than two days."""
    await session.execute(delete(KeptAnswer).where(KeptAnswer.answered_at < clock.now() - KEPT))
