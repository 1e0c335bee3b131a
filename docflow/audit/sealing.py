"""Sealing the trail: what was added since the last seal becomes the next one, batch by batch, each in its own transaction."""

from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.audit.digests import FACTS, FIRST, event_digest, key_before, moment_of, seal_digest
from docflow.audit.models import AuditSeal
from docflow.core.db import Sessions, transaction

BATCH = 10_000
"""Events of one seal at most."""

LATE = timedelta(hours=1)
"""No transaction of ours lasts so long: an event whose id was made longer than this before the last seal, and that is in
no seal, was put there by somebody else. It is never sealed, and ``verifying`` names it."""

log = structlog.get_logger("docflow.audit")

# By the primary key from a place on which all that came before is sealed; who wrote late is met again within the hour.
_UNSEALED = text(
    f"""
    SELECT {", ".join(FACTS)} FROM audit_event
    WHERE id >= :since AND NOT EXISTS (SELECT FROM audit_sealed_event WHERE event_id = audit_event.id)
    ORDER BY id LIMIT :most
    """  # noqa: S608  (constants)
)
_ADD_EVENTS = text(
    """
    INSERT INTO audit_sealed_event (seal_no, position, event_id, digest)
    SELECT :no, position, event_id, digest
    FROM unnest(CAST(:ids AS uuid[]), CAST(:digests AS bytea[])) WITH ORDINALITY AS sealed (event_id, digest, position)
    """
)


async def seal(sessions: Sessions) -> int:
    """Seal everything that is not; how many events. Two workers at once seal nothing twice."""
    sealed = 0
    while True:
        async with transaction(sessions) as session:
            count = await seal_next(session)
        sealed += count
        if count < BATCH:
            return sealed


async def seal_next(session: AsyncSession, most: int = BATCH) -> int:
    """Make the next seal of at most so many events; how many it has, 0 when there is nothing to seal."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtext("docflow.audit.seal"))))
    last = await session.scalar(select(AuditSeal).order_by(AuditSeal.no.desc()).limit(1))
    events = (await session.execute(_UNSEALED, {"since": sealed_before(last), "most": most})).all()
    if not events:
        return 0
    no, previous = (last.no + 1, last.digest) if last else (1, FIRST)
    ids = [event.id for event in events]
    digests = [event_digest(event) for event in events]
    digest = seal_digest(no, previous, zip(ids, digests, strict=True))
    # By the clock that makes the ids of events: the two are compared.
    sealed_at = moment_of((await session.scalars(text("SELECT uuidv7()"))).one())
    await session.execute(
        insert(AuditSeal).values(
            no=no,
            sealed_at=sealed_at,
            event_count=len(events),
            previous_digest=previous,
            digest=digest,
        )
    )
    await session.execute(_ADD_EVENTS, {"no": no, "ids": ids, "digests": digests})
    # The log is kept elsewhere: a digest in it is a witness that whoever rewrites the database cannot reach.
    log.info("audit_sealed", seal=no, events=len(events), digest=digest.hex())
    return len(events)


def sealed_before(last: AuditSeal | None) -> UUID:
    """The id from which on an event may still wait to be sealed, after ``last``."""
    return key_before(last.sealed_at - LATE) if last else UUID(int=0)
