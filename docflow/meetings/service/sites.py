"""Keeping the list of sites."""

from uuid import UUID

from msgspec import UNSET
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.accounts import addressees
from docflow.accounts.listing import get_unit
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import require_version
from docflow.core.errors import invalid
from docflow.meetings import plans, queries
from docflow.meetings.models import Site, SiteKind
from docflow.meetings.policy import decide_site
from docflow.meetings.schemas import SiteChange, SiteIn

TEXTS = ("name", "room", "address", "technician", "technician_phone")


async def add_site(session: AsyncSession, actor: Actor, data: SiteIn) -> Site:
    """Add a site. Raises NotAllowed for a unit that the actor does not administer, Invalid, and SiteNameTaken when its row is written."""
    decide_site(actor).require()
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
    await _check(session, site, kind=True)
    await _require_unit(session, actor, site.unit_id)
    session.add(site)
    await session.flush()
    await audit.record(session, actor, Tag.SITE_ADDED, "site", site.id, site=site.name)
    return site


async def change_site(
    session: AsyncSession, actor: Actor, site_id: UUID, version: int, data: SiteChange
) -> Site:
    """Change what is given. A closed site takes no more bookings; those that it has stay.

    Raises NotFound, NotAllowed unless the actor administers its unit and the one it is given to, Stale, Invalid, and SiteNameTaken when its row is written.
    """
    site = await queries.get_site(session, site_id, to_change=True)
    decide_site(actor, (await get_unit(session, site.unit_id)).lineage).require()
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
    await _check(session, site, kind="kind_code" in changed)
    if "unit_id" in changed:
        await _require_unit(session, actor, site.unit_id)
    await session.flush()
    await audit.record(
        session, actor, Tag.SITE_CHANGED, "site", site.id, site=site.name, changed=sorted(changed)
    )
    return site


async def _check(session: AsyncSession, site: Site, *, kind: bool) -> None:
    plans.require(plans.wrong_texts({name: getattr(site, name) for name in TEXTS}))
    if kind and await session.get(SiteKind, site.kind_code) is None:
        raise invalid("kind_code", "site_kind_not_known")


async def _require_unit(session: AsyncSession, actor: Actor, unit_id: UUID) -> None:
    """The unit that a site is given to stands and is the actor's to administer."""
    (unit,) = await addressees.units(session, [unit_id], "unit_id")
    decide_site(actor, unit.lineage).require()
