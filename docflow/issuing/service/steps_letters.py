"""The letters of a manuscript on its way: a step waits for you, it was sent back, it was approved."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.accounts import addressees
from docflow.accounts.models import Person, Unit
from docflow.core.messages import Language
from docflow.documents.models import DocumentKind
from docflow.issuing.models import Manuscript, ManuscriptStep
from docflow.issuing.service.steps_rounds import Decider, deciders_of
from docflow.notifications.mail import Mailbox
from docflow.notifications.service import Draft, Postman


async def tell_deciders(
    session: AsyncSession,
    postman: Postman,
    manuscript: Manuscript,
    steps: Sequence[ManuscriptStep],
    note: str = "",
) -> None:
    """A letter to everybody who can decide in these steps, whose turn it is now."""
    author = await session.get_one(Person, manuscript.author_id)
    letters = []
    for step in steps:
        for decider in await deciders_of(session, step):
            facts = {"step": step.kind.value, "author_name": author.full_name, "note": note or None}
            effect = f"manuscript/{manuscript.id}/step/{step.id}/{decider.principal_no}"
            letters.append(await _letter(session, postman, manuscript, "step_waits", effect, decider, facts))
    await postman.post(session, [letter for letter in letters if letter is not None])


async def tell_author(
    session: AsyncSession,
    postman: Postman,
    actor: Actor,
    manuscript: Manuscript,
    name: str,
    number: int | None,
    note: str,
) -> None:
    """The letter ``name`` to the author: ``sent_back`` with its reason, ``approved``. Nobody is told what they did."""
    if manuscript.author_id == actor.person_id:
        return
    author = await session.get_one(Person, manuscript.author_id)
    if author.frozen_at is not None:
        return
    (to,) = await addressees.people(session, [author.id])
    facts = {"decider_name": actor.name, "number": number, "note": note or None}
    effect = f"manuscript/{manuscript.id}/{name}/{manuscript.round}/{manuscript.version}"
    decider = Decider(
        person_id=author.id, name=to.name, email=to.email, language=to.language, principal_no=to.principal_no
    )
    letter = await _letter(session, postman, manuscript, name, effect, decider, facts)
    await postman.post(session, [letter] if letter else [])


async def _letter(
    session: AsyncSession,
    postman: Postman,
    manuscript: Manuscript,
    name: str,
    effect: str,
    to: Decider,
    facts: dict[str, Any],
) -> Draft | None:
    if not to.email:
        return None
    kind = await session.get_one(DocumentKind, manuscript.kind_code)
    unit = await session.get_one(Unit, manuscript.unit_id)
    english = to.language is Language.EN
    about = {
        "recipient_name": to.name,
        "document_kind": kind.name_en if english else kind.name_vi,
        "unit_name": unit.name_en if english else unit.name_vi,
        "subject": manuscript.subject,
        "due": manuscript.due_on,
        "link": postman.link(f"/api/v1/manuscripts/{manuscript.id}"),
    }
    return Draft(
        effect=effect,
        thread=f"manuscript/{manuscript.id}/{to.principal_no}",
        to=Mailbox(to.email, to.name),
        words=postman.words(f"issuing/{name}", to.language, {**about, **facts}),
        about=("manuscript", manuscript.id),
    )
