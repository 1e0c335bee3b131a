"""What a file is, told from its first bytes; name and claimed type only help where the bytes leave a choice."""

import codecs
import io
import re
import struct

from docflow.core.filenames import extension_of

HEAD_BYTES = 8 * 1024
"""How much of a file ``sniff`` looks at."""

UNKNOWN = "application/octet-stream"
INLINE_SAFE = frozenset({"application/pdf", "image/png", "image/jpeg", "image/gif", "text/plain"})
"""Types that a browser shows without running anything of ours or theirs: the rest is only ever saved."""

_ODF = "application/vnd.oasis.opendocument"
_OOXML = "application/vnd.openxmlformats-officedocument"
_OFFICE_FOLDERS = {
    b"word/": f"{_OOXML}.wordprocessingml.document",
    b"xl/": f"{_OOXML}.spreadsheetml.sheet",
    b"ppt/": f"{_OOXML}.presentationml.presentation",
}
_OFFICE_EXTENSIONS = {
    "docx": f"{_OOXML}.wordprocessingml.document",
    "xlsx": f"{_OOXML}.spreadsheetml.sheet",
    "pptx": f"{_OOXML}.presentationml.presentation",
}
_OLD_OFFICE_EXTENSIONS = {
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
    "msg": "application/vnd.ms-outlook",
}
_MAGIC = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"II+\0", "image/tiff"),
    (b"MM\0+", "image/tiff"),
    (b"{\\rtf", "application/rtf"),
)
_LOCAL_FILE = b"PK\x03\x04"
_COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NOT_IN_TEXT = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")
_HTML = re.compile(
    r"<!doctype html|<(?:html|head|body|script|iframe|title|style|table|div|meta|base|link|form|object|embed)[\s>/]"
)
_MAIL_HEADERS = re.compile(
    r"^(return-path|received|delivered-to|from|to|subject|date|message-id|mime-version):", re.MULTILINE
)


def sniff(head: bytes, filename: str, declared: str | None) -> str:
    """The media type of a file, lower case and without parameters, from its first 8 KiB.

    ``filename`` and ``declared`` (the client's Content-Type) decide only between types whose bytes look alike.
    What cannot be told is ``application/octet-stream``.
    """
    head = head[:HEAD_BYTES]
    for magic, media_type in _MAGIC:
        if head.startswith(magic):
            return media_type
    if head.startswith(_LOCAL_FILE):
        return _in_zip(head, filename, declared)
    if head.startswith(_COMPOUND_FILE):
        return _choose(_OLD_OFFICE_EXTENSIONS, filename, declared) or "application/x-ole-storage"
    text = _text_of(head)
    if text is not None:
        return _in_text(text, filename, declared)
    # Readers accept a PDF behind some junk (PDF 1.7, appendix H, note 13).
    return "application/pdf" if b"%PDF-" in head[:1024] else UNKNOWN


def _in_zip(head: bytes, filename: str, declared: str | None) -> str:
    names = [name for name, _ in _zip_entries(head)]
    first_name, content = next(iter(_zip_entries(head)), (b"", b""))
    if first_name == b"mimetype" and content.startswith(f"{_ODF}.".encode()):
        kind = re.match(rb"[a-z./-]+", content)
        return kind.group().decode() if kind else "application/zip"
    if b"[Content_Types].xml" not in names and b"_rels/.rels" not in names:
        return "application/zip"
    for folder, media_type in _OFFICE_FOLDERS.items():
        if any(name.startswith(folder) for name in names):
            return media_type
    return _choose(_OFFICE_EXTENSIONS, filename, declared) or "application/zip"


def _zip_entries(head: bytes) -> list[tuple[bytes, bytes]]:
    """Names and stored bytes of the entries that begin in ``head`` (APPNOTE.TXT 4.3.7).

    Found by their signature, because an entry written as a stream does not say its length in front.
    """
    entries = []
    for match in re.finditer(re.escape(_LOCAL_FILE), head):
        fixed = head[match.start() : match.start() + 30]
        if len(fixed) < 30:
            break
        method, stored, name_length, extra_length = struct.unpack_from("<8xH8xI4xHH", fixed)
        start = match.start() + 30
        content = start + name_length + extra_length
        name = head[start : start + name_length]
        entries.append((name, head[content : content + stored] if method == 0 else b""))
    return entries


def _choose(types: dict[str, str], filename: str, declared: str | None) -> str | None:
    by_name = types.get(extension_of(filename))
    claimed = (declared or "").partition(";")[0].strip().lower()
    return by_name or (claimed if claimed in types.values() else None)


def _text_of(head: bytes) -> str | None:
    """``head`` as text when it is UTF-8, or UTF-16 with its mark; a character cut at the end is dropped."""
    encoding, mark = next(((name, bom) for bom, name in _BOMS if head.startswith(bom)), ("utf-8", b""))
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        text = decoder.decode(head[len(mark) :], final=len(head) < HEAD_BYTES)
    except UnicodeDecodeError:
        return None
    return None if _NOT_IN_TEXT.search(text) or not text else text


def _in_text(text: str, filename: str, declared: str | None) -> str:
    start = text.lstrip().lower()
    if start.startswith("<"):
        if _HTML.match(start) or ("<html" in start) or (start.startswith("<!--") and _HTML.search(start)):
            return "text/html"
        if "<svg" in start:
            return "image/svg+xml"
        return "application/xml" if start.startswith("<?xml") else "text/plain"
    if start.startswith("%pdf-"):
        return "application/pdf"
    return "message/rfc822" if _is_mail(text, filename, declared) else "text/plain"


def _is_mail(text: str, filename: str, declared: str | None) -> bool:
    block = io.StringIO(text, newline=None).read().partition("\n\n")[0].lower()
    found = set(_MAIL_HEADERS.findall(block))
    if not _MAIL_HEADERS.match(block) or len(found) < 2:
        return False
    sent_by_a_server = bool(found & {"received", "mime-version", "message-id"})
    claimed = (declared or "").partition(";")[0].strip().lower()
    return sent_by_a_server or extension_of(filename) == "eml" or claimed == "message/rfc822"
