"""Opening dossiers, changing what is said of them and who may use them."""

from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import require_version
from docflow.core.errors import invalid
from docflow.core.text import fold
from docflow.documents.service.permission import require_confirmed
from docflow.dossiers.errors import HeadingWithdrawn
from docflow.dossiers.models import Dossier, DossierAccess, DossierHeading
from docflow.dossiers.policy import decide, decide_open
from docflow.dossiers.queries.dossiers import get_dossier, lineage_of
from docflow.dossiers.queries.headings import get_heading
from docflow.dossiers.schemas import ChangeAccess, ChangeDossier, OpenDossier
from docflow.dossiers.service.headings import require_keeper
from docflow.dossiers.service.readers import named_people, readers_of, require_cleared, secrecy_of
from docflow.dossiers.workflow import next_code, require_open


async def open_dossier(session: AsyncSession, actor: Actor, data: OpenDossier) -> Dossier:
    """Open a dossier under a heading, with the next code. Raises NotFound, NotAllowed, HeadingWithdrawn, Invalid."""
    heading = await get_heading(session, actor, data.heading_id)
    decide_open(actor, heading.unit_id).require()
    heading = await get_heading(session, actor, data.heading_id, lock=True)
    if heading.withdrawn_at is not None:
        raise HeadingWithdrawn(heading=heading.code)
    keeper_id = data.keeper_id or actor.person_id
    await require_keeper(session, heading.unit_id, keeper_id)
    await require_cleared(session, data.access, keeper_id)
    if data.access is DossierAccess.SECRET and not actor.clearance:
        raise invalid("access", "not_cleared_for_secret_dossiers")
    dossier = await _opened(session, actor, heading, keeper_id, data)
    session.add(dossier)
    await session.flush()
    await audit.record(
        session,
        actor,
        Tag.DOSSIER_OPENED,
        "dossier",
        dossier.id,
        on_behalf_of=dossier.unit_id,
        code=dossier.code,
        year=dossier.year,
        title=dossier.title,
        note=dossier.note,
        heading_id=str(heading.id),
        retention=dossier.retention.value,
        keeper_id=str(keeper_id),
        access=dossier.access.value,
        named=dossier.named,
    )
    return dossier


async def change_dossier(
    session: AsyncSession, actor: Actor, dossier_id: UUID, version: int, data: ChangeDossier
) -> Dossier:
    """Change title, keeper or note of an open dossier.

    Raises NotFound, NotAllowed, Stale, DossierNotOpen, DossierHandedOver, Invalid, WouldWiden.
    """
    dossier = await kept_dossier(session, actor, dossier_id, version)
    require_open(dossier)
    new = {
        name: value
        for name in ("title", "keeper_id", "note")
        if (value := getattr(data, name)) is not msgspec.UNSET
    }
    changed = {
        name: [_told(getattr(dossier, name)), _told(value)]
        for name, value in new.items()
        if value != getattr(dossier, name)
    }
    if not changed:
        return dossier
    if "keeper_id" in changed:
        await _give_to(session, dossier, new["keeper_id"], data.confirmation)
    for name, value in new.items():
        setattr(dossier, name, value)
    dossier.found_by = found_by(dossier)
    await session.flush()
    await audit.record(
        session,
        actor,
        Tag.DOSSIER_CHANGED,
        "dossier",
        dossier.id,
        on_behalf_of=dossier.unit_id,
        changed=changed,
        readers=dossier.readers,
    )
    return dossier


async def change_access(
    session: AsyncSession, actor: Actor, dossier_id: UUID, version: int, data: ChangeAccess
) -> Dossier:
    """Say who may use a dossier, in whatever state it is; that more people may than before is to be confirmed.

    Raises NotFound, NotAllowed, Stale, Invalid, WouldWiden.
    """
    dossier = await kept_dossier(session, actor, dossier_id, version)
    if data.access is DossierAccess.SECRET and not actor.clearance:
        raise invalid("access", "not_cleared_for_secret_dossiers")
    await require_cleared(session, data.access, dossier.keeper_id)
    named = await named_people(session, data.access, data.person_ids)
    readers = await readers_of(session, dossier.unit_id, data.access, dossier.keeper_id, named)
    secrecy = secrecy_of(data.access)
    # Of a secret dossier some of those named may have seen nothing for lack of a clearance: all of them are told.
    before = [] if secrecy < secrecy_of(dossier.access) else dossier.readers
    await require_confirmed(session, before, readers, data.confirmation, secrecy=secrecy, about=dossier.id)
    changed: dict[str, list[Any]] = {
        "access": [dossier.access.value, data.access.value],
        "named": [dossier.named, named],
        "readers": [dossier.readers, readers],
    }
    dossier.access, dossier.named, dossier.readers = data.access, named, readers
    await session.flush()
    await audit.record(
        session,
        actor,
        Tag.DOSSIER_PERMITTED,
        "dossier",
        dossier.id,
        on_behalf_of=dossier.unit_id,
        changed={name: both for name, both in changed.items() if both[0] != both[1]},
    )
    return dossier


async def kept_dossier(session: AsyncSession, actor: Actor, dossier_id: UUID, version: int) -> Dossier:
    """The dossier, locked, for its keeper or the head of its unit. Raises NotFound, NotAllowed, Stale."""
    dossier = await get_dossier(session, actor, dossier_id, lock=True)
    decide(actor, Action.DOSSIER_KEEP, dossier, await lineage_of(session, dossier)).require()
    require_version(dossier.version, version)
    return dossier


def found_by(dossier: Dossier) -> str:
    """What its list is searched in."""
    return fold(f"{dossier.code} {dossier.title} {dossier.note}")


async def _opened(
    session: AsyncSession, actor: Actor, heading: DossierHeading, keeper_id: UUID, data: OpenDossier
) -> Dossier:
    """The row of a new dossier; its heading is locked, so two at once get different codes."""
    taken = await session.scalar(
        select(func.count()).select_from(Dossier).where(Dossier.heading_id == heading.id)
    )
    named = await named_people(session, data.access, data.person_ids)
    dossier = Dossier(
        unit_id=heading.unit_id,
        heading_id=heading.id,
        year=heading.year,
        code=next_code(heading.code, taken or 0),
        title=data.title or heading.title,
        retention=heading.retention,
        access=data.access,
        keeper_id=keeper_id,
        named=named,
        readers=await readers_of(session, heading.unit_id, data.access, keeper_id, named),
        note=data.note,
        opened_on=clock.today(),
        opened_by=actor.person_id,
    )
    dossier.found_by = found_by(dossier)
    return dossier


async def _give_to(
    session: AsyncSession, dossier: Dossier, keeper_id: UUID, confirmation: str | None
) -> None:
    await require_keeper(session, dossier.unit_id, keeper_id)
    await require_cleared(session, dossier.access, keeper_id)
    readers = await readers_of(session, dossier.unit_id, dossier.access, keeper_id, dossier.named)
    secrecy = secrecy_of(dossier.access)
    # Of an open one every member of the unit is a reader already, so nobody new is.
    if dossier.access is not DossierAccess.OPEN:
        await require_confirmed(
            session, dossier.readers, readers, confirmation, secrecy=secrecy, about=dossier.id
        )
    dossier.readers = readers


def _told(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value
