"""What the store tells about an object."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object whose bytes were all seen: `size` in bytes, `sha256` as 64 lower-case hex digits."""

    key: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """What the server knows of an object: `size` in bytes, `modified_at` an aware UTC datetime."""

    key: str
    size: int
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class UnfinishedUpload:
    """Parts of an object that was never made whole; `begun_at` an aware UTC datetime."""

    key: str
    upload_id: str
    begun_at: datetime


class LockMode(StrEnum):
    """Who may shorten a lock: whoever holds a right for that, or nobody at all."""

    GOVERNANCE = "GOVERNANCE"
    COMPLIANCE = "COMPLIANCE"


@dataclass(frozen=True, slots=True)
class ObjectLock:
    """What the server says of an object's lock: it is not deleted before `until` (aware, UTC), nor while `is_held`."""

    mode: LockMode | None
    until: datetime | None
    is_held: bool
