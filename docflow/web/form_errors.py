"""What can be wrong with a form that carries a file, as facts. Texts: ``docflow/locale/*/forms.json``."""

from docflow.core.errors import FieldError, Invalid, NotUnderstood, TooLarge, WrongMediaType


class NotMultipart(WrongMediaType):
    """The Content-Type is not ``multipart/form-data``."""

    code = "not_multipart"


class BodyBroken(NotUnderstood):
    """The body breaks RFC 7578, or ends before its closing boundary. ``reason`` is for the maker of the client."""

    code = "body_broken"

    def __init__(self, reason: str) -> None:
        super().__init__(reason=reason)


class FileTooLarge(TooLarge):
    """A file has more bytes than allowed; known at the first byte too many, or from the announced length."""

    code = "file_too_large"

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(limit_bytes=limit_bytes, limit=in_words(limit_bytes))


class TooManyFields(NotUnderstood):
    """More text fields than any form of ours has."""

    code = "too_many_fields"

    def __init__(self, limit: int) -> None:
        super().__init__(limit=limit)


class TooManyFiles(NotUnderstood):
    """More files than the address takes at once."""

    code = "too_many_files"

    def __init__(self, limit: int) -> None:
        super().__init__(limit=limit)


class FieldTooLarge(Invalid):
    """The text of one field is longer than allowed."""

    code = "field_too_large"

    def __init__(self, field: str, limit_bytes: int) -> None:
        super().__init__(_wrong(field, self.code, limit=in_words(limit_bytes)))


class FieldRepeated(Invalid):
    """One name is used twice: which of the two is meant is not guessed."""

    code = "field_repeated"

    def __init__(self, field: str) -> None:
        super().__init__(_wrong(field, self.code))


class FieldNotText(Invalid):
    """A field is not UTF-8 or has a NUL, which PostgreSQL cannot keep."""

    code = "field_not_text"

    def __init__(self, field: str) -> None:
        super().__init__(_wrong(field, self.code))


class ClientGone(NotUnderstood):
    """The client hung up before its body was whole. Nobody is left to read an answer."""

    code = "client_gone"


class RequestTooSlow(NotUnderstood):
    """The client fell silent, or nearly, before its body was whole (RFC 9110 §15.5.9)."""

    code = "request_too_slow"


def in_words(size_bytes: int) -> str:
    """A size as a person reads it: ``20 MiB``, ``64 KiB``, ``999 B``."""
    for unit, factor in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if size_bytes >= factor:
            return f"{size_bytes / factor:.3g} {unit}"
    return f"{size_bytes} B"


def _wrong(field: str, code: str, **facts: str) -> FieldError:
    pointer = "/" + field.replace("~", "~0").replace("/", "~1")
    return FieldError(pointer=pointer, code=code, facts=dict(facts))
