"""Object lock: what a store refuses to delete, until when, and whether it really does.

Everything here blocks, and runs in the threads of the store. What is told of a lock is always what the server said
after it was asked again, never what it was asked for.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from uuid import uuid4

from minio import Minio
from minio.datatypes import Object
from minio.error import S3Error
from minio.retention import Retention

from storage.edge import translated
from storage.errors import LockUnsupported, ObjectLocked, ObjectMissing, StoreUnavailable
from storage.objects import LockMode, ObjectLock

PROBES = "lock-probes/"
"""Keys of objects that only prove that a hold is obeyed; one that a crash left may be removed, held or not."""

_NO_CONFIGURATION = frozenset(
    {"ObjectLockConfigurationNotFoundError", "NotImplemented", "InvalidRequest", "MethodNotAllowed"}
)
_REFUSED = frozenset({"AccessDenied", "ObjectLocked", "InvalidRequest", "MethodNotAllowed"})
"""How servers word that something is locked; whether it is, its lock tells."""


class ObjectLocks:
    """The locks of the objects in one bucket."""

    def __init__(self, client: Minio, bucket: str) -> None:
        self._client = client
        self._bucket = bucket
        self._is_versioned: bool | None = None
        self._is_proven = False

    def keeps_versions(self) -> bool:
        """Whether deleting an object may leave its bytes behind a marker. Asked once: it is set with the bucket."""
        if self._is_versioned is None:
            with translated(self._bucket):
                try:
                    status = self._client.get_bucket_versioning(self._bucket).status
                except S3Error as error:
                    if error.code not in _NO_CONFIGURATION:
                        raise
                    status = "Off"  # a server without versions does not know the question
            self._is_versioned = status in ("Enabled", "Suspended")
        return self._is_versioned

    def can_lock(self) -> bool:
        """Whether the bucket was made with object lock and the server obeys: seen on an object made for that."""
        if not self._is_proven:
            self._is_proven = self._is_configured() and self._obeys()
        return self._is_proven

    def read(self, key: str) -> ObjectLock:
        """The lock of the newest version of an object, as the server tells it now. Raises ObjectMissing."""
        with translated(key):
            return _lock_of(self._client.stat_object(self._bucket, key))

    def lock(self, key: str, until: datetime, mode: LockMode) -> ObjectLock:
        """Have the server refuse to delete the object before ``until``; never earlier than it does already."""
        with self._lockable(key):
            version = self._version_of(key)
            known = self._read(key, version)
            if known.until is None or known.until < until:
                wanted = Retention(known.mode or mode, whole_second(until))
                self._client.set_object_retention(self._bucket, key, wanted, version_id=version)
            return self._read(key, version)

    def hold(self, key: str, *, held: bool) -> ObjectLock:
        """Place a legal hold on the object, or lift it."""
        with self._lockable(key):
            version = self._version_of(key)
            change = self._client.enable_object_legal_hold if held else self._client.disable_object_legal_hold
            if self._read(key, version).is_held != held:
                change(self._bucket, key, version_id=version)
            return self._read(key, version)

    def remove(self, key: str) -> None:
        """Remove every version of an object and every marker, so that no byte of it stays. Raises ObjectLocked."""
        for version in self.versions(key):
            if version.object_name == key:
                self._remove_version(key, version.version_id)

    def versions(self, prefix: str) -> Iterator[Object]:
        """Every version and marker below a prefix."""
        yield from self._client.list_objects(
            self._bucket, prefix=prefix, recursive=True, include_version=True
        )

    def _remove_version(self, key: str, version: str | None) -> None:
        if key.startswith(PROBES):
            self._lift(key, version)
        try:
            with translated(key):
                self._client.remove_object(self._bucket, key, version_id=version)
        except ObjectMissing:
            return
        except StoreUnavailable as error:
            if _refusal(error) and self._is_locked(key, version):
                raise ObjectLocked(key) from error
            raise

    def _is_locked(self, key: str, version: str | None) -> bool:
        """Whether it is a lock for which the server refused, by the server's own clock."""
        with translated(key):
            entry = self._client.stat_object(self._bucket, key, version_id=version)
        lock = _lock_of(entry)
        told = {name.lower(): value for name, value in (entry.metadata or {}).items()}
        its_now = parsedate_to_datetime(told["date"]) if "date" in told else None
        is_running = lock.until is not None and (its_now is None or lock.until > its_now)
        return lock.is_held or is_running

    def _is_configured(self) -> bool:
        with translated(self._bucket):
            try:
                self._client.get_object_lock_config(self._bucket)
            except S3Error as error:
                if error.code in _NO_CONFIGURATION:
                    return False
                raise
        return self.keeps_versions()

    def _obeys(self) -> bool:
        """Hold an object and try to delete it: a server that lets that happen locks nothing."""
        key = f"{PROBES}{uuid4()}"
        with translated(key):
            made = self._client.put_object(self._bucket, key, io.BytesIO(b"?"), 1)
            self._client.enable_object_legal_hold(self._bucket, key, version_id=made.version_id)
            try:
                self._client.remove_object(self._bucket, key, version_id=made.version_id)
            except S3Error:
                obeyed = self._read(key, made.version_id).is_held
            else:
                obeyed = False
        self.remove(key)
        return obeyed

    def _lift(self, key: str, version: str | None) -> None:
        try:
            with translated(key):
                if self._read(key, version).is_held:
                    self._client.disable_object_legal_hold(self._bucket, key, version_id=version)
        except (ObjectMissing, StoreUnavailable):
            return  # a marker has no hold

    def _version_of(self, key: str) -> str | None:
        return self._client.stat_object(self._bucket, key).version_id

    def _read(self, key: str, version: str | None) -> ObjectLock:
        return _lock_of(self._client.stat_object(self._bucket, key, version_id=version))

    @contextmanager
    def _lockable(self, key: str) -> Iterator[None]:
        if not self.can_lock():
            raise LockUnsupported(self._bucket)
        with translated(key):
            yield


def _refusal(error: StoreUnavailable) -> bool:
    cause = error.__cause__
    return isinstance(cause, S3Error) and cause.code in _REFUSED


def _lock_of(entry: Object) -> ObjectLock:
    told = {name.lower(): value for name, value in (entry.metadata or {}).items()}
    mode = told.get("x-amz-object-lock-mode")
    until = told.get("x-amz-object-lock-retain-until-date")
    return ObjectLock(
        mode=LockMode(mode) if mode in set(LockMode) else None,
        until=_moment(until) if until else None,
        is_held=told.get("x-amz-object-lock-legal-hold") == "ON",
    )


def _moment(told: str) -> datetime:
    """`2026-11-23T22:57:26Z`, with or without a fraction."""
    return datetime.fromisoformat(told).astimezone(UTC)


def whole_second(moment: datetime) -> datetime:
    """The moment, or the next whole second: what servers keep, and never earlier than asked."""
    return moment if moment.microsecond == 0 else moment.replace(microsecond=0) + timedelta(seconds=1)
