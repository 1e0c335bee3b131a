"""Acquaintance lists: people and units that are to read a document, and the reminders of those who have not."""

from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.access.roles import MEMBERS
from docflow.accounts.addressees import Addressee
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.errors import invalid
from docflow.core.messages import Language
from docflow.core.working_calendar import WorkingCalendar, vietnam
from docflow.documents import queries
from docflow.documents.models import Acquaintance, Document, Receipt, ReceiptRole, ReceiptState
from docflow.documents.passing_on import working_day_before
from docflow.documents.policy import decide
from docflow.documents.schemas.circulation import Acquaint
from docflow.documents.service.routing.addressing import named
from docflow.documents.service.routing.give import Giving, give
from docflow.documents.service.routing.letters import tell_given
from docflow.documents.workflow import require_possible
from docflow.notifications.mail import Mailbox
from docflow.notifications.service import Draft, Postman

REMINDED_FOR = timedelta(days=30)
"""After so long nobody is reminded any more."""
AT_ONCE = 200
"""Letters of one transaction."""


async def acquaint(
    session: AsyncSession, actor: Actor, postman: Postman, document_id: UUID, data: Acquaint
) -> Acquaintance:
    """Make a list, give everybody on it the document for information, and tell them by letter.

    Who holds it for information already, from no list, is on this one too. Raises NotFound, NotAllowed, Invalid,
    DocumentVoided, StubNotGivenOn.
    """
    document = await queries.get_document(session, actor, document_id, lock=True)
    owner = await queries.lineage_of(session, document)
    decide(actor, Action.DOCUMENT_ROUTE, document, owner).require()
    require_possible(document, Action.DOCUMENT_ROUTE)
    if data.due_on is not None and data.due_on < clock.today():
        raise invalid("due_on", "due_before_today")
    to = await named(session, actor, owner, data.unit_ids, data.person_ids)
    if not to:
        raise invalid("unit_ids", "nobody_named")
    named_so = {"document_id": document.id, "title": data.title, "due_on": data.due_on}
    made = Acquaintance(**named_so, made_by=actor.person_id, made_at=clock.now())
    session.add(made)
    await session.flush()
    taken_in = await _take_in(session, document, made, to)
    told = [Giving(one, ReceiptRole.INFORMATION) for one in to]
    given = await give(session, actor, document, told, data.note, acquaintance_id=made.id)
    await audit.record(
        session,
        actor,
        Tag.DOCUMENT_ROUTED,
        "document",
        document.id,
        acquaintance=str(made.id),
        title=data.title,
        due_on=data.due_on.isoformat() if data.due_on else None,
        role=ReceiptRole.INFORMATION.value,
        to=[one.name for one in to],
        note=data.note,
        changes=[one.told for one in given],
        taken_in=taken_in,
    )
    await tell_given(session, actor, postman, document, given, data.note)
    return made


async def _take_in(
    session: AsyncSession, document: Document, made: Acquaintance, to: Sequence[Addressee]
) -> list[str]:
    """Put open receipts for information of these on the list; raises Invalid for whoever is on another one."""
    names = {one.principal_no: one.name for one in to}
    held = await session.scalars(
        select(Receipt)
        .where(
            Receipt.document_id == document.id,
            Receipt.principal_no.in_(names),
            Receipt.role == ReceiptRole.INFORMATION,
            or_(Receipt.state == ReceiptState.WAITING, Receipt.state == ReceiptState.FORWARDED),
        )
        .with_for_update()
    )
    receipts = held.all()
    listed = sorted(names[one.principal_no] for one in receipts if one.acquaintance_id is not None)
    if listed:
        raise invalid("unit_ids", "already_on_a_list", names=", ".join(listed))
    for one in receipts:
        one.acquaintance_id = made.id
    await session.flush()
    return [str(one.id) for one in receipts]


_DUE = text(
    """
    SELECT acquaintance.id, acquaintance.title, acquaintance.due_on, acquaintance.document_id,
           document.symbol, document.subject, person.id AS person_id, person.full_name, person.email,
           person.language
    FROM acquaintance
    JOIN document ON document.id = acquaintance.document_id AND document.voided_at IS NULL
    JOIN receipt ON receipt.acquaintance_id = acquaintance.id AND receipt.state <> 'recalled'
    JOIN principal ON principal.no = receipt.principal_no
    CROSS JOIN LATERAL (
        SELECT principal.person_id AS id WHERE principal.person_id IS NOT NULL
        UNION
        SELECT held.person_id FROM role_held AS held
        WHERE held.unit_id = principal.unit_id AND held.role = ANY(CAST(:members AS text[]))
          AND held.valid_from <= :today AND (held.valid_to IS NULL OR held.valid_to > :today)
    ) AS named
    JOIN person ON person.id = named.id AND person.frozen_at IS NULL AND person.email <> ''
      AND person.clearance >= document.secrecy
    WHERE acquaintance.id = :id
      AND NOT EXISTS (
        SELECT FROM document_reading AS reading
        WHERE reading.document_id = acquaintance.document_id AND reading.person_id = person.id
      )
      AND NOT EXISTS (
        SELECT FROM letter
        WHERE letter.effect = 'acquaintance/' || acquaintance.id || '/' || person.id || '/' || :turn
      )
    GROUP BY acquaintance.id, document.id, person.id
    ORDER BY person.id
    LIMIT :rows
    """
)


async def list_due(session: AsyncSession) -> list[tuple[UUID, str]]:
    """Lists of which somebody may have to be reminded today, with the turn: ``before`` or ``after`` the last day."""
    today = clock.today()
    found = await session.execute(
        select(Acquaintance.id, Acquaintance.due_on).where(
            Acquaintance.due_on >= today - REMINDED_FOR,
            # The longest holiday is shorter than this.
            Acquaintance.due_on <= today + timedelta(days=30),
        )
    )
    calendar = calendar_of(today.year)
    due: list[tuple[UUID, str]] = []
    for acquaintance_id, due_on in found:
        assert due_on is not None
        if due_on < today:
            due.append((acquaintance_id, "after"))
        elif working_day_before(due_on, calendar) <= today:
            due.append((acquaintance_id, "before"))
    return due


async def remind(session: AsyncSession, postman: Postman, acquaintance_id: UUID, turn: str) -> int:
    """Write to the next AT_ONCE people of a list who have not read; how many. Each is written to once in a turn."""
    values = {
        "id": acquaintance_id,
        "turn": turn,
        "today": clock.today(),
        "members": sorted(role.value for role in MEMBERS),
        "rows": AT_ONCE,
    }
    rows = (await session.execute(_DUE, values)).all()
    await postman.post(session, [_letter(postman, row, turn) for row in rows])
    return len(rows)


def _letter(postman: Postman, row: Any, turn: str) -> Draft:
    facts = {
        "recipient_name": row.full_name,
        "title": row.title,
        "symbol": row.symbol,
        "subject": row.subject,
        "due": row.due_on,
        "is_late": turn == "after",
        "link": postman.link(f"/api/v1/documents/{row.document_id}"),
    }
    return Draft(
        effect=f"acquaintance/{row.id}/{row.person_id}/{turn}",
        thread=f"document/{row.document_id}/{row.person_id}",
        to=Mailbox(row.email, row.full_name),
        words=postman.words("documents/unread", Language(row.language), facts),
        about=("document", row.document_id),
    )


@lru_cache(maxsize=4)
def calendar_of(year: int) -> WorkingCalendar:
    return vietnam([year])
