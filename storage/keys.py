"""Which keys may be used.

S3 allows nearly any text. Servers that keep a tree of folders (SeaweedFS, MinIO) silently rewrite some of it: a
doubled, leading or back slash, and they drop the bytes of an object whose key ends in a slash. Such a key is
refused here, before anything is sent. Letters of every language, blanks and punctuation are fine.
"""

import unicodedata

from storage.errors import BadKey

MAX_KEY_BYTES = 1024
MAX_SEGMENT_BYTES = 255


def require_key(key: str) -> None:
    """Raise BadKey unless `key` is segments joined by "/", at most 1,024 bytes of UTF-8, 255 in each segment."""
    if "\\" in key or any(unicodedata.category(letter) in ("Cc", "Cs") for letter in key):
        raise BadKey(f"a key has no backslash and no control character: {key!r}")
    if len(key.encode()) > MAX_KEY_BYTES:
        raise BadKey(f"a key has at most {MAX_KEY_BYTES} bytes: {key[:40]!r}…")
    for segment in key.split("/"):
        if not segment.strip() or segment in (".", "..") or len(segment.encode()) > MAX_SEGMENT_BYTES:
            raise BadKey(f"a key has no empty, dotted or overlong segment: {key[:80]!r}")
