"""Drafts and mails as what goes out. No rule but what the asker may do, which is asked of ``policy``."""

import asyncio
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.core import clock
from docflow.core.messages import text_of as words_of
from docflow.documents import queries
from docflow.documents.models import Draft, DraftState, MailMessage, MailState
from docflow.documents.policy import decide_draft
from docflow.documents.prefill import suggest
from docflow.documents.queries import drafts as draft_queries
from docflow.documents.rendering import document_row
from docflow.documents.schemas.drafts import (
    DraftFileOut,
    DraftOut,
    DraftRow,
    MailOut,
    MailRow,
    SuggestionOut,
)
from docflow.documents.service.drafts import proposed
from docflow.files.models import File, TextStatus
from docflow.files.service import text_of

_READ = 60_000
"""Letters of a text that suggestions are read from."""
_SAYS_SOMETHING = frozenset({TextStatus.EXTRACTED, TextStatus.CUT})


def draft_row(row: Row[Any]) -> DraftRow:
    """A draft in a list."""
    return DraftRow(**{name: getattr(row, name) for name in DraftRow.__struct_fields__})


def mail_row(row: Row[Any], actor: Actor) -> MailRow:
    """A mail in a list."""
    return MailRow(**_mail_facts(row, actor), draft_id=row.draft_id)


async def mail_out(session: AsyncSession, actor: Actor, mail: MailMessage) -> MailOut:
    """A mail whole."""
    may = actor.may(Action.DRAFT_SETTLE) and bool(decide_draft(actor, Action.DRAFT_SETTLE, mail.unit_id))
    return MailOut(
        **_mail_facts(mail, actor),
        draft_id=await draft_queries.find_draft_of(session, mail),
        settled_at=mail.settled_at,
        settled_note=mail.settled_note,
        actions=[Action.DRAFT_SETTLE.value] if may and mail.state is MailState.SET_ASIDE else [],
    )


async def draft_out(session: AsyncSession, actor: Actor, draft: Draft) -> DraftOut:
    """A draft whole: its files, its mail, what was read in it so far, and what may be registered already."""
    files = [file for _, file in await draft_queries.list_draft_files(session, draft.id)]
    mail = await draft_queries.find_mail_of(session, draft)
    waits = draft.state is DraftState.WAITING
    paper = proposed(files) if files else None
    may = actor.may(Action.DRAFT_SETTLE) and bool(decide_draft(actor, Action.DRAFT_SETTLE, draft.unit_id))
    return DraftOut(
        id=draft.id,
        unit_id=draft.unit_id,
        source=draft.source,
        came_at=draft.came_at,
        state=draft.state,
        filename=files[0].filename if files else None,
        file_count=len(files),
        sender=mail.sender if mail else None,
        subject=mail.subject if mail else None,
        note=draft.note,
        version=draft.version,
        files=[_file_out(file, is_proposed=file is paper) for file in files],
        mail=MailRow(**_mail_facts(mail, actor), draft_id=draft.id) if mail else None,
        suggestions=await _suggestions(session, paper, files, mail) if waits and paper else [],
        same_bytes=await _same_bytes(session, actor, files) if waits else [],
        document_id=await queries.find_visible(session, actor, draft.document_id),
        closed_at=draft.closed_at,
        discard_reason=draft.discard_reason,
        arrived_on=draft.came_at.astimezone(clock.LOCAL_ZONE).date(),
        actions=[Action.DRAFT_SETTLE.value] if may and waits else [],
    )


async def _suggestions(
    session: AsyncSession, paper: File, files: Sequence[File], mail: MailMessage | None
) -> list[SuggestionOut]:
    """What the proposed document says of itself, or the first file that says anything.

    Read anew each time, so it is never behind the text.
    """
    told = [file for file in (paper, *files) if file.text_status in _SAYS_SOMETHING]
    read = told[0] if told else paper
    content = (await text_of(session, read.id))[:_READ]
    kinds = await queries.list_kinds(session)
    found = await asyncio.to_thread(suggest, content, read.filename, mail.subject if mail else None, kinds)
    return [
        SuggestionOut(
            field=one.field.value,
            value=one.value,
            file_id=None if one.read_in == "mail_subject" else read.id,
            page=one.page,
            line=one.line,
            excerpt=one.excerpt,
            sure=one.sure,
            read_in=one.read_in,
        )
        for one in found
    ]


async def _same_bytes(session: AsyncSession, actor: Actor, files: Sequence[File]) -> list[Any]:
    rows = await draft_queries.list_same_bytes(session, actor, [file.sha256 for file in files])
    return [document_row(row) for row in rows]


def _file_out(file: File, *, is_proposed: bool) -> DraftFileOut:
    return DraftFileOut(
        id=file.id,
        filename=file.filename,
        media_type=file.media_type,
        size=file.size,
        sha256=file.sha256.hex(),
        text=file.text_status,
        text_reason=file.text_reason,
        page_count=file.page_count,
        marks=file.marks,
        is_proposed=is_proposed,
    )


def _mail_facts(row: Any, actor: Actor) -> dict[str, Any]:
    return {
        "id": row.id,
        "unit_id": row.unit_id,
        "fetched_at": row.fetched_at,
        "sent_at": row.sent_at,
        "sender": row.sender,
        "sender_name": row.sender_name,
        "subject": row.subject,
        "message_id": row.message_id,
        "size": row.size,
        "is_automatic": row.is_automatic,
        "is_kept": row.file_id is not None,
        "state": row.state,
        "reason": row.reason,
        "reason_text": words_of(row.reason, actor.language) if row.reason else None,
        "version": row.version,
    }
