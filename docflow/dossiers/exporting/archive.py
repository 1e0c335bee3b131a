"""A ZIP written onto a stream that cannot be sought (APPNOTE.TXT 6.3): what was written is taken away at once.

Sizes and checksums of an entry stand behind its bytes (general purpose bit 3) and in the directory at the end; ZIP64
from 4 GiB or 65,536 entries on. An archive without its directory opens nowhere: one that breaks off looks broken.
"""

import hashlib
import zipfile
from datetime import datetime
from typing import IO

from docflow.core.clock import LOCAL_ZONE

PACKED = frozenset(
    {"gz", "zip", "7z", "rar", "docx", "xlsx", "pptx", "odt", "ods", "odp", "jpg", "jpeg", "png"}
) | {
    "pdf",
    "webp",
    "gif",
    "mp3",
    "mp4",
    "p7m",
    "ofd",
}
"""Extensions of files that are compressed already: they are stored as they are."""
_FIRST_YEAR, _LAST_YEAR = 1980, 2107
_FILE_MODE = 0o100644 << 16


class _Outlet:
    """What ``zipfile`` writes to. It has no ``tell`` that works, so zipfile counts by itself."""

    def __init__(self) -> None:
        self._waiting: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> int:
        self._waiting.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits that could be flushed."""

    def take(self) -> bytes:
        waiting, self._waiting = self._waiting, []
        return waiting[0] if len(waiting) == 1 else b"".join(waiting)


class ArchiveStream:
    """An archive under way: ``open_entry``, ``write`` …, ``end`` for each entry, then ``finish``; ``take`` in between."""

    def __init__(self) -> None:
        self._outlet = _Outlet()
        self._zip = zipfile.ZipFile(self._outlet, "w", zipfile.ZIP_STORED)  # type: ignore[call-overload]
        self._entry: IO[bytes] | None = None
        self._digest = hashlib.sha256()
        self._size = 0

    def open_entry(self, path: str, size: int, modified_at: datetime, *, packed: bool) -> None:
        """A new entry of ``size`` bytes; compressed unless it is ``packed``."""
        info = zipfile.ZipInfo(path, _dos_time(modified_at))
        info.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
        info.external_attr = _FILE_MODE
        info.create_system = 3
        info.file_size = size
        self._entry = self._zip.open(info, "w")
        self._digest = hashlib.sha256()
        self._size = 0

    def write(self, data: bytes) -> bytes:
        """The next bytes of the entry; what is to be sent now."""
        assert self._entry is not None
        self._entry.write(data)
        self._digest.update(data)
        self._size += len(data)
        return self._outlet.take()

    def end(self) -> tuple[int, str]:
        """End the entry: its size in bytes and its SHA-256 in hexadecimal."""
        assert self._entry is not None
        self._entry.close()
        self._entry = None
        return self._size, self._digest.hexdigest()

    def finish(self) -> bytes:
        """Write the directory; what is to be sent last."""
        self._zip.close()
        return self._outlet.take()

    def take(self) -> bytes:
        """What waits to be sent."""
        return self._outlet.take()

    def abandon(self) -> None:
        """Forget what is half done without writing a directory; does nothing after ``finish``."""
        # Both write when they are forgotten: into an outlet that nobody reads any more, and without a complaint.
        if self._entry is not None:
            self._entry.close()
            self._entry = None
        self._zip.close()
        self._outlet.take()


def is_packed(path: str) -> bool:
    """Whether compressing the file would be in vain."""
    return path.rpartition(".")[2].lower() in PACKED


def _dos_time(moment: datetime) -> tuple[int, int, int, int, int, int]:
    wall = moment.astimezone(LOCAL_ZONE)
    year = min(max(wall.year, _FIRST_YEAR), _LAST_YEAR)
    return (year, wall.month, wall.day, wall.hour, wall.minute, wall.second)
