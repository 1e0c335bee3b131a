"""Drafts: what came in and waits for a clerk, who registers it, makes a stub of it or discards it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import require_version
from docflow.core.errors import NotAllowed, invalid
from docflow.core.jobs import enqueue
from docflow.documents.errors import DraftClosed, DraftEmpty
from docflow.documents.models import Document, Draft, DraftFile, DraftState, MailMessage, Source
from docflow.documents.policy import decide_draft
from docflow.documents.queries.drafts import find_mail_of, get_draft, list_draft_files
from docflow.documents.schemas import RegisterIncoming, RegisterStub
from docflow.documents.schemas.drafts import RegisterDraft, RegisterDraftStub
from docflow.documents.service import arrivals, intake, stubs
from docflow.files.models import File, TextStatus
from docflow.files.removal import remove_files
from docflow.files.service import Received, add_file
from docflow.notifications.service import Postman

_CHOICE = frozenset({"document_file_id", "annex_file_ids", "acknowledge"})
_SWEPT_AT_ONCE = 200


async def add_draft(
    session: AsyncSession,
    actor: Actor,
    unit_id: UUID | None,
    source: Source,
    files: Sequence[Received],
    note: str = "",
) -> Draft:
    """Put files into a unit's registry, to be registered later; their text is read after the commit.

    ``unit_id`` may be left out by a clerk of one unit. Raises Invalid and NotAllowed.
    """
    unit_id = _own_registry(actor, unit_id)
    draft = Draft(
        unit_id=unit_id, source=source, came_at=clock.now(), added_by=actor.person_id, note=note, version=1
    )
    session.add(draft)
    await session.flush()
    rows = [await add_file(session, actor, received) for received in files]
    session.add_all(
        DraftFile(draft_id=draft.id, position=position, file_id=row.id) for position, row in enumerate(rows)
    )
    await session.flush()
    for row in rows:
        await enqueue(session, "documents.read_draft", file_id=str(row.id))
    await _record(
        session, actor, Tag.DRAFT_ADDED, draft, source=source.value, files=[row.filename for row in rows]
    )
    return draft


async def register_draft(
    session: AsyncSession, actor: Actor, postman: Postman, draft_id: UUID, version: int, data: RegisterDraft
) -> Document:
    """Register a draft as an incoming document: one file is the document, the others are its annexes.

    The sender of the mail it came with is told the arrival number. Raises NotFound, NotAllowed, Stale, DraftClosed,
    DraftEmpty, and as ``intake.register_incoming``; a secrecy above none is refused there, with the reason.
    """
    draft = await _waiting(session, actor, draft_id, version)
    files = [file for _, file in await list_draft_files(session, draft.id)]
    paper, annexes = chosen(files, data)
    form = _form(data, RegisterIncoming, draft, actor)
    document = await intake.register_incoming(
        session, actor, form, paper, annexes=annexes, source=draft.source
    )
    await _close(session, actor, draft, DraftState.REGISTERED, document_id=document.id)
    mail = await find_mail_of(session, draft)
    told = data.acknowledge and mail is not None and await arrivals.tell(session, postman, mail, document)
    await _record(
        session,
        actor,
        Tag.DRAFT_REGISTERED,
        draft,
        document=str(document.id),
        files=[file.filename for file in (paper, *annexes)],
        acknowledged=told,
    )
    return document


async def register_draft_stub(
    session: AsyncSession, actor: Actor, draft_id: UUID, version: int, data: RegisterDraftStub
) -> Document:
    """Register a state secret that came this way all the same: only its stub stays.

    The rows of its files, their texts, the mail as it came, its subject and its words go in this transaction; the bytes
    are deleted by the worker right after the commit (``files.remove_objects``), and by the sweep should that fail.
    Nobody is written to. Raises as ``register_draft`` and ``stubs.register_stub``.
    """
    draft = await _waiting(session, actor, draft_id, version)
    document = await stubs.register_stub(
        session, actor, _form(data, RegisterStub, draft, actor), draft.source
    )
    await _close(session, actor, draft, DraftState.REGISTERED, document_id=document.id)
    dropped = await _drop_files(session, draft)
    await _record(
        session,
        actor,
        Tag.DRAFT_REGISTERED,
        draft,
        secrecy=data.secrecy,
        dropped=[{"size": file.size, "sha256": file.sha256.hex()} for file in dropped],
    )
    return document


async def discard_draft(
    session: AsyncSession, actor: Actor, draft_id: UUID, version: int, reason: str
) -> Draft:
    """Put a draft away that is none of the registry's business. Raises NotFound, NotAllowed, Stale, DraftClosed.

    Its files stay for the time of grace (``drop_discarded``); the trail keeps their names, sizes and checksums.
    """
    draft = await _waiting(session, actor, draft_id, version)
    files = await list_draft_files(session, draft.id)
    await _close(session, actor, draft, DraftState.DISCARDED, discard_reason=reason)
    await _record(
        session,
        actor,
        Tag.DRAFT_DISCARDED,
        draft,
        reason=reason,
        files=[{"name": file.filename, "size": file.size, "sha256": file.sha256.hex()} for _, file in files],
    )
    return draft


async def note_draft_read(session: AsyncSession, actor: Actor, draft: Draft, **details: Any) -> None:
    """Record that the actor opened a draft, or took a file of it."""
    await _record(session, actor, Tag.DRAFT_READ, draft, **details)


async def drop_discarded(session: AsyncSession, grace: timedelta) -> int:
    """Drop the files of drafts that were discarded longer ago than ``grace``; how many drafts, 200 at most."""
    drafts = await session.scalars(
        select(Draft)
        .where(
            Draft.state == DraftState.DISCARDED,
            Draft.emptied_at.is_(None),
            Draft.closed_at < clock.now() - grace,
        )
        .order_by(Draft.closed_at)
        .limit(_SWEPT_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    found = drafts.all()
    for draft in found:
        await _drop_files(session, draft, keep_words=True)
    return len(found)


def chosen(files: Sequence[File], data: RegisterDraft) -> tuple[File, list[File]]:
    """The file that is the document and those that are its annexes. Raises DraftEmpty and Invalid."""
    if not files:
        raise DraftEmpty
    known = {file.id: file for file in files}
    first = data.document_file_id or proposed(files).id
    named = data.annex_file_ids
    others = [file_id for file_id in known if file_id != first] if named is None else named
    if first not in known:
        raise invalid("document_file_id", "file_not_of_the_draft")
    if any(file_id not in known for file_id in others):
        raise invalid("annex_file_ids", "file_not_of_the_draft")
    if len({first, *others}) <= len(others):
        raise invalid("annex_file_ids", "file_named_twice")
    return known[first], [known[file_id] for file_id in others]


def proposed(files: Sequence[File]) -> File:
    """Which file is probably the document: the first that is a paper and can be read, else a paper, else the first."""
    papers = [file for file in files if file.media_type in _PAPERS]
    unread = {TextStatus.FAILED, TextStatus.EMPTY, TextStatus.UNSUPPORTED}
    return next((file for file in papers if file.text_status not in unread), (*papers, *files)[0])


_OOXML = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_PAPERS = frozenset({"application/pdf", _OOXML, "application/msword", "application/rtf", "image/tiff"})


def _own_registry(actor: Actor, unit_id: UUID | None) -> UUID:
    mine = actor.units_for(Action.DRAFT_SETTLE)
    if unit_id is None:
        if len(mine) != 1:
            raise invalid("unit_id", "unit_to_be_named")
        (unit_id,) = mine
    elif unit_id not in mine:
        raise NotAllowed(reason="not_the_registry_of_the_draft")
    return unit_id


def _form(data: RegisterDraft | RegisterDraftStub, shape: type[Any], draft: Draft, actor: Actor) -> Any:
    """The fields of the register's own form: it came when the draft came, into the registry where it waits.

    A unit that is no more has no register: its successor's clerk registers in their own, or names one.
    """
    fields = {name: value for name, value in msgspec.structs.asdict(data).items() if name not in _CHOICE}
    if fields["arrived_on"] is None:
        fields["arrived_on"] = draft.came_at.astimezone(clock.LOCAL_ZONE).date()
    if fields["unit_id"] is None and draft.unit_id in actor.units_for(Action.DOCUMENT_REGISTER):
        fields["unit_id"] = draft.unit_id
    return shape(**fields)


async def _waiting(session: AsyncSession, actor: Actor, draft_id: UUID, version: int) -> Draft:
    """The draft, locked: of two clerks at once the second finds it closed, or changed."""
    draft = await get_draft(session, actor, draft_id, lock=True)
    decide_draft(actor, Action.DRAFT_SETTLE, draft.unit_id).require()
    if draft.state is not DraftState.WAITING:
        raise DraftClosed(state=draft.state.value)
    require_version(draft.version, version)
    return draft


async def _close(
    session: AsyncSession,
    actor: Actor,
    draft: Draft,
    state: DraftState,
    *,
    document_id: UUID | None = None,
    discard_reason: str | None = None,
) -> None:
    draft.state, draft.document_id, draft.discard_reason = state, document_id, discard_reason
    draft.closed_at, draft.closed_by = clock.now(), actor.person_id
    await session.flush()


async def _drop_files(session: AsyncSession, draft: Draft, *, keep_words: bool = False) -> list[File]:
    """Let go of every byte of a draft: its files and the mail as it came; the mail's words too unless they are kept."""
    files = [file for _, file in await list_draft_files(session, draft.id)]
    ids = [file.id for file in files]
    await session.execute(delete(DraftFile).where(DraftFile.draft_id == draft.id))
    mail = await find_mail_of(session, draft)
    if mail is not None and mail.file_id is not None:
        ids.append(mail.file_id)
    if mail is not None:
        words: dict[str, Any] = {} if keep_words else {"subject": ""}
        await session.execute(
            update(MailMessage).where(MailMessage.id == mail.id).values(file_id=None, **words)
        )
    draft.emptied_at = clock.now()
    if not keep_words:
        draft.note = ""
    await session.flush()
    await remove_files(session, ids)
    return files


async def _record(session: AsyncSession, actor: Actor, tag: Tag, draft: Draft, **details: Any) -> None:
    await audit.record(session, actor, tag, "draft", draft.id, on_behalf_of=draft.unit_id, **details)
