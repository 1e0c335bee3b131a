"""Names of files: the same name written by another system is the same name, and an unclear one is nobody's."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from docflow.core.filenames import extension_of
from docflow.documents.bundles.entries import Entry, file_refused

_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_ABSOLUTE = re.compile(r"/|[A-Za-z]:")
_MOST_TOLD = 120


def spellings_of(raw: bytes) -> tuple[str, ...]:
    """The texts that the bytes of a name may be, the likeliest first: UTF-8 when they are that, else Windows-1258 or
    code page 437.

    Vietnamese Windows packs names in 1258, where tones are letters of their own (NFC joins them); ZIP itself names 437
    (APPNOTE.TXT, appendix D). Where both can be read, the one with more letters is likelier.
    """
    try:
        return (unicodedata.normalize("NFC", raw.decode("utf-8")),)
    except UnicodeDecodeError:
        pass
    texts = [raw.decode("cp437")]
    try:
        texts.insert(0, raw.decode("cp1258"))
    except UnicodeDecodeError:
        return tuple(texts)
    texts.sort(key=lambda text: -sum(unicodedata.category(letter)[0] in "LM" for letter in text))
    return tuple(dict.fromkeys(unicodedata.normalize("NFC", text) for text in texts))


def path_within(name: str) -> str | None:
    """``name`` with ``/`` between folders and without ``.``, in NFC; None when it leads out of the bundle.

    Absolute paths of either system and every ``..`` lead out, even where they would come back.
    """
    path = unicodedata.normalize("NFC", name).replace("\\", "/")
    if _ABSOLUTE.match(path):
        return None
    steps = [step for step in path.split("/") if step not in ("", ".")]
    if not steps or ".." in steps:
        return None
    return "/".join(steps)


def shown(name: str) -> str:
    """A name as it may be shown: one line, nothing invisible, not too long, its end kept."""
    visible = "".join("\N{REPLACEMENT CHARACTER}" if _is_invisible(letter) else letter for letter in name)
    if len(visible) <= _MOST_TOLD:
        return visible
    return f"{visible[: _MOST_TOLD - 21]}…{visible[-20:]}"


def _is_invisible(letter: str) -> bool:
    return unicodedata.category(letter) in _INVISIBLE


def _alike(path: str) -> str:
    """Equal for names that look the same: without invisible characters, case and doubled spaces."""
    visible = "".join(letter for letter in path if not _is_invisible(letter))
    return " ".join(unicodedata.normalize("NFC", visible).casefold().split())


class Directory:
    """Finds the entry that a manifest names, from the top of the bundle or from the folder ``within`` it, which is
    empty or ends in ``/``."""

    def __init__(self, entries: Sequence[Entry], within: str = "") -> None:
        self._exact: dict[str, list[Entry]] = {}
        self._alike: dict[str, list[Entry]] = {}
        self._by_stem: dict[str, Entry] | None = None
        for entry in entries:
            whole = [spelling.replace("\\", "/") for spelling in entry.spellings]
            for name in dict.fromkeys([*(one.removeprefix(within) for one in whole), *whole]):
                self._exact.setdefault(name, []).append(entry)
                self._alike.setdefault(_alike(name), []).append(entry)

    def get(self, name: str) -> Entry:
        """The entry called ``name``, or the only one that looks so, whether it can be taken or not.

        Raises Invalid, saying what is wrong.
        """
        path = path_within(name)
        if path is None:
            raise file_refused("import_file_outside", shown(name))
        found = self._exact.get(path) or _each_once(self._alike.get(_alike(path), ()))
        if not found:
            raise file_refused("import_file_missing", shown(path), hint=self._hint(path))
        if len(found) > 1:
            raise file_refused("import_file_ambiguous", shown(path), count=len(found))
        return found[0]

    def _hint(self, path: str) -> str:
        """An entry of the same name in another folder or with another extension, in quotes; empty when none is."""
        if self._by_stem is None:
            entries = ((_stem(name), found[0]) for name, found in reversed(self._alike.items()))
            self._by_stem = dict(entries)
        entry = self._by_stem.get(_stem(_alike(path)))
        return f" “{shown(entry.path)}”?" if entry else ""


def _stem(name: str) -> str:
    """The name without folders and extension."""
    last = name.rpartition("/")[2]
    return last.removesuffix(f".{extension_of(last)}")


def _each_once(entries: Iterable[Entry]) -> list[Entry]:
    return list({entry.place: entry for entry in entries}.values())
