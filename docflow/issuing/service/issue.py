"""Issuing: number and date are given to what was signed, in one transaction with everything that follows of it.

Decree 30/2020/NĐ-CP, article 15: number and date when the document is signed, in time order. The number stands in the
bytes, so the register's row stays locked while they are made and stored: whoever dies meanwhile has taken nothing, and
leaves at most an object without a row, which is swept.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.accounts.models import Person, Principal
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import require_version
from docflow.core.errors import Conflict, Stale, invalid
from docflow.core.filenames import safe_filename
from docflow.documents.models import Document, ReceiptRole
from docflow.documents.numbering import number_text
from docflow.documents.schemas import IssueOutgoing
from docflow.documents.service.filing import Paper
from docflow.documents.service.intake import enter_issued
from docflow.documents.service.routing.following import FollowReceipts
from docflow.documents.service.routing.writing import carry_out, read
from docflow.files.models import File
from docflow.files.service import FileStore
from docflow.issuing.errors import NothingToSign
from docflow.issuing.letters.phrases import month_text
from docflow.issuing.models import Manuscript, ManuscriptRecipient, SuccessionKind
from docflow.issuing.policy import decide
from docflow.issuing.queries.manuscripts import find_newest, get_manuscript, list_recipients
from docflow.issuing.schemas.issued import IssueIn, Recipient
from docflow.issuing.service.dispatch import dispatch
from docflow.issuing.service.dispatch_letters import Terms
from docflow.issuing.service.recall import ask_back
from docflow.issuing.service.sign import PDF, content_of, store_bytes
from docflow.issuing.service.signing import fill_number, seal
from docflow.issuing.service.succession import lock_target, succeed
from docflow.issuing.workflow import Move, next_state
from docflow.notifications.service import Postman
from docflow.signatures.desk import SigningDesk


class Desk(NamedTuple):
    """What a registry issues with: the parts that the application hands in."""

    postman: Postman
    files: FileStore
    signing: SigningDesk
    follow: FollowReceipts
    terms: Terms


class _Begun(NamedTuple):
    """A signed manuscript with everything around it, locked in the order of all verbs: documents, then it."""

    manuscript: Manuscript
    signed: File
    target: Document | None
    answered: Document | None
    recipients: Sequence[ManuscriptRecipient]


async def issue(
    session: AsyncSession, actor: Actor, desk: Desk, manuscript_id: UUID, version: int, data: IssueIn
) -> Document:
    """Give a signed manuscript number and date, and send it to its recipients.

    Raises NotFound, NotAllowed, Stale, Invalid, what ``workflow`` says is in the way (ManuscriptIssued for one that is
    issued already), SucceededAlready, the errors of signing, of registering and of the store; then nothing is taken.
    """
    begun = await _begin(session, actor, manuscript_id, version, data)
    manuscript = begun.manuscript
    document = await _enter(session, actor, desk, begun, data)
    manuscript.state = next_state(manuscript.state, Move.ISSUE)
    manuscript.document_id, manuscript.closed_at = document.id, clock.now()
    await session.flush()
    await _record(session, actor, manuscript, document)
    if begun.answered is not None:
        await _complete(session, actor, desk.follow, manuscript, begun.answered, document)
    if begun.target is not None and manuscript.succession is not None:
        await succeed(session, actor, manuscript.succession, document, begun.target, data.reason)
        if manuscript.succession is SuccessionKind.RECALLS:
            parts = (desk.postman, desk.follow, desk.terms)
            await ask_back(session, actor, *parts, begun.target, document, data.reason)
    to = await _recipients(session, begun.recipients)
    if to:
        await dispatch(session, actor, desk.postman, desk.files, desk.terms, document, to)
    return document


async def _begin(
    session: AsyncSession, actor: Actor, manuscript_id: UUID, version: int, data: IssueIn
) -> _Begun:
    seen = await get_manuscript(session, actor, manuscript_id)
    named = (seen.answers_id, seen.target_id)
    decide(actor, Action.DOCUMENT_ISSUE, seen).require()
    next_state(seen.state, Move.ISSUE)
    # Two documents at most, in the order in which everybody locks them.
    locked = await session.scalars(
        select(Document)
        .where(Document.id.in_([one for one in named if one is not None]))
        .order_by(Document.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    documents = {document.id: document for document in locked}
    manuscript = await get_manuscript(session, actor, manuscript_id, lock=True)
    next_state(manuscript.state, Move.ISSUE)
    require_version(manuscript.version, version)
    if named != (manuscript.answers_id, manuscript.target_id):
        raise Stale(current_version=manuscript.version)
    if manuscript.succession is not None and not data.reason:
        raise invalid("reason", "succession_reason_missing")
    newest = await find_newest(session, manuscript.id)
    if newest is None:
        raise NothingToSign
    target = await lock_target(session, actor, manuscript)
    answered = documents.get(manuscript.answers_id) if manuscript.answers_id else None
    return _Begun(manuscript, newest[1], target, answered, await list_recipients(session, manuscript.id))


async def _enter(session: AsyncSession, actor: Actor, desk: Desk, begun: _Begun, data: IssueIn) -> Document:
    manuscript = begun.manuscript
    signer = await session.get(Person, manuscript.signer_id) if manuscript.signer_id else None
    form = _form(manuscript, signer.full_name if signer else "", begun.recipients)
    readers = await _readers(session, manuscript)
    seal_of = await session.scalar(
        select(Principal.no).where(Principal.unit_id == manuscript.issuing_unit_id)
    )
    # Everything that can be read is read before the number is taken.
    content = await content_of(desk.files, begun.signed) if _is_pdf(begun.signed) else b""

    async def finish(document: Document) -> Sequence[Paper]:
        document.readers = document.permitted = readers
        document.answers_id = manuscript.answers_id
        if not content or manuscript.signed_on_paper:
            return [begun.signed]
        made = await fill_number(desk.signing, content, _digits(document))
        if data.credential_id is not None:
            given = (data.credential_id, data.password, seal_of or 0)
            made = await seal(session, actor, desk.signing, made, *given, manuscript.language)
        if made == content:
            return [begun.signed]
        name = safe_filename(f"{document.symbol.replace('/', '-')}.pdf")
        return [await store_bytes(desk.files, made, name)]

    filed = await enter_issued(session, actor, form, manuscript.direction, (), finish=finish)
    return filed.document


def _is_pdf(file: File) -> bool:
    return file.media_type.partition(";")[0] == PDF


def _digits(document: Document) -> dict[str, str]:
    """The form fields of a letter, as Decree 30 writes them: days below 10 and months 1 and 2 with a zero."""
    on = document.issued_on
    number = number_text(document.register_number, document.register_suffix)
    return {"number": number, "day": f"{on.day:02}", "month": month_text(on.month), "year": str(on.year)}


def _form(
    manuscript: Manuscript, signer_name: str, recipients: Sequence[ManuscriptRecipient]
) -> IssueOutgoing:
    """The record of the manuscript as the registry's form. A deadline that has passed meanwhile is left out."""
    due_on: date | None = manuscript.due_on
    return IssueOutgoing(
        subject=manuscript.subject,
        kind=manuscript.kind_code,
        unit_id=manuscript.issuing_unit_id,
        signer_name=signer_name,
        signer_post=manuscript.signer_post,
        signer_authority=manuscript.signer_authority,
        urgency=manuscript.urgency,
        due_on=due_on if due_on and due_on >= clock.today() else None,
        language=manuscript.language,
        recipients="\n".join(one.name for one in recipients)[:5000],
        note=manuscript.note,
        field=manuscript.field,
        copy_kept_by=manuscript.copy_kept_by,
    )


