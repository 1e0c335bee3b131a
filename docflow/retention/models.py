"""Rules of retention, legal holds, disposal lists."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from docflow.core.db import Base, Key, Moment, Word, one_of
from docflow.dossiers.models import Retention


class RetentionRule(Base):
    """How long documents of a kind are kept when no dossier says longer; the most exact rule holds."""

    __tablename__ = "retention_rule"

    id: Mapped[Key]
    unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("unit.id"))
    """The unit in whose registers they stand; none: every unit."""
    kind_code: Mapped[str | None] = mapped_column(ForeignKey("document_kind.code"))
    retention: Mapped[Retention] = mapped_column(Word(Retention))
    source: Mapped[str]
    """The regulation that says so."""
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
    __table_args__ = (
        one_of("retention", Retention),
        Index("uq_retention_rule", "unit_id", "kind_code", unique=True, postgresql_nulls_not_distinct=True),
    )


class LegalHold(Base):
    """Something must not be destroyed: an inspection, a dispute, an investigation."""

    __tablename__ = "legal_hold"

    id: Mapped[Key]
    title: Mapped[str]
    reason: Mapped[str]
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"))
    placed_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    placed_at: Mapped[Moment]
    released_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    released_at: Mapped[datetime | None]
    release_reason: Mapped[str | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
    __table_args__ = (
        CheckConstraint(
            "(released_at IS NULL) = (released_by IS NULL) AND (released_at IS NULL) = (release_reason IS NULL)",
            name="released_with_reason",
        ),
    )


class HeldThing(Base):
    """A document or a whole dossier that a hold names; of a dossier, what is put into it later as well."""

    __tablename__ = "held_thing"

    id: Mapped[Key]
    hold_id: Mapped[UUID] = mapped_column(ForeignKey("legal_hold.id"), index=True)
    document_id: Mapped[UUID | None] = mapped_column(ForeignKey("document.id"), index=True)
    dossier_id: Mapped[UUID | None] = mapped_column(ForeignKey("dossier.id"), index=True)

    __table_args__ = (CheckConstraint("(document_id IS NULL) <> (dossier_id IS NULL)", name="one_thing"),)


class DisposalState(StrEnum):
    """Where a disposal is."""

    PROPOSED = "proposed"
    REFUSED = "refused"
    APPROVED = "approved"
    CARRIED_OUT = "carried_out"


class Disposal(Base):
    """A list of documents whose term is over, proposed by one and decided by another."""

    __tablename__ = "disposal"

    id: Mapped[Key]
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"), index=True)
    title: Mapped[str]
    state: Mapped[DisposalState] = mapped_column(Word(DisposalState), server_default=text("'proposed'"))
    proposed_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    proposed_at: Mapped[Moment]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    decision_note: Mapped[str] = mapped_column(server_default=text("''"))
    carried_out_at: Mapped[datetime | None]
    digest: Mapped[bytes | None]
    """Over the proof of destruction: every document, file and checksum, in order."""
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
    __table_args__ = (
        one_of("state", DisposalState),
        CheckConstraint("decided_by <> proposed_by", name="another_decides"),
        CheckConstraint("(state = 'proposed') = (decided_at IS NULL)", name="decided"),
        CheckConstraint("(state = 'carried_out') = (carried_out_at IS NOT NULL)", name="carried_out"),
    )


class DisposalItem(Base):
    """A document of a disposal: why its term is over, and what was destroyed."""

    __tablename__ = "disposal_item"

    disposal_id: Mapped[UUID] = mapped_column(ForeignKey("disposal.id"), primary_key=True)
    document_id: Mapped[UUID] = mapped_column(ForeignKey("document.id"), primary_key=True)
    retention: Mapped[Retention] = mapped_column(Word(Retention))
    kept_until: Mapped[date]
    reason: Mapped[str]
    kept_back: Mapped[str | None]
    """A code: why it is not destroyed after all (taken out, held, locked by the store)."""
    kept_back_note: Mapped[str | None]
    """What whoever took it out said."""
    destroyed_at: Mapped[datetime | None]
    """When the store was seen to have none of its files any more."""
    files: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
    """Name, size and SHA-256 of each file that is destroyed; written before the first of them is."""

    __table_args__ = (
        one_of("retention", Retention),
        CheckConstraint("kept_back IS NULL OR destroyed_at IS NULL", name="kept_or_destroyed"),
        CheckConstraint("kept_back <> 'taken_out' OR kept_back_note <> ''", name="taken_out_with_reason"),
        Index("ix_disposal_item_document_id", "document_id"),
    )
