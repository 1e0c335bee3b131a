"""The kind of document that a manifest names: by its code, its symbol, or its name in either language."""

from collections.abc import Iterable
from typing import Protocol

from docflow.core.text import clean_line, fold
from docflow.documents.manifests.cells import CellWrong


class Kind(Protocol):
    """A kind as tables and the decree's list have it."""

    @property
    def code(self) -> str: ...
    @property
    def symbol(self) -> str | None: ...
    @property
    def name_vi(self) -> str: ...
    @property
    def name_en(self) -> str: ...


def kind_called(written: str, kinds: Iterable[Kind]) -> str:
    """The code of the kind that ``written`` names. Raises CellWrong.

    A symbol is compared letter by letter. In ASCII it may stand for another with a bar (HD for HĐ): such a one is
    refused with its candidates, because a name says which is meant. Names are compared without accents and case.
    """
    name = clean_line(written)
    listed = list(kinds)
    alike = [kind for kind in listed if kind.symbol and fold(kind.symbol) == fold(name)]
    exact = [kind for kind in alike if kind.symbol == name]
    if exact and (len(alike) == 1 or not name.isascii() or not _may_lack_a_bar(name, alike)):
        return exact[0].code
    if exact:
        candidates = ", ".join(f"{kind.symbol} ({kind.name_vi})" for kind in alike)
        raise CellWrong("kind_ambiguous", {"candidates": candidates})
    for kind in listed:
        if name == kind.code or fold(name) in (fold(kind.name_vi), fold(kind.name_en)):
            return kind.code
    raise CellWrong("kind_not_known", {})


def _may_lack_a_bar(name: str, alike: Iterable[Kind]) -> bool:
    """Whether some of them is ``name`` but for the bar of a Đ: CT and CTr differ otherwise, and none lacks anything."""
    return any(kind.symbol != name and (kind.symbol or "").replace("Đ", "D") == name for kind in alike)
