"""What comes in and goes out about accounts."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.access.roles import Role
from docflow.core.messages import Language
from docflow.web.schemas import In, Out

_PERSON = "01997a3e-5b60-7c11-9c1e-0b7f1d2a4c01"
_UNIT = "01997a3e-5b60-7c11-9c1e-0b7f1d2a4c10"


class SignIn(In, kw_only=True):
    """A user name and a password."""

    username: str
    password: str

    example: ClassVar[dict[str, Any]] = {"username": "vanthu", "password": "a long sentence of mine"}


class RoleOut(Out, frozen=True, kw_only=True):
    """A role held in a unit."""

    role: Role
    unit_id: UUID

    example: ClassVar[dict[str, Any]] = {"role": "registry_clerk", "unit_id": _UNIT}


class Me(Out, frozen=True, kw_only=True):
    """Who is signed in, and what the roles let through the route gate."""

    id: UUID
    username: str
    name: str
    language: Language
    roles: list[RoleOut]
    actions: list[Action]

    example: ClassVar[dict[str, Any]] = {
        "id": _PERSON,
        "username": "vanthu",
        "name": "Trần Thị Bích Ngọc",
        "language": "vi",
        "roles": [RoleOut.example],
        "actions": ["document:read", "document:register"],
    }


class SessionOut(Out, frozen=True, kw_only=True):
    """A started session; its secret is in the cookie."""

    me: Me
    expires_at: datetime

    example: ClassVar[dict[str, Any]] = {"me": Me.example, "expires_at": "2026-11-23T20:00:00Z"}


def me_of(actor: Actor) -> Me:
    """The actor as told to itself."""
    return Me(
        id=actor.person_id,
        username=actor.username,
        name=actor.name,
        language=actor.language,
        roles=[RoleOut(role=held.role, unit_id=held.unit_id) for held in actor.held],
        actions=[action for action in Action if actor.may(action)],
    )
