"""The store itself keeps what is registered: the record claims no more than the store was heard to say."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import msgspec
import pytest
from sqlalchemy import select, update

from docflow.access.actor import Actor
from docflow.app import file_store_of, open_store
from docflow.audit.models import AuditEvent
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.documents.models import DocumentFile
from docflow.dossiers.models import Retention
from docflow.files.models import File
from docflow.files.removal import remove_objects
from docflow.files.service import FileStore, sweep, verify
from docflow.retention.jobs import protect_all, protect_held, protect_new, wanted_of
from docflow.retention.models import DisposalItem
from docflow.retention.queries import Kept
from docflow.retention.schemas import PlaceHold, ProposeDisposal
from docflow.retention.service import disposals, holds
from docflow.retention.service.destruction import carry_out
from docflow.retention.terms import Term, TermReason
from docflow.settings import Settings
from storage import LockMode, ObjectLocked, ObjectStore
from tests.conftest import Client, SignIn
from tests.files.papers import CHILDREN
from tests.retention.keeping import (
    ARCHIVIST,
    CLERK,
    HEAD,
    ActorOf,
    later,
    make_archivist,
    registered,
    unit_of,
)

Work = Callable[[], Awaitable[None]]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A bucket of the test's own, made with object lock."""
    bucket = f"lockable-{uuid4().hex[:12]}"
    return msgspec.structs.replace(settings, s3_bucket=bucket, object_lock="governance", object_lock_years=2)


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[ObjectStore]:
    store = open_store(settings)
    await store.ensure_bucket(lockable=True)
    yield store
    await store.close()


@pytest.fixture
def file_store(settings: Settings, store: ObjectStore) -> FileStore:
    return replace(file_store_of(settings, store), children=CHILDREN)


@pytest.fixture
async def head(actor_of: ActorOf) -> Actor:
    return await actor_of(HEAD)


@pytest.fixture
async def document_id(sessions: Sessions, sign_in: SignIn, head: Actor) -> UUID:
    clerk: Client = await sign_in(CLERK)
    await make_archivist(sessions)
    return await registered(sessions, clerk, head)


async def file_of(sessions: Sessions, document_id: UUID) -> File:
    async with sessions() as session:
        named = select(DocumentFile.file_id).where(DocumentFile.document_id == document_id)
        return (await session.scalars(select(File).where(File.id.in_(named)))).one()


async def hold(sessions: Sessions, head: Actor, document_id: UUID) -> tuple[UUID, int]:
    async with transaction(sessions) as session:
        data = PlaceHold(
            unit_id=await unit_of(sessions), title="Thanh tra", reason="Yêu cầu", documents=[document_id]
        )
        placed = await holds.place_hold(session, head, data)
        return placed.id, placed.version


async def tags_of(sessions: Sessions, file: File) -> list[str]:
    async with sessions() as session:
        events = select(AuditEvent.tag).where(AuditEvent.subject_id == file.id).order_by(AuditEvent.id)
        return list(await session.scalars(events))


async def test_what_is_registered_is_locked_in_the_store_and_the_record_says_what_it_said(
    sessions: Sessions, file_store: FileStore, document_id: UUID
) -> None:
    before = clock.now()
    await protect_new(sessions, file_store)
    await protect_new(sessions, file_store)
    await protect_all(sessions, file_store)
    file = await file_of(sessions, document_id)
    told = await file_store.store.read_lock(file.object_key)
    assert told.mode is LockMode.GOVERNANCE
    assert file.locked_until == told.until
    assert told.until is not None
    assert timedelta(days=729) < told.until - before < timedelta(days=731)
    assert await tags_of(sessions, file) == [Tag.FILE_LOCKED]
    with pytest.raises(ObjectLocked):
        await file_store.store.delete(file.object_key)
    assert [one.fault async for one in verify(sessions, file_store.store)] == [None]


async def test_a_hold_is_placed_in_the_store_and_lifted_there(
    sessions: Sessions, file_store: FileStore, document_id: UUID, head: Actor, work: Work
) -> None:
    hold_id, version = await hold(sessions, head, document_id)
    other_id, other_version = await hold(sessions, head, document_id)
    await work()
    file = await file_of(sessions, document_id)
    assert file.is_held
    assert (await file_store.store.read_lock(file.object_key)).is_held
    async with transaction(sessions) as session:
        await holds.release_hold(session, head, hold_id, version, "Xong")
    await work()
    assert (await file_store.store.read_lock(file.object_key)).is_held  # the other still holds it
    async with transaction(sessions) as session:
        await holds.release_hold(session, head, other_id, other_version, "Xong")
    await protect_held(sessions, file_store, hold_id=str(other_id))
    file = await file_of(sessions, document_id)
    assert not file.is_held
    assert not (await file_store.store.read_lock(file.object_key)).is_held
    found = await tags_of(sessions, file)
    assert [tag for tag in found if tag != Tag.FILE_LOCKED] == [Tag.FILE_HELD, Tag.FILE_RELEASED]


