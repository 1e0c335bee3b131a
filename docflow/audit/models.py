"""The trail's one table."""

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from docflow.audit.tags import Tag
from docflow.core.db import Base, Key, Moment, Word, one_of


class AuditEvent(Base):
    """One thing done. No foreign keys: the trail outlives what it tells of.

    ``subject_id`` is the document an event belongs to where there is one (a task's events carry their
    document), so a document's whole story is one index range.
    """

    __tablename__ = "audit_event"

    id: Mapped[Key]
    happened_at: Mapped[Moment]
    tag: Mapped[Tag] = mapped_column(Word(Tag))
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str]
    on_behalf_of: Mapped[UUID | None]
    """The unit acted for."""
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID | None]
    address: Mapped[str]
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))

    __table_args__ = (
        one_of("tag", Tag),
        Index("ix_audit_event_subject", "subject_kind", "subject_id", "id"),
        Index("ix_audit_event_actor", "actor_id", "id"),
    )


class AuditSeal(Base):
    """A batch of events, hashed and chained to the one before: whoever changes the past breaks every later seal."""

    __tablename__ = "audit_seal"

    no: Mapped[int] = mapped_column(primary_key=True)
    sealed_at: Mapped[Moment]
    event_count: Mapped[int]
    previous_digest: Mapped[bytes]
    """Of the seal before; 32 zero bytes for the first."""
    digest: Mapped[bytes]

    __table_args__ = (
        CheckConstraint("no > 0 AND event_count > 0", name="positive"),
        CheckConstraint("octet_length(digest) = 32 AND octet_length(previous_digest) = 32", name="digests"),
    )


class SealedEvent(Base):
    """That an event is in a seal, and the digest of what it said then. No foreign key: a missing event is a finding."""

    __tablename__ = "audit_sealed_event"

    seal_no: Mapped[int] = mapped_column(ForeignKey("audit_seal.no"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[UUID] = mapped_column(unique=True)
    digest: Mapped[bytes]

    __table_args__ = (CheckConstraint("octet_length(digest) = 32", name="digest"),)
