"""What was issued: to whom it went, and which later document corrects, replaces or recalls it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from docflow.core.db import Base, Key, Moment, Word, one_of
from docflow.issuing.models.words import Channel, RecipientRole, SuccessionKind


class Succession(Base):
    """An issued document corrects, replaces or recalls another. A document is recalled once and replaced once."""

    __tablename__ = "succession"

    document_id: Mapped[UUID] = mapped_column(ForeignKey("document.id"), primary_key=True)
    """The later one."""
    kind: Mapped[SuccessionKind] = mapped_column(Word(SuccessionKind))
    target_id: Mapped[UUID] = mapped_column(ForeignKey("document.id"), index=True)
    reason: Mapped[str]
    made_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[Moment]

    __table_args__ = (
        one_of("kind", SuccessionKind),
        CheckConstraint("document_id <> target_id", name="not_itself"),
        Index(
            "uq_succession_ended",
            "target_id",
            "kind",
            unique=True,
            postgresql_where=text("kind <> 'corrects'"),
        ),
    )


class Dispatch(Base):
    """One recipient's copy of an issued document. Where it is follows from its moments and from its letter."""

    __tablename__ = "dispatch"

    id: Mapped[Key]
    document_id: Mapped[UUID] = mapped_column(ForeignKey("document.id"))
    position: Mapped[int]
    role: Mapped[RecipientRole] = mapped_column(Word(RecipientRole))
    channel: Mapped[Channel] = mapped_column(Word(Channel))
    principal_no: Mapped[int | None] = mapped_column(ForeignKey("principal.no"))
    receipt_id: Mapped[UUID | None] = mapped_column(ForeignKey("receipt.id"))
    name: Mapped[str]
    """As the list of recipients says it; kept when a unit is renamed."""
    email: Mapped[str | None]
    letter_effect: Mapped[str | None] = mapped_column(unique=True)
    """The letter in the outbox that carries it; whether it was sent or refused is read there."""
    sent_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    queued_at: Mapped[Moment]
    sent_at: Mapped[datetime | None]
    """On paper: when it left the house."""
    bounced_at: Mapped[datetime | None]
    bounce_reason: Mapped[str | None]
    opened_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None]
    recall_asked_at: Mapped[datetime | None]
    recall_confirmed_at: Mapped[datetime | None]
    recall_confirmed_by: Mapped[str | None]
    """Who says that the copy was destroyed or given back (Decree 30, article 18)."""
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
    __table_args__ = (
        one_of("role", RecipientRole),
        one_of("channel", Channel),
        UniqueConstraint("document_id", "position"),
        CheckConstraint("(channel = 'house') = (principal_no IS NOT NULL)", name="house"),
        CheckConstraint("channel NOT IN ('mail_file', 'mail_link') OR email IS NOT NULL", name="address"),
        CheckConstraint(
            "recall_confirmed_at IS NULL OR (recall_asked_at IS NOT NULL AND recall_confirmed_by IS NOT NULL)",
            name="recall",
        ),
    )


class DispatchLink(Base):
    """A personal link to an issued document. Only its digest is kept."""

    __tablename__ = "dispatch_link"

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    dispatch_id: Mapped[UUID] = mapped_column(ForeignKey("dispatch.id"), index=True)
    made_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    revoked_at: Mapped[datetime | None]

    __table_args__ = (CheckConstraint("expires_at > made_at", name="expiry"),)
