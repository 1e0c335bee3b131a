"""Holding the trail against its seals: every changed, missing or inserted event is found and named."""

from collections.abc import AsyncIterator, Callable
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.audit.digests import FACTS, FIRST, event_digest, moment_of, seal_digest
from docflow.audit.models import AuditSeal
from docflow.audit.sealing import LATE, sealed_before

FETCHED = 2_000
"""Rows in memory at once."""


class Fault(StrEnum):
    """What can be wrong."""

    EVENT_CHANGED = "event_changed"
    EVENT_MISSING = "event_missing"
    EVENT_INSERTED = "event_inserted"
    """In no seal, though newer events are in one."""
    SEAL_CHANGED = "seal_changed"
    """The seal does not agree with the events that it names."""
    SEAL_MISSING = "seal_missing"
    CHAIN_BROKEN = "chain_broken"
    """The seal does not continue the one before it."""
    WITNESS_DIFFERS = "witness_differs"
    """The seal is not the one whose digest was written down elsewhere."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One fault. ``seal`` and ``event`` name where; ``tag`` and ``told`` what the row says now, where there is one."""

    fault: Fault
    seal: int | None = None
    event: UUID | None = None
    tag: str | None = None
    told: str | None = None


class Verified(msgspec.Struct, kw_only=True):
    """What was gone through. ``waiting`` are events that are newer than the last seal and wait for the next."""

    seals: int = 0
    events: int = 0
    waiting: int = 0
    digest: bytes = FIRST
    """Of the last seal: to be written down where nobody who can reach the database can reach it."""


_FACTS = ", ".join(f"audit_event.{fact}" for fact in FACTS)
_SEALED = text(
    f"""
    SELECT sealed.seal_no, sealed.position, sealed.event_id, sealed.digest AS sealed_digest, {_FACTS}
    FROM audit_sealed_event AS sealed LEFT JOIN audit_event ON audit_event.id = sealed.event_id
    ORDER BY sealed.seal_no, sealed.position
    """  # noqa: S608  (constants)
)
_UNSEALED = text(
    """
    SELECT id, tag, actor_name, happened_at FROM audit_event
    WHERE NOT EXISTS (SELECT FROM audit_sealed_event WHERE event_id = audit_event.id) AND id < :until
    ORDER BY id
    """
)
_WAITING = text(
    """
    SELECT count(*) FROM audit_event
    WHERE NOT EXISTS (SELECT FROM audit_sealed_event WHERE event_id = audit_event.id) AND id >= :since
    """
)


async def verify(
    session: AsyncSession,
    verified: Verified,
    witness: tuple[int, bytes] | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> AsyncIterator[Finding]:
    """Every fault, seal by seal; ``verified`` is filled in meanwhile. Run in a transaction that sees one state.

    ``witness`` is a seal's number and the digest that was once written down of it. ``progress`` is told how many
    events were gone through.
    """
    seals = {seal.no: seal for seal in await session.scalars(select(AuditSeal).order_by(AuditSeal.no))}
    chain = _Chain(seals, verified)
    rows = await session.stream(_SEALED.execution_options(yield_per=FETCHED))
    members: list[Row[Any]] = []
    async for row in rows:
        if members and members[0].seal_no != row.seal_no:
            for finding in chain.judge(members):
                yield finding
            progress(verified.events)
            members = []
        members.append(row)
    if members:
        for finding in chain.judge(members):
            yield finding
    for finding in chain.end(witness):
        yield finding
    since = sealed_before(next(reversed(seals.values()), None))
    for row in (await session.execute(_UNSEALED, {"until": since})).all():
        yield Finding(fault=Fault.EVENT_INSERTED, event=row.id, tag=row.tag, told=_told(row))
    verified.waiting = (await session.scalar(_WAITING, {"since": since})) or 0
    progress(verified.events)


class _Chain:
    """The seals in their order, each judged by its events and by the one before."""

    def __init__(self, seals: dict[int, AuditSeal], verified: Verified) -> None:
        self._seals, self._verified = seals, verified
        self._judged: set[int] = set()

    def judge(self, members: list[Row[Any]]) -> list[Finding]:
        """What is wrong with one seal, whose rows these are."""
        no = members[0].seal_no
        self._judged.add(no)
        self._verified.events += len(members)
        seal = self._seals[no]  # a foreign key: there is none without it
        found = [finding for row in members if (finding := _judge_event(seal, row))]
        told = seal_digest(
            no, seal.previous_digest, ((row.event_id, bytes(row.sealed_digest)) for row in members)
        )
        in_order = all(row.position == place for place, row in enumerate(members, 1))
        if told != seal.digest or seal.event_count != len(members) or not in_order:
            found.append(Finding(fault=Fault.SEAL_CHANGED, seal=no))
        return found

    def end(self, witness: tuple[int, bytes] | None) -> list[Finding]:
        """What is wrong with the chain itself, when every seal has been judged."""
        found = [Finding(fault=Fault.SEAL_CHANGED, seal=no) for no in self._seals if no not in self._judged]
        before, expected = FIRST, 1
        for no, seal in self._seals.items():
            found += [Finding(fault=Fault.SEAL_MISSING, seal=missing) for missing in range(expected, no)]
            if no == expected and seal.previous_digest != before:
                found.append(Finding(fault=Fault.CHAIN_BROKEN, seal=no))
            before, expected = seal.digest, no + 1
        if witness is not None:
            no, digest = witness
            if no not in self._seals:
                found.append(Finding(fault=Fault.SEAL_MISSING, seal=no))
            elif self._seals[no].digest != digest:
                found.append(Finding(fault=Fault.WITNESS_DIFFERS, seal=no))
        self._verified.seals, self._verified.digest = len(self._seals), before
        return found


def _judge_event(seal: AuditSeal, row: Row[Any]) -> Finding | None:
    if row.id is None:
        return Finding(fault=Fault.EVENT_MISSING, seal=seal.no, event=row.event_id)
    if event_digest(row[-len(FACTS) :]) != bytes(row.sealed_digest):
        fault = Fault.EVENT_CHANGED
    elif moment_of(row.event_id) > seal.sealed_at + LATE:
        fault = Fault.EVENT_INSERTED  # a key that the database will only make after the seal
    else:
        return None
    return Finding(fault=fault, seal=seal.no, event=row.event_id, tag=row.tag, told=_told(row))


def _told(row: Row[Any]) -> str:
    return f"{row.happened_at.isoformat()} {row.actor_name}"
