"""The object store: bytes under keys in one bucket of any S3 server.

It owns how bytes get there and back: streaming with bounded memory, checksums, retries, threads. Its words: an
*object* is bytes under a *key*; a *writer* makes one, whole or not at all; *read* streams it or a range of it;
*checksum* reads it again to see whether it is still what was stored; a *lock* and a *hold* keep
the server itself from deleting it. It knows S3 and nothing of the application;
what an object means, who may see it and when it goes is the caller's.
"""

from storage.errors import (
    BadKey,
    BadRange,
    LockUnsupported,
    ObjectLocked,
    ObjectMissing,
    StoreError,
    StoreUnavailable,
    UploadAborted,
)
from storage.objects import LockMode, ObjectInfo, ObjectLock, StoredObject, UnfinishedUpload
from storage.settings import StoreSettings
from storage.store import ObjectStore
from storage.writer import ObjectWriter

__all__ = [
    "BadKey",
    "BadRange",
    "LockMode",
    "LockUnsupported",
    "ObjectInfo",
    "ObjectLock",
    "ObjectLocked",
    "ObjectMissing",
    "ObjectStore",
    "ObjectWriter",
    "StoreError",
    "StoreSettings",
    "StoreUnavailable",
    "StoredObject",
    "UnfinishedUpload",
    "UploadAborted",
]
