"""Compound files ([MS-CFB]: .doc, .xls, .ppt, .msg) and plain archives: looked at, not read."""

import zipfile

from docflow.files.extract_terms import ExtractionLimits, ExtractionReason, Mark, Unreadable
from docflow.files.readers.package import Package
from docflow.files.readers.source import Sink, Source

_VBA = tuple(name.encode("utf-16-le") for name in ("_VBA_PROJECT", "VBA\0", "Macros\0"))
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_SIGNATURES = tuple(name.encode("utf-16-le") for name in ("_signatures\0", "_xmlsignatures\0"))


def look_at_compound_file(source: Source, sink: Sink, limits: ExtractionLimits) -> None:
    """Names of its streams stand in it as UTF-16 and tell what it holds."""
    if any(source.buffer.find(name) >= 0 for name in _VBA):
        sink.notice(Mark.MACROS)
    if any(source.buffer.find(name) >= 0 for name in _SIGNATURES):
        sink.notice(Mark.SIGNED)
    if source.buffer.find(_ENCRYPTED) >= 0:
        raise Unreadable(ExtractionReason.PASSWORD_PROTECTED)
    raise Unreadable(ExtractionReason.NOT_READ)


def look_at_archive(source: Source, sink: Sink, limits: ExtractionLimits) -> None:
    """Nothing is unpacked but the first bytes of each entry."""
    if not zipfile.is_zipfile(source.file):
        raise Unreadable(ExtractionReason.BROKEN)
    source.file.seek(0)
    Package(source.file, limits.xml_bytes).notice(sink)
    raise Unreadable(ExtractionReason.NOT_READ)
