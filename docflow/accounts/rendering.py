"""Rows as what goes out. No rule but what the asker may do, which is asked of ``policy``."""

from collections.abc import Iterable, Sequence

from docflow.access.actions import Action
from docflow.access.actor import Actor, Secrecy
from docflow.accounts.listing import HeldRow, places_of, still_held
from docflow.accounts.models import ApiToken, Person, Unit, UnitKind
from docflow.accounts.policy import decide, decide_person
from docflow.accounts.schemas import PersonOut, RoleHeldOut, TokenOut, UnitKindOut, UnitOut


def unit_out(actor: Actor, unit: Unit) -> UnitOut:
    """A unit, with what the actor may do to it."""
    return UnitOut(
        id=unit.id,
        code=unit.code,
        symbol=unit.symbol,
        name_vi=unit.name_vi,
        name_en=unit.name_en,
        kind=unit.kind_code,
        parent_id=unit.parent_id,
        email=unit.email,
        valid_from=unit.valid_from,
        valid_to=unit.valid_to,
        successor_id=unit.successor_id,
        actions=[
            action
            for action in (Action.UNIT_ADMINISTER, Action.UNIT_READ)
            if actor.may(action) and decide(actor, action, tuple(unit.lineage))
        ],
        version=unit.version,
    )


def unit_kind_out(kind: UnitKind) -> UnitKindOut:
    return UnitKindOut(code=kind.code, name_vi=kind.name_vi, name_en=kind.name_en)


def person_out(actor: Actor, person: Person, held: Sequence[HeldRow]) -> PersonOut:
    """A person as the actor may know them; ``held`` are all roles ever held."""
    places = places_of(held)
    told = actor.may(Action.PERSON_ADMINISTER) and bool(decide(actor, Action.PERSON_ADMINISTER, *places))
    offered = {
        Action.PERSON_ADMINISTER: decide_person(actor, person.id, *places),
        Action.PERSON_READ: decide(actor, Action.PERSON_READ),
    }
    return PersonOut(
        id=person.id,
        username=person.username,
        full_name=person.full_name,
        post=person.post,
        email=person.email,
        language=person.language,
        roles=_roles_out(still_held(held)),
        clearance=Secrecy(person.clearance).name.lower() if told else None,
        frozen=person.frozen_at is not None if told else None,
        actions=[action for action, decision in offered.items() if decision and actor.may(action)],
        version=person.version,
    )


def _roles_out(held: Iterable[HeldRow]) -> list[RoleHeldOut]:
    return [
        RoleHeldOut(
            id=row.RoleHeld.id,
            role=row.RoleHeld.role,
            unit_id=row.RoleHeld.unit_id,
            unit_name=row.name_vi,
            valid_from=row.RoleHeld.valid_from,
            valid_to=row.RoleHeld.valid_to,
        )
        for row in held
    ]


def token_out(token: ApiToken) -> TokenOut:
    """A token without its secret, which nobody has but its owner."""
    return TokenOut(
        id=token.id,
        name=token.name,
        scopes=token.scopes,
        issued_at=token.issued_at,
        expires_at=token.expires_at,
        used_at=token.used_at,
    )
