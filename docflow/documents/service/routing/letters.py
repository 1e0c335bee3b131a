"""The letters of routing: who got a document, who got one back, from whom one was taken back."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.accounts.addressees import Addressee
from docflow.core.messages import Language
from docflow.documents.models import Document, DocumentKind
from docflow.documents.numbering import number_text
from docflow.documents.service.routing.give import Given
from docflow.notifications.mail import Mailbox
from docflow.notifications.service import Draft, Postman


async def tell_given(
    session: AsyncSession,
    actor: Actor,
    postman: Postman,
    document: Document,
    given: Sequence[Given],
    note: str,
) -> None:
    """A letter to each that has an address."""
    kind = await session.get_one(DocumentKind, document.kind_code)
    facts = {
        **_about(postman, document),
        "sender_name": actor.name,
        "issuer": document.issuer,
        "note": note or None,
        "issued_on": document.issued_on,
    }

    def letter(one: Given) -> Draft:
        due: date | datetime | None = one.due_at or document.due_on
        own = {
            "kind": kind.name_en if one.to.language is Language.EN else kind.name_vi,
            "recipient_name": one.to.name,
            "role": one.role.value,
            "due": due,
        }
        effect = f"document/{document.id}/routed/{one.to.principal_no}/{one.role.value}/{one.receipt_id}"
        return _draft(postman, "routed", effect, one.to, document, {**facts, **own})

    await postman.post(session, [letter(one) for one in given if one.to.email])


async def tell_ended(
    session: AsyncSession,
    actor: Actor,
    postman: Postman,
    document: Document,
    name: str,
    to: Sequence[tuple[UUID, Addressee]],
    **facts: Any,
) -> None:
    """The mail ``documents/<name>``, ``returned`` or ``recalled``, for each receipt to whoever is to know of it."""
    said = {**_about(postman, document), "actor_name": actor.name, **facts}
    drafts = [
        _draft(
            postman,
            name,
            f"document/{document.id}/{name}/{receipt_id}",
            one,
            document,
            {**said, "recipient_name": one.name},
        )
        for receipt_id, one in to
        if one.email
    ]
    await postman.post(session, drafts)


def _about(postman: Postman, document: Document) -> dict[str, Any]:
    return {
        "arrival_number": number_text(document.register_number, document.register_suffix)
        if document.arrived_on
        else None,
        "symbol": document.symbol,
        "subject": document.subject,
        "link": postman.link(f"/api/v1/documents/{document.id}"),
    }


def _draft(
    postman: Postman, name: str, effect: str, to: Addressee, document: Document, facts: dict[str, Any]
) -> Draft:
    return Draft(
        effect=effect,
        thread=f"document/{document.id}/{to.principal_no}",
        to=Mailbox(to.email, to.name),
        words=postman.words(f"documents/{name}", to.language, facts),
        about=("document", document.id),
    )
