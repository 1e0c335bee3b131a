"""Keeping the list of sites."""

from uuid import UUID

from msgspec import UNSET
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.accounts import addressees
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import require_version
from docflow.core.errors import invalid
from docflow.meetings import plans, queries
from docflow.meetings.models import Site, SiteKind
from docflow.meetings.policy import decide
from docflow.meetings.schemas import SiteChange, SiteIn

TEXTS = ("name", "room", "address", "technician", "technician_phone")


async def add_site(session: AsyncSession, actor: Actor, data: SiteIn) -> Site:
    """Add a site. Raises Invalid, and SiteNameTaken when its row is written."""
    decide(actor, Action.SITE_ADMINISTER).require()
    site = Site(
        name=data.name,
        kind_code=data.kind_code,
        unit_id=data.unit_id,
        room=data.room,
        address=data.address,
        seats=data.seats,
        technician=data.technician,
        technician_phone=data.technician_phone,
    )
    await _check(session, site, kind=True, unit=True)
    session.add(site)
    await session.flush()
    await audit.record(session, actor, Tag.SITE_ADDED, "site", site.id, site=site.name)
    return site


async def change_site(
    session: AsyncSession, actor: Actor, site_id: UUID, version: int, data: SiteChange
) -> Site:
    """Change what is given. A closed site takes no more bookings; those that it has stay.

    Raises NotFound, Stale, Invalid, and SiteNameTaken when its row is written.
    """
    site = await queries.get_site(session, site_id, to_change=True)
    decide(actor, Action.SITE_ADMINISTER).require()
    require_version(site.version, version)
    given = {name: value for name in data.__struct_fields__ if (value := getattr(data, name)) is not UNSET}
    closed = given.pop("closed", site.closed_at is not None)
    if closed != (site.closed_at is not None):
        given["closed_at"] = clock.now() if closed else None
    changed = {name: value for name, value in given.items() if value != getattr(site, name)}
    if not changed:
        return site
    for name, value in changed.items():
        setattr(site, name, value)
    await _check(session, site, kind="kind_code" in changed, unit="unit_id" in changed)
    await session.flush()
    await audit.record(
        session, actor, Tag.SITE_CHANGED, "site", site.id, site=site.name, changed=sorted(changed)
    )
    return site


async def _check(session: AsyncSession, site: Site, *, kind: bool, unit: bool) -> None:
    plans.require(plans.wrong_texts({name: getattr(site, name) for name in TEXTS}))
    if kind and await session.get(SiteKind, site.kind_code) is None:
        raise invalid("kind_code", "site_kind_not_known")
    if unit:
        await addressees.units(session, [site.unit_id], "unit_id")
