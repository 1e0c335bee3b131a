"""Roles and what each grants. A role is held in a unit; nothing is granted to anybody by any other way."""

from enum import StrEnum

from docflow.access.actions import Action


class Role(StrEnum):
    """What a person is in a unit."""

    ADMINISTRATOR = "administrator"
    """Keeps people, units, kinds and sites. Sees no document by this role: it is none of ``MEMBERS``."""
    ARCHIVIST = "archivist"
    """Keeps the archive: receives dossiers, proposes what is to be destroyed, places legal holds."""
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

_MEMBER = _EVERYBODY | {
    Action.ABSENCE_SET,
    Action.CREDENTIAL_ADMINISTER,
    Action.DOCUMENT_COMMENT,
    Action.DOSSIER_READ,
    Action.MANUSCRIPT_READ,
    Action.RECEIPT_HANDLE,
}
"""What everybody has who takes part in a unit's own work."""

_KEEPER = frozenset({Action.DOSSIER_KEEP, Action.MANUSCRIPT_WRITE})

GRANTS: dict[Role, frozenset[Action]] = {
    Role.ADMINISTRATOR: _EVERYBODY
    | {
        Action.ABSENCE_SET,
        Action.APPROVAL_CONFIGURE,
        Action.KIND_ADMINISTER,
        Action.PERSON_ADMINISTER,
        Action.SITE_ADMINISTER,
        Action.TEMPLATE_ADMINISTER,
        Action.UNIT_ADMINISTER,
    },
    Role.ARCHIVIST: _MEMBER
    | {
        Action.DISPOSAL_PROPOSE,
        Action.DOSSIER_KEEP,
        Action.DOSSIER_LIST,
        Action.DOSSIER_RECEIVE,
        Action.HOLD_PLACE,
        Action.RETENTION_CONFIGURE,
    },
    Role.AUDITOR: _EVERYBODY | {Action.AUDIT_READ, Action.DOCUMENT_TRAIL, Action.TASK_STATISTICS},
    Role.LEADER: _MEMBER
    | _KEEPER
    | {
        Action.DISPOSAL_APPROVE,
        Action.DOCUMENT_DIRECT,
        Action.DOCUMENT_PERMIT,
        Action.DOCUMENT_ROUTE,
        Action.DOCUMENT_TRAIL,
        Action.HOLD_PLACE,
        Action.MANUSCRIPT_DECIDE,
        Action.MANUSCRIPT_SIGN,
        Action.REGISTER_PRINT,
        Action.TASK_STATISTICS,
    },
    Role.MEETING_ORGANIZER: _MEMBER | {Action.MEETING_ORGANIZE},
    Role.REGISTRY_CLERK: _MEMBER
    | _KEEPER
    | {
        Action.DOCUMENT_AMEND,
        Action.DOCUMENT_DISPATCH,
        Action.DOCUMENT_ISSUE,
        Action.DOCUMENT_PERMIT,
        Action.DOCUMENT_REGISTER,
        Action.DOCUMENT_ROUTE,
        Action.DOCUMENT_TRAIL,
        Action.DOSSIER_LIST,
        Action.DRAFT_READ,
        Action.DRAFT_SETTLE,
        Action.MANUSCRIPT_DECIDE,
        Action.NUMBER_RESERVE,
        Action.NUMBER_VOID,
        Action.REGISTER_CONFIGURE,
        Action.REGISTER_PRINT,
        Action.TASK_ANSWER,
        Action.TASK_STATISTICS,
        Action.TEMPLATE_ADMINISTER,
    },
    Role.SPECIALIST: _MEMBER | _KEEPER | {Action.TASK_ANSWER},
    Role.UNIT_HEAD: _MEMBER
    | _KEEPER
    | {
        Action.APPROVAL_CONFIGURE,
        Action.DISPOSAL_APPROVE,
        Action.DOCUMENT_DIRECT,
        Action.DOCUMENT_PERMIT,
        Action.DOCUMENT_ROUTE,
        Action.DOCUMENT_TRAIL,
        Action.DOSSIER_LIST,
        Action.HOLD_PLACE,
        Action.MANUSCRIPT_DECIDE,
        Action.MANUSCRIPT_SIGN,
        Action.REGISTER_CONFIGURE,
        Action.REGISTER_PRINT,
        Action.TASK_ANSWER,
        Action.TASK_STATISTICS,
    },
}
