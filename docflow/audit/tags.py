"""What was done, alphabetically: ``<subject>:<done>``; the pair of ``access.actions``."""

from enum import StrEnum


class Tag(StrEnum):
    """One word for each kind of event."""

    ACCESS_REFUSED = "access:refused"
    DOCUMENT_ACKNOWLEDGED = "document:acknowledged"
    DOCUMENT_AMENDED = "document:amended"
    DOCUMENT_DIRECTED = "document:directed"
    DOCUMENT_DOWNLOADED = "document:downloaded"
    DOCUMENT_FILE_ADDED = "document:file_added"
    DOCUMENT_READ = "document:read"
    DOCUMENT_REGISTERED = "document:registered"
    DOCUMENT_ROUTED = "document:routed"
    KIND_ADDED = "kind:added"
    MEETING_ANSWERED = "meeting:answered"
    MEETING_CANCELLED = "meeting:cancelled"
    MEETING_CHANGED = "meeting:changed"
    MEETING_PARTICIPANT_ADDED = "meeting:participant_added"
    MEETING_PARTICIPANT_REMOVED = "meeting:participant_removed"
    MEETING_SCHEDULED = "meeting:scheduled"
    PERSON_ADDED = "person:added"
    PERSON_CHANGED = "person:changed"
    ROLE_GIVEN = "role:given"
    ROLE_TAKEN = "role:taken"
    SESSION_ENDED = "session:ended"
    SESSION_REFUSED = "session:refused"
    SESSION_STARTED = "session:started"
    SITE_ADDED = "site:added"
    SITE_CHANGED = "site:changed"
    TASK_ACCEPTED = "task:accepted"
    TASK_COMPLETED = "task:completed"
    TASK_REPORTED = "task:reported"
    TASK_RETURNED = "task:returned"
    TOKEN_ISSUED = "token:issued"  # noqa: S105  (a name, not a secret)
    TOKEN_REVOKED = "token:revoked"  # noqa: S105  (a name, not a secret)
    UNIT_ADDED = "unit:added"
    UNIT_CHANGED = "unit:changed"
