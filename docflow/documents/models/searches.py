"""Searches that people keep, what they were told of, and the words that documents are found by."""

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from docflow.core.db import Base, Key, Moment


class SavedSearch(Base):
    """A search somebody keeps: words, filters, order and columns. It finds what its owner may see at that moment."""

    __tablename__ = "saved_search"

    id: Mapped[Key]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str]
    search: Mapped[dict[str, Any]] = mapped_column(JSONB)
    by_mail: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether new hits are told by mail as well."""
    kept_at: Mapped[Moment]
    looked_at: Mapped[Moment]
    """When its owner last looked: what came since is new."""
    told_until: Mapped[Moment]
    """How far the worker has looked for new hits."""
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
    __table_args__ = (
        UniqueConstraint("person_id", "name"),
        Index("ix_saved_search_told_until", "told_until"),
    )


class SavedSearchHit(Base):
    """A document that came to a saved search after it was kept; each once."""

    __tablename__ = "saved_search_hit"

    search_id: Mapped[UUID] = mapped_column(
        ForeignKey("saved_search.id", ondelete="CASCADE"), primary_key=True
    )
    document_id: Mapped[UUID] = mapped_column(ForeignKey("document.id"), primary_key=True, index=True)
    found_at: Mapped[Moment]


class SearchWord(Base):
    """A folded word that some document is found by; near misses are looked for here."""

    __tablename__ = "search_word"

    word: Mapped[str] = mapped_column(primary_key=True)

    __table_args__ = (
        Index(
            "ix_search_word_near",
            "word",
            postgresql_using="gin",
            postgresql_ops={"word": "gin_trgm_ops"},
        ),
    )
