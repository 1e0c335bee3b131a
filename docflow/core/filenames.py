"""The name a person gave a file: read from the wire, made safe to keep, and spelled in ASCII for old clients."""

import unicodedata

NAME_BYTES = 255
"""Longest name kept, in bytes of UTF-8: what every usual file system takes (POSIX NAME_MAX)."""

EXTENSION_BYTES = 20
"""A longer tail after the last dot is part of a sentence, not an extension."""

UNNAMED = "unnamed"
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def filename_from_wire(raw: bytes) -> str:
    """The text of a file name sent as bytes: UTF-8, else Windows-1252.

    Browsers send UTF-8 unescaped (RFC 7578 §5.1). A client that took its UTF-8 for Latin-1 and encoded it
    once more is undone (``Quyáº¿t`` becomes ``Quyết``) when the outcome is valid UTF-8, which a name that was
    meant so practically never is.
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return _from_western(raw)
    try:
        return _to_western(text).decode("utf-8")
    except ValueError:
        return text


def safe_filename(raw: str) -> str:
    """The last component of ``raw``, in NFC, visible characters only, at most 255 bytes of UTF-8.

    Folders of either system are dropped; control characters, bidirectional marks and other invisible
    characters are removed; the extension survives the cut. Never empty, never ``.`` or ``..``; applying it
    again changes nothing.
    """
    visible = "".join(c for c in raw if unicodedata.category(c) not in _INVISIBLE)
    base = visible.replace("\\", "/").rpartition("/")[2]
    name = unicodedata.normalize("NFC", base).strip().rstrip(". ")
    return _cut(name) or UNNAMED


def ascii_filename(name: str) -> str:
    """``name`` in printable ASCII, marks dropped (``Quyết định.pdf`` becomes ``Quyet dinh.pdf``).

    What has no ASCII letter becomes ``_``, and so do ``"``, ``\\`` and ``%``, which clients read differently inside
    a quoted file name (RFC 6266 appendix D).
    """
    plain = unicodedata.normalize("NFKD", name.replace("đ", "d").replace("Đ", "D"))
    kept = (c for c in plain if not unicodedata.combining(c))
    return "".join(c if " " <= c <= "~" and c not in '"\\%' else "_" for c in kept)


def extension_of(name: str) -> str:
    """The extension in lower case without its dot, or an empty string."""
    stem, dot, tail = name.rpartition(".")
    return tail.lower() if dot and stem and len(tail.encode()) < EXTENSION_BYTES else ""


def _cut(name: str) -> str:
    if len(name.encode()) <= NAME_BYTES:
        return name
    extension = extension_of(name)
    suffix = name[-len(extension) - 1 :] if extension else ""
    room = NAME_BYTES - len(suffix.encode())
    stem = name.removesuffix(suffix).encode()[:room].decode(errors="ignore")
    return stem.rstrip(". ") + suffix


def _from_western(raw: bytes) -> str:
    """Windows-1252 as browsers read it: its five empty places are the control characters of Latin-1."""
    return "".join(bytes([b]).decode("cp1252", errors="ignore") or chr(b) for b in raw)


def _to_western(text: str) -> bytes:
    return b"".join(bytes([ord(c)]) if ord(c) < 256 else c.encode("cp1252") for c in text)