async def test_a_record_that_claims_more_than_the_store_is_found(
    sessions: Sessions, file_store: FileStore, document_id: UUID
) -> None:
    file = await file_of(sessions, document_id)
    for claim, words in (
        ({"locked_until": clock.now() + timedelta(days=9)}, "by the record, not at all by the store"),
        ({"locked_until": None, "is_held": True}, "held by the record, not by the store"),
    ):
        async with transaction(sessions) as session:
            await session.execute(update(File).where(File.id == file.id).values(**claim))
        (finding,) = [one async for one in verify(sessions, file_store.store)]
        assert finding.fault is not None
        assert finding.fault.endswith(words)


async def test_a_bucket_without_object_lock_gets_no_claim(
    sessions: Sessions, file_store: FileStore, settings: Settings, document_id: UUID
) -> None:
    plain = open_store(msgspec.structs.replace(settings, s3_bucket=f"plain-{uuid4().hex[:12]}"))
    await plain.ensure_bucket()
    await protect_all(sessions, replace(file_store, store=plain))
    await plain.close()
    await protect_all(sessions, replace(file_store, lock_mode=None))
    file = await file_of(sessions, document_id)
    assert (file.locked_until, file.is_held) == (None, False)


async def test_what_the_store_locks_is_kept_back_and_what_it_does_not_goes_with_every_version(
    sessions: Sessions, file_store: FileStore, document_id: UUID, head: Actor, actor_of: ActorOf
) -> None:
    archivist = await actor_of(ARCHIVIST)
    file = await file_of(sessions, document_id)
    # An administrator of the store locked it for longer than its term.
    await file_store.store.lock(file.object_key, datetime(2050, 1, 1, tzinfo=UTC), LockMode.GOVERNANCE)
    with later(2045):
        kept_back = await _carried_out(sessions, file_store, archivist, head, document_id)
        assert (kept_back.kept_back, kept_back.destroyed_at) == ("locked_by_store", None)
    file = await file_of(sessions, document_id)
    assert file.destroyed_at is None
    assert (await file_store.store.stat(file.object_key)).size == file.size


async def test_destroying_leaves_no_version_behind(
    sessions: Sessions, file_store: FileStore, document_id: UUID, head: Actor, actor_of: ActorOf
) -> None:
    archivist = await actor_of(ARCHIVIST)
    with later(2045):
        item = await _carried_out(sessions, file_store, archivist, head, document_id)
    assert item.destroyed_at is not None
    file = await file_of(sessions, document_id)
    left = [one.key async for one in file_store.store.list_objects(hidden=True)]
    assert file.object_key not in left
    assert [one.fault async for one in verify(sessions, file_store.store)] == [None]


async def _carried_out(
    sessions: Sessions, file_store: FileStore, archivist: Actor, head: Actor, document_id: UUID
) -> DisposalItem:
    async with transaction(sessions) as session:
        data = ProposeDisposal(unit_id=await unit_of(sessions), title="Đợt 1")
        disposal = await disposals.propose_disposal(session, archivist, data)
    async with transaction(sessions) as session:
        await disposals.approve(session, head, disposal.id, disposal.version, "")
    await carry_out(sessions, file_store, disposal.id)
    async with sessions() as session:
        return await session.get_one(DisposalItem, (disposal.id, document_id))


async def test_orphans_and_discarded_objects_go_with_their_versions_and_a_locked_orphan_waits(
    sessions: Sessions, file_store: FileStore
) -> None:
    store = file_store.store
    for key in ("2026/01/orphan", "2026/01/locked", "2026/01/discarded"):
        for content in (b"one", b"two"):
            async with store.write(key, "text/plain") as writer:
                await writer.write(content)
                await writer.finish()
    await store.hold("2026/01/locked", held=True)
    await remove_objects(file_store, keys=["2026/01/discarded"])
    with clock.at(datetime.now(UTC) + timedelta(days=2)):
        assert await sweep(sessions, store, timedelta(days=1)) == 1
    assert {one.key async for one in store.list_objects(hidden=True)} == {"2026/01/locked"}
    await store.hold("2026/01/locked", held=False)
    await store.delete("2026/01/locked")


NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kept_until", "locked_until", "wanted"),
    [
        (date(2040, 12, 31), None, NOW + timedelta(days=730)),
        (None, None, NOW + timedelta(days=730)),
        (date(2027, 12, 31), None, datetime(2027, 12, 31, 17, tzinfo=UTC)),
        (date(2025, 12, 31), None, None),
        (date(2040, 12, 31), NOW + timedelta(days=700), None),
        (date(2040, 12, 31), NOW + timedelta(days=300), NOW + timedelta(days=730)),
        (date(2026, 12, 31), datetime(2026, 12, 31, 17, tzinfo=UTC), None),
        (date(2026, 12, 31), NOW + timedelta(days=900), None),
    ],
)
def test_a_lock_reaches_to_the_end_of_the_term_and_no_further_than_is_set(
    kept_until: date | None, locked_until: datetime | None, wanted: datetime | None
) -> None:
    term = Term(TermReason.RULE, Retention.YEARS_10, kept_until)
    kept = Kept(UUID(int=1), term, is_held=False, destroyed=False)
    file = File(id=UUID(int=2), locked_until=locked_until, is_held=False)
    found = wanted_of(kept, file, NOW, 2)
    assert (found.until if found else None) == wanted
