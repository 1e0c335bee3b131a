"""Stored objects and their text."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from docflow.core.db import Base, Key, Moment, Word, one_of


class TextStatus(StrEnum):
    """How far the text of a file is."""

    WAITING = "waiting"
    EXTRACTED = "extracted"
    CUT = "cut"
    """Extracted up to the limit."""
    EMPTY = "empty"
    UNSUPPORTED = "unsupported"
    FAILED = "failed"


class TextOrigin(StrEnum):
    """Where a text was read from."""

    LAYER = "layer"
    """The file itself says it."""
    OCR = "ocr"
    """Read off its picture."""
    MIXED = "mixed"


class File(Base):
    """One immutable object in the store. The row exists only after the object is whole."""

    __tablename__ = "file"

    id: Mapped[Key]
    object_key: Mapped[str] = mapped_column(unique=True)
    filename: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[bytes]
    stored_at: Mapped[Moment]
    stored_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    text_status: Mapped[TextStatus] = mapped_column(Word(TextStatus), server_default=text("'waiting'"))
    text_reason: Mapped[str | None]
    text_origin: Mapped[TextOrigin | None] = mapped_column(Word(TextOrigin))
    page_count: Mapped[int | None]
    marks: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    """What was noticed in it: macros, external references and the like. It is kept all the same."""
    locked_until: Mapped[datetime | None]
    """Until when the store itself refuses to delete the object; read back from the store, never only hoped for."""
    is_held: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether the store enforces a legal hold on the object; read back likewise."""
    destroyed_at: Mapped[datetime | None]
    """When its object was destroyed at the end of its retention; what is known of it stays."""
    destroyed_by: Mapped[UUID | None]
    """The disposal that destroyed it."""

    __table_args__ = (
        one_of("text_status", TextStatus),
        one_of("text_origin", TextOrigin),
        CheckConstraint("size > 0", name="not_empty"),
        CheckConstraint("octet_length(sha256) = 32", name="sha256"),
        CheckConstraint("(destroyed_at IS NULL) = (destroyed_by IS NULL)", name="destroyed"),
        Index("ix_file_sha256", "sha256"),
        Index("ix_file_waiting", "id", postgresql_where=text("text_status = 'waiting'")),
    )


class FileText(Base):
    """What a file says, once read."""

    __tablename__ = "file_text"

    file_id: Mapped[UUID] = mapped_column(ForeignKey("file.id"), primary_key=True)
    content: Mapped[str]


class FilePreview(Base):
    """A picture of a page, ``width`` pixels wide; made again from the file whenever it is missing."""

    __tablename__ = "file_preview"

    file_id: Mapped[UUID] = mapped_column(ForeignKey("file.id"), primary_key=True)
    page: Mapped[int] = mapped_column(primary_key=True)
    width: Mapped[int] = mapped_column(primary_key=True)
    object_key: Mapped[str] = mapped_column(unique=True)
    media_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[bytes]
    made_at: Mapped[Moment]

    __table_args__ = (
        CheckConstraint("page > 0 AND width > 0 AND size > 0", name="positive"),
        CheckConstraint("octet_length(sha256) = 32", name="sha256"),
    )
