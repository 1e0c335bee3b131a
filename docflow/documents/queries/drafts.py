"""Drafts and mails that wait in a registry: always those of the actor's registries, by ``policy.registries_of``."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.core import clock
from docflow.core.errors import NotFound, Unavailable
from docflow.core.paging import key_of
from docflow.documents.models import (
    Document,
    DocumentFile,
    Draft,
    DraftFile,
    DraftState,
    Mailbox,
    MailMessage,
    MailState,
    Source,
)
from docflow.documents.policy import registries_of, visible_to
from docflow.documents.queries.rows import ROW, Rows
from docflow.files.models import File

SILENT_AFTER = timedelta(minutes=10)
"""A mailbox that was not looked at for so long has no worker, though it is polled every minute."""
_WAITING, _REST = 0, 1
"""Two runs of a list: what waits, the oldest first, then what is done, the newest first."""


async def get_draft(session: AsyncSession, actor: Actor, draft_id: UUID, *, lock: bool = False) -> Draft:
    """A draft of the actor's registries. Raises NotFound. ``lock`` until the end of the transaction."""
    statement = select(Draft).where(Draft.id == draft_id, Draft.unit_id.in_(registries_of(actor)))
    draft = await session.scalar(statement.with_for_update() if lock else statement)
    if draft is None:
        raise NotFound
    return draft


async def get_mail(session: AsyncSession, actor: Actor, mail_id: UUID, *, lock: bool = False) -> MailMessage:
    """A mail to the actor's registries. Raises NotFound. ``lock`` until the end of the transaction."""
    statement = select(MailMessage).where(
        MailMessage.id == mail_id, MailMessage.unit_id.in_(registries_of(actor))
    )
    mail = await session.scalar(statement.with_for_update() if lock else statement)
    if mail is None:
        raise NotFound
    return mail


async def find_mail_of(session: AsyncSession, draft: Draft) -> MailMessage | None:
    """The mail that a draft came with. The caller has got the draft."""
    return await session.get(MailMessage, draft.mail_id) if draft.mail_id else None


async def find_draft_of(session: AsyncSession, mail: MailMessage) -> UUID | None:
    """The draft that a mail became. The caller has got the mail."""
    return await session.scalar(select(Draft.id).where(Draft.mail_id == mail.id))


async def list_draft_files(session: AsyncSession, draft_id: UUID) -> list[tuple[DraftFile, File]]:
    """The files of a draft in order. The caller has got the draft."""
    rows = await session.execute(
        select(DraftFile, File)
        .join(File, File.id == DraftFile.file_id)
        .where(DraftFile.draft_id == draft_id)
        .order_by(DraftFile.position)
    )
    return [(place, file) for place, file in rows]


async def get_draft_file(
    session: AsyncSession, actor: Actor, draft_id: UUID, file_id: UUID
) -> tuple[Draft, File]:
    """A file of a draft of the actor's registries, with the draft. Raises NotFound."""
    draft = await get_draft(session, actor, draft_id)
    file = await session.scalar(
        select(File)
        .join(DraftFile, DraftFile.file_id == File.id)
        .where(DraftFile.draft_id == draft.id, File.id == file_id)
    )
    if file is None:
        raise NotFound
    return draft, file


async def get_mail_file(session: AsyncSession, actor: Actor, mail_id: UUID) -> tuple[MailMessage, File]:
    """A mail, and its bytes as it came. Raises NotFound, for one that is not kept here too."""
    mail = await get_mail(session, actor, mail_id)
    file = await session.get(File, mail.file_id) if mail.file_id else None
    if file is None:
        raise NotFound
    return mail, file


async def list_same_bytes(session: AsyncSession, actor: Actor, sha256s: Collection[bytes]) -> Rows:
    """Documents that the actor sees and that have a file with these bytes already, the first first."""
    same = (
        select(DocumentFile.document_id)
        .join(File, File.id == DocumentFile.file_id)
        .where(File.sha256.in_(sha256s))
    )
    found = await session.execute(
        select(*ROW).where(Document.id.in_(same), visible_to(actor)).order_by(Document.registered_at).limit(5)
    )
    return found.all()


