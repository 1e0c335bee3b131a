"""Documents, their files and receipts."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from docflow.access.actor import Secrecy
from docflow.core.db import Base, Key, Moment, Word, one_of
from docflow.documents.models.words import (
    URGENCY_RANK,
    Authority,
    Direction,
    ReceiptRole,
    ReceiptState,
    Source,
    Urgency,
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
    register_suffix: Mapped[str] = mapped_column(server_default=text("''"))
    registered_at: Mapped[Moment]
    registered_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    arrived_on: Mapped[date | None]
    late_reason: Mapped[str | None]
    """Why it was entered later than the day on which it had to be; such entries are marked in the register."""
    voided_at: Mapped[datetime | None]
    """When its number was voided, as in the register's entry; the number stays, struck through."""
    source: Mapped[Source] = mapped_column(Word(Source), server_default=text("'upload'"))

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
    signer_key: Mapped[str] = mapped_column(server_default=text("''"))
    """``core.text.fold`` of the signer's name."""
    signer_authority: Mapped[Authority | None] = mapped_column(Word(Authority))
    recipients: Mapped[str]
    copy_kept_by: Mapped[str] = mapped_column(server_default=text("''"))
    """Who keeps the file copy of an outgoing document."""
    urgency: Mapped[Urgency] = mapped_column(Word(Urgency))
    due_on: Mapped[date | None]
    secrecy: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    answers_id: Mapped[UUID | None] = mapped_column(ForeignKey("document.id"), index=True)
    """The document this one replies to."""

    readers: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    permitted: Mapped[list[int] | None] = mapped_column(ARRAY(Integer))
    """Principals that read it whatever becomes of their receipts; null: the whole unit, as it was registered.

    Nothing but ``service.permitting`` changes it, and what takes readers out leaves these (or the unit's) in.
    """
    search_vector: Mapped[str] = mapped_column(TSVECTOR, deferred=True)
    """What it is found by: ``service.indexing.search_vector``."""
    exact_words: Mapped[str] = mapped_column(TSVECTOR, deferred=True, server_default=text("''"))
    """Its words with their accents. Only for the order of what was found, so no index holds them."""
    cited: Mapped[list[str] | None] = mapped_column(ARRAY(Text), deferred=True)
    """What it names, in ``citations.mark``: the keys of symbols, each with its date where the words say one.

    Null until its subject was looked through; ``Citation`` tells what the words say.
    """
    passed_on_at: Mapped[datetime | None]
    """When an incoming document was given to somebody; until then, and when all of it was returned or recalled, it waits
    in its registry's queue."""
    destroyed_at: Mapped[datetime | None]
    """When its files were destroyed at the end of their retention; what is registered of it stays."""
    touched_at: Mapped[Moment] = mapped_column(server_default=text("now()"))
    """When somebody could last begin to find it by something new: registered, amended, its text read, given to them."""
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
    __table_args__ = (
        one_of("direction", Direction),
        one_of("source", Source),
        one_of("urgency", Urgency),
        one_of("signer_authority", Authority),
        CheckConstraint("char_length(subject) BETWEEN 1 AND 500", name="subject_length"),
        CheckConstraint(f"secrecy BETWEEN {min(Secrecy)} AND {max(Secrecy)}", name="secrecy"),
        CheckConstraint("(direction = 'incoming') = (arrived_on IS NOT NULL)", name="arrival"),
        CheckConstraint("arrived_on >= issued_on", name="arrival_after_issue"),
        CheckConstraint("page_count > 0", name="page_count"),
        CheckConstraint("copies > 0", name="copies"),
        CheckConstraint("late_reason <> ''", name="late_reason"),
        UniqueConstraint(
            "register_id", "register_number", "register_suffix", name="uq_document_register_number"
        ),
        ForeignKeyConstraint(
            ["register_id", "register_number", "register_suffix"],
            ["register_entry.register_id", "register_entry.number", "register_entry.suffix"],
            name="fk_document_register_entry",
        ),
        Index("ix_document_newest", text("registered_at DESC"), text("id DESC")),
        Index("ix_document_found", "search_vector", "readers", postgresql_using="gin"),
        Index("ix_document_symbol_key", "symbol_key", "issued_on"),
        Index("ix_document_cited", "cited", "readers", postgresql_using="gin"),
        Index("ix_document_not_cited", "id", postgresql_where=text("cited IS NULL")),
        Index("ix_document_touched_at", "touched_at"),
        Index("ix_document_issued_on", text("issued_on DESC"), text("id DESC")),
        Index("ix_document_void", "id", postgresql_where=text("voided_at IS NOT NULL")),
        Index(
            "ix_document_to_pass_on",
            *("unit_id", text(URGENCY_RANK), "registered_at", "id"),
            postgresql_where=text("direction = 'incoming' AND passed_on_at IS NULL AND voided_at IS NULL"),
        ),
    )


