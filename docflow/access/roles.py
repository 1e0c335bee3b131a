"""Roles and what each grants. A role is held in a unit; nothing is granted to anybody by any other way."""

from enum import StrEnum

from docflow.access.actions import Action


class Role(StrEnum):
    """What a person is in a unit."""

    ADMINISTRATOR = "administrator"
    """Keeps people, units, kinds and sites. Sees no document by this role: it is none of ``MEMBERS``."""
    AUDITOR = "auditor"
    """Reads the audit trail of the whole house. Sees no document by this role: it is none of ``MEMBERS``."""
    LEADER = "leader"
    """Directs: chairman, vice-chairman."""
    MEETING_ORGANIZER = "meeting_organizer"
    """Books meetings and invites."""
    REGISTRY_CLERK = "registry_clerk"
    """Registers, routes and answers for the unit (văn thư)."""
    SPECIALIST = "specialist"
    """Handles work of the unit (chuyên viên)."""
    UNIT_HEAD = "unit_head"
    """Answers for a unit's work (thủ trưởng đơn vị)."""


MEMBERS = frozenset(Role) - {Role.ADMINISTRATOR, Role.AUDITOR}
"""Roles in a unit's own work. Whoever holds one is a member: reads what the unit may, and inherits from units that
it succeeded. Keeping the house in order and watching over it is no part in anybody's work."""

_EVERYBODY = frozenset(
    {
        Action.DOCUMENT_ACKNOWLEDGE,
        Action.DOCUMENT_READ,
        Action.HOME_READ,
        Action.MEETING_ANSWER,
        Action.MEETING_READ,
        Action.PERSON_READ,
        Action.SEARCH_KEEP,
        Action.SELF_ADMINISTER,
        Action.SITE_READ,
        Action.TASK_READ,
        Action.TOKEN_ADMINISTER,
        Action.UNIT_READ,
    }
)

GRANTS: dict[Role, frozenset[Action]] = {
    Role.ADMINISTRATOR: _EVERYBODY
    | {
        Action.KIND_ADMINISTER,
        Action.PERSON_ADMINISTER,
        Action.SITE_ADMINISTER,
        Action.UNIT_ADMINISTER,
    },
    Role.AUDITOR: _EVERYBODY | {Action.AUDIT_READ, Action.DOCUMENT_TRAIL, Action.TASK_STATISTICS},
    Role.LEADER: _EVERYBODY
    | {
        Action.DOCUMENT_DIRECT,
        Action.DOCUMENT_ROUTE,
        Action.DOCUMENT_TRAIL,
        Action.REGISTER_PRINT,
        Action.TASK_STATISTICS,
    },
    Role.MEETING_ORGANIZER: _EVERYBODY | {Action.MEETING_ORGANIZE},
    Role.REGISTRY_CLERK: _EVERYBODY
    | {
        Action.DOCUMENT_AMEND,
        Action.DOCUMENT_REGISTER,
        Action.DOCUMENT_ROUTE,
        Action.DOCUMENT_TRAIL,
        Action.DRAFT_READ,
        Action.DRAFT_SETTLE,
        Action.NUMBER_RESERVE,
        Action.NUMBER_VOID,
        Action.REGISTER_CONFIGURE,
        Action.REGISTER_PRINT,
        Action.TASK_ANSWER,
        Action.TASK_STATISTICS,
    },
    Role.SPECIALIST: _EVERYBODY | {Action.TASK_ANSWER},
    Role.UNIT_HEAD: _EVERYBODY
    | {
        Action.DOCUMENT_DIRECT,
        Action.DOCUMENT_ROUTE,
        Action.DOCUMENT_TRAIL,
        Action.REGISTER_CONFIGURE,
        Action.REGISTER_PRINT,
        Action.TASK_ANSWER,
        Action.TASK_STATISTICS,
    },
}
