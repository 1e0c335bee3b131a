"""Families of things that can go wrong. An error states a fact; its text is in ``docflow/locale``.

A capability derives its facts from these in its own ``errors.py``: ``code`` names the text, the keywords
given at the raise fill it and travel in the answer. Status codes are the business of ``web`` alone.
"""

from typing import Any, ClassVar

import msgspec


class DocflowError(Exception):
    """Root of all facts. ``facts`` are JSON values shown to the caller: never put a hidden thing in them."""

    code: ClassVar[str] = "failed"

    def __init__(self, **facts: Any) -> None:
        super().__init__(self.code, facts)
        self.facts = facts


class NotUnderstood(DocflowError):
    """The request cannot be read at all."""

    code = "not_understood"


class NotSignedIn(DocflowError):
    """Nobody is known to be asking."""

    code = "not_signed_in"


class NotAllowed(DocflowError):
    """The actor may see the thing but not do this to it. ``reason`` is a code of the catalogue."""

    code = "not_allowed"


class NotFound(DocflowError):
    """No such thing, or none that the actor may see: the two are never told apart."""

    code = "not_found"


class Conflict(DocflowError):
    """The thing is in a state, or the world is, in which this is impossible."""

    code = "conflict"


class Gone(DocflowError):
    """The thing was there and was destroyed, for good; what is known of it stays."""

    code = "gone"


class Stale(DocflowError):
    """The thing was changed by somebody since the caller read it."""

    code = "stale"


class VersionMissing(DocflowError):
    """A change came without the version it is based on."""

    code = "version_missing"


class TooLarge(DocflowError):
    """More bytes than allowed."""

    code = "too_large"


class WrongMediaType(DocflowError):
    """The body is not of a kind that this address takes."""

    code = "wrong_media_type"


class TooMany(DocflowError):
    """Too often in too short a time. ``retry_after`` in seconds."""

    code = "too_many"


class Unavailable(DocflowError):
    """A server that docflow needs does not answer."""

    code = "unavailable"


class FieldError(msgspec.Struct, frozen=True):
    """One field that is wrong: a JSON pointer (RFC 6901), a code of the catalogue and the facts that fill it."""

    pointer: str
    code: str
    facts: dict[str, Any] = {}


class Invalid(DocflowError):
    """The request is readable but says something impossible, field by field."""

    code = "invalid"

    def __init__(self, *fields: FieldError, **facts: Any) -> None:
        super().__init__(**facts)
        self.fields = fields


def invalid(field: str, code: str, **facts: Any) -> Invalid:
    """One wrong field, named as in the request body."""
    return Invalid(FieldError(pointer=f"/{field}", code=code, facts=facts))
