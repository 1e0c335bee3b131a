"""The words shared by both sides of text extraction: limits, outcomes, reasons, marks. Light on purpose, the child imports it."""

from enum import StrEnum
from typing import NamedTuple

_OOXML = "application/vnd.openxmlformats-officedocument"
_ODF = "application/vnd.oasis.opendocument"

PDF = "application/pdf"
DOCX = f"{_OOXML}.wordprocessingml.document"
XLSX = f"{_OOXML}.spreadsheetml.sheet"
PPTX = f"{_OOXML}.presentationml.presentation"
ODT, ODS, ODP = f"{_ODF}.text", f"{_ODF}.spreadsheet", f"{_ODF}.presentation"
RTF = "application/rtf"
HTML = "text/html"
MAIL = "message/rfc822"
PLAIN = "text/plain"
READABLE_TYPES = frozenset({PDF, DOCX, XLSX, PPTX, ODT, ODS, ODP, RTF, HTML, MAIL, PLAIN})

PNG, JPEG, TIFF, GIF = "image/png", "image/jpeg", "image/tiff", "image/gif"
IMAGE_TYPES = frozenset({PNG, JPEG, TIFF, GIF})
"""No text to be read, but to be recognised."""

ZIP = "application/zip"
OLD_OFFICE_TYPES = frozenset(
    {
        "application/msword",
        "application/vnd.ms-excel",
        "application/vnd.ms-powerpoint",
        "application/vnd.ms-outlook",
        "application/x-ole-storage",
    }
)
MARKED_TYPES = OLD_OFFICE_TYPES | {ZIP}
"""Looked at for what there is to notice; their text is not read."""


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
    ATTACHMENT_UNREADABLE = "attachment_unreadable"
    """A mail was read, and one of its attachments could not be."""
    NOT_READ = "not_read"
    """Text is not read from files of this type; becomes the status `unsupported`."""
    OCR_UNAVAILABLE = "ocr_unavailable"
    """A picture of text, and no program here that could recognise it."""
    BROKEN = "broken"
    CRASHED = "crashed"
    """The child ended without a verdict."""


class Mark(StrEnum):
    """What was noticed in a file besides its text. Nothing of it is ever run or followed."""

    EXTERNAL_REFERENCES = "external_references"
    """Opening it in its own program loads something from elsewhere: a template, a picture, a linked sheet."""
    MACROS = "macros"
    NESTED_ARCHIVE = "nested_archive"
    """Holds an archive or another packed document, which was not opened."""
    PASSWORD_PROTECTED = "password_protected"  # noqa: S105
    SCRIPT = "script"
    """Would run a script or start a program when opened."""
    SIGNED = "signed"
    """Carries an electronic signature; whether it is valid was not judged."""


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
