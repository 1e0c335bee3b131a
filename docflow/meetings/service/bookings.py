"""Holding sites. The database decides who gets one (``ex_booking_site_twice``); here its refusal gets words."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import errors as pg
from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.core.clock import LOCAL_ZONE
from docflow.core.errors import FieldError, Invalid
from docflow.meetings import queries
from docflow.meetings.errors import SiteAlreadyBooked
from docflow.meetings.models import Booking, Meeting, Site
from docflow.meetings.queries import Clash


async def sites_named(session: AsyncSession, site_ids: Collection[UUID], field: str) -> dict[UUID, Site]:
    """The sites by key. Raises Invalid when one does not exist."""
    found = {site.id: site for site in await session.scalars(select(Site).where(Site.id.in_(site_ids)))}
    if missing := sorted(str(site_id) for site_id in site_ids if site_id not in found):
        raise Invalid(FieldError(f"/{field}", "site_not_known", {"ids": ", ".join(missing)}))
    return found


async def refuse_clashes(
    session: AsyncSession, actor: Actor, meeting: Meeting, sites: Collection[Site]
) -> None:
    """Raise SiteAlreadyBooked when a site is known to be taken: most refusals need to wait for nobody."""
    numbers = [site.no for site in sites]
    clashes = await queries.find_clashes(
        session, actor, numbers, meeting.starts_at, meeting.ends_at, besides=meeting.id
    )
    if clashes:
        raise _refusal(clashes)


async def hold(session: AsyncSession, actor: Actor, meeting: Meeting, sites: Collection[Site]) -> None:
    """Hold exactly these sites for the time of the meeting, and let go of its others.

    Raises SiteAlreadyBooked naming every clash, with no booking changed, and Invalid for a closed site. The
    sites' rows are taken in the order of their numbers, so two bookings never wait for each other.
    """
    numbers = sorted(site.no for site in sites)
    await _lock_open(session, numbers)
    try:
        async with session.begin_nested():
            await _book(session, meeting, numbers)
    except DBAPIError as error:
        if isinstance(error.orig, (pg.ExclusionViolation, pg.DeadlockDetected)):
            await refuse_clashes(session, actor, meeting, sites)
            # Whoever held the site has let go of it since.
            raise _refusal([]) from error
        raise


async def release(session: AsyncSession, meeting_id: UUID, now: datetime) -> None:
    """Let go of every site of a meeting; the bookings stay, as its sites."""
    await session.execute(
        update(Booking)
        .where(Booking.meeting_id == meeting_id, Booking.released_at.is_(None))
        .values(released_at=now)
    )


async def _lock_open(session: AsyncSession, numbers: list[int]) -> None:
    # FOR NO KEY UPDATE: waits for other bookings and for closing, not for rows that merely refer to the site.
    rows = await session.execute(
        select(Site.name, Site.closed_at)
        .where(Site.no.in_(numbers))
        .order_by(Site.no)
        .with_for_update(key_share=True)
    )
    closed = [row.name for row in rows if row.closed_at is not None]
    if closed:
        raise Invalid(FieldError("/site_ids", "site_closed", {"sites": ", ".join(closed)}))


async def _book(session: AsyncSession, meeting: Meeting, numbers: list[int]) -> None:
    during = Range(meeting.starts_at, meeting.ends_at)
    own = Booking.meeting_id == meeting.id
    await session.execute(delete(Booking).where(own, Booking.site_no.not_in(numbers)))
    kept = await session.scalars(update(Booking).where(own).values(during=during).returning(Booking.site_no))
    further = set(numbers) - set(kept)
    rows = [{"meeting_id": meeting.id, "site_no": no, "during": during} for no in sorted(further)]
    if rows:
        # One statement: a refused batch of many would leave the driver's pipeline to complain.
        await session.execute(insert(Booking).values(rows))


def _refusal(clashes: list[Clash]) -> SiteAlreadyBooked:
    """``named`` is the same in every language: what may not be known is left out."""
    meetings: dict[str, list[str]] = {}
    for clash in clashes:
        meeting = f"({_when(clash)})" + (f" “{clash.meeting}”" if clash.visible else "")
        meetings.setdefault(meeting, []).append(clash.site)
    named = "; ".join(f"{', '.join(sites)} {meeting}" for meeting, sites in meetings.items())
    return SiteAlreadyBooked(clashes=[_told(clash) for clash in clashes], named=named or "…")


def _told(clash: Clash) -> dict[str, Any]:
    return {
        "site_id": str(clash.site_id),
        "site": clash.site,
        "meeting_id": str(clash.meeting_id) if clash.visible else None,
        "meeting": clash.meeting if clash.visible else None,
        "starts_at": clash.starts_at.isoformat(),
        "ends_at": clash.ends_at.isoformat(),
        "when": _when(clash),
    }


def _when(clash: Clash) -> str:
    starts, ends = clash.starts_at.astimezone(LOCAL_ZONE), clash.ends_at.astimezone(LOCAL_ZONE)
    until = f"{ends:%H:%M}" if starts.date() == ends.date() else f"{ends:%d/%m/%Y %H:%M}"
    return f"{starts:%d/%m/%Y %H:%M}–{until}"
