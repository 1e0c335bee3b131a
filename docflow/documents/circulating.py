"""Rows of what circulates as what goes out."""

from collections.abc import Sequence
from datetime import datetime, time
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.core import clock
from docflow.core.clock import LOCAL_ZONE
from docflow.core.messages import Language, text_of
from docflow.core.working_calendar import WorkingCalendar, vietnam
from docflow.documents.models import Document
from docflow.documents.passing_on import pass_on_by
from docflow.documents.policy import decide_withdrawal
from docflow.documents.queries.circulation import list_readers
from docflow.documents.rendering import document_row
from docflow.documents.schemas.circulation import (
    AcquaintanceOut,
    AcquaintedOut,
    CommentOut,
    ReadBy,
    ReaderOut,
    ReadersOut,
    ReadingOut,
    SheetGroup,
    SheetLineOut,
    SheetOut,
    ToDirect,
    ToPassOn,
)
from docflow.documents.sheet import SheetLine

Reason = Literal["owner_unit", "receipt", "permitted"]


def to_pass_on_out(row: Row[Any]) -> ToPassOn:
    """With the last moment at which passing it on is in time."""
    year = row.registered_at.astimezone(LOCAL_ZONE).year
    latest = pass_on_by(row.urgency, row.registered_at, _calendar(year))
    return ToPassOn(document=document_row(row), pass_on_by=latest, is_overdue=latest < clock.now())


def to_direct_out(row: Row[Any]) -> ToDirect:
    """Overdue is what was not directed by the moment that was asked for, or by the end of the document's last day."""
    latest = row.due_at
    if latest is None and row.due_on is not None:
        latest = datetime.combine(row.due_on, time.max, LOCAL_ZONE)
    return ToDirect(
        receipt_id=row.receipt_id,
        document=document_row(row),
        given_to=row.given_to,
        sent_by_name=row.sent_by_name,
        sent_at=row.sent_at,
        note=row.note,
        due_at=row.due_at,
        opened_at=row.opened_at,
        is_overdue=latest is not None and latest < clock.now(),
    )


def reading_out(row: Row[Any]) -> ReadingOut:
    return ReadingOut(
        person_id=row.person_id,
        name=row.full_name,
        post=row.post,
        first_at=row.first_at,
        last_at=row.last_at,
        times=row.times,
    )


def comment_out(row: Row[Any], actor: Actor) -> CommentOut:
    withdrawn = row.withdrawn_at is not None
    return CommentOut(
        id=row.id,
        unit_id=row.unit_id,
        unit_name=row.name_vi,
        author_id=row.author_id,
        author_name=row.full_name,
        written_at=row.written_at,
        withdrawn_at=row.withdrawn_at,
        content=None if withdrawn else row.body,
        can_withdraw=not withdrawn and bool(decide_withdrawal(actor, row.author_id)),
    )


def acquaintance_out(row: Row[Any], counts: Row[Any] | None) -> AcquaintanceOut:
    return AcquaintanceOut(
        id=row.id,
        document_id=row.document_id,
        title=row.title,
        due_on=row.due_on,
        made_by_name=row.made_by_name,
        made_at=row.made_at,
        entries=counts.entries if counts else 0,
        people=counts.people if counts else 0,
        read=counts.read if counts else 0,
    )


def acquainted_out(row: Row[Any], people: list[Row[Any]]) -> AcquaintedOut:
    return AcquaintedOut(
        receipt_id=row.id,
        unit_id=row.unit_id,
        person_id=row.person_id,
        name=row.name_vi or row.full_name,
        people=len(people),
        read=sum(one.first_at is not None for one in people),
        members=[ReadBy(person_id=one.id, name=one.full_name, first_at=one.first_at) for one in people],
    )


def sheet_out(document: Document, lines: Sequence[SheetLine], language: Language) -> SheetOut:
    """The circulation sheet, with the words of each line."""
    return SheetOut(
        document=document_row(document),
        lines=[
            SheetLineOut(
                at=line.at,
                what=line.what,
                title=text_of(f"sheet_{line.what}", language),
                by=line.by,
                to=[SheetGroup(role=one.role, names=list(one.names)) for one in line.to],
                text=line.text,
                due_at=line.due_at,
            )
            for line in lines
        ],
    )


async def who_may_see(session: AsyncSession, document: Document) -> ReadersOut:
    """Everybody who is named as a reader of the document, and why."""
    rows = await list_readers(session, document)
    permitted = document.permitted
    own = next((row.no for row in rows if row.unit_id == document.unit_id), None)
    return ReadersOut(
        whole_unit=permitted is None or own in permitted,
        readers=[
            ReaderOut(
                unit_id=row.unit_id,
                person_id=row.person_id,
                name=row.name_vi or row.full_name,
                reasons=_reasons(row, document, permitted),
                members=row.members if row.unit_id else None,
            )
            for row in rows
        ],
        version=document.version,
    )


def _reasons(row: Row[Any], document: Document, permitted: list[int] | None) -> list[Reason]:
    base = row.unit_id == document.unit_id if permitted is None else row.no in permitted
    reasons: list[Reason] = []
    if base:
        reasons.append("owner_unit" if row.unit_id == document.unit_id else "permitted")
    if row.is_given:
        reasons.append("receipt")
    return reasons


@lru_cache(maxsize=4)
def _calendar(year: int) -> WorkingCalendar:
    return vietnam([year])
