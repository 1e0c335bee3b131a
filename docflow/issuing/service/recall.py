"""Taking an issued document back: every recipient is asked to destroy or return the copy, and to confirm it.

Decree 30/2020/NĐ-CP, article 18: a recalled document is given back or destroyed by whoever has it.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.accounts.models import Person, Principal, Unit
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.core.errors import NotFound
from docflow.core.messages import Language
from docflow.documents.models import Document
from docflow.documents.service.routing.following import FollowReceipts
from docflow.documents.service.routing.writing import carry_out, read
from docflow.issuing.dispatch_policy import decide_confirmation
from docflow.issuing.errors import NotAskedBack
from docflow.issuing.models import Channel, Dispatch, Succession, SuccessionKind
from docflow.issuing.queries.issued import get_issued, lock_dispatch
from docflow.issuing.service.dispatch_letters import (
    Terms,
    facts_of,
    language_of,
    letter,
    new_link,
    revoke_links,
)
from docflow.notifications.service import Draft, Postman

REMIND_EVERY = timedelta(days=3)
MOST_REMINDERS = 10
AT_ONCE = 100
"""Copies whose reminders are written in one transaction."""


async def ask_back(
    session: AsyncSession,
    actor: Actor,
    postman: Postman,
    follow: FollowReceipts,
    terms: Terms,
    target: Document,
    by: Document,
    reason: str,
) -> None:
    """Ask every recipient of ``target`` for their copy; what was given in the house is taken back.

    For the verb that issues ``by``, which recalls it; ``target`` is locked.
    """
    now = clock.now()
    rows = await _locked(session, target.id)
    await revoke_links(session, [row.id for row in rows], now)
    for row in rows:
        row.recall_asked_at = now
    routing = await read(session, target)
    changes = [
        change for held in list(routing.tree) if held.is_open for change in _recalled(routing.tree, held.id)
    ]
    told = await carry_out(session, actor, follow, routing, changes, reason) if changes else {}
    await session.flush()
    await _write(session, postman, terms, target, by, rows, "recall", 0)
    await audit.record(
        session,
        actor,
        Tag.DOCUMENT_RECALLED,
        "document",
        target.id,
        on_behalf_of=by.unit_id,
        by=str(by.id),
        symbol=by.symbol,
        reason=reason,
        asked=[str(row.id) for row in rows],
        **told,
    )


def _recalled(tree: Any, receipt_id: UUID) -> Sequence[Any]:
    """What taking one receipt back changes; nothing where an earlier one took it along."""
    return tree.recall(receipt_id) if tree[receipt_id].is_open else []


async def confirm(
    session: AsyncSession,
    actor: Actor,
    document_id: UUID,
    dispatch_id: UUID,
    confirmed_by: str = "",
) -> None:
    """Say that a recalled copy was destroyed or given back: whoever got it, or the registry for somebody else.

    The document may be withdrawn from the asker by then: their copy is known all the same. A second time changes
    nothing. Raises NotFound, NotAllowed, NotAskedBack.
    """
    document, row = await _copy_of(session, actor, document_id, dispatch_id)
    decide_confirmation(actor, document, row).require()
    if row.recall_asked_at is None:
        raise NotAskedBack
    if row.recall_confirmed_at is not None:
        return
    row.recall_confirmed_at, row.recall_confirmed_by = clock.now(), confirmed_by or actor.name
    await session.flush()
    await audit.record(
        session,
        actor,
        Tag.DISPATCH_RECALL_CONFIRMED,
        "document",
        document.id,
        dispatch=str(row.id),
        by=row.recall_confirmed_by,
    )


async def _copy_of(
    session: AsyncSession, actor: Actor, document_id: UUID, dispatch_id: UUID
) -> tuple[Document, Dispatch]:
    """A copy that the actor sees, or that went to them and was asked back; locked."""
    own = await session.scalar(
        select(Dispatch)
        .where(
            Dispatch.id == dispatch_id,
            Dispatch.document_id == document_id,
            Dispatch.principal_no.in_(actor.principals),
            Dispatch.recall_asked_at.is_not(None),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if own is not None:
        document = await session.get(Document, document_id)
        if document is None:
            raise NotFound
        return document, own
    document = await get_issued(session, actor, document_id)
    return document, await lock_dispatch(session, actor, document, dispatch_id)


async def remind(sessions: Sessions, postman: Postman, terms: Terms) -> None:
    """Ask again whoever has not confirmed, every third day. Running it twice does no harm: a letter has its effect."""
    after = UUID(int=0)
    while True:
        async with transaction(sessions) as session:
            last = await _remind_some(session, postman, terms, after)
        if last is None:
            return
        after = last


async def _remind_some(session: AsyncSession, postman: Postman, terms: Terms, after: UUID) -> UUID | None:
    now = clock.now()
    due = (Dispatch.recall_asked_at <= now - REMIND_EVERY, Dispatch.recall_confirmed_at.is_(None))
    rows = (
        await session.scalars(
            select(Dispatch)
            .where(Dispatch.id > after, Dispatch.channel != Channel.PAPER, *due)
            .order_by(Dispatch.id)
            .limit(AT_ONCE)
        )
    ).all()
    for row in rows:
        turn = int((now - (row.recall_asked_at or now)) / REMIND_EVERY)
        if turn > MOST_REMINDERS:
            continue
        found = await session.execute(
            select(Succession.document_id).where(
                Succession.target_id == row.document_id, Succession.kind == SuccessionKind.RECALLS
            )
        )
        target = await session.get_one(Document, row.document_id)
        by = await session.get_one(Document, found.scalar_one())
        await _write(session, postman, terms, target, by, [row], "reminder", turn)
    return rows[-1].id if rows else None


async def _locked(session: AsyncSession, document_id: UUID) -> Sequence[Dispatch]:
    found = await session.scalars(
        select(Dispatch)
        .where(Dispatch.document_id == document_id)
        .order_by(Dispatch.position)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return found.all()


async def _write(
    session: AsyncSession,
    postman: Postman,
    terms: Terms,
    target: Document,
    by: Document,
    rows: Sequence[Dispatch],
    template: str,
    turn: int,
) -> None:
    """A letter to each that has an address; one to people outside has a new link, by which they confirm."""
    facts = await facts_of(session, target)
    later = {"later_symbol": by.symbol, "later_on": by.issued_on, "sender_name": by.issuer}
    addresses = await _addresses(session, [row.principal_no for row in rows if row.principal_no])
    drafts: list[Draft] = []
    for row in rows:
        effect = f"dispatch/{row.id}/{template}/{turn}"
        if row.principal_no is not None:
            address, language = addresses.get(row.principal_no, ("", Language.VI))
            place = f"/api/v1/documents/{target.id}/dispatches/{row.id}/recall-confirmation"
            link = postman.link(place)
        elif row.email is not None and not await postman.is_written(session, effect):
            address, language = row.email, language_of(target)
            token, _ = await new_link(session, row, terms, instead=False)
            link = postman.link(f"/d/{token}")
        else:
            continue
        said = {**facts[language], **later, "link": link}
        if address:
            drafts.append(letter(postman, template, row, address, language, said, effect=effect))
    await postman.post(session, drafts)


async def _addresses(session: AsyncSession, principals: Sequence[int]) -> dict[int, tuple[str, Language]]:
    """Where those of the house get their mail."""
    rows = await session.execute(
        select(Principal.no, Person.email, Person.language, Unit.email.label("unit_email"))
        .outerjoin(Person, Person.id == Principal.person_id)
        .outerjoin(Unit, Unit.id == Principal.unit_id)
        .where(Principal.no.in_(principals))
    )
    return {row.no: (row.email or row.unit_email or "", row.language or Language.VI) for row in rows}
