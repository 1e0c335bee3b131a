"""The outbox."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from docflow.core.db import Base, Key, Moment, Word, one_of


class LetterState(StrEnum):
    """Where a letter is."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    """Refused for good by the receiving server, or given up after five days."""


class Letter(Base):
    """One mail to one address. ``effect`` is unique: the same cause never makes two letters.

    Letters of one ``thread`` leave in the order of ``no``: a cancellation never overtakes its invitation.
    """

    __tablename__ = "letter"

    id: Mapped[Key]
    no: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    effect: Mapped[str] = mapped_column(unique=True)
    thread: Mapped[str]
    recipient: Mapped[str]
    subject: Mapped[str]
    content: Mapped[bytes] = mapped_column(LargeBinary)
    """The whole message, RFC 5322, as it goes over the wire; emptied once it is sent."""
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    """What it is about: a document, a meeting."""
    queued_at: Mapped[Moment]
    state: Mapped[LetterState] = mapped_column(Word(LetterState), server_default=text("'queued'"))
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    due_at: Mapped[Moment]
    """Not tried before."""
    sent_at: Mapped[Moment | None]
    failure: Mapped[str | None]

    __table_args__ = (
        one_of("state", LetterState),
        CheckConstraint("state <> 'sent' OR content = ''", name="sent_is_emptied"),
        Index("ix_letter_due", "due_at", "no", postgresql_where=text("state = 'queued'")),
        Index("ix_letter_thread", "thread", "no", postgresql_where=text("state = 'queued'")),
        Index("ix_letter_subject", "subject_kind", "subject_id", "no"),
    )
