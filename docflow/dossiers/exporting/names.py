"""Names inside the archive, which every usual system can unpack: Windows forbids most. Pure."""

import re
import unicodedata

from docflow.core.filenames import extension_of, safe_filename

FOLDER_BYTES, FILE_BYTES = 60, 120
"""Longest names, in bytes of UTF-8: a folder and a file in it stay far below the 260 letters of a path on Windows."""

_FORBIDDEN = re.compile(r'[<>:"/\\|?*]')
_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?=\.|$)", re.IGNORECASE)


def folder_name(place: int, count: int, symbol: str) -> str:
    """`001_05-CT-UBND`: the place, as wide as the count needs and three digits at least, and the symbol."""
    width = max(3, len(str(count)))
    return f"{place:0{width}d}_{_safe(symbol.replace('/', '-'), FOLDER_BYTES)}"


def entry_name(filename: str, taken: set[str]) -> str:
    """A name for a file that none in ``taken`` has, in whatever case; it is added to them."""
    name = _safe(filename, FILE_BYTES)
    candidate, again = name, 1
    while _key(candidate) in taken:
        again += 1
        extension = extension_of(name)
        tail = name[len(name) - len(extension) - 1 :] if extension else ""
        candidate = f"{name.removesuffix(tail)} ({again}){tail}"
    taken.add(_key(candidate))
    return candidate


def _key(name: str) -> str:
    """Equal for names that Windows or macOS take for the same."""
    return unicodedata.normalize("NFD", name).casefold()


def _safe(name: str, limit: int) -> str:
    safe = safe_filename(_FORBIDDEN.sub("_", name))
    if _DEVICE.match(safe):
        safe = f"_{safe}"
    extension = extension_of(safe)
    tail = safe[len(safe) - len(extension) - 1 :] if extension else ""
    stem = safe.removesuffix(tail).encode()[: limit - len(tail.encode())].decode(errors="ignore")
    return (stem.rstrip(". ") + tail) or "_"
