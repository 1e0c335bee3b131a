"""The trail seals itself, and whoever touches it afterwards is found: which row, and how."""

import asyncio
import hashlib
import json
from typing import Any, LiteralString
from uuid import UUID, uuid4

import psycopg
import pytest
from click.testing import CliRunner
from sqlalchemy import select, text

from docflow.audit import service as audit
from docflow.audit.digests import FIRST, event_text, key_before, moment_of, seal_digest
from docflow.audit.models import AuditEvent, AuditSeal, SealedEvent
from docflow.audit.sealing import seal, seal_next
from docflow.audit.tags import Tag
from docflow.audit.verifying import Fault, Finding, Verified, verify
from docflow.commands.audit import line_of, read_witness, verify_trail
from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.settings import Settings


async def told(sessions: Sessions, *facts: str) -> list[UUID]:
    """Events, one for each fact; their ids in order."""
    async with transaction(sessions) as session:
        for fact in facts:
            await audit.record(session, None, Tag.UNIT_CHANGED, "unit", None, name="Ngô Đức Ý", fact=fact)
    async with sessions() as session:
        ids = await session.scalars(
            select(AuditEvent.id).where(AuditEvent.actor_name == "Ngô Đức Ý").order_by(AuditEvent.id)
        )
        return list(ids)[-len(facts) :]


async def found(
    sessions: Sessions, witness: tuple[int, bytes] | None = None
) -> tuple[list[Finding], Verified]:
    verified = Verified()
    async with sessions() as session:
        return [finding async for finding in verify(session, verified, witness)], verified


def tamper(settings: Settings, *statements: LiteralString, **values: Any) -> None:
    """What only the owner of the tables can do, and only with the triggers put aside."""
    with psycopg.connect(settings.migration_database_url) as connection:
        for table in ("audit_event", "audit_seal", "audit_sealed_event"):
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            connection.execute(statement, values)
        for table in ("audit_event", "audit_seal", "audit_sealed_event"):
            connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


async def test_what_was_told_is_sealed_and_nothing_is_wrong_with_it(sessions: Sessions) -> None:
    await told(sessions, "một", "hai", "ba")
    assert await seal(sessions) > 0
    findings, verified = await found(sessions)
    assert (findings, verified.waiting, verified.seals) == ([], 0, 1)
    await told(sessions, "bốn")
    assert (await found(sessions))[1].waiting == 1
    assert await seal(sessions) == 1
    assert await seal(sessions) == 0
    findings, verified = await found(sessions)
    assert (findings, verified.seals) == ([], 2)


async def test_the_digests_can_be_computed_by_anybody(sessions: Sessions) -> None:
    await told(sessions, "một", "hai")
    await seal(sessions)
    async with sessions() as session:
        first = (await session.scalars(select(AuditSeal))).one()
        members = (await session.scalars(select(SealedEvent).order_by(SealedEvent.position))).all()
        event = await session.get_one(AuditEvent, members[-1].event_id)
    said = json.dumps(
        [
            *(str(event.id), event.happened_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "unit:changed", None),
            *("Ngô Đức Ý", None, "unit", None, "", {"fact": "hai"}),
        ],
        ensure_ascii=False,
        separators=(",", ":"),
        sort_keys=True,
    ).encode()
    assert hashlib.sha256(said).digest() == members[-1].digest
    whole = hashlib.sha256(b"docflow audit seal 1\n" + bytes(32))
    for member in members:
        whole.update(member.event_id.bytes + member.digest)
    assert whole.digest() == first.digest
    assert first.previous_digest == FIRST


async def test_the_order_of_details_does_not_matter_and_their_values_do() -> None:
    facts = [UUID(int=1), clock.now(), "unit:changed", None, "x", None, "unit", None, ""]
    assert event_text([*facts, {"a": 1, "b": [2]}]) == event_text([*facts, {"b": [2], "a": 1}])
    assert event_text([*facts, {"a": 1}]) != event_text([*facts, {"a": "1"}])


