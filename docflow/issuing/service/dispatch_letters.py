"""The letters by which copies of an issued document go out, are asked back, and are asked for again."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.core import clock
from docflow.core.ids import digest_of, new_secret
from docflow.core.messages import Language
from docflow.documents.models import Document, DocumentKind
from docflow.issuing.models import Channel, Dispatch, DispatchLink
from docflow.notifications.mail import Attachment, Mailbox
from docflow.notifications.service import Draft, Postman

HEADER = "X-Docflow-Dispatch"
"""Names the copy in every letter about it; a server that gives a letter back quotes it."""


class Terms(NamedTuple):
    """How mails of an office go out: what is too large to be attached, and how long a link opens."""

    attachment_bytes: int
    link_days: int


async def facts_of(session: AsyncSession, document: Document) -> dict[Language, dict[str, Any]]:
    """What every letter says of the document, by language."""
    kind = await session.get_one(DocumentKind, document.kind_code)
    shared = {
        "symbol": document.symbol,
        "issuer": document.issuer,
        "issued_on": document.issued_on,
        "subject": document.subject,
        "due": document.due_on,
    }
    return {
        Language.VI: {**shared, "kind": kind.name_vi},
        Language.EN: {**shared, "kind": kind.name_en},
    }


async def new_link(
    session: AsyncSession, dispatch: Dispatch, terms: Terms, *, instead: bool = True
) -> tuple[str, datetime]:
    """A new personal link, ``instead`` of those before it: its token, which only the letter has, and its end."""
    now = clock.now()
    if instead:
        await revoke_links(session, [dispatch.id], now)
    token, expires_at = new_secret(), now + timedelta(days=terms.link_days)
    await session.execute(
        insert(DispatchLink).values(
            digest=digest_of(token), dispatch_id=dispatch.id, made_at=now, expires_at=expires_at
        )
    )
    return token, expires_at


async def revoke_links(session: AsyncSession, dispatch_ids: Sequence[UUID], at: datetime) -> bool:
    """End the links of these copies; whether there were any."""
    ended = await session.scalars(
        update(DispatchLink)
        .where(DispatchLink.dispatch_id.in_(dispatch_ids), DispatchLink.revoked_at.is_(None))
        .values(revoked_at=at)
        .returning(DispatchLink.dispatch_id)
    )
    return bool(ended.all())


def language_of(document: Document) -> Language:
    """The language for people outside: that of the document where we speak it."""
    return Language.EN if document.language == "en" else Language.VI


def letter(
    postman: Postman,
    template: str,
    dispatch: Dispatch,
    address: str,
    language: Language,
    facts: dict[str, Any],
    *,
    effect: str,
    attachment: Attachment | None = None,
) -> Draft:
    """One letter about one copy. Those of a copy are a thread: a recall never overtakes what it asks back."""
    said = {**facts, "recipient_name": dispatch.name}
    return Draft(
        effect=effect,
        thread=f"dispatch/{dispatch.id}",
        to=Mailbox(address, dispatch.name),
        words=postman.words(f"issuing/{template}", language, said),
        about=("document", dispatch.document_id),
        attachment=attachment,
        headers={HEADER: str(dispatch.id)},
    )


async def post_outside(
    session: AsyncSession,
    actor: Actor,
    postman: Postman,
    document: Document,
    dispatches: Sequence[Dispatch],
    terms: Terms,
    attachment: Attachment | None,
) -> None:
    """The letter of each copy that goes by mail, with the file or with a link; its effect is kept with the copy."""
    language = language_of(document)
    facts = (await facts_of(session, document))[language]
    drafts = []
    for dispatch in dispatches:
        if dispatch.email is None or dispatch.channel not in (Channel.MAIL_FILE, Channel.MAIL_LINK):
            continue
        effect = f"dispatch/{dispatch.id}/sent/{dispatch.version}"
        said: dict[str, Any] = {**facts, "sender_name": document.issuer, "role": dispatch.role.value}
        by_link = dispatch.channel is Channel.MAIL_LINK
        if by_link:
            token, expires_at = await new_link(session, dispatch, terms)
            said |= {"link": postman.link(f"/d/{token}"), "expires_at": expires_at}
        template = "link" if by_link else "copy"
        with_file = None if by_link else attachment
        drafts.append(
            letter(
                postman,
                template,
                dispatch,
                dispatch.email,
                language,
                said,
                effect=effect,
                attachment=with_file,
            )
        )
        dispatch.letter_effect = effect
    await session.flush()
    await postman.post(session, drafts)


async def dispatch_ids_of(session: AsyncSession, document_id: UUID) -> list[UUID]:
    """Every copy of a document, in order."""
    found = await session.scalars(
        select(Dispatch.id).where(Dispatch.document_id == document_id).order_by(Dispatch.position)
    )
    return list(found)
