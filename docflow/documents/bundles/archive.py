"""A ZIP archive (APPNOTE.TXT 6.3), read where it lies: no entry is ever unpacked to disk."""

import io
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from threading import Lock

from docflow.documents.bundles.entries import (
    CHUNK_BYTES,
    MAX_DEPTH,
    MAX_ENTRIES,
    Entry,
    file_refused,
    is_litter,
    not_usable,
)
from docflow.documents.bundles.names import path_within, shown, spellings_of

MAX_RATIO = 400
"""Times that an entry may grow: a page repeated thousands of times packs to 1/180; deflate's limit is 1/1,032."""
RATIO_MATTERS_FROM = 4 * 1024 * 1024
MAX_GROWTH = 100
"""Times that the whole may grow, beyond the first GiB."""
MAX_DIRECTORY_BYTES = 32 * 1024 * 1024

# Others have no bound on what one step of unpacking makes of a few bytes.
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_UTF8_NAME, _ENCRYPTED, _STRONGLY, _MASKED = 0x800, 0x1, 0x40, 0x2000
_UNIX = 3
_LOCAL_HEADER_BYTES = 30
_DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, struct.error),
    *(EOFError, NotImplementedError, RuntimeError, OSError, ValueError),
)


class _ShortReads(io.FileIO):
    """Gives no more than a directory of an archive may take at once: ``zipfile`` reads that whole."""

    def read(self, size: int | None = -1, /) -> bytes:
        left = os.fstat(self.fileno()).st_size - self.tell()
        wanted = left if size is None or size < 0 else min(size, left)
        if wanted > MAX_DIRECTORY_BYTES:
            raise zipfile.BadZipFile("the directory is too large")
        return super().read(max(wanted, 0)) or b""


class Archive:
    """The files of an archive in its order. Entries that lie about themselves are refused, bombs altogether."""

    def __init__(self, path: Path) -> None:
        """Raises SourceNotUsable."""
        self._name = shown(path.name)
        self._lock = Lock()
        self._file = _ShortReads(path)
        self._state = _state(self._file)
        try:
            try:
                self._zip = zipfile.ZipFile(self._file)
            except _DAMAGED as error:
                raise not_usable("import_zip_broken", name=self._name) from error
            self._infos = [info for info in self._zip.infolist() if not info.is_dir()]
            self._refuse_bombs()
        except BaseException:
            self._file.close()
            raise
        found = (_entry(place, info) for place, info in enumerate(self._infos))
        self.entries: Sequence[Entry] = [entry for entry in found if not is_litter(entry.path)]

    def read(self, entry: Entry) -> Iterator[bytes]:
        name, info = shown(entry.path), self._infos[entry.place]
        if entry.fault:
            raise file_refused(entry.fault, name)
        try:
            with self._lock:
                source = self._zip.open(info)
            try:
                while chunk := source.read(CHUNK_BYTES):
                    yield chunk
            finally:
                with self._lock:
                    source.close()
        except _DAMAGED as error:
            raise file_refused("import_file_damaged", name) from error
        if _state(self._file) != self._state:
            raise file_refused("import_file_changed", name)

    def close(self) -> None:
        self._zip.close()
        self._file.close()

    def _refuse_bombs(self) -> None:
        infos = self._infos
        if len(infos) > MAX_ENTRIES:
            raise not_usable("import_source_too_many", limit=MAX_ENTRIES)
        packed = self._state[2]
        if sum(info.file_size for info in infos) > MAX_GROWTH * packed + 1024**3:
            raise not_usable("import_zip_bomb", name=self._name)
        # Entries that share their bytes make much of little without a remarkable ratio of any.
        ordered = sorted(infos, key=lambda info: info.header_offset)
        for before, after in pairwise(ordered):
            if before.header_offset + _LOCAL_HEADER_BYTES + before.compress_size > after.header_offset:
                raise not_usable("import_zip_bomb", name=self._name)


def _entry(place: int, info: zipfile.ZipInfo) -> Entry:
    # Python cuts a name at a NUL; what stands after it must not decide what is shown either.
    raw = info.orig_filename
    spelt = (raw,) if info.flag_bits & _UTF8_NAME else spellings_of(raw.encode("cp437"))
    paths = [path_within(name) for name in spelt]
    within = tuple(path for path in paths if path is not None)
    if len(within) < len(paths):
        return Entry(place, spelt[0], (), info.file_size, "import_file_outside")
    return Entry(place, within[0], within, info.file_size, _fault(info, within[0]))


def _fault(info: zipfile.ZipInfo, path: str) -> str | None:
    """Why the entry cannot be taken, by what the archive says of it."""
    kind = stat.S_IFMT(info.external_attr >> 16) if info.create_system == _UNIX else 0
    if kind == stat.S_IFLNK:
        return "import_file_link"
    if kind not in (0, stat.S_IFREG):
        return "import_file_device"
    if info.flag_bits & (_ENCRYPTED | _STRONGLY | _MASKED):
        return "import_file_encrypted"
    if info.compress_type not in _METHODS:
        return "import_file_method"
    if path.count("/") > MAX_DEPTH:
        return "import_file_too_deep"
    if info.file_size > max(RATIO_MATTERS_FROM, MAX_RATIO * info.compress_size):
        return "import_file_bomb"
    return None


def _state(file: io.FileIO) -> tuple[int, int, int]:
    status = os.fstat(file.fileno())
    return status.st_ino, status.st_mtime_ns, status.st_size
