"""Entity tags: a resource's version on its way out (ETag) and back in (If-Match, RFC 9110 §8.8.3 and §13.1.1)."""

import re
from dataclasses import dataclass

from docflow.core.errors import NotUnderstood, VersionMissing

_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_LIST = re.compile(rf"[ \t,]*(?:{_TAG.pattern}[ \t]*(?:,[ \t,]*|$))+")
_VERSION = re.compile(r"[1-9][0-9]{0,17}")


class IfMatchMissing(VersionMissing):
    """A change came without If-Match."""

    code = "if_match_missing"


class IfMatchNotUnderstood(NotUnderstood):
    """If-Match is not the one ETag that the resource was read with."""

    code = "if_match_not_understood"


@dataclass(frozen=True, slots=True)
class EntityTag:
    """One tag without its quotes."""

    value: str
    weak: bool = False

    def matches_strongly(self, other: "EntityTag") -> bool:
        """The same bytes (RFC 9110 §8.8.3.2): a weak tag never does."""
        return self.value == other.value and not (self.weak or other.weak)

    def matches_weakly(self, other: "EntityTag") -> bool:
        """The same content, perhaps in other bytes."""
        return self.value == other.value

    def __str__(self) -> str:
        return f'W/"{self.value}"' if self.weak else f'"{self.value}"'


def parse_etag_list(header: str) -> tuple[EntityTag, ...]:
    """The tags of an If-Match or If-None-Match, ``*`` excluded. Empty when the header is malformed.

    A malformed list matches nothing: a reader gets the whole answer, a writer is refused.
    """
    if not _LIST.fullmatch(header):
        return ()
    return tuple(EntityTag(value, bool(weak)) for weak, value in _TAG.findall(header))


def etag_of(version: int) -> str:
    """The ETag of a resource at ``version`` (1 and up)."""
    return f'"{version}"'


def version_from_if_match(header: str | None) -> int:
    """The version that a change is based on.

    Exactly one strong tag as given by ``etag_of``. ``*`` is refused: whoever changes a thing must have read it.
    Raises IfMatchMissing, IfMatchNotUnderstood.
    """
    if header is None or not header.strip():
        raise IfMatchMissing
    match parse_etag_list(header):
        case (EntityTag(value, weak=False),) if _VERSION.fullmatch(value):
            return int(value)
        case _:
            raise IfMatchNotUnderstood
