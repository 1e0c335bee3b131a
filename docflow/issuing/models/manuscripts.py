"""Manuscripts: the text and its versions, who works on it, who has to agree, and by which rules."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from docflow.access.roles import Role
from docflow.core.db import Base, Key, Moment, Word, one_of
from docflow.documents.models import Authority, Direction, Urgency
from docflow.issuing.models.words import (
    ManuscriptState,
    RecipientRole,
    StepKind,
    StepPlace,
    StepState,
    SuccessionKind,
    VersionOrigin,
)


class Manuscript(Base):
    """A document that is being written. ``readers`` are principals, as of documents: the one rule of visibility."""

    __tablename__ = "manuscript"

    id: Mapped[Key]
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"), index=True)
    """The unit that drafts it."""
    issuing_unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"), index=True)
    """The body in whose name it is issued and in whose register it gets its number."""
    author_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    direction: Mapped[Direction] = mapped_column(Word(Direction), server_default=text("'outgoing'"))
    kind_code: Mapped[str] = mapped_column(ForeignKey("document_kind.code"))
    field: Mapped[str] = mapped_column(server_default=text("''"))
    """The last part of an official letter's symbol, as VX in 12/UBND-VX."""
    subject: Mapped[str]
    body: Mapped[str] = mapped_column(server_default=text("''"))
    """The text that a template sets between subject and signature; empty when the text is in uploaded versions."""
    place: Mapped[str] = mapped_column(server_default=text("''"))
    """Where it is issued, as the head of the document names it (Decree 30, Appendix I)."""
    language: Mapped[str] = mapped_column(server_default=text("'vi'"))
    urgency: Mapped[Urgency] = mapped_column(Word(Urgency), server_default=text("'normal'"))
    due_on: Mapped[date | None]
    note: Mapped[str] = mapped_column(server_default=text("''"))
    signer_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    signer_post: Mapped[str] = mapped_column(server_default=text("''"))
    signer_authority: Mapped[Authority | None] = mapped_column(Word(Authority))
    copy_kept_by: Mapped[str] = mapped_column(server_default=text("''"))
    template_id: Mapped[UUID | None] = mapped_column(ForeignKey("letter_template.id"))
    """A province's own layout; none: the one of Decree 30 for its kind."""
    answers_id: Mapped[UUID | None] = mapped_column(ForeignKey("document.id"), index=True)
    """The document that it replies to."""
    answers_receipt_id: Mapped[UUID | None] = mapped_column(ForeignKey("receipt.id"))
    """The receipt that its issue completes."""
    succession: Mapped[SuccessionKind | None] = mapped_column(Word(SuccessionKind))
    target_id: Mapped[UUID | None] = mapped_column(ForeignKey("document.id"), index=True)
    """The issued document that it corrects, replaces or recalls."""
    whole_unit: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether everybody of the drafting unit sees it and works on it, or only people who are named."""
    collaborators: Mapped[list[int]] = mapped_column(ARRAY(Integer), server_default=text("'{}'"))
    """Principals of the people whom its author named to work on it."""
    readers: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    seats: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    """Roles in units, ``12:unit_head``: whoever holds one reads it, whoever that is by then."""
    state: Mapped[ManuscriptState] = mapped_column(Word(ManuscriptState), server_default=text("'drafting'"))
    round: Mapped[int] = mapped_column(server_default=text("0"))
    """How often it was submitted."""
    begun_at: Mapped[Moment]
    submitted_at: Mapped[datetime | None]
    approved_at: Mapped[datetime | None]
    signed_at: Mapped[datetime | None]
    signed_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    signed_on_paper: Mapped[bool] = mapped_column(server_default=text("false"))
    closed_at: Mapped[datetime | None]
    """Issued or withdrawn."""
    withdraw_reason: Mapped[str | None]
    document_id: Mapped[UUID | None] = mapped_column(ForeignKey("document.id"), unique=True)
    """What it was issued as."""
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
    __table_args__ = (
        one_of("direction", Direction),
        one_of("urgency", Urgency),
        one_of("signer_authority", Authority),
        one_of("succession", SuccessionKind),
        one_of("state", ManuscriptState),
        CheckConstraint("direction <> 'incoming'", name="not_incoming"),
        CheckConstraint("char_length(subject) BETWEEN 1 AND 500", name="subject_length"),
        CheckConstraint("(succession IS NULL) = (target_id IS NULL)", name="succession_of_something"),
        CheckConstraint("(state = 'issued') = (document_id IS NOT NULL)", name="issued"),
        CheckConstraint("(state = 'withdrawn') = (withdraw_reason IS NOT NULL)", name="withdrawn"),
        CheckConstraint("(state IN ('issued', 'withdrawn')) = (closed_at IS NOT NULL)", name="closed"),
        CheckConstraint("state NOT IN ('signed', 'issued') OR signed_at IS NOT NULL", name="signed"),
        Index("ix_manuscript_readers", "readers", postgresql_using="gin"),
        Index("ix_manuscript_seats", "seats", postgresql_using="gin"),
    )


class ManuscriptRecipient(Base):
    """Somebody whom it will be sent to, in the order of the list of recipients: a unit, a person, or an address outside."""

    __tablename__ = "manuscript_recipient"

    manuscript_id: Mapped[UUID] = mapped_column(ForeignKey("manuscript.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    role: Mapped[RecipientRole] = mapped_column(Word(RecipientRole))
    principal_no: Mapped[int | None] = mapped_column(ForeignKey("principal.no"))
    name: Mapped[str]
    """As the list of recipients says it."""
    email: Mapped[str | None]
    by_link: Mapped[bool] = mapped_column(server_default=text("false"))
    """The mail has a personal link instead of the file."""

    __table_args__ = (
        one_of("role", RecipientRole),
        CheckConstraint("principal_no IS NULL OR email IS NULL", name="inside_or_outside"),
    )


class ManuscriptVersion(Base):
    """A version of the text; all of them stay."""

    __tablename__ = "manuscript_version"

    manuscript_id: Mapped[UUID] = mapped_column(ForeignKey("manuscript.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    file_id: Mapped[UUID] = mapped_column(ForeignKey("file.id"), unique=True)
    origin: Mapped[VersionOrigin] = mapped_column(Word(VersionOrigin))
    base_number: Mapped[int | None]
    """The version that its author began from."""
    made_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[Moment]
    note: Mapped[str] = mapped_column(server_default=text("''"))
    layout: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """What its file says of paper, margins and typefaces, once it was looked at; lengths in millimetres."""

    __table_args__ = (one_of("origin", VersionOrigin), CheckConstraint("number > 0", name="number"))


class WorkingCopy(Base):
    """The version that one person has checked out; nobody else adds a version until it is returned or has expired."""

    __tablename__ = "working_copy"

    manuscript_id: Mapped[UUID] = mapped_column(ForeignKey("manuscript.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    number: Mapped[int]
    """The version that was taken."""
    taken_at: Mapped[Moment]
    expires_at: Mapped[Moment]

    __table_args__ = (CheckConstraint("expires_at > taken_at", name="expiry"),)


class ManuscriptComment(Base):
    """A remark on a version. Kept as written; whoever has dealt with it settles it."""

    __tablename__ = "manuscript_comment"

    id: Mapped[Key]
    manuscript_id: Mapped[UUID] = mapped_column(ForeignKey("manuscript.id"))
    number: Mapped[int]
    author_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    written_at: Mapped[Moment]
    body: Mapped[str]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))

    __table_args__ = (
        CheckConstraint("char_length(body) BETWEEN 1 AND 5000", name="body"),
        ForeignKeyConstraint(
            ["manuscript_id", "number"],
            ["manuscript_version.manuscript_id", "manuscript_version.number"],
            name="fk_manuscript_comment_version",
        ),
        Index("ix_manuscript_comment_manuscript_id", "manuscript_id", "id"),
    )


class ManuscriptStep(Base):
    """One decision that a manuscript needs. Steps of the same position of a round are taken side by side."""

    __tablename__ = "manuscript_step"

    id: Mapped[Key]
    manuscript_id: Mapped[UUID] = mapped_column(ForeignKey("manuscript.id"))
    round: Mapped[int]
    position: Mapped[int]
    kind: Mapped[StepKind] = mapped_column(Word(StepKind))
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"))
    role: Mapped[Role | None] = mapped_column(Word(Role))
    """Whoever holds it in the unit decides; or the person named does."""
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    state: Mapped[StepState] = mapped_column(Word(StepState), server_default=text("'waiting'"))
    number: Mapped[int | None]
    """The version that was decided on."""
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(server_default=text("''"))
    checklist: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
    """Of a check of form: what the program found and what the registry says of it."""
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
    __table_args__ = (
        one_of("kind", StepKind),
        one_of("role", Role),
        one_of("state", StepState),
        CheckConstraint("(role IS NULL) <> (person_id IS NULL)", name="role_or_person"),
        CheckConstraint("(state IN ('passed', 'sent_back')) = (decided_at IS NOT NULL)", name="decided"),
        Index("ix_manuscript_step_manuscript_id", "manuscript_id", "round", "position"),
        Index("ix_manuscript_step_waiting", "unit_id", "id", postgresql_where=text("state = 'waiting'")),
    )


class ApprovalRule(Base):
    """Who has to agree to what kind of document of which body, and in which order. The most exact set of rules holds:
    of the body and the kind, of the body, of the kind, of every body."""

    __tablename__ = "approval_rule"

    id: Mapped[Key]
    unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("unit.id"))
    """The issuing body; none: every body."""
    kind_code: Mapped[str | None] = mapped_column(ForeignKey("document_kind.code"))
    position: Mapped[int]
    kind: Mapped[StepKind] = mapped_column(Word(StepKind))
    place: Mapped[StepPlace] = mapped_column(Word(StepPlace))
    role: Mapped[Role | None] = mapped_column(Word(Role))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))

    __table_args__ = (
        one_of("kind", StepKind),
        one_of("place", StepPlace),
        one_of("role", Role),
        CheckConstraint(
            "num_nonnulls(role, person_id) = CASE WHEN place = 'signer' THEN 0 ELSE 1 END",
            name="role_or_person",
        ),
        Index("ix_approval_rule_unit_id", "unit_id", "kind_code", "position"),
    )


class LetterTemplate(Base):
    """A province's own layout: a DOCX with named fields, and nothing in it that runs."""

    __tablename__ = "letter_template"

    id: Mapped[Key]
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"))
    """For manuscripts of this body and those below it."""
    kind_code: Mapped[str | None] = mapped_column(ForeignKey("document_kind.code"))
    title: Mapped[str]
    file_id: Mapped[UUID] = mapped_column(ForeignKey("file.id"), unique=True)
    fields: Mapped[list[str]] = mapped_column(ARRAY(Text))
    added_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    added_at: Mapped[Moment]
    retired_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
    __table_args__ = (UniqueConstraint("unit_id", "title", "added_at"),)
