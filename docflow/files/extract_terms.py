"""The words shared by both sides of text extraction: limits, outcomes and reasons. Light on purpose, the child imports it."""

from enum import StrEnum
from typing import NamedTuple

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PLAIN = "text/plain"
READABLE_TYPES = frozenset({PDF, DOCX, PLAIN})


class ExtractionStatus(StrEnum):
    """What became of one file."""

    EXTRACTED = "extracted"
    """All of its text is here."""
    CUT = "cut"
    """Text is missing; `reason` says why. What was read until then is kept."""
    EMPTY = "empty"
    """It was read to its end and holds no text (a scan, an empty page)."""
    UNSUPPORTED = "unsupported"
    """Its type is not one that text is read from."""
    FAILED = "failed"
    """Nothing could be read; `reason` says why."""


class ExtractionReason(StrEnum):
    """Why text is missing."""

    TEXT_TOO_LONG = "text_too_long"
    TOO_MANY_PAGES = "too_many_pages"
    TOO_LARGE = "too_large"
    """The file has more bytes than are looked at."""
    EXPANDS_TOO_FAR = "expands_too_far"
    """A small file that would unpack to an enormous one."""
    TIMEOUT = "timeout"
    MEMORY = "memory"
    PASSWORD_PROTECTED = "password_protected"  # noqa: S105
    WRONG_TYPE = "wrong_type"
    """The content is not of the type that was declared."""
    FORBIDDEN_MARKUP = "forbidden_markup"
    """XML with a document type declaration, which Office documents may not have (ECMA-376 part 2)."""
    BROKEN = "broken"
    CRASHED = "crashed"
    """The child ended without a verdict."""


class ExtractionLimits(NamedTuple):
    """What one file may cost. Sizes in bytes, times in seconds."""

    input_bytes: int = 256 * 1024 * 1024
    text_bytes: int = 5 * 1024 * 1024
    """Of UTF-8; the text is cut there."""
    pages: int = 2000
    xml_bytes: int = 128 * 1024 * 1024
    """Unpacked size of all parts of an Office document that are read."""
    memory_bytes: int = 1024 * 1024 * 1024
    """Address space of the child, the mapped file included."""
    cpu_seconds: int = 20
    wall_seconds: int = 30


class Unreadable(Exception):
    """The file gives no (more) text, for this reason."""

    def __init__(self, reason: ExtractionReason) -> None:
        super().__init__(reason.value)
        self.reason = reason
