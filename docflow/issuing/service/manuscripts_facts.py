"""What a manuscript's record may say: every id in it is looked up and checked before it is kept."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.access.roles import Role
from docflow.accounts import addressees
from docflow.accounts.listing import held_on
from docflow.accounts.models import Person, Principal, RoleHeld, Unit
from docflow.core import clock
from docflow.core.errors import invalid
from docflow.documents import queries as documents
from docflow.documents.models import Authority, Direction, DocumentKind, Receipt
from docflow.issuing.models import (
    LetterTemplate,
    Manuscript,
    ManuscriptRecipient,
    ManuscriptState,
    ManuscriptStep,
    StepState,
)
from docflow.issuing.policy import OFFICIALS, seat
from docflow.issuing.schemas.manuscripts import RecipientIn
from docflow.notifications.mail import MailAddressNotValid, checked_address

_AGREED = frozenset({ManuscriptState.APPROVED, ManuscriptState.SIGNED, ManuscriptState.ISSUED})
BY_ORDER = frozenset({Authority.TL, Authority.TUQ})
"""With these somebody of a unit below signs (Decree 30/2020, article 13 (3) and (4))."""


async def check_record(
    session: AsyncSession, actor: Actor, manuscript: Manuscript, given: Collection[str]
) -> None:
    """Check what the record names, as it is to be kept. Raises Invalid, and NotFound for a hidden document.

    ``given`` are the fields that this request sets: what somebody else put there is not asked of the actor.
    """
    lineage = await _issuing_lineage(session, manuscript)
    if await session.get(DocumentKind, manuscript.kind_code) is None:
        raise invalid("kind", "kind_not_known")
    if manuscript.due_on is not None and manuscript.due_on < clock.today() and "due_on" in given:
        raise invalid("due_on", "due_in_past")
    if manuscript.signer_id is not None:
        if "signer_id" in given and "signer_post" not in given:
            manuscript.signer_post = ""
        await check_signer(session, manuscript)
    if "template_id" in given:
        await _check_template(session, manuscript, lineage)
    await _check_answered(session, actor, manuscript, given)
    await _check_target(session, actor, manuscript, given)


async def _issuing_lineage(session: AsyncSession, manuscript: Manuscript) -> Sequence[int]:
    """The lineage of the issuing body, which is the drafting unit or stands above it."""
    (issuing,) = await addressees.units(session, [manuscript.issuing_unit_id], "issuing_unit_id")
    drafting = await session.get_one(Unit, manuscript.unit_id)
    if issuing.lineage[-1] not in drafting.lineage:
        raise invalid("issuing_unit_id", "issuing_unit_not_above")
    return issuing.lineage


async def check_signer(session: AsyncSession, manuscript: Manuscript) -> None:
    """Raises Invalid when whoever is named as signer answers for neither the issuing body nor, by order, one below."""
    (signer,) = await addressees.people(session, [manuscript.signer_id], "signer_id")  # type: ignore[list-item]
    rows = await session.execute(
        select(Unit.id, Unit.lineage)
        .join(RoleHeld, RoleHeld.unit_id == Unit.id)
        .where(RoleHeld.person_id == signer.person_id, RoleHeld.role.in_(OFFICIALS), held_on(clock.today()))
    )
    issuing = await session.get_one(Unit, manuscript.issuing_unit_id)
    by_order = manuscript.signer_authority in BY_ORDER
    if not any(row.id == issuing.id or (by_order and issuing.no in row.lineage) for row in rows):
        raise invalid("signer_id", "signer_not_entitled", name=signer.name)
    if not manuscript.signer_post:
        person = await session.get_one(Person, signer.person_id)
        manuscript.signer_post = person.post


async def _check_template(session: AsyncSession, manuscript: Manuscript, lineage: Sequence[int]) -> None:
    if manuscript.template_id is None:
        return
    found = await session.scalar(
        select(LetterTemplate.id)
        .join(Unit, Unit.id == LetterTemplate.unit_id)
        .where(
            LetterTemplate.id == manuscript.template_id,
            LetterTemplate.retired_at.is_(None),
            Unit.no.in_(lineage),
            LetterTemplate.kind_code.is_(None) | (LetterTemplate.kind_code == manuscript.kind_code),
        )
    )
    if found is None:
        raise invalid("template_id", "template_not_for_it")


async def _check_answered(
    session: AsyncSession, actor: Actor, manuscript: Manuscript, given: Collection[str]
) -> None:
    """The document answered is one that the actor sees, the receipt one of the actor's own or of their units."""
    if manuscript.answers_id is None:
        if manuscript.answers_receipt_id is not None:
            raise invalid("answers_receipt_id", "receipt_without_document")
        return
    if "answers_id" in given:
        await documents.get_document(session, actor, manuscript.answers_id)
    if manuscript.answers_receipt_id is None:
        return
    receipt = await session.get(Receipt, manuscript.answers_receipt_id)
    if receipt is None or receipt.document_id != manuscript.answers_id:
        raise invalid("answers_receipt_id", "receipt_not_known")
    if "answers_receipt_id" in given and receipt.principal_no not in actor.principals:
        raise invalid("answers_receipt_id", "receipt_not_known")


