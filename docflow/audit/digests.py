"""What a seal is made of: the text of an event and the chain of digests. Pure.

An event's text is a JSON array of its facts in the order of ``FACTS``: UUIDs in lower case, the moment in UTC with six
decimals, ``details`` with its keys sorted, no spaces, UTF-8. Its digest is SHA-256 over that text; a seal's is SHA-256 over
the digest of the seal before and, in order, each event's id and digest. Anybody can compute both from an export.
"""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

FACTS = (
    *("id", "happened_at", "tag", "actor_id", "actor_name", "on_behalf_of"),
    *("subject_kind", "subject_id", "address", "details"),
)
"""The columns of an event, in the order of its text."""

FIRST = bytes(32)
"""What the first seal names as the digest before it."""

_encode = msgspec.json.Encoder(order="sorted").encode


def event_text(facts: Iterable[Any]) -> bytes:
    """The text of an event whose facts stand in the order of ``FACTS``; ``details`` as an object, not as text."""
    return _encode([_plain(fact) for fact in facts])


def event_digest(facts: Iterable[Any]) -> bytes:
    """SHA-256 over ``event_text``."""
    return hashlib.sha256(event_text(facts)).digest()


def seal_digest(no: int, previous: bytes, members: Iterable[tuple[UUID, bytes]]) -> bytes:
    """The digest of seal ``no``; ``members`` are the ids of its events and their digests, in order."""
    whole = hashlib.sha256(b"docflow audit seal %d\n" % no + previous)
    for event_id, digest in members:
        whole.update(event_id.bytes + digest)
    return whole.digest()


def moment_of(event_id: UUID) -> datetime:
    """When the database made a UUIDv7 (RFC 9562, 5.7), to the millisecond."""
    return datetime.fromtimestamp((event_id.int >> 80) / 1000, UTC)


def key_before(moment: datetime) -> UUID:
    """The smallest UUIDv7 of that moment, to begin a range at."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def _plain(fact: Any) -> Any:
    if isinstance(fact, datetime):
        return fact.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return fact
