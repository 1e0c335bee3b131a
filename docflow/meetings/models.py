"""Sites, meetings, bookings and participants."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from docflow.core.db import Base, Key, Moment, No, Word, one_of


class SiteKind(Base):
    """Kinds of site are data."""

    __tablename__ = "site_kind"

    code: Mapped[str] = mapped_column(primary_key=True)
    name_vi: Mapped[str]
    name_en: Mapped[str]


class Site(Base):
    """A place that joins a video meeting (điểm cầu)."""

    __tablename__ = "site"

    id: Mapped[Key]
    no: Mapped[No]
    name: Mapped[str] = mapped_column(unique=True)
    kind_code: Mapped[str] = mapped_column(ForeignKey("site_kind.code"))
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"))
    room: Mapped[str]
    address: Mapped[str]
    seats: Mapped[int]
    technician: Mapped[str]
    technician_phone: Mapped[str]
    closed_at: Mapped[Moment | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
    __table_args__ = (CheckConstraint("seats > 0", name="seats"),)


class MeetingState(StrEnum):
    """A meeting stands or is cancelled; past and running are read off the clock."""

    SCHEDULED = "scheduled"
    CANCELLED = "cancelled"


class Meeting(Base):
    """One session across sites. ``sequence`` is iCalendar's; ``token`` is in the organizer's address."""

    __tablename__ = "meeting"

    id: Mapped[Key]
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"))
    """The convening unit."""
    organizer_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    document_id: Mapped[UUID | None] = mapped_column(ForeignKey("document.id"), index=True)
    subject: Mapped[str]
    description: Mapped[str]
    letter_number: Mapped[str | None]
    """The symbol of the invitation letter (Giấy mời)."""
    join_url: Mapped[str | None]
    starts_at: Mapped[Moment]
    ends_at: Mapped[Moment]
    central_site_no: Mapped[int] = mapped_column(ForeignKey("site.no"))
    state: Mapped[MeetingState] = mapped_column(Word(MeetingState), server_default=text("'scheduled'"))
    cancel_reason: Mapped[str | None]
    uid: Mapped[str] = mapped_column(unique=True)
    token: Mapped[str] = mapped_column(unique=True)
    sequence: Mapped[int] = mapped_column(server_default=text("0"))
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
    __table_args__ = (
        one_of("state", MeetingState),
        CheckConstraint("ends_at > starts_at", name="times"),
        CheckConstraint("char_length(subject) BETWEEN 1 AND 500", name="subject_length"),
        CheckConstraint("(state = 'cancelled') = (cancel_reason IS NOT NULL)", name="cancel_reason"),
        Index("ix_meeting_starts_at", "starts_at", "id"),
    )


class Booking(Base):
    """A site held for a meeting. The database refuses a second booking that overlaps (architecture §9)."""

    __tablename__ = "booking"

    id: Mapped[Key]
    meeting_id: Mapped[UUID] = mapped_column(ForeignKey("meeting.id"), index=True)
    site_no: Mapped[int] = mapped_column(ForeignKey("site.no"), index=True)
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    released_at: Mapped[Moment | None]

    __table_args__ = (
        CheckConstraint("NOT isempty(during)", name="during"),
        ExcludeConstraint(
            (text("int8range(site_no, site_no, '[]')"), "&&"),
            ("during", "&&"),
            name="ex_booking_site_twice",
            using="gist",
            where=text("released_at IS NULL"),
        ),
    )


class ParticipantRole(StrEnum):
    """What somebody is in a meeting (domain §3)."""

    CHAIR = "chair"
    SECRETARY = "secretary"
    PRESENTER = "presenter"
    MEMBER = "member"
    GUEST = "guest"
    TECHNICIAN = "technician"


class Answer(StrEnum):
    """What an invited person said."""

    NEEDS_ACTION = "needs_action"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    TENTATIVE = "tentative"


class Participant(Base):
    """Somebody invited by address. ``link_digest`` is of the secret in the answer link; a new link ends the old."""

    __tablename__ = "participant"

    id: Mapped[Key]
    meeting_id: Mapped[UUID] = mapped_column(ForeignKey("meeting.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"), index=True)
    email: Mapped[str]
    name: Mapped[str]
    role: Mapped[ParticipantRole] = mapped_column(Word(ParticipantRole))
    site_no: Mapped[int] = mapped_column(ForeignKey("site.no"))
    answer: Mapped[Answer] = mapped_column(Word(Answer), server_default=text("'needs_action'"))
    answer_note: Mapped[str]
    answered_at: Mapped[Moment | None]
    link_digest: Mapped[bytes] = mapped_column(unique=True)
    link_sequence: Mapped[int]
    """The meeting's sequence that the link was mailed with."""
    removed_at: Mapped[Moment | None]

    __table_args__ = (
        one_of("role", ParticipantRole),
        one_of("answer", Answer),
        Index(
            "uq_participant_invited",
            "meeting_id",
            text("lower(email)"),
            unique=True,
            postgresql_where=text("removed_at IS NULL"),
        ),
        Index("ix_participant_address", text("lower(email)"), postgresql_where=text("removed_at IS NULL")),
        Index(
            "uq_participant_chair",
            "meeting_id",
            unique=True,
            postgresql_where=text("role = 'chair' AND removed_at IS NULL"),
        ),
    )