async def check_mailbox(session: AsyncSession, name: str) -> None:
    """Whether the mailbox is being read: its last poll went well, and was not long ago. Raises Unavailable.

    One that was never polled is at its beginning, not down.
    """
    known = await session.get(Mailbox, name)
    if known is None or known.polled_at is None:
        return
    if known.failure is not None or known.polled_at < clock.now() - SILENT_AFTER:
        raise Unavailable(part="mailbox")


async def list_drafts(
    session: AsyncSession,
    actor: Actor,
    *,
    state: DraftState | None,
    source: Source | None,
    cursor: str | None,
    limit: int,
) -> Rows:
    """Those that wait first, the oldest first; then the others, the newest first. ``limit + 1`` at most.

    Each with its first file's name, how many files it has, and sender and subject of its mail.
    """
    statement = (
        select(
            *(getattr(Draft, name) for name in _DRAFT_ROW),
            _file_count().label("file_count"),
            _first_filename().label("filename"),
            MailMessage.sender,
            MailMessage.subject,
        )
        .outerjoin(MailMessage, MailMessage.id == Draft.mail_id)
        .where(Draft.unit_id.in_(registries_of(actor)))
    )
    if source is not None:
        statement = statement.where(Draft.source == source)
    if state is not None:
        statement = statement.where(Draft.state == state)
    waits = Draft.state == DraftState.WAITING
    runs = {DraftState.WAITING: (_WAITING,), None: (_WAITING, _REST)}.get(state, (_REST,))
    return await _in_runs(session, statement, Draft.id, waits, runs, cursor, limit)


def _file_count() -> ScalarSelect[int]:
    return (
        select(func.count())
        .select_from(DraftFile)
        .where(DraftFile.draft_id == Draft.id)
        .correlate(Draft)
        .scalar_subquery()
    )


def _first_filename() -> ScalarSelect[str]:
    return (
        select(File.filename)
        .join(DraftFile, DraftFile.file_id == File.id)
        .where(DraftFile.draft_id == Draft.id)
        .order_by(DraftFile.position)
        .limit(1)
        .correlate(Draft)
        .scalar_subquery()
    )


async def list_mails(
    session: AsyncSession, actor: Actor, *, state: MailState | None, cursor: str | None, limit: int
) -> Rows:
    """Those set aside first, the oldest first; then the others, the newest first. ``limit + 1`` at most."""
    statement = (
        select(*(getattr(MailMessage, name) for name in _MAIL_ROW), Draft.id.label("draft_id"))
        .outerjoin(Draft, Draft.mail_id == MailMessage.id)
        .where(MailMessage.unit_id.in_(registries_of(actor)))
    )
    if state is not None:
        statement = statement.where(MailMessage.state == state)
    waits = MailMessage.state == MailState.SET_ASIDE
    runs = {MailState.SET_ASIDE: (_WAITING,), None: (_WAITING, _REST)}.get(state, (_REST,))
    return await _in_runs(session, statement, MailMessage.id, waits, runs, cursor, limit)


def run_of(row: Any) -> tuple[int, UUID]:
    """The sort key of a row of either list, for the cursor."""
    waits = row.state in {DraftState.WAITING, MailState.SET_ASIDE}
    return (_WAITING if waits else _REST, row.id)


_DRAFT_ROW = ("id", "unit_id", "source", "mail_id", "came_at", "note", "state", "document_id", "version")
_MAIL_ROW = (
    *("id", "unit_id", "fetched_at", "size", "message_id", "sender", "sender_name", "subject", "sent_at"),
    *("is_automatic", "state", "reason", "file_id", "version"),
)


async def _in_runs(
    session: AsyncSession,
    statement: Select[Any],
    key: Any,
    waits: ColumnElement[bool],
    runs: Sequence[int],
    cursor: str | None,
    limit: int,
) -> Rows:
    """Rows of the first run and, when they do not fill the page, of the second; each by an index of its own."""
    begun, last = key_of(cursor, int, UUID) or (-1, None)
    rows: list[Any] = []
    for run in runs:
        if run < begun:
            continue
        part = statement.where(waits if run == _WAITING else ~waits)
        if run == begun:
            part = part.where(key > last if run == _WAITING else key < last)
        order = key if run == _WAITING else key.desc()
        rows += (await session.execute(part.order_by(order).limit(limit + 1 - len(rows)))).all()
        if len(rows) > limit:
            break
    return rows
