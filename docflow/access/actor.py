"""Who is asking, with everything a decision needs: no decision reads the database for the asker's sake."""

from collections.abc import Iterator
from datetime import date
from enum import IntEnum
from uuid import UUID

import msgspec

from docflow.access.actions import Action
from docflow.access.roles import GRANTS, MEMBERS, Role
from docflow.core.messages import Language


class Secrecy(IntEnum):
    """State-secret classes in rising order (domain §1.3). A person's clearance is one of them too."""

    NONE = 0
    SECRET = 1
    """mật"""
    TOP_SECRET = 2
    """tối mật"""
    UTMOST_SECRET = 3
    """tuyệt mật"""


class Held(msgspec.Struct, frozen=True):
    """A role held in a unit. ``lineage`` are the numbers of the unit and all above it, the root first."""

    role: Role
    unit_id: UUID
    unit_no: int
    lineage: tuple[int, ...]
    lent_by: UUID | None = None
    """Whose it is, when the actor has it only while that person is away."""


class StandingIn(msgspec.Struct, frozen=True):
    """Somebody who is away and for whom the actor acts until ``until``, the first day on which they are back."""

    person_id: UUID
    name: str
    principal: int
    until: date


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """A signed-in person. ``principals`` are the numbers under which documents may name them as a reader.

    ``inherited`` are the roles of ``MEMBERS`` again, in each unit that has ended and that the unit in which they
    are held succeeded: what it left open is theirs to finish, and nothing new is begun in its name.

    While somebody is away whose substitute the actor is, ``held`` and ``inherited`` have that person's roles of
    ``MEMBERS`` too, marked ``lent_by``, and ``principals`` theirs and those of their units. The clearance is the
    actor's own: what a person may know is not lent.
    """

    person_id: UUID
    name: str
    username: str
    language: Language
    clearance: Secrecy
    held: tuple[Held, ...]
    inherited: tuple[Held, ...] = ()
    principals: tuple[int, ...]
    person_principal: int
    standing_in: tuple[StandingIn, ...] = ()
    """Those who are away today and whose substitute the actor is."""
    address: str = ""
    """Network address the request came from, for the audit trail."""
    session_id: UUID | None = None
    token_id: UUID | None = None
    scopes: frozenset[Action] | None = None
    """What an API token is narrowed to; None: everything the roles grant."""

    def may(self, action: Action) -> bool:
        """The route gate: some role held somewhere grants it, and the token's scopes let it through."""
        if self.scopes is not None and action not in self.scopes:
            return False
        return any(action in GRANTS[held.role] for held in self.held)

    def units_for(self, action: Action, *, inherited: bool = False) -> frozenset[UUID]:
        """The units in which a held role grants ``action``; with ``inherited`` those that they succeeded too."""
        return frozenset(held.unit_id for held in self._granting(action, inherited))

    def unit_numbers_for(self, action: Action, *, inherited: bool = False) -> frozenset[int]:
        """The same as numbers, to compare with a lineage."""
        return frozenset(held.unit_no for held in self._granting(action, inherited))

    @property
    def persons(self) -> frozenset[UUID]:
        """Whose work the actor does: the actor's own, and that of those for whom the actor stands in."""
        return frozenset({self.person_id, *(away.person_id for away in self.standing_in)})

    def own_unit_numbers_for(self, action: Action) -> frozenset[int]:
        """As ``unit_numbers_for``, by the actor's own roles alone: what is lent is not to be lent on."""
        return frozenset(held.unit_no for held in self._granting(action, False) if held.lent_by is None)

    @property
    def member_units(self) -> frozenset[UUID]:
        """The units in whose work the actor has a part, and those that they succeeded."""
        return frozenset(held.unit_id for held in self._memberships())

    @property
    def member_unit_numbers(self) -> frozenset[int]:
        """The same as numbers, to compare with a lineage."""
        return frozenset(held.unit_no for held in self._memberships())

    def _granting(self, action: Action, inherited: bool) -> Iterator[Held]:
        if self.scopes is not None and action not in self.scopes:
            return iter(())
        roles = (*self.held, *self.inherited) if inherited else self.held
        return (held for held in roles if action in GRANTS[held.role])

    def _memberships(self) -> Iterator[Held]:
        return (held for held in (*self.held, *self.inherited) if held.role in MEMBERS)
