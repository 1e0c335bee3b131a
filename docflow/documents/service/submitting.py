"""Submitting a document to a leader for direction (Decree 30/2020/NĐ-CP, article 24)."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.access.roles import Role
from docflow.accounts import addressees
from docflow.accounts.addressees import Addressee
from docflow.accounts.models import RoleHeld, Unit
from docflow.accounts.queries import Away, find_absence
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.errors import invalid
from docflow.documents import queries
from docflow.documents.models import Document, ReceiptRole
from docflow.documents.policy import decide, decide_submission
from docflow.documents.schemas.circulation import Submit
from docflow.documents.service.routing.give import Giving, give
from docflow.documents.service.routing.letters import tell_given
from docflow.documents.workflow import require_possible
from docflow.notifications.service import Postman
from docflow.printing.tables import printed_text

LEADS = frozenset({Role.LEADER, Role.UNIT_HEAD})
"""Whoever holds one of these in the unit or above it directs what the unit registered."""


async def submit(
    session: AsyncSession, actor: Actor, postman: Postman, document_id: UUID, data: Submit
) -> Document:
    """Submit a document to a leader of the unit that registered it, or of one above.

    A leader who has it for direction already is not given it twice. A leader on leave is refused, naming who stands
    in and until when; with ``allow_substitute`` it goes to that person. Raises NotFound, NotAllowed, Invalid,
    DocumentVoided, StubNotGivenOn.
    """
    document = await queries.get_document(session, actor, document_id, lock=True)
    owner = await queries.lineage_of(session, document)
    decide(actor, Action.DOCUMENT_ROUTE, document, owner).require()
    decide_submission(actor, owner).require()
    require_possible(document, Action.DOCUMENT_ROUTE)
    if data.due_at is not None and data.due_at <= clock.now():
        raise invalid("due_at", "due_before_today")
    leader, away = await _leader(session, data, owner)
    wanted = Giving(leader, ReceiptRole.DIRECTION, data.due_at)
    given = await give(session, actor, document, [wanted], data.note)
    await audit.record(
        session,
        actor,
        Tag.DOCUMENT_SUBMITTED,
        "document",
        document.id,
        to=leader.name,
        instead_of=str(away.person_id) if away else None,
        due_at=data.due_at.isoformat() if data.due_at else None,
        note=data.note,
        changes=[one.told for one in given],
    )
    await tell_given(session, actor, postman, document, given, data.note)
    return document


async def _leader(
    session: AsyncSession, data: Submit, owner: tuple[int, ...]
) -> tuple[Addressee, Away | None]:
    """To whom it goes, and for whom they stand in."""
    (leader,) = await addressees.people(session, {data.person_id}, "person_id")
    await _require_leads(session, leader, owner)
    away = await find_absence(session, data.person_id, clock.today())
    if away is None:
        return leader, None
    facts = {"name": leader.name, "until": printed_text(away.ends_on - timedelta(days=1))}
    if away.substitute_id is None:
        raise invalid("person_id", "leader_on_leave_without_substitute", **facts)
    if not data.allow_substitute:
        raise invalid("person_id", "leader_on_leave", **facts, substitute=away.substitute_name)
    (substitute,) = await addressees.people(session, {away.substitute_id}, "person_id")
    return substitute, away


async def _require_leads(session: AsyncSession, leader: Addressee, owner: tuple[int, ...]) -> None:
    today = clock.today()
    held = await session.execute(
        select(RoleHeld.role, Unit.no)
        .join(Unit, Unit.id == RoleHeld.unit_id)
        .where(
            RoleHeld.person_id == leader.person_id,
            RoleHeld.valid_from <= today,
            or_(RoleHeld.valid_to.is_(None), RoleHeld.valid_to > today),
            or_(Unit.valid_to.is_(None), Unit.valid_to > today),
        )
    )
    roles = held.all()
    if not roles:
        raise invalid("person_id", "person_without_unit", ids=str(leader.person_id))
    if not any(row.role in LEADS and row.no in owner for row in roles):
        raise invalid("person_id", "not_a_leader_of_the_unit")
