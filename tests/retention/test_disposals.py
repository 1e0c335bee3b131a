"""Proposed by one, approved by another, looked at again, destroyed, proven: over a real store."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import delete, select, text, update

from docflow.access.actor import Actor
from docflow.access.roles import Role
from docflow.audit.models import AuditEvent
from docflow.audit.tags import Tag
from docflow.core.db import Sessions, transaction
from docflow.core.errors import NotAllowed, NotFound, Stale
from docflow.core.messages import Language
from docflow.documents.models import Citation, Document, DocumentFile
from docflow.dossiers.models import DossierDocument, Retention
from docflow.files.errors import PreviewUnavailable
from docflow.files.models import File, FileText
from docflow.files.previews import make_preview
from docflow.files.service import FileStore, find_orphans, verify
from docflow.printing.tables import texts_of
from docflow.printing.writers import Format
from docflow.retention import jobs as retention_jobs
from docflow.retention import queries
from docflow.retention.certificate import certificate_of, print_certificate
from docflow.retention.errors import (
    DecidedByProposer,
    DisposalDecided,
    DocumentDestroyed,
    ItemsHidden,
    NotCarriedOut,
    NothingToDispose,
)
from docflow.retention.models import Disposal, DisposalItem, DisposalState
from docflow.retention.queries import find_kept, items_of
from docflow.retention.schemas import PlaceHold, ProposeDisposal, TakenOut
from docflow.retention.service import destruction, disposals, holds
from docflow.retention.service.destruction import carry_out, digest_of
from storage import ObjectMissing, ObjectStore
from tests.conftest import Client, SignIn
from tests.documents.registering import sample
from tests.retention.keeping import (
    ARCHIVIST,
    CLERK,
    ELSEWHERE,
    HEAD,
    ActorOf,
    filed,
    later,
    make_archivist,
    registered,
    unit_of,
)

Work = Callable[[], Awaitable[None]]
GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
async def clerk(sign_in: SignIn) -> Client:
    return await sign_in(CLERK)


@pytest.fixture
async def archivist(sessions: Sessions, actor_of: ActorOf) -> Actor:
    await make_archivist(sessions)
    return await actor_of(ARCHIVIST)


@pytest.fixture
async def head(actor_of: ActorOf) -> Actor:
    return await actor_of(HEAD)


async def proposed(sessions: Sessions, archivist: Actor, *out: TakenOut) -> Disposal:
    unit_id = await unit_of(sessions)
    async with transaction(sessions) as session:
        data = ProposeDisposal(unit_id=unit_id, title="Tiêu hủy năm 2045", taken_out=list(out))
        return await disposals.propose_disposal(session, archivist, data)


async def approved(sessions: Sessions, archivist: Actor, head: Actor, *out: TakenOut) -> Disposal:
    disposal = await proposed(sessions, archivist, *out)
    async with transaction(sessions) as session:
        return await disposals.approve(session, head, disposal.id, disposal.version, "Đồng ý")


async def item_of(sessions: Sessions, disposal: Disposal, document_id: UUID) -> DisposalItem:
    async with sessions() as session:
        return await session.get_one(DisposalItem, (disposal.id, document_id))


async def state_of(sessions: Sessions, disposal: Disposal) -> Disposal:
    async with sessions() as session:
        return await session.get_one(Disposal, disposal.id)


async def files_of(sessions: Sessions, document_id: UUID) -> list[File]:
    async with sessions() as session:
        named = select(DocumentFile.file_id).where(DocumentFile.document_id == document_id)
        return list(await session.scalars(select(File).where(File.id.in_(named)).order_by(File.id)))


async def candidates(sessions: Sessions, actor: Actor) -> set[UUID]:
    async with sessions() as session:
        found = await disposals.find_candidates(session, actor, await unit_of(sessions), 100)
        return {one.document_id for one in found}


async def test_what_is_over_is_found_and_what_is_kept_is_not(
    sessions: Sessions, clerk: Client, archivist: Actor, head: Actor
) -> None:
    over = await registered(sessions, clerk, archivist, head, words="a", symbol="1/SNV-VP")
    for_ever = await registered(
        sessions, clerk, archivist, head, words="b", symbol="2/QĐ-SNV", kind="decision"
    )
    opened = await registered(sessions, clerk, archivist, head, words="c", symbol="3/SNV-VP")
    closed = await registered(sessions, clerk, archivist, head, words="d", symbol="4/SNV-VP")
    longest = await registered(sessions, clerk, archivist, head, words="e", symbol="5/SNV-VP")
    held = await registered(sessions, clerk, archivist, head, words="f", symbol="6/SNV-VP")
    unseen = await registered(sessions, clerk, head, words="g", symbol="7/SNV-VP")
    await filed(sessions, head, opened)
    await filed(sessions, head, closed, longest, closed_on=date(2026, 5, 1))
    await filed(sessions, head, longest, retention=Retention.YEARS_50, closed_on=date(2026, 5, 1))
    unit_id = await unit_of(sessions)
    async with transaction(sessions) as session:
        await session.execute(update(Document).where(Document.id == unseen).values(readers=[999_999]))
        await holds.place_hold(
            session, head, PlaceHold(unit_id=unit_id, title="Thanh tra", reason="Yêu cầu", documents=[held])
        )
    assert await candidates(sessions, archivist) == set()
    with later():
        assert await candidates(sessions, archivist) == {over, closed}
        disposal = await proposed(sessions, archivist)
        assert await candidates(sessions, archivist) == set()  # another list has them
        with pytest.raises(NothingToDispose):
            await proposed(sessions, archivist)
    # The database and the function say the same of every document.
    every = {over, for_ever, opened, closed, longest, held, unseen}
    async with sessions() as session:
        rows = await session.execute(select(Document.id, queries.ends_on()).where(Document.id.in_(every)))
        said = {row[0]: row[1] for row in rows}
        kept = await find_kept(session, every)
    assert said == {document_id: one.term.kept_until for document_id, one in kept.items()}
    assert disposal.state is DisposalState.PROPOSED


async def test_what_was_approved_is_destroyed_and_the_proof_stays(
    sessions: Sessions,
    clerk: Client,
    archivist: Actor,
    head: Actor,
    store: ObjectStore,
    file_store: FileStore,
    work: Work,
) -> None:
    document_id = await registered(
        sessions, clerk, archivist, words="hoa cuc vang theo 45/QĐ-UBND", symbol="1/SNV-VP"
    )
    spared = await registered(sessions, clerk, archivist, words="hoa cuc xanh", symbol="2/SNV-VP")
    await work()
    assert (await clerk.get("/api/v1/documents?q=vang")).json()["total"]["value"] == 1
    (file,) = await files_of(sessions, document_id)
    async with file_store.store.write(f"previews/{file.id}/1-240-x", "image/webp") as writer:
        await writer.write(b"picture")
        await writer.finish()
    async with transaction(sessions) as session:
        # Both see it: nobody decides on what they may not see.
        document = await session.get_one(Document, document_id)
        document.readers = [*document.readers, head.person_principal]
    with later():
        out = TakenOut(document_id=spared, reason="Còn giá trị")
        disposal = await approved(sessions, archivist, head, out)
        await work()
    gone = await state_of(sessions, disposal)
    assert gone.state is DisposalState.CARRIED_OUT
    with pytest.raises(ObjectMissing):
        await store.stat(file.object_key)
    assert [one async for one in store.list_objects(f"previews/{file.id}/")] == []
    item = await item_of(sessions, disposal, document_id)
    assert item.files == [{"name": file.filename, "size": file.size, "sha256": file.sha256.hex()}]
    assert item.destroyed_at is not None
    async with sessions() as session:
        items = (await session.scalars(select(DisposalItem))).all()
        assert gone.digest == digest_of(disposal.id, items)
        assert await session.get(FileText, file.id) is None
        assert (
            await session.scalars(select(Citation).where(Citation.document_id == document_id))
        ).all() == []
        events = (
            await session.scalars(select(AuditEvent).where(AuditEvent.tag == Tag.DOCUMENT_DESTROYED))
        ).all()
        assert [event.subject_id for event in events] == [document_id]
        assert events[0].details["disposal"] == str(disposal.id)
        assert events[0].details["files"] == item.files
    # The register still knows it, its content is not found, and its bytes are gone for good.
    shown = await clerk.get(f"/api/v1/documents/{document_id}")
    assert shown.json()["symbol"] == "1/SNV-VP"
    assert (await clerk.get("/api/v1/documents?q=vang")).json()["total"]["value"] == 0
    assert (await clerk.get("/api/v1/documents?q=xanh")).json()["total"]["value"] == 1
    for place in ("content", "pages/1", "thumbnail"):
        answer = await clerk.get(f"/api/v1/documents/{document_id}/files/{file.id}/{place}")
        assert answer.status_code == 410, place
        assert answer.json()["facts"]["disposal"] == str(disposal.id)
    told = (await clerk.get(f"/api/v1/documents/{document_id}/retention")).json()
    assert told["destroyed_at"] is not None
    assert {finding.fault for finding in [one async for one in verify(sessions, store)]} == {None}


async def test_an_object_that_is_still_there_is_a_fault(
    sessions: Sessions, clerk: Client, archivist: Actor, head: Actor, file_store: FileStore, work: Work
) -> None:
    document_id = await registered(sessions, clerk, archivist, head)
    with later():
        await approved(sessions, archivist, head)
        await work()
    (file,) = await files_of(sessions, document_id)
    async with file_store.store.write(file.object_key, "text/plain") as writer:
        await writer.write(b"back again")
        await writer.finish()
    faults = [one.fault async for one in verify(sessions, file_store.store)]
    assert faults == ["destroyed, and still in the store"]
    await file_store.store.delete(file.object_key)


async def test_a_hold_placed_after_the_approval_keeps_the_document_back(
    sessions: Sessions, clerk: Client, archivist: Actor, head: Actor, file_store: FileStore, work: Work
) -> None:
    held = await registered(sessions, clerk, archivist, head, words="a", symbol="1/SNV-VP")
    late = await registered(sessions, clerk, archivist, head, words="b", symbol="2/SNV-VP")
    in_held = await registered(sessions, clerk, archivist, head, words="c", symbol="3/SNV-VP")
    lost = await registered(sessions, clerk, archivist, head, words="d", symbol="4/SNV-VP")
    unit_id = await unit_of(sessions)
    with later():
        disposal = await approved(sessions, archivist, head)
        dossier_id = await filed(sessions, head, in_held, closed_on=date(2026, 5, 1))
        await filed(sessions, head, late)
        async with transaction(sessions) as session:
            data = PlaceHold(
                unit_id=unit_id, title="Thanh tra", reason="Yêu cầu", documents=[held], dossiers=[dossier_id]
            )
            await holds.place_hold(session, head, data)
        await work()
    found = {
        document_id: (await item_of(sessions, disposal, document_id)).kept_back
        for document_id in (held, late, in_held, lost)
    }
    assert found == {held: "held", late: "term_changed", in_held: "held", lost: None}
    for kept in (held, late, in_held):
        (file,) = await files_of(sessions, kept)
        assert file.destroyed_at is None
        assert (await file_store.store.stat(file.object_key)).size == file.size
    assert (await state_of(sessions, disposal)).state is DisposalState.CARRIED_OUT
    async with transaction(sessions) as session:
        data = PlaceHold(unit_id=unit_id, title="Muộn", reason="Muộn", documents=[lost])
        with pytest.raises(DocumentDestroyed):
            await holds.place_hold(session, head, data)


STEPS = ("begin_destruction", "destroy_objects", "finish_destruction", "finish_disposal")


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", STEPS)
async def test_a_crash_at_any_step_is_taken_up_again(
    sessions: Sessions,
    clerk: Client,
    archivist: Actor,
    head: Actor,
    file_store: FileStore,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    when: str,
) -> None:
    first = await registered(sessions, clerk, archivist, head, words="a", symbol="1/SNV-VP")
    second = await registered(sessions, clerk, archivist, head, words="b", symbol="2/SNV-VP")
    real = getattr(destruction, step)

    async def dies(*given: Any, **named: Any) -> Any:
        if when == "after":
            await real(*given, **named)
        raise ConnectionError

    with later():
        disposal = await approved(sessions, archivist, head)
        with monkeypatch.context() as broken:
            broken.setattr(destruction, step, dies)
            with pytest.raises(ConnectionError):
                await carry_out(sessions, file_store, disposal.id)
        await carry_out(sessions, file_store, disposal.id)
        await carry_out(sessions, file_store, disposal.id)
    assert (await state_of(sessions, disposal)).state is DisposalState.CARRIED_OUT
    for document_id in (first, second):
        assert (await item_of(sessions, disposal, document_id)).destroyed_at is not None
        (file,) = await files_of(sessions, document_id)
        with pytest.raises(ObjectMissing):
            await file_store.store.stat(file.object_key)
    async with sessions() as session:
        tags = await session.scalars(select(AuditEvent.tag).where(AuditEvent.subject_kind != "file"))
        assert sorted(tag for tag in tags if tag in (Tag.DOCUMENT_DESTROYED, Tag.DISPOSAL_CARRIED_OUT)) == [
            Tag.DISPOSAL_CARRIED_OUT,
            Tag.DOCUMENT_DESTROYED,
            Tag.DOCUMENT_DESTROYED,
        ]


async def test_of_two_who_approve_at_once_one_does(
    sessions: Sessions, clerk: Client, archivist: Actor, head: Actor, actor_of: ActorOf
) -> None:
    await make_archivist(sessions, "lienttb", role=Role.UNIT_HEAD)
    other = await actor_of("lienttb")
    await registered(sessions, clerk, archivist, head, other)
    with later():
        disposal = await proposed(sessions, archivist)

        async def approve(actor: Actor) -> str:
            try:
                async with transaction(sessions) as session:
                    await disposals.approve(session, actor, disposal.id, disposal.version, "")
            except (DisposalDecided, Stale) as error:
                return type(error).__name__
            return "approved"

        said = await asyncio.gather(approve(head), approve(other))
    assert sorted(said) == ["DisposalDecided", "approved"]


async def test_nobody_decides_on_their_own_list_or_on_what_they_do_not_see(
    sessions: Sessions, clerk: Client, archivist: Actor, head: Actor, actor_of: ActorOf
) -> None:
    await make_archivist(sessions, ARCHIVIST, role=Role.UNIT_HEAD)
    both = await actor_of(ARCHIVIST)
    hidden = await registered(sessions, clerk, archivist)
    async with transaction(sessions) as session:
        await session.execute(
            update(Document).where(Document.id == hidden).values(readers=[both.person_principal])
        )
    with later():
        disposal = await proposed(sessions, both)
        async with transaction(sessions) as session:
            with pytest.raises(DecidedByProposer):
                await disposals.approve(session, both, disposal.id, disposal.version, "")
            with pytest.raises(ItemsHidden) as told:
                await disposals.approve(session, head, disposal.id, disposal.version, "")
            assert told.value.facts == {"hidden": 1}
        async with transaction(sessions) as session:
            with pytest.raises(NotFound):
                elsewhere = await actor_of(ELSEWHERE)
                await disposals.approve(session, elsewhere, disposal.id, disposal.version, "")
        # The database has the last word.
        with pytest.raises(Exception, match="another_decides"):
            async with transaction(sessions) as session:
                await session.execute(
                    text(
                        "UPDATE disposal SET state = 'approved', decided_by = proposed_by, decided_at = now()"
                    )
                )


async def test_a_refused_list_destroys_nothing_and_frees_its_documents(
    sessions: Sessions, clerk: Client, archivist: Actor, head: Actor, file_store: FileStore, work: Work
) -> None:
    document_id = await registered(sessions, clerk, archivist, head)
    with later():
        disposal = await proposed(sessions, archivist)
        async with transaction(sessions) as session:
            with pytest.raises(Stale):
                await disposals.refuse(session, head, disposal.id, disposal.version + 1, "Chưa họp")
        async with transaction(sessions) as session:
            await disposals.refuse(session, head, disposal.id, disposal.version, "Chưa họp")
        await carry_out(sessions, file_store, disposal.id)
        await work()
        assert await candidates(sessions, archivist) == {document_id}
    assert (await item_of(sessions, disposal, document_id)).destroyed_at is None
    (file,) = await files_of(sessions, document_id)
    assert file.destroyed_at is None


async def test_what_is_taken_out_of_a_list_changes_it_for_whoever_decides(
    sessions: Sessions, clerk: Client, archivist: Actor, head: Actor, work: Work
) -> None:
    first = await registered(sessions, clerk, archivist, head, words="a", symbol="1/SNV-VP")
    second = await registered(sessions, clerk, archivist, head, words="b", symbol="2/SNV-VP")
    with later():
        disposal = await proposed(sessions, archivist)
        read = disposal.version
        async with transaction(sessions) as session:
            data = TakenOut(document_id=first, reason="Còn giá trị")
            changed = await disposals.take_out(session, archivist, disposal.id, read, data)
        async with transaction(sessions) as session:
            with pytest.raises(Stale):
                await disposals.approve(session, head, disposal.id, read, "")
        async with transaction(sessions) as session:
            await disposals.approve(session, head, disposal.id, changed.version, "")
        await work()
    assert (await item_of(sessions, disposal, first)).kept_back == "taken_out"
    assert (await item_of(sessions, disposal, second)).destroyed_at is not None


async def test_a_preview_drawn_while_its_file_is_destroyed_is_not_kept(
    sessions: Sessions, clerk: Client, archivist: Actor, head: Actor, file_store: FileStore, samples: Path
) -> None:
    files = sample(samples, "chi-thi.pdf", "application/pdf")
    document_id = await registered(sessions, clerk, archivist, head, files=files)
    (known_before,) = await files_of(sessions, document_id)
    with later():
        disposal = await approved(sessions, archivist, head)
        async with transaction(sessions) as session:
            await destruction.begin_destruction(session, file_store, disposal.id, document_id)
    with pytest.raises(PreviewUnavailable) as told:
        await make_preview(sessions, file_store, known_before, 1, 240)
    assert told.value.facts == {"reason": "destroyed"}
    assert [one async for one in file_store.store.list_objects(f"previews/{known_before.id}/")] == []


async def test_the_certificate_is_the_golden_one_and_prints(
    sessions: Sessions, clerk: Client, archivist: Actor, head: Actor, work: Work
) -> None:
    await registered(sessions, clerk, archivist, head, words="a", symbol="12/SNV-VP")
    spared = await registered(sessions, clerk, archivist, head, words="b", symbol="13/SNV-VP")
    with later():
        out = TakenOut(document_id=spared, reason="Còn giá trị tra cứu")
        disposal = await approved(sessions, archivist, head, out)
        async with sessions() as session:
            with pytest.raises(NotCarriedOut):
                await print_certificate(session, head, disposal, Format.PDF)
        await work()
    done = await state_of(sessions, disposal)
    for language in Language:
        reader = _speaking(archivist, language)
        async with sessions() as session:
            table, rows, foot = await certificate_of(session, reader, done)
            pdf = await print_certificate(session, reader, done, Format.PDF)
            docx = await print_certificate(session, reader, done, Format.DOCX)
        assert pdf.startswith(b"%PDF")
        assert docx.startswith(b"PK")
        lines = [*table.issuer, *table.titles, " | ".join(column.title for column in table.columns)]
        lines += [" | ".join(texts_of(row)) for row in rows]
        assert done.digest is not None
        written = "\n".join([*lines, *foot]).replace(done.digest.hex(), "<digest>") + "\n"
        golden = GOLDEN / f"certificate.{language}.txt"
        assert written == golden.read_text("utf-8")


def _speaking(actor: Actor, language: Language) -> Actor:
    return msgspec.structs.replace(actor, language=language)


async def test_a_disposal_shows_each_reader_only_what_they_may_know(
    sessions: Sessions, clerk: Client, archivist: Actor, head: Actor, actor_of: ActorOf
) -> None:
    await make_archivist(sessions, "tungnt", "H99", Role.ARCHIVIST)
    top = await actor_of("tungnt")
    seen = await registered(sessions, clerk, archivist, words="a", symbol="1/SNV-VP")
    hidden = await registered(sessions, clerk, archivist, words="b", symbol="2/SNV-VP")
    for document_id in (seen, hidden):
        async with transaction(sessions) as session:
            readers = [archivist.person_principal]
            await session.execute(update(Document).where(Document.id == document_id).values(readers=readers))
    # What was handed over to the archive is known there by the facts of the register, and by nothing else.
    await filed(sessions, head, seen, closed_on=date(2026, 5, 1), handed_over=True)
    with later():
        disposal = await proposed(sessions, archivist)
        assert await candidates(sessions, archivist) == set()
    async with sessions() as session:
        rows = (await session.execute(items_of(disposal.id, top))).all()
        assert {row.DisposalItem.document_id for row in rows if row.seen} == {seen}
        assert await queries.count_hidden(session, top, disposal.id) == 1
        listed = await queries.list_items(session, top, disposal.id, cursor=None, limit=10)
        assert [row.DisposalItem.document_id for row in listed] == [seen]
        elsewhere = await actor_of(ELSEWHERE)
        with pytest.raises(NotFound):
            await queries.get_disposal(session, elsewhere, disposal.id)
        assert await queries.list_disposals(session, elsewhere, state=None, cursor=None, limit=10) == []
        with pytest.raises(NotAllowed):
            await disposals.find_candidates(session, elsewhere, await unit_of(sessions), 10)
    with later():
        async with sessions() as session:
            assert [
                one.document_id
                for one in await disposals.find_candidates(session, top, await unit_of(sessions), 10)
            ] == []


async def test_a_disposal_whose_job_was_given_up_is_queued_again(
    sessions: Sessions, clerk: Client, archivist: Actor, head: Actor, work: Work
) -> None:
    await registered(sessions, clerk, archivist, head)
    with later():
        disposal = await approved(sessions, archivist, head)
        async with transaction(sessions) as session:
            await session.execute(text("DELETE FROM procrastinate_jobs"))
        await retention_jobs.carry_out_approved(sessions)
        await work()
    assert (await state_of(sessions, disposal)).state is DisposalState.CARRIED_OUT


async def test_destroyed_objects_are_no_orphans_and_leave_none(
    sessions: Sessions, clerk: Client, archivist: Actor, head: Actor, store: ObjectStore, work: Work
) -> None:
    document_id = await registered(sessions, clerk, archivist, head)
    (file,) = await files_of(sessions, document_id)
    with later():
        await approved(sessions, archivist, head)
        await work()
        orphans = [key async for key in find_orphans(sessions, store, timedelta(days=1))]
    assert file.object_key not in orphans


async def test_a_document_in_a_held_dossier_does_not_leave_it(
    sessions: Sessions, clerk: Client, archivist: Actor, head: Actor
) -> None:
    document_id = await registered(sessions, clerk, archivist, head)
    dossier_id = await filed(sessions, head, document_id, closed_on=date(2026, 5, 1))
    unit_id = await unit_of(sessions)
    async with transaction(sessions) as session:
        data = PlaceHold(unit_id=unit_id, title="Thanh tra", reason="Yêu cầu", dossiers=[dossier_id])
        hold = await holds.place_hold(session, head, data)
    leaving = delete(DossierDocument).where(DossierDocument.document_id == document_id)
    with pytest.raises(Exception, match="does not leave a dossier that is held"):
        async with transaction(sessions) as session:
            await session.execute(leaving)
    async with transaction(sessions) as session:
        await holds.release_hold(session, head, hold.id, hold.version, "Xong")
    async with transaction(sessions) as session:
        await session.execute(leaving)
    async with sessions() as session:
        assert not (await find_kept(session, [document_id]))[document_id].is_held
