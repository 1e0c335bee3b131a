"""Directions, tasks, parts and progress reports."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from docflow.core.db import Base, Key, Moment, Word, one_of


class PartRole(StrEnum):
    """A unit's share in a task."""

    LEAD = "lead"
    COORDINATE = "coordinate"


class PartState(StrEnum):
    """Where a unit's part is; the table of transitions is in ``workflow``."""

    ASSIGNED = "assigned"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    COMPLETED = "completed"
    CLOSED = "closed"
    """Ended with something else: a coordinator's with the lead's part, any with the receipt that was closed."""
    RECALLED = "recalled"
    """Whoever gave the unit the document took it back, and the part with it."""


class LeaderDirection(Base):
    """What a leader wrote on a document (bút phê), once and for good."""

    __tablename__ = "leader_direction"

    id: Mapped[Key]
    document_id: Mapped[UUID] = mapped_column(ForeignKey("document.id"), index=True)
    leader_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    content: Mapped[str]
    directed_at: Mapped[Moment]


class Task(Base):
    """One deadline for one group of units. ``original_due_on`` is never overwritten."""

    __tablename__ = "task"

    id: Mapped[Key]
    direction_id: Mapped[UUID] = mapped_column(ForeignKey("leader_direction.id"), index=True)
    document_id: Mapped[UUID] = mapped_column(ForeignKey("document.id"), index=True)
    content: Mapped[str]
    assigned_at: Mapped[Moment]
    original_due_on: Mapped[date]
    due_at: Mapped[Moment]
    """End of work of the last day, in force now."""
    completed_at: Mapped[Moment | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
    __table_args__ = (CheckConstraint("due_at > assigned_at", name="due_after_assignment"),)


class Part(Base):
    """One unit's share. ``due_at`` and ``leader_id`` repeat the task's, so that a board is one index range."""

    __tablename__ = "task_part"

    id: Mapped[Key]
    task_id: Mapped[UUID] = mapped_column(ForeignKey("task.id"))
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"))
    role: Mapped[PartRole] = mapped_column(Word(PartRole))
    state: Mapped[PartState] = mapped_column(Word(PartState), server_default=text("'assigned'"))
    percent: Mapped[int] = mapped_column(server_default=text("0"))
    due_at: Mapped[Moment]
    leader_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    accepted_at: Mapped[Moment | None]
    returned_at: Mapped[Moment | None]
    return_reason: Mapped[str | None]
    finished_at: Mapped[Moment | None]
    """Completed, closed or recalled."""
    result_document_id: Mapped[UUID | None] = mapped_column(ForeignKey("document.id"))
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
    __table_args__ = (
        one_of("role", PartRole),
        one_of("state", PartState),
        CheckConstraint("percent BETWEEN 0 AND 100", name="percent"),
        CheckConstraint("(state = 'returned') = (return_reason IS NOT NULL)", name="return_reason"),
        CheckConstraint(
            "(state IN ('completed', 'closed', 'recalled')) = (finished_at IS NOT NULL)", name="finished"
        ),
        UniqueConstraint("task_id", "unit_id"),
        Index("uq_task_part_lead", "task_id", unique=True, postgresql_where=text("role = 'lead'")),
        Index(
            "ix_task_part_board",
            "unit_id",
            "due_at",
            "id",
            postgresql_where=text("state IN ('assigned', 'accepted')"),
        ),
        Index(
            "ix_task_part_directed",
            "leader_id",
            "due_at",
            "id",
            postgresql_where=text("state IN ('assigned', 'accepted')"),
        ),
        # The statistic reads nothing but this index.
        Index(
            "ix_task_part_unit_due",
            "unit_id",
            "due_at",
            "id",
            postgresql_include=["role", "state", "finished_at"],
        ),
    )


class Report(Base):
    """Progress that a unit reported."""

    __tablename__ = "task_report"

    id: Mapped[Key]
    part_id: Mapped[UUID] = mapped_column(ForeignKey("task_part.id"), index=True)
    percent: Mapped[int]
    note: Mapped[str]
    reported_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    reported_at: Mapped[Moment]

    __table_args__ = (CheckConstraint("percent BETWEEN 0 AND 100", name="percent"),)
