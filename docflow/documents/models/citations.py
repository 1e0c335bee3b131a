"""What a document cites, as its words say it. Links are made by key when they are read, so none is ever stale."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from docflow.core.db import Base, Key, Word, one_of
from docflow.documents.models.words import Relation


class Citation(Base):
    """One document named in another's subject or text. ``symbol_keys`` has several when the words may mean several
    kinds (HD or HĐ). Who cites a document is found by ``Document.cited``, which an index holds beside the readers."""

    __tablename__ = "citation"

    id: Mapped[Key]
    document_id: Mapped[UUID] = mapped_column(ForeignKey("document.id"), index=True)
    """The citing document."""
    written: Mapped[str]
    """The symbol as it stands there."""
    symbol_keys: Mapped[list[str]] = mapped_column(ARRAY(Text))
    issued_on: Mapped[date | None]
    """The cited document's date, where it is said."""
    issuer: Mapped[str]
    """Whose document it is, in the words of the text; empty where it is not said."""
    relation: Mapped[Relation] = mapped_column(Word(Relation))
    place: Mapped[str]
    """``subject`` or ``text``."""
    page: Mapped[int | None]
    """From 1, in a text with pages."""
    excerpt: Mapped[str]
    """The words around it."""

    __table_args__ = (
        one_of("relation", Relation),
        CheckConstraint("place IN ('subject', 'text')", name="place"),
        CheckConstraint("cardinality(symbol_keys) > 0", name="symbol_keys"),
    )
