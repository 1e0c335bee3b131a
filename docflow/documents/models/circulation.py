"""What is said and seen while a document circulates: comments, readings, acquaintance lists."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from docflow.core.db import Base, Key, Moment


class Comment(Base):
    """A remark on a document, for everybody who sees it, or inside one unit alone. Kept as written; it can be withdrawn."""

    __tablename__ = "document_comment"

    id: Mapped[Key]
    document_id: Mapped[UUID] = mapped_column(ForeignKey("document.id"))
    unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("unit.id"))
    """Only members of this unit see it; none: every reader of the document."""
    author_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    written_at: Mapped[Moment]
    body: Mapped[str]
    withdrawn_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("char_length(body) BETWEEN 1 AND 5000", name="body"),
        Index("ix_document_comment_document_id", "document_id", "id"),
    )


class Reading(Base):
    """That a person has read a document (read history): each time is in the trail, the sum of it here."""

    __tablename__ = "document_reading"

    document_id: Mapped[UUID] = mapped_column(ForeignKey("document.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    first_at: Mapped[Moment]
    last_at: Mapped[Moment]
    times: Mapped[int] = mapped_column(server_default=text("1"))

    __table_args__ = (CheckConstraint("times > 0", name="times"),)


class Acquaintance(Base):
    """A list of people and units that are to make themselves acquainted with a document; their receipts name it."""

    __tablename__ = "acquaintance"

    id: Mapped[Key]
    document_id: Mapped[UUID] = mapped_column(ForeignKey("document.id"), index=True)
    title: Mapped[str]
    due_on: Mapped[date | None]
    made_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[Moment]