CHANGES: dict[str, LiteralString] = {
    "the name": "UPDATE audit_event SET actor_name = 'ai khác' WHERE id = %(event)s",
    "the moment": "UPDATE audit_event SET happened_at = happened_at - interval '1 day' WHERE id = %(event)s",
    "a detail": 'UPDATE audit_event SET details = \'{"fact": "khác"}\' WHERE id = %(event)s',
    "the subject": "UPDATE audit_event SET subject_id = uuidv7() WHERE id = %(event)s",
    "the address": "UPDATE audit_event SET address = '10.0.0.1' WHERE id = %(event)s",
    "whom for": "UPDATE audit_event SET on_behalf_of = uuidv7() WHERE id = %(event)s",
}


@pytest.mark.parametrize("change", CHANGES)
async def test_a_changed_event_is_named(sessions: Sessions, settings: Settings, change: str) -> None:
    events = await told(sessions, "một", "hai", "ba")
    await seal(sessions)
    await told(sessions, "bốn")
    await seal(sessions)
    tamper(settings, CHANGES[change], event=events[1])
    findings, _ = await found(sessions)
    assert [(one.fault, one.seal, one.event) for one in findings] == [(Fault.EVENT_CHANGED, 1, events[1])]


async def test_a_removed_event_is_named(sessions: Sessions, settings: Settings) -> None:
    events = await told(sessions, "một", "hai", "ba")
    await seal(sessions)
    tamper(settings, "DELETE FROM audit_event WHERE id = %(event)s", event=events[1])
    findings, _ = await found(sessions)
    assert [(one.fault, one.event) for one in findings] == [(Fault.EVENT_MISSING, events[1])]


_INSERT: LiteralString = """
INSERT INTO audit_event (id, happened_at, tag, actor_name, subject_kind, address)
VALUES (%(event)s, now() - interval '2 days', 'unit:changed', 'ai khác', 'unit', '')
"""


async def test_an_inserted_event_is_named_and_never_sealed(sessions: Sessions, settings: Settings) -> None:
    await told(sessions, "một")
    await seal(sessions)
    forged = UUID(int=key_before(clock.now()).int - (2 * 86_400_000 << 80) + 5)
    tamper(settings, _INSERT, event=forged)
    for _ in range(2):
        findings, verified = await found(sessions)
        assert [(one.fault, one.event, one.seal) for one in findings] == [
            (Fault.EVENT_INSERTED, forged, None)
        ]
        assert "ai khác" in (findings[0].told or "")
        assert verified.waiting == 0
        assert await seal(sessions) == 0


async def test_an_event_with_a_key_of_the_future_is_named(sessions: Sessions, settings: Settings) -> None:
    await told(sessions, "một")
    forged = UUID(int=key_before(clock.now()).int + (365 * 86_400_000 << 80))
    tamper(settings, _INSERT, event=forged)
    await seal(sessions)
    later = await told(sessions, "hai")
    assert await seal(sessions) == 1, later  # what comes after is sealed all the same
    findings, _ = await found(sessions)
    assert [(one.fault, one.event) for one in findings] == [(Fault.EVENT_INSERTED, forged)]


async def test_a_change_that_rewrites_its_own_digest_breaks_the_seal(
    sessions: Sessions, settings: Settings
) -> None:
    events = await told(sessions, "một", "hai")
    await seal(sessions)
    tamper(
        settings,
        "DELETE FROM audit_event WHERE id = %(event)s",
        "DELETE FROM audit_sealed_event WHERE event_id = %(event)s",
        event=events[0],
    )
    findings, _ = await found(sessions)
    assert [(one.fault, one.seal) for one in findings] == [(Fault.SEAL_CHANGED, 1)]


