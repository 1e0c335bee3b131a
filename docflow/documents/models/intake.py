"""What waits to be registered: drafts and their files, mails that were fetched, rows that were imported."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from docflow.core.db import Base, Key, Moment, Word, one_of
from docflow.documents.models.words import DraftState, MailState, Source


class Mailbox(Base):
    """How far a folder of a mail server has been read (RFC 3501, 2.3.1.1: UIDs count within a UIDVALIDITY)."""

    __tablename__ = "mailbox"

    name: Mapped[str] = mapped_column(primary_key=True)
    """``user@host/folder``."""
    uid_validity: Mapped[int] = mapped_column(BigInteger)
    last_uid: Mapped[int] = mapped_column(BigInteger)
    trying_uid: Mapped[int | None] = mapped_column(BigInteger)
    """The mail that was begun last; written before it is looked at, so that one that kills its reader is known."""
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    polled_at: Mapped[datetime | None]
    failure: Mapped[str | None]
    """Why the last poll failed, if it did."""


class MailMessage(Base):
    """A mail that was fetched, kept whole. ``content_key`` is equal for the same mail delivered twice."""

    __tablename__ = "mail_message"

    id: Mapped[Key]
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"))
    mailbox: Mapped[str]
    uid_validity: Mapped[int] = mapped_column(BigInteger)
    uid: Mapped[int] = mapped_column(BigInteger)
    fetched_at: Mapped[Moment]
    file_id: Mapped[UUID | None] = mapped_column(ForeignKey("file.id"), unique=True)
    """The mail as it came; none for one that only repeats another, or that was too large to be kept."""
    size: Mapped[int] = mapped_column(BigInteger)
    content_key: Mapped[bytes]
    message_id: Mapped[str | None]
    sender: Mapped[str]
    sender_name: Mapped[str]
    subject: Mapped[str]
    sent_at: Mapped[datetime | None]
    is_automatic: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether a program or a list sent it, which is never answered (RFC 3834, 2)."""
    state: Mapped[MailState] = mapped_column(Word(MailState))
    reason: Mapped[str | None]
    """A code of the catalogue: why it was set aside, or what is odd about it."""
    settled_note: Mapped[str | None]
    """What a person did about it."""
    settled_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    settled_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
    __table_args__ = (
        one_of("state", MailState),
        UniqueConstraint("mailbox", "uid_validity", "uid"),
        Index(
            "uq_mail_message_content",
            "unit_id",
            "content_key",
            unique=True,
            postgresql_where=text("state <> 'repeated'"),
        ),
        Index("ix_mail_message_unit_id", "unit_id", "id"),
        Index("ix_mail_message_message_id", "message_id"),
        Index("ix_mail_message_set_aside", "unit_id", "id", postgresql_where=text("state = 'set_aside'")),
    )


class Draft(Base):
    """What came in and waits for a clerk to register or discard it. Its files are read like those of documents."""

    __tablename__ = "draft"

    id: Mapped[Key]
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"))
    """The unit in whose registry it waits."""
    source: Mapped[Source] = mapped_column(Word(Source))
    mail_id: Mapped[UUID | None] = mapped_column(ForeignKey("mail_message.id"), unique=True)
    came_at: Mapped[Moment]
    added_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    note: Mapped[str] = mapped_column(server_default=text("''"))
    """The words that came with it: a person's, or the beginning of the mail's."""
    state: Mapped[DraftState] = mapped_column(Word(DraftState), server_default=text("'waiting'"))
    document_id: Mapped[UUID | None] = mapped_column(ForeignKey("document.id"), index=True)
    """What it was registered as."""
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    discard_reason: Mapped[str | None]
    emptied_at: Mapped[datetime | None]
    """When its files were dropped: some time after it was discarded, or when it became a stub without files."""
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
    __table_args__ = (
        one_of("source", Source),
        one_of("state", DraftState),
        CheckConstraint("(state = 'registered') = (document_id IS NOT NULL)", name="registered"),
        CheckConstraint("(state = 'discarded') = (discard_reason IS NOT NULL)", name="discarded"),
        Index("ix_draft_unit_id", "unit_id", "id"),
        Index("ix_draft_waiting", "unit_id", "id", postgresql_where=text("state = 'waiting'")),
        Index(
            "ix_draft_discarded",
            "closed_at",
            postgresql_where=text("state = 'discarded' AND emptied_at IS NULL"),
        ),
    )


class DraftFile(Base):
    """A file of a draft, in order; the first that can be read is proposed as the document itself."""

    __tablename__ = "draft_file"

    draft_id: Mapped[UUID] = mapped_column(ForeignKey("draft.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    file_id: Mapped[UUID] = mapped_column(ForeignKey("file.id"), unique=True)


class ImportedRow(Base):
    """A row of a manifest that was registered. ``key`` is over the row's facts and its file's bytes, so that the
    same import twice changes nothing."""

    __tablename__ = "imported_row"

    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"), primary_key=True)
    key: Mapped[bytes] = mapped_column(primary_key=True)
    document_id: Mapped[UUID] = mapped_column(ForeignKey("document.id"), index=True)
    manifest: Mapped[str]
    line: Mapped[int]
    imported_at: Mapped[Moment]
    imported_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