class DocumentFile(Base):
    """A version of the file of a document, or of one of its annexes; the newest is shown, the others stay."""

    __tablename__ = "document_file"

    id: Mapped[Key]
    document_id: Mapped[UUID] = mapped_column(ForeignKey("document.id"))
    file_id: Mapped[UUID] = mapped_column(ForeignKey("file.id"), unique=True)
    annex: Mapped[int] = mapped_column(server_default=text("0"))
    """0 is the document itself, then its annexes in order."""
    version: Mapped[int]
    added_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    added_at: Mapped[Moment]
    note: Mapped[str]

    __table_args__ = (
        CheckConstraint("annex >= 0", name="annex"),
        UniqueConstraint("document_id", "annex", "version"),
    )


class Receipt(Base):
    """One unit or person got the document, from whom, for what, and how far it is with them (domain §1.5).

    ``parent_id`` is the receipt from which it was passed on; none: given by the registry that keeps the document.
    The receipts of one parent (or of none) are one *level*.
    """

    __tablename__ = "receipt"

    id: Mapped[Key]
    document_id: Mapped[UUID] = mapped_column(ForeignKey("document.id"), index=True)
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("receipt.id"), index=True)
    principal_no: Mapped[int] = mapped_column(ForeignKey("principal.no"))
    role: Mapped[ReceiptRole] = mapped_column(Word(ReceiptRole))
    state: Mapped[ReceiptState] = mapped_column(Word(ReceiptState), server_default=text("'waiting'"))
    sent_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    sent_at: Mapped[Moment]
    note: Mapped[str]
    urgency_rank: Mapped[int] = mapped_column(SmallInteger, server_default=text("3"))
    """``words.URGENCIES`` of the document, the most urgent 0: the order of a leader's queue is read from an index."""
    due_at: Mapped[datetime | None]
    """By when the sender wants it handled; a task keeps its own deadline."""
    reply_required: Mapped[bool] = mapped_column(server_default=text("false"))
    """It cannot be completed without the document that replies."""
    reply_id: Mapped[UUID | None] = mapped_column(ForeignKey("document.id"), index=True)
    acquaintance_id: Mapped[UUID | None] = mapped_column(ForeignKey("acquaintance.id"), index=True)
    opened_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    handled_at: Mapped[datetime | None]
    """When it was first forwarded, or ended."""
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    """Whose deed ended it, which may be another receipt's."""
    end_note: Mapped[str | None]
    """The reason of a return or recall, or what was said on completing."""
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
    __table_args__ = (
        one_of("role", ReceiptRole),
        one_of("state", ReceiptState),
        CheckConstraint("(state IN ('waiting', 'forwarded')) = (ended_at IS NULL)", name="ended"),
        CheckConstraint("state NOT IN ('returned', 'recalled') OR end_note IS NOT NULL", name="reason"),
        CheckConstraint("state <> 'returned' OR role <> 'information'", name="information_not_returned"),
        CheckConstraint(
            "NOT reply_required OR state <> 'completed' OR reply_id IS NOT NULL", name="reply_required"
        ),
        CheckConstraint("parent_id <> id", name="not_its_own_parent"),
        Index(
            "uq_receipt_open",
            *("document_id", "principal_no", "role"),
            unique=True,
            postgresql_where=text("state IN ('waiting', 'forwarded')"),
        ),
        Index(
            "ix_receipt_waiting",
            *("principal_no", "role", "id"),
            postgresql_where=text("state = 'waiting'"),
        ),
        Index(
            "ix_receipt_direction",
            *("principal_no", "urgency_rank", "id"),
            postgresql_where=text("state = 'waiting' AND role = 'direction'"),
        ),
    )
