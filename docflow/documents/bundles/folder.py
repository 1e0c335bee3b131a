"""A folder on disk. No link is followed, and a file is read only as long as it is the one that was seen."""

import os
import stat
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from docflow.documents.bundles.entries import (
    CHUNK_BYTES,
    MAX_DEPTH,
    MAX_ENTRIES,
    Entry,
    file_refused,
    is_litter,
    not_usable,
)
from docflow.documents.bundles.names import shown, spellings_of


@dataclass(frozen=True, slots=True)
class _Seen:
    """Where a file is, and what tells it from another one or a later state of its own."""

    path: str
    state: tuple[int, int, int, int]


class Folder:
    """All files in a folder and the folders in it, in the order of their paths."""

    def __init__(self, root: Path, *, but: Collection[Path] = ()) -> None:
        """Raises SourceNotUsable."""
        self._but = {os.path.realpath(path) for path in but}
        self._seen: list[_Seen] = []
        self._entries: list[Entry] = []
        try:
            self._look(os.path.realpath(root), "", 0)
        except OSError as error:
            name = shown(os.path.basename(error.filename or root))
            raise not_usable("import_source_unreadable", name=name) from error

    @property
    def entries(self) -> Sequence[Entry]:
        return self._entries

    def read(self, entry: Entry) -> Iterator[bytes]:
        name, seen = shown(entry.path), self._seen[entry.place]
        if entry.fault:
            raise file_refused(entry.fault, name)
        try:
            # Not through a link, and without waiting for whoever would write into a pipe put in its place.
            file = os.open(seen.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise file_refused("import_file_changed", name) from error
        except OSError as error:
            raise file_refused("import_file_unreadable", name) from error
        with open(file, "rb", buffering=0) as source:
            if _state(os.fstat(file)) != seen.state:
                raise file_refused("import_file_changed", name)
            taken = 0
            while chunk := self._next(source.read, name):
                taken += len(chunk)
                yield chunk
            if _state(os.fstat(file)) != seen.state or taken != entry.size:
                raise file_refused("import_file_changed", name)

    def close(self) -> None:
        pass

    def _next(self, read: Callable[[int], bytes | None], name: str) -> bytes:
        try:
            return read(CHUNK_BYTES) or b""
        except OSError as error:
            raise file_refused("import_file_unreadable", name) from error

    def _look(self, folder: str, within: str, depth: int, above: int | None = None) -> None:
        """Note the files of ``folder``: a path, or a name in the open folder ``above``, which may be no link."""
        if depth > MAX_DEPTH:
            raise not_usable("import_source_too_deep", limit=MAX_DEPTH)
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        opened = os.open(folder if above is None else os.path.basename(folder), flags, dir_fd=above)
        try:
            with os.scandir(opened) as found:
                entries = sorted(found, key=lambda one: one.name)
                for one in entries:
                    path = os.path.join(folder, one.name)
                    spellings = tuple(within + name for name in spellings_of(os.fsencode(one.name)))
                    if is_litter(spellings[0]) or path in self._but:
                        continue
                    if one.is_dir(follow_symlinks=False):
                        self._look(path, f"{spellings[0]}/", depth + 1, opened)
                    else:
                        self._add(path, spellings, one.stat(follow_symlinks=False))
        finally:
            os.close(opened)

    def _add(self, path: str, spellings: tuple[str, ...], status: os.stat_result) -> None:
        if len(self._entries) == MAX_ENTRIES:
            raise not_usable("import_source_too_many", limit=MAX_ENTRIES)
        fault = None
        if stat.S_ISLNK(status.st_mode):
            fault = "import_file_link"
        elif not stat.S_ISREG(status.st_mode):
            fault = "import_file_device"
        self._seen.append(_Seen(path, _state(status)))
        self._entries.append(Entry(len(self._entries), spellings[0], spellings, status.st_size, fault))


def _state(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
