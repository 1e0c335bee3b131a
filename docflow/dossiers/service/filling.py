"""Putting documents into dossiers, taking them out, moving them. A document is never copied."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.errors import NotFound, invalid
from docflow.documents.models import Document
from docflow.documents.policy import visible_to
from docflow.documents.queries import get_document
from docflow.dossiers.models import Dossier, DossierDocument
from docflow.dossiers.policy import decide_fill
from docflow.dossiers.queries.contents import thread_of
from docflow.dossiers.queries.dossiers import get_dossier
from docflow.dossiers.schemas import AddDocuments, MoveDocument, PutIn
from docflow.dossiers.workflow import require_open

MOST_OF_A_THREAD = 500


async def add_documents(session: AsyncSession, actor: Actor, dossier_id: UUID, data: AddDocuments) -> PutIn:
    """Put documents that the actor sees into an open dossier, in the order given; a thread in time order. Those that
    are there stay where they are. Raises NotFound, NotAllowed, DossierNotOpen, DossierHandedOver, Invalid."""
    dossier = await _filled(session, actor, dossier_id)
    wanted = list(dict.fromkeys(data.document_ids))
    seen = set(await session.scalars(select(Document.id).where(Document.id.in_(wanted), visible_to(actor))))
    if not seen.issuperset(wanted):
        raise NotFound
    if data.threads:
        threads = [await _thread(session, actor, one) for one in wanted]
        wanted = list(dict.fromkeys(one for thread in threads for one in thread))
    added = await _put_in(session, actor, dossier, wanted)
    fresh = set(added)
    return PutIn(added=added, there_before=[one for one in wanted if one not in fresh])


async def remove_document(
    session: AsyncSession, actor: Actor, dossier_id: UUID, document_id: UUID, reason: str
) -> None:
    """Take a document out of an open dossier. Raises NotFound, NotAllowed, DossierNotOpen, DossierHandedOver."""
    dossier = await _filled(session, actor, dossier_id)
    await _take_out(session, actor, dossier, document_id, reason=reason)


async def move_document(
    session: AsyncSession, actor: Actor, dossier_id: UUID, document_id: UUID, data: MoveDocument
) -> None:
    """Take a document out of one open dossier and put it into another. Raises NotFound, NotAllowed, DossierNotOpen,
    DossierHandedOver, Invalid."""
    if data.to == dossier_id:
        raise invalid("to", "moved_into_same_dossier")
    both = {one: await _filled(session, actor, one) for one in sorted((dossier_id, data.to))}
    source, target = both[dossier_id], both[data.to]
    await _take_out(session, actor, source, document_id, reason=data.reason, moved_to=str(target.id))
    await _put_in(session, actor, target, [document_id], reason=data.reason, moved_from=str(source.id))


async def _filled(session: AsyncSession, actor: Actor, dossier_id: UUID) -> Dossier:
    """The open dossier, locked: ordinals are given one after the other, and it is not closed meanwhile."""
    dossier = await get_dossier(session, actor, dossier_id, lock=True)
    decide_fill(actor, dossier).require()
    require_open(dossier)
    return dossier


async def _thread(session: AsyncSession, actor: Actor, document_id: UUID) -> Sequence[UUID]:
    found = await thread_of(session, actor, document_id, MOST_OF_A_THREAD)
    if len(found) > MOST_OF_A_THREAD:
        raise invalid("threads", "thread_too_long", limit=MOST_OF_A_THREAD)
    return found


async def _put_in(
    session: AsyncSession, actor: Actor, dossier: Dossier, document_ids: Collection[UUID], **details: str
) -> list[UUID]:
    """Those that were not there, at the end."""
    inside = select(DossierDocument.document_id).where(
        DossierDocument.dossier_id == dossier.id, DossierDocument.document_id.in_(document_ids)
    )
    there = set(await session.scalars(inside))
    last = await session.scalar(
        select(func.max(DossierDocument.ordinal)).where(DossierDocument.dossier_id == dossier.id)
    )
    added = [one for one in document_ids if one not in there]
    now = clock.now()
    for ordinal, document_id in enumerate(added, (last or 0) + 1):
        session.add(
            DossierDocument(
                dossier_id=dossier.id,
                document_id=document_id,
                ordinal=ordinal,
                added_by=actor.person_id,
                added_at=now,
            )
        )
    await session.flush()
    for ordinal, document_id in enumerate(added, (last or 0) + 1):
        await audit.record(
            session,
            actor,
            Tag.DOSSIER_DOCUMENT_ADDED,
            "dossier",
            dossier.id,
            on_behalf_of=dossier.unit_id,
            document_id=str(document_id),
            ordinal=ordinal,
            **details,
        )
    return added


async def _take_out(
    session: AsyncSession, actor: Actor, dossier: Dossier, document_id: UUID, **details: str
) -> None:
    """Raises NotFound when the actor does not see the document, or it is not there."""
    await get_document(session, actor, document_id)
    ordinal = await session.scalar(
        delete(DossierDocument)
        .where(DossierDocument.dossier_id == dossier.id, DossierDocument.document_id == document_id)
        .returning(DossierDocument.ordinal)
    )
    if ordinal is None:
        raise NotFound
    await audit.record(
        session,
        actor,
        Tag.DOSSIER_DOCUMENT_REMOVED,
        "dossier",
        dossier.id,
        on_behalf_of=dossier.unit_id,
        document_id=str(document_id),
        ordinal=ordinal,
        **details,
    )