async def _readers(session: AsyncSession, manuscript: Manuscript) -> list[int]:
    """Who reads what is issued from the first: the issuing and the drafting unit, who signed, who wrote it."""
    units = {manuscript.unit_id, manuscript.issuing_unit_id}
    people = {manuscript.author_id, manuscript.signer_id, manuscript.signed_by} - {None}
    found = await session.scalars(
        select(Principal.no).where(Principal.unit_id.in_(units) | Principal.person_id.in_(people))
    )
    return sorted(found)


async def _recipients(session: AsyncSession, listed: Sequence[ManuscriptRecipient]) -> list[Recipient]:
    """The manuscript's list as the dispatch takes it."""
    numbers = [one.principal_no for one in listed if one.principal_no is not None]
    rows = await session.execute(
        select(Principal.no, Principal.unit_id, Principal.person_id).where(Principal.no.in_(numbers))
    )
    inside: dict[int, Any] = {row.no: row for row in rows}
    to = []
    for one in listed:
        known = inside.get(one.principal_no) if one.principal_no is not None else None
        to.append(
            Recipient(
                role=one.role,
                unit_id=known.unit_id if known else None,
                person_id=known.person_id if known else None,
                email=one.email or "",
                name=one.name,
                by_link=one.by_link,
            )
        )
    return to


async def _complete(
    session: AsyncSession,
    actor: Actor,
    follow: FollowReceipts,
    manuscript: Manuscript,
    answered: Document,
    reply: Document,
) -> None:
    """End what the drafting unit was given the answered document for, with this reply; its task follows.

    What cannot end yet, because others still act for it, stays open with whoever has it: the reply is issued all the
    same, and the trail tells.
    """
    routing = await read(session, answered)
    held = manuscript.answers_receipt_id
    if held is None:
        unit = await session.scalar(select(Principal.no).where(Principal.unit_id == manuscript.unit_id))
        found = routing.tree.find_open(unit or 0, ReceiptRole.LEAD)
        held = found.id if found else None
    if held is None:
        return
    try:
        changes = routing.tree.complete(held, reply.id)
    except Conflict as fact:
        told: dict[str, Any] = {"not_completed": fact.code}
    else:
        told = await carry_out(session, actor, follow, routing, changes, "")
    said: dict[str, Any] = {"reply": reply.symbol, "reply_document": str(reply.id), "receipt": str(held)}
    await audit.record(session, actor, Tag.RECEIPT_COMPLETED, "document", answered.id, **said, **told)


async def _record(session: AsyncSession, actor: Actor, manuscript: Manuscript, document: Document) -> None:
    told: dict[str, Any] = {
        "manuscript": str(manuscript.id),
        "document": str(document.id),
        "symbol": document.symbol,
        "signed_by": str(manuscript.signed_by) if manuscript.signed_by else None,
        "on_paper": manuscript.signed_on_paper,
    }
    unit = manuscript.issuing_unit_id
    for kind, subject in (("document", document.id), ("manuscript", manuscript.id)):
        await audit.record(session, actor, Tag.DOCUMENT_ISSUED, kind, subject, on_behalf_of=unit, **told)