async def test_a_rewritten_seal_breaks_the_chain_and_a_rewritten_chain_the_witness(
    sessions: Sessions, settings: Settings
) -> None:
    for fact in ("một", "hai", "ba"):
        await told(sessions, fact)
        await seal(sessions)
    _, verified = await found(sessions)
    witness = (verified.seals, verified.digest)
    async with sessions() as session:
        members = (await session.scalars(select(SealedEvent).where(SealedEvent.seal_no == 2))).all()
        first = await session.get_one(AuditSeal, 1)
    kept = [(one.event_id, one.digest) for one in members][1:]
    rewritten = seal_digest(2, first.digest, kept)
    tamper(
        settings,
        "DELETE FROM audit_event WHERE id = %(event)s",
        "DELETE FROM audit_sealed_event WHERE event_id = %(event)s",
        "DELETE FROM audit_seal WHERE no = 2 AND event_count = 1",
        event=members[0].event_id,
    )
    findings, _ = await found(sessions)
    assert {(one.fault, one.seal) for one in findings} == {(Fault.SEAL_MISSING, 2)}
    assert rewritten != first.digest
    tamper(
        settings, "DELETE FROM audit_sealed_event WHERE seal_no = 3", "DELETE FROM audit_seal WHERE no = 3"
    )
    findings, _ = await found(sessions)
    assert findings == []  # the end of a chain can be cut off unseen …
    findings, _ = await found(sessions, witness)
    assert [(one.fault, one.seal) for one in findings] == [(Fault.SEAL_MISSING, 3)]  # … but for a witness
    await told(sessions, "khác")
    for _ in range(2):
        await seal(sessions)
        await told(sessions, "khác")
    findings, _ = await found(sessions, witness)
    assert Fault.WITNESS_DIFFERS in {one.fault for one in findings}


async def test_a_transaction_that_ends_late_is_sealed_with_the_next(sessions: Sessions) -> None:
    async with sessions() as slow:
        await audit.record(slow, None, Tag.UNIT_CHANGED, "unit", None, name="chậm")
        await told(sessions, "nhanh")
        await seal(sessions)
        await slow.commit()  # began before what is sealed already
    assert await seal(sessions) == 1
    assert (await found(sessions))[0] == []


async def test_several_workers_seal_nothing_twice(sessions: Sessions) -> None:
    await told(sessions, *[str(number) for number in range(200)])

    async def some() -> int:
        async with transaction(sessions) as session:
            return await seal_next(session, 30)

    counts = await asyncio.gather(*(some() for _ in range(6)))
    assert sum(counts) == 180
    await seal(sessions)
    findings, verified = await found(sessions)
    assert (findings, verified.seals) == ([], 7)


async def test_seals_cannot_be_changed_even_by_their_owner(sessions: Sessions, settings: Settings) -> None:
    await told(sessions, "một")
    await seal(sessions)
    for url in (settings.database_url, settings.migration_database_url):
        for table in ("audit_seal", "audit_sealed_event"):
            for statement in (f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
                with psycopg.connect(url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement)


async def test_the_command_says_which_and_how_many(
    sessions: Sessions, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    events = await told(sessions, "một", "hai")
    await seal(sessions)
    assert await verify_trail(settings, None, as_json=False) == 0
    clean = capsys.readouterr().out
    assert "0 faults; write down: 1:" in clean
    witness = read_witness(clean.rsplit("write down: ", 1)[1].strip())
    tamper(settings, CHANGES["the name"], event=events[0])
    assert await verify_trail(settings, witness, as_json=True) == 1
    fault, summary = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (fault["fault"], fault["event"]) == ("event_changed", str(events[0]))
    assert (summary["faults"], summary["seals"]) == (1, 1)
    assert "event changed: seal 1 event" in line_of(Finding(fault=Fault.EVENT_CHANGED, seal=1, event=uuid4()))


def test_a_witness_that_is_none_is_refused() -> None:
    from docflow.cli import main

    answer = CliRunner().invoke(main, ["audit", "verify", "--witness", "1:abc"])
    assert answer.exit_code == 2
    assert "64 hex digits" in answer.output


async def test_the_moment_of_a_key_is_the_moment_at_which_it_was_made(sessions: Sessions) -> None:
    async with sessions() as session:
        key, at = (await session.execute(text("SELECT uuidv7(), clock_timestamp()"))).one()
    assert abs((moment_of(key) - at).total_seconds()) < 1
    assert moment_of(key_before(at)) <= at
