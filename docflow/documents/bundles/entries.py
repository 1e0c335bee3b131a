"""What every bundle has: entries, each with the reason why it cannot be taken, if there is one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from docflow.core.errors import FieldError, Invalid
from docflow.documents.errors import SourceNotUsable

CHUNK_BYTES = 256 * 1024
MAX_ENTRIES = 100_000
MAX_DEPTH = 32

_LITTER = frozenset({".ds_store", "thumbs.db", "desktop.ini"})
_LITTER_FOLDERS = frozenset({"__macosx", "$recycle.bin", "system volume information"})
_LITTER_BEGINS = ("~$", "._")


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a bundle. ``path`` is shown and matched: NFC, folders divided by ``/``, none of them ``..``.

    ``spellings`` are the paths that its bytes may mean where they do not say their encoding, ``path`` among them.
    ``fault`` is why it cannot be taken: a code of the catalogue. ``size`` in bytes, as announced.
    """

    place: int
    path: str
    spellings: tuple[str, ...]
    size: int
    fault: str | None = None


class Bundle(Protocol):
    """Where the files of an import are read from, by any thread."""

    @property
    def entries(self) -> Sequence[Entry]:
        """Every file, but for what systems leave for themselves."""

    def read(self, entry: Entry) -> Iterator[bytes]:
        """The bytes of an entry in chunks of at most CHUNK_BYTES; blocks.

        Raises Invalid when it cannot be taken, is damaged or is not what it was when the bundle was opened, the
        last of these at its end at the latest: bytes that were given count only when the iterator ends in peace.
        """

    def close(self) -> None:
        """Let go of what is open."""


def not_usable(code: str, **facts: Any) -> SourceNotUsable:
    """The bundle as a whole cannot be used: a code of the catalogue and the facts that fill it."""
    return SourceNotUsable(FieldError("/source", code, facts))


def file_refused(code: str, name: str, **facts: Any) -> Invalid:
    """One file cannot be taken: a code of the catalogue and the facts that fill it."""
    return Invalid(FieldError("/file", code, {"name": name, **facts}))


def is_litter(path: str) -> bool:
    """Whether a system or an office program left the file there for itself."""
    *folders, name = path.lower().split("/")
    return name in _LITTER or name.startswith(_LITTER_BEGINS) or not _LITTER_FOLDERS.isdisjoint(folders)
