"""Kinds, registers, every number that was given, and prints."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from docflow.core.db import Base, Key, Moment, Word, one_of
from docflow.core.messages import Language
from docflow.documents.models.words import Direction, PrintKind, Series


class DocumentKind(Base):
    """Kinds of document are data; the decree's 29 and three kinds of copy are there from the start."""

    __tablename__ = "document_kind"

    code: Mapped[str] = mapped_column(primary_key=True)
    symbol: Mapped[str | None] = mapped_column(unique=True)
    name_vi: Mapped[str]
    name_en: Mapped[str]


class Register(Base):
    """A unit's book of one direction for a year or a term. Its row is locked while a number is taken: no gap, no double.

    ``kinds`` are the codes of the kinds that it covers, in order; none: every kind that no other book of the same
    unit, direction and time covers. ``is_secret``: the separate series of state secrets, stubs without files.
    """

    __tablename__ = "register"

    id: Mapped[Key]
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"))
    direction: Mapped[Direction] = mapped_column(Word(Direction))
    title: Mapped[str] = mapped_column(server_default=text("''"))
    kinds: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    is_secret: Mapped[bool] = mapped_column(server_default=text("false"))
    series: Mapped[Series] = mapped_column(Word(Series), server_default=text("'year'"))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    """The first day that is no more in it."""
    last_number: Mapped[int] = mapped_column(server_default=text("0"))
    last_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
    __table_args__ = (
        one_of("direction", Direction),
        one_of("series", Series),
        CheckConstraint("ends_on > starts_on", name="period"),
        # One that was closed before it gave a number is as if it had never been.
        Index(
            "uq_register_book",
            *("unit_id", "direction", "is_secret", "starts_on", "kinds"),
            unique=True,
            postgresql_where=text("closed_at IS NULL OR last_number > 0"),
        ),
    )


class RegisterEntry(Base):
    """A number that was given: to a document, to nobody yet (reserved), or to nobody any more (void).

    A suffix (`45a`) stands after its number and before the next. A number never disappears.
    """

    __tablename__ = "register_entry"

    register_id: Mapped[UUID] = mapped_column(ForeignKey("register.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    suffix: Mapped[str] = mapped_column(primary_key=True, server_default=text("''"))
    taken_at: Mapped[Moment]
    taken_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    reserved_for: Mapped[str | None]
    """What a reserved number is kept for; stays when it is used."""
    reserved_until: Mapped[date | None]
    voided_at: Mapped[datetime | None]
    voided_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    void_reason: Mapped[str | None]

    __table_args__ = (
        CheckConstraint("number > 0", name="number"),
        CheckConstraint("suffix ~ '^[a-zđ]{0,2}$'", name="suffix"),
        CheckConstraint(
            "(voided_at IS NULL) = (void_reason IS NULL) AND (voided_at IS NULL) = (voided_by IS NULL)",
            name="void_with_reason",
        ),
        Index("ix_register_entry_reserved", "register_id", postgresql_where=text("reserved_for IS NOT NULL")),
    )


class RegisterPrint(Base):
    """A register that was printed: what its checksum line is compared with later.

    ``digest`` is over the canonical text of all rows, ``row_digests`` holds the first eight bytes of each row's own,
    ``restricted`` the places (from 1) of the rows that the person who printed it might not see.
    """

    __tablename__ = "register_print"

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(unique=True)
    register_id: Mapped[UUID] = mapped_column(ForeignKey("register.id"), index=True)
    kind: Mapped[PrintKind] = mapped_column(Word(PrintKind))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    language: Mapped[Language] = mapped_column(Word(Language))
    format: Mapped[str]
    row_count: Mapped[int]
    digest: Mapped[bytes] = mapped_column(index=True)
    row_digests: Mapped[bytes]
    restricted: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    printed_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    printed_at: Mapped[Moment]

    __table_args__ = (
        one_of("kind", PrintKind),
        one_of("language", Language),
        CheckConstraint("octet_length(digest) = 32", name="digest"),
        CheckConstraint("ends_on > starts_on", name="period"),
    )
