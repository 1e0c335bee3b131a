"""Who sees a credential, who keeps it, and who signs with it.

A person's certificate is that person's alone, also while somebody stands in for them. The seal of a unit is with its
registry, under the eye of its head (Decree 30, articles 32 and 33).
"""

from uuid import UUID

from sqlalchemy import ColumnElement

from docflow.access.actor import Actor
from docflow.access.decision import Decision, allow, deny
from docflow.access.roles import Role
from docflow.accounts.models import Principal
from docflow.signatures.models import Credential

KEEPERS_OF_THE_SEAL = frozenset({Role.REGISTRY_CLERK, Role.UNIT_HEAD})


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The one read rule: one's own, and those of the units that one is in. Pictures and keys are never shown."""
    return Credential.principal_no.in_({actor.person_principal, *actor.principals})


def seals_of(actor: Actor) -> frozenset[UUID]:
    """The units whose seal the actor keeps."""
    return frozenset(held.unit_id for held in actor.held if held.role in KEEPERS_OF_THE_SEAL)


def decide(actor: Actor, owner: Principal) -> Decision:
    """May the actor add or withdraw a credential of this owner?"""
    if owner.person_id is not None and owner.person_id == actor.person_id:
        return allow("own_credential")
    if owner.unit_id is not None and owner.unit_id in seals_of(actor):
        return allow("keeper_of_the_seal")
    if owner.unit_id is not None:
        return deny("seal_is_with_the_registry")
    return deny("credential_of_somebody_else")


def decide_signing(actor: Actor, owner: Principal) -> Decision:
    """May the actor sign with it? Whoever may keep it may."""
    return decide(actor, owner)
