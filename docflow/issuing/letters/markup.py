"""How the text of a letter is written: plain lines, each a paragraph, with four marks.

- An empty line does nothing but separate.
- ``# `` begins a heading: bold, at the indent of a paragraph.
- A line in capitals stands in the middle, bold: `QUYẾT ĐỊNH:`, `CHƯƠNG I`.
- `Điều 1.` (`Article 1.`) at the beginning of a line is bold.
- Lines before anything else that give a basis (`Căn cứ …`, `Theo đề nghị …`, `Pursuant to …`) are in italics.
- ``**words**`` are bold.

Numbers and letters of items (`1.`, `a)`, `-`) are written by the author and stay as they are. Tables are not made here:
a text with tables is uploaded as a file.
"""

import re
from enum import StrEnum

import msgspec

_BASIS = re.compile(
    r"(căn cứ|theo đề nghị|xét đề nghị|thực hiện|pursuant to|at the (?:proposal|request) of)\b", re.I
)
_ARTICLE = re.compile(r"(?:Điều|Article) \d+[a-zđ]?\.")
_BOLD = re.compile(r"\*\*(.+?)\*\*")


class Look(StrEnum):
    """How a paragraph is set."""

    PLAIN = "plain"
    HEADING = "heading"
    CENTRED = "centred"
    BASIS = "basis"


class Run(msgspec.Struct, frozen=True):
    """Words in one face."""

    text: str
    bold: bool = False


class Paragraph(msgspec.Struct, frozen=True):
    """A paragraph of the text."""

    look: Look
    runs: tuple[Run, ...]

    @property
    def plain(self) -> str:
        """Its words."""
        return "".join(run.text for run in self.runs)


def paragraphs_of(text: str) -> list[Paragraph]:
    """The paragraphs of a text."""
    found: list[Paragraph] = []
    in_bases = True
    for raw in text.splitlines():
        line = " ".join(raw.split())
        if not line:
            continue
        look = _look(line, in_bases)
        in_bases = in_bases and look in {Look.BASIS, Look.CENTRED}
        found.append(Paragraph(look, _runs(line.removeprefix("# ") if look is Look.HEADING else line)))
    # A single basis of a letter is an ordinary sentence: "Căn cứ … Sở báo cáo như sau:".
    if not any(paragraph.look is Look.CENTRED for paragraph in found):
        found = [_plainly(paragraph) for paragraph in found]
    return found


def _look(line: str, in_bases: bool) -> Look:
    if line.startswith("# "):
        return Look.HEADING
    if line.upper() == line and sum(map(str.isalpha, line)) > 3:
        return Look.CENTRED
    if in_bases and _BASIS.match(line):
        return Look.BASIS
    return Look.PLAIN


def _plainly(paragraph: Paragraph) -> Paragraph:
    if paragraph.look is not Look.BASIS or paragraph.plain.endswith(";"):
        return paragraph
    return Paragraph(Look.PLAIN, paragraph.runs)


def _runs(line: str) -> tuple[Run, ...]:
    runs: list[Run] = []
    if article := _ARTICLE.match(line):
        runs.append(Run(article[0], True))
        line = line[article.end() :]
    at = 0
    for bold in _BOLD.finditer(line):
        runs.extend((Run(line[at : bold.start()]), Run(bold[1], True)))
        at = bold.end()
    runs.append(Run(line[at:]))
    return tuple(run for run in runs if run.text)
