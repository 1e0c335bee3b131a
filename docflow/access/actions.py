"""Everything that can be asked for, alphabetically: ``<subject>:<verb>``. What was done is in ``audit.tags``."""

from enum import StrEnum


class Action(StrEnum):
    """Every route declares one of these; roles grant them."""

    AUDIT_READ = "audit:read"
    DOCUMENT_ACKNOWLEDGE = "document:acknowledge"
    DOCUMENT_AMEND = "document:amend"
    DOCUMENT_DIRECT = "document:direct"
    DOCUMENT_READ = "document:read"
    DOCUMENT_REGISTER = "document:register"
    DOCUMENT_ROUTE = "document:route"
    DOCUMENT_TRAIL = "document:trail"
    DRAFT_READ = "draft:read"
    DRAFT_SETTLE = "draft:settle"
    HOME_READ = "home:read"
    KIND_ADMINISTER = "kind:administer"
    MEETING_ANSWER = "meeting:answer"
    MEETING_ORGANIZE = "meeting:organize"
    MEETING_READ = "meeting:read"
    NUMBER_RESERVE = "number:reserve"
    NUMBER_VOID = "number:void"
    PERSON_ADMINISTER = "person:administer"
    PERSON_READ = "person:read"
    REGISTER_CONFIGURE = "register:configure"
    REGISTER_PRINT = "register:print"
    SEARCH_KEEP = "search:keep"
    SELF_ADMINISTER = "self:administer"
    SITE_ADMINISTER = "site:administer"
    SITE_READ = "site:read"
    TASK_ANSWER = "task:answer"
    TASK_READ = "task:read"
    TASK_STATISTICS = "task:statistics"
    TOKEN_ADMINISTER = "token:administer"  # noqa: S105  (a name, not a secret)
    UNIT_ADMINISTER = "unit:administer"
    UNIT_READ = "unit:read"
