"""Telling keepers and heads 30 days before a dossier is to be handed over to the archive (domain §1.6).

What is due is computed from the data, so the job may run as often as it likes; ``noticed_at`` and the effect of each
letter keep it from telling twice.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.accounts import addressees
from docflow.accounts.addressees import Addressee
from docflow.accounts.models import Person, Unit
from docflow.accounts.queries import find_actor
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.dossiers.models import Dossier, DossierState
from docflow.dossiers.policy import visible_to
from docflow.dossiers.queries.contents import totals
from docflow.dossiers.workflow import NOTICE_DAYS
from docflow.notifications.mail import Mailbox
from docflow.notifications.service import Draft, Postman

BATCH = 50
WORKER = "worker"
"""Who noticed, in the trail."""


async def notice_hand_overs(sessions: Sessions, postman: Postman) -> None:
    """Tell of every dossier that is to be handed over within NOTICE_DAYS and of which nobody was told; a few of them in
    a transaction. Running it twice does no harm."""
    told = BATCH
    while told == BATCH:
        async with transaction(sessions) as session:
            told = await notice_next(session, postman)


async def notice_next(session: AsyncSession, postman: Postman) -> int:
    """How many of the next BATCH there were."""
    until = clock.today() + timedelta(days=NOTICE_DAYS)
    due = (
        await session.scalars(
            select(Dossier)
            .where(
                Dossier.state == DossierState.CLOSED,
                Dossier.hand_over_by <= until,
                Dossier.noticed_at.is_(None),
                Dossier.proposed_at.is_(None),
            )
            .order_by(Dossier.hand_over_by, Dossier.id)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        )
    ).all()
    for dossier in due:
        await _notice(session, postman, dossier)
    return len(due)


async def _notice(session: AsyncSession, postman: Postman, dossier: Dossier) -> None:
    names = (
        await session.execute(
            select(Unit.name_vi.label("unit_name"), Person.full_name.label("keeper_name"))
            .join(Person, Person.id == dossier.keeper_id)
            .where(Unit.id == dossier.unit_id)
        )
    ).one()
    told: list[Addressee] = []
    for one in await _addressees(session, dossier):
        letter = await _letter(session, postman, dossier, names, one)
        if letter is not None:
            await postman.post(session, [letter])
            told.append(one)
    dossier.noticed_at = clock.now()
    await session.flush()
    await audit.record(
        session,
        None,
        Tag.DOSSIER_NOTICED,
        "dossier",
        dossier.id,
        name=WORKER,
        on_behalf_of=dossier.unit_id,
        code=dossier.code,
        hand_over_by=str(dossier.hand_over_by),
        to=[one.name for one in told],
    )


async def _addressees(session: AsyncSession, dossier: Dossier) -> list[Addressee]:
    """The keeper and the heads of the unit, who are in service."""
    values = {"unit": dossier.unit_id, "keeper": dossier.keeper_id, "today": clock.today()}
    ids: set[UUID] = set(await session.scalars(_TOLD, values))
    return await addressees.people(session, ids)


async def _letter(
    session: AsyncSession, postman: Postman, dossier: Dossier, names: Any, to: Addressee
) -> Draft | None:
    """The mail ``dossiers/hand_over`` as the addressee may know it; None for one who does not see the dossier."""
    actor = await find_actor(session, to.person_id) if to.person_id else None
    if actor is None or not to.email:
        return None
    seen = await session.scalar(select(Dossier.id).where(Dossier.id == dossier.id, visible_to(actor)))
    if seen is None or dossier.hand_over_by is None:
        return None
    held = await totals(session, actor, dossier.id)
    facts = {
        "recipient_name": to.name,
        "code": f"{dossier.code} ({dossier.year})",
        "title": dossier.title,
        "unit_name": names.unit_name,
        "keeper_name": names.keeper_name,
        "closed_on": dossier.closed_on,
        "hand_over_by": dossier.hand_over_by,
        "days": (dossier.hand_over_by - clock.today()).days,
        "document_count": held.documents,
        "link": postman.link(f"/api/v1/dossiers/{dossier.id}"),
    }
    return Draft(
        effect=f"dossier/{dossier.id}/hand_over/{to.principal_no}/{dossier.hand_over_by.isoformat()}",
        thread=f"dossier/{dossier.id}/{to.principal_no}",
        to=Mailbox(to.email, to.name),
        words=postman.words("dossiers/hand_over", to.language, facts),
        about=("dossier", dossier.id),
    )


_TOLD = text(
    """
    SELECT person.id FROM person WHERE person.frozen_at IS NULL AND (
        person.id = :keeper OR EXISTS (
            SELECT FROM role_held AS held WHERE held.person_id = person.id AND held.unit_id = :unit
              AND held.role = 'unit_head' AND held.valid_from <= :today
              AND (held.valid_to IS NULL OR held.valid_to > :today)
        )
    )
    """
)
