"""Who is asking, with everything a decision needs: no decision reads the database for the asker's sake."""

from enum import IntEnum
from uuid import UUID

import msgspec

from docflow.access.actions import Action
from docflow.access.roles import GRANTS, Role
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


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """A signed-in person. ``principals`` are the numbers under which documents may name them as a reader."""

    person_id: UUID
    name: str
    username: str
    language: Language
    clearance: Secrecy
    held: tuple[Held, ...]
    principals: tuple[int, ...]
    person_principal: int
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

    def units_for(self, action: Action) -> frozenset[UUID]:
        """The units in which a held role grants ``action``."""
        if self.scopes is not None and action not in self.scopes:
            return frozenset()
        return frozenset(held.unit_id for held in self.held if action in GRANTS[held.role])

    def unit_numbers_for(self, action: Action) -> frozenset[int]:
        """The same as numbers, to compare with a lineage."""
        units = self.units_for(action)
        return frozenset(held.unit_no for held in self.held if held.unit_id in units)

    @property
    def unit_ids(self) -> frozenset[UUID]:
        return frozenset(held.unit_id for held in self.held)
