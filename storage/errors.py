"""What can go wrong with the object store. Nothing else leaves this package, except a caller's own mistakes."""


class StoreError(Exception):
    """Any of the facts below."""


class ObjectMissing(StoreError):
    """There is no object under this key."""


class ObjectLocked(StoreError):
    """The server keeps the object: its lock has not run out, or a legal hold is on it."""


class LockUnsupported(StoreError):
    """The bucket was made without object lock, or the server does not obey it."""


class BadKey(StoreError):
    """The key cannot name the same object on every S3 server; see `storage.keys`."""


class BadRange(StoreError):
    """The range starts at or after the end of the object, or is negative (RFC 9110, 14.1.2)."""


class StoreUnavailable(StoreError):
    """The server cannot be reached, refuses the credentials, lost the bucket, failed, or does not answer."""


class UploadAborted(StoreError):
    """The writer gave up; seen only by the thread that sends, which makes it abort the upload."""