async def _check_target(
    session: AsyncSession, actor: Actor, manuscript: Manuscript, given: Collection[str]
) -> None:
    """What is corrected, replaced or recalled was issued by the same body (domain §1.2)."""
    if (manuscript.succession is None) != (manuscript.target_id is None):
        raise invalid("target_id", "succession_of_something")
    if manuscript.target_id is None or "target_id" not in given:
        return
    target = await documents.get_document(session, actor, manuscript.target_id)
    if target.direction is Direction.INCOMING or target.unit_id != manuscript.issuing_unit_id:
        raise invalid("target_id", "target_not_issued_here")


async def people_of(session: AsyncSession, person_ids: Collection[UUID]) -> dict[int, str]:
    """Names of the people by principal. Raises Invalid for somebody unknown or frozen."""
    found = await addressees.people(session, set(person_ids), "collaborator_ids") if person_ids else []
    return {person.principal_no: person.name for person in found}


async def replace_recipients(
    session: AsyncSession, manuscript_id: UUID, recipients: Sequence[RecipientIn]
) -> list[dict[str, Any]]:
    """Write the list of recipients anew; what the trail tells of it. Raises Invalid."""
    unit_ids = {one.unit_id for one in recipients if one.unit_id is not None}
    person_ids = {one.person_id for one in recipients if one.person_id is not None}
    units = await addressees.units(session, unit_ids, "recipients") if unit_ids else []
    people = await addressees.people(session, person_ids, "recipients") if person_ids else []
    known = {one.unit_id or one.person_id: (one.principal_no, one.name) for one in (*units, *people)}
    rows = [_recipient(manuscript_id, place, one, known) for place, one in enumerate(recipients)]
    named = [row["principal_no"] or row["email"] or row["name"] for row in rows]
    if len(named) != len(set(named)):
        raise invalid("recipients", "recipient_named_twice")
    await session.execute(
        delete(ManuscriptRecipient).where(ManuscriptRecipient.manuscript_id == manuscript_id)
    )
    if rows:
        await session.execute(insert(ManuscriptRecipient), rows)
    return [
        {
            "role": str(row["role"]),
            "name": row["name"],
            "principal": row["principal_no"],
            "email": row["email"],
            "by_link": row["by_link"],
        }
        for row in rows
    ]


def _recipient(
    manuscript_id: UUID, place: int, one: RecipientIn, known: Mapping[Any, tuple[int, str]]
) -> dict[str, Any]:
    ways = [way for way in (one.unit_id, one.person_id, one.email) if way]
    if len(ways) > 1:
        raise invalid(f"recipients/{place}", "recipient_one_way")
    principal_no, own_name = known.get(one.unit_id or one.person_id, (None, one.email or ""))
    if not (one.name or own_name):
        raise invalid(f"recipients/{place}", "recipient_without_name")
    if one.by_link and not one.email:
        raise invalid(f"recipients/{place}/by_link", "link_needs_address")
    if one.email:
        try:
            checked_address(one.email)
        except MailAddressNotValid as error:
            raise invalid(f"recipients/{place}/email", "email_not_valid") from error
    return {
        "manuscript_id": manuscript_id,
        "position": place + 1,
        "role": one.role,
        "principal_no": principal_no,
        "name": one.name or own_name,
        "email": one.email or None,
        "by_link": one.by_link,
    }


async def write_readers(session: AsyncSession, manuscript: Manuscript) -> None:
    """Set who sees it by what the record and its steps say now; whoever had a step goes on seeing it."""
    steps = (
        await session.execute(
            select(ManuscriptStep.person_id, ManuscriptStep.role, Unit.no, ManuscriptStep.decided_by)
            .join(Unit, Unit.id == ManuscriptStep.unit_id)
            .where(ManuscriptStep.manuscript_id == manuscript.id)
        )
    ).all()
    people = {manuscript.author_id, *(step.person_id for step in steps), *(step.decided_by for step in steps)}
    seats = {seat(step.no, step.role) for step in steps if step.role is not None}
    if manuscript.state in _AGREED:  # whoever signs it, and the registry that gives it its number
        issuing = await session.get_one(Unit, manuscript.issuing_unit_id)
        people.add(manuscript.signer_id)
        seats.add(seat(issuing.no, Role.REGISTRY_CLERK))
    named = await session.scalars(select(Principal.no).where(Principal.person_id.in_(people - {None})))
    readers = {*named, *manuscript.collaborators}
    if manuscript.whole_unit:
        unit = select(Principal.no).where(Principal.unit_id == manuscript.unit_id)
        readers |= set(await session.scalars(unit))
    manuscript.readers = sorted(readers)
    manuscript.seats = sorted(seats)


async def list_waiting_steps(session: AsyncSession, manuscript: Manuscript) -> Sequence[ManuscriptStep]:
    """The steps of its present round that wait."""
    found = await session.scalars(
        select(ManuscriptStep).where(
            ManuscriptStep.manuscript_id == manuscript.id,
            ManuscriptStep.round == manuscript.round,
            ManuscriptStep.state == StepState.WAITING,
        )
    )
    return found.all()
