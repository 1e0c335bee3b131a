"""Kinds, registers, documents, their files and receipts."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from docflow.access.actor import Secrecy
from docflow.core.db import Base, Key, Moment, Word, one_of


class Direction(StrEnum):
    """Which way a document went through the registry."""

    INCOMING = "incoming"
    OUTGOING = "outgoing"


class Urgency(StrEnum):
    """Degrees of urgency (domain §1.3), from khẩn to hỏa tốc."""

    NORMAL = "normal"
    URGENT = "urgent"
    VERY_URGENT = "very_urgent"
    FLASH = "flash"


class Authority(StrEnum):
    """On whose authority a signer signs (TM., KT., TL., TUQ., Q.)."""

    TM = "TM."
    KT = "KT."
    TL = "TL."
    TUQ = "TUQ."
    Q = "Q."


class ReceiptRole(StrEnum):
    """What a document was given to somebody for."""

    DIRECTION = "direction"
    """Submitted to a leader (trình)."""
    LEAD = "lead"
    COORDINATE = "coordinate"
    INFORMATION = "information"


class DocumentKind(Base):
    """Kinds of document are data; the decree's 29 and three kinds of copy are there from the start."""

    __tablename__ = "document_kind"

    code: Mapped[str] = mapped_column(primary_key=True)
    symbol: Mapped[str | None] = mapped_column(unique=True)
    name_vi: Mapped[str]
    name_en: Mapped[str]


class Register(Base):
    """A unit's book of one direction and year. Its row is locked while a number is taken: no gap, no double."""

    __tablename__ = "register"

    id: Mapped[Key]
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"))
    direction: Mapped[Direction] = mapped_column(Word(Direction))
    year: Mapped[int]
    last_number: Mapped[int] = mapped_column(server_default=text("0"))
    last_at: Mapped[Moment | None]

    __table_args__ = (
        one_of("direction", Direction),
        UniqueConstraint("unit_id", "direction", "year"),
    )


class Document(Base):
    """An official document as the registry knows it. ``readers`` are principals: the one rule of visibility."""

    __tablename__ = "document"

    id: Mapped[Key]
    direction: Mapped[Direction] = mapped_column(Word(Direction))
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"))
    """The unit in whose register it stands."""
    register_id: Mapped[UUID] = mapped_column(ForeignKey("register.id"))
    register_number: Mapped[int]
    registered_at: Mapped[Moment]
    registered_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    arrived_on: Mapped[date | None]

    kind_code: Mapped[str] = mapped_column(ForeignKey("document_kind.code"))
    symbol: Mapped[str]
    """As written."""
    symbol_key: Mapped[str]
    """Equal for the same symbol written differently."""
    issued_on: Mapped[date]
    issuer: Mapped[str]
    """The issuer's name as it was on the day; kept when the unit is renamed."""
    issuer_key: Mapped[str]
    issuer_unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("unit.id"))
    subject: Mapped[str]
    language: Mapped[str]
    page_count: Mapped[int | None]
    copies: Mapped[int | None]
    note: Mapped[str]
    signer_name: Mapped[str]
    signer_post: Mapped[str]
    signer_authority: Mapped[Authority | None] = mapped_column(Word(Authority))
    recipients: Mapped[str]
    urgency: Mapped[Urgency] = mapped_column(Word(Urgency))
    due_on: Mapped[date | None]
    secrecy: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    answers_id: Mapped[UUID | None] = mapped_column(ForeignKey("document.id"), index=True)
    """The document this one replies to."""

    readers: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    search_vector: Mapped[str] = mapped_column(TSVECTOR, deferred=True)
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
    __table_args__ = (
        one_of("direction", Direction),
        one_of("urgency", Urgency),
        one_of("signer_authority", Authority),
        CheckConstraint("char_length(subject) BETWEEN 1 AND 500", name="subject_length"),
        CheckConstraint(f"secrecy BETWEEN {min(Secrecy)} AND {max(Secrecy)}", name="secrecy"),
        CheckConstraint("(direction = 'incoming') = (arrived_on IS NOT NULL)", name="arrival"),
        CheckConstraint("arrived_on >= issued_on", name="arrival_after_issue"),
        CheckConstraint("page_count > 0", name="page_count"),
        CheckConstraint("copies > 0", name="copies"),
        UniqueConstraint("register_id", "register_number"),
        Index("ix_document_newest", text("registered_at DESC"), text("id DESC")),
        Index("ix_document_found", "search_vector", "readers", postgresql_using="gin"),
        Index("ix_document_symbol_key", "symbol_key"),
    )


class DocumentFile(Base):
    """A version of the file of a document; the newest is shown, the others stay."""

    __tablename__ = "document_file"

    id: Mapped[Key]
    document_id: Mapped[UUID] = mapped_column(ForeignKey("document.id"))
    file_id: Mapped[UUID] = mapped_column(ForeignKey("file.id"), unique=True)
    version: Mapped[int]
    added_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    added_at: Mapped[Moment]
    note: Mapped[str]

    __table_args__ = (UniqueConstraint("document_id", "version"),)


class Receipt(Base):
    """One unit or person got the document, from whom, for what. Opening is not handling."""

    __tablename__ = "receipt"

    id: Mapped[Key]
    document_id: Mapped[UUID] = mapped_column(ForeignKey("document.id"))
    principal_no: Mapped[int] = mapped_column(ForeignKey("principal.no"))
    role: Mapped[ReceiptRole] = mapped_column(Word(ReceiptRole))
    sent_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    sent_at: Mapped[Moment]
    note: Mapped[str]
    opened_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))

    __table_args__ = (
        one_of("role", ReceiptRole),
        UniqueConstraint("document_id", "principal_no", "role"),
        Index("ix_receipt_waiting", "principal_no", "id", postgresql_where=text("acknowledged_at IS NULL")),
    )
