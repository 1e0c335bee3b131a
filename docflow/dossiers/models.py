"""The year's list, dossiers, and which documents are in them."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from docflow.core.db import Base, Key, Moment, Word, one_of


class Retention(StrEnum):
    """How long something is kept (domain §1.8); in years but for the first."""

    PERMANENT = "permanent"
    YEARS_70 = "years_70"
    YEARS_50 = "years_50"
    YEARS_30 = "years_30"
    YEARS_20 = "years_20"
    YEARS_10 = "years_10"
    YEARS_5 = "years_5"
    """Five years or less."""


class DossierAccess(StrEnum):
    """Who may use a dossier (domain §1.8)."""

    OPEN = "open"
    """Every member of its unit."""
    CONDITIONAL = "conditional"
    """Those named."""
    SECRET = "secret"  # noqa: S105  (an access mode)
    """Those named, and cleared for state secrets."""


class DossierState(StrEnum):
    """Where a dossier is."""

    OPEN = "open"
    CLOSED = "closed"
    HANDED_OVER = "handed_over"
    """In the archive."""


class DossierHeading(Base):
    """A line of a unit's list of dossiers for a year (Decree 30, article 28)."""

    __tablename__ = "dossier_heading"

    id: Mapped[Key]
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"))
    year: Mapped[int]
    code: Mapped[str]
    """Like 01.TCCB."""
    title: Mapped[str]
    retention: Mapped[Retention] = mapped_column(Word(Retention))
    keeper_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    """Who is to open and keep it."""
    withdrawn_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
    __table_args__ = (
        one_of("retention", Retention),
        UniqueConstraint("unit_id", "year", "code"),
        CheckConstraint("year BETWEEN 1900 AND 2200", name="year"),
    )


class Dossier(Base):
    """A dossier. ``readers`` are principals, as of documents."""

    __tablename__ = "dossier"

    id: Mapped[Key]
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"), index=True)
    heading_id: Mapped[UUID] = mapped_column(ForeignKey("dossier_heading.id"), index=True)
    year: Mapped[int]
    code: Mapped[str]
    """The heading's, as it was; several dossiers under one heading count on: 01.TCCB/2."""
    title: Mapped[str]
    found_by: Mapped[str]
    """``core.text.fold`` of code, title and note: what its list is searched in. Not what names it anywhere."""
    retention: Mapped[Retention] = mapped_column(Word(Retention))
    access: Mapped[DossierAccess] = mapped_column(Word(DossierAccess), server_default=text("'open'"))
    keeper_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    named: Mapped[list[int]] = mapped_column(ARRAY(Integer), server_default=text("'{}'"))
    """Principals of the people who may use it besides its keeper, unless every member of its unit may."""
    readers: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    state: Mapped[DossierState] = mapped_column(Word(DossierState), server_default=text("'open'"))
    note: Mapped[str] = mapped_column(server_default=text("''"))
    opened_on: Mapped[date]
    opened_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    closed_on: Mapped[date | None]
    hand_over_by: Mapped[date | None]
    """One year after it was closed (Decree 30, article 30)."""
    noticed_at: Mapped[datetime | None]
    """When its keeper was told, 30 days before."""
    document_total: Mapped[int | None]
    page_total: Mapped[int | None]
    """What it held when it was closed; told on the sheets of a hand-over, elsewhere what the asker may see."""
    proposed_at: Mapped[datetime | None]
    """When it was offered to the archive; none once it was received or refused."""
    proposed_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    handed_over_on: Mapped[date | None]
    handed_over_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    received_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
    __table_args__ = (
        one_of("retention", Retention),
        one_of("access", DossierAccess),
        one_of("state", DossierState),
        UniqueConstraint("unit_id", "year", "code"),
        CheckConstraint("(state = 'open') = (closed_on IS NULL)", name="closed"),
        CheckConstraint("(state = 'handed_over') = (handed_over_on IS NOT NULL)", name="handed_over"),
        CheckConstraint(
            "(proposed_at IS NULL) = (proposed_by IS NULL) AND (proposed_at IS NULL OR state = 'closed')",
            name="proposed",
        ),
        CheckConstraint(
            "(state = 'open') = (document_total IS NULL) AND (state = 'open') = (page_total IS NULL)",
            name="totals",
        ),
        Index("ix_dossier_readers", "readers", postgresql_using="gin"),
        Index("ix_dossier_hand_over_by", "hand_over_by", postgresql_where=text("state = 'closed'")),
        Index(
            "ix_dossier_in_the_archive",
            *("unit_id", "id"),
            postgresql_where=text("state = 'handed_over' OR proposed_at IS NOT NULL"),
        ),
    )


class DossierDocument(Base):
    """A document is in a dossier, at its place in the order in which documents were put there."""

    __tablename__ = "dossier_document"

    dossier_id: Mapped[UUID] = mapped_column(ForeignKey("dossier.id"), primary_key=True)
    document_id: Mapped[UUID] = mapped_column(ForeignKey("document.id"), primary_key=True)
    ordinal: Mapped[int]
    added_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    added_at: Mapped[Moment]

    __table_args__ = (
        UniqueConstraint("dossier_id", "ordinal"),
        CheckConstraint("ordinal > 0", name="ordinal"),
        Index("ix_dossier_document_document_id", "document_id"),
    )
