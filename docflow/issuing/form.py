"""The check of form that a program can do: what Decree 30/2020/NĐ-CP, Appendix I, wants of a draft. Pure.

It reads the record, the text of the newest version as far as that was read, and what a DOCX tells of its pages. It
proposes; the registry answers for the form (article 11) and says its own word on every item.
"""

import re
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Literal

import msgspec

from docflow.core.text import fold
from docflow.documents.symbols import SymbolNotUnderstood, parse

Found = Literal["ok", "wrong", "not_found"]


class Item(StrEnum):
    """What is checked, in the order of a page; the texts of the catalogue are ``form_<item>``."""

    PAPER = "paper"
    MARGINS = "margins"
    TYPEFACE = "typeface"
    MOTTO = "motto"
    ISSUER = "issuer"
    NUMBER = "number"
    PLACE_AND_DATE = "place_and_date"
    KIND = "kind"
    SUBJECT = "subject"
    SIGNATURE = "signature"
    RECIPIENTS = "recipients"


class Finding(msgspec.Struct, frozen=True):
    """What was found of one item. ``detail`` is what stands there, or what should."""

    item: Item
    found: Found
    detail: str = ""


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """What a DOCX tells of its first section, in millimetres, and the typefaces that it names."""

    width: float
    height: float
    top: float
    bottom: float
    left: float
    right: float
    typefaces: tuple[str, ...] = ()


class FormFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the record says."""

    kind_name: str
    kind_symbol: str | None
    after_number: str
    """All that follows the number: ``/BC-SNV``."""
    issuer: str
    place: str = ""
    subject: str
    authority: str = ""
    """What stands above the post, ``KT. GIÁM ĐỐC``; empty: nothing."""
    post: str = ""
    signer: str = ""
    recipients: int = 0


PAPER_MM = (210, 297)
"""A4 (Appendix I, I.1)."""
MARGINS_MM = {"top": (20, 25), "bottom": (20, 25), "left": (30, 35), "right": (15, 20)}
"""Appendix I, I.3."""
TYPEFACE = "Times New Roman"
"""Appendix I, I.4."""
TOLERANCE_MM = 0.5
COUNTRY, MOTTO = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"
"""Quốc hiệu and Tiêu ngữ (Appendix I, II.1)."""
MOST_OF_SUBJECT = 500

_SPACE = re.compile(r"\s+")
_NUMBER = re.compile(r"^\s*Số\s*:\s*(?P<given>[0-9]*\w{0,2}?)[\s…._]*(?P<after>[/-]\S*)", re.MULTILINE)
_BLANK = r"[\s….·_]*"
_DAY = re.compile(
    rf"(?P<place>[^\n\t,]{{1,100}}),\s*ngày(?P<day>[0-9]{{1,2}}|{_BLANK}|\s*[0-9]{{1,2}}\s*)"
    rf"tháng(?P<month>\s*[0-9]{{1,2}}\s*|{_BLANK})năm(?P<year>\s*[0-9]{{4}}|{_BLANK})"
)
_OTHER_DAY = re.compile(
    r"^[^\n\t,]{1,60},\s*(?:ngày\s*)?[0-9]{1,2}[/.-][0-9]{1,2}[/.-][0-9]{4}", re.MULTILINE
)
_RECIPIENTS = re.compile(r"Nơi\s+nhận\s*:|Kính\s+gửi\s*:")
_MOST_READ = 400_000
"""Letters of a text that are looked through."""


class _Text:
    """A text to look for words in: as it is, and on one line without marks and case."""

    def __init__(self, text: str) -> None:
        self.lines = text[:_MOST_READ].replace("\t", "\n")
        self.plain = _on_one_line(self.lines)
        self.folded = fold(self.plain)

    def says(self, words: str) -> bool:
        """Whether the words stand there; tones and case apart, which capitals and old spelling change."""
        return fold(_on_one_line(words)) in self.folded

    def says_exactly(self, words: str) -> bool:
        return _on_one_line(words).lower() in self.plain.lower()


def check_form(facts: FormFacts, text: str | None, layout: Layout | None) -> list[Finding]:
    """Every item in the order of ``Item``. ``text`` None: not read, or there is none; ``layout`` None: the file does not
    tell."""
    read = _Text(text or "")
    about_pages: dict[Item, Callable[[Layout], Finding]] = {
        Item.PAPER: _paper,
        Item.MARGINS: _margins,
        Item.TYPEFACE: _typeface,
    }
    about_text: dict[Item, Callable[[FormFacts, _Text], Finding]] = {
        Item.MOTTO: _motto,
        Item.ISSUER: _issuer,
        Item.NUMBER: _number,
        Item.PLACE_AND_DATE: _place_and_date,
        Item.KIND: _kind,
        Item.SUBJECT: _subject,
        Item.SIGNATURE: _signature,
        Item.RECIPIENTS: _recipients,
    }
    pages = [look(layout) if layout else Finding(item, "not_found") for item, look in about_pages.items()]
    words = [look(facts, read) if text else Finding(item, "not_found") for item, look in about_text.items()]
    return [*pages, *words]


def needs_word(findings: Sequence[Finding]) -> list[Item]:
    """The items on which the registry has to say its word before the form can be passed."""
    return [finding.item for finding in findings if finding.found != "ok"]


def _paper(layout: Layout) -> Finding:
    size = (layout.width, layout.height)
    fits = all(abs(is_ - should) <= TOLERANCE_MM for is_, should in zip(size, PAPER_MM, strict=True))
    return Finding(Item.PAPER, "ok" if fits else "wrong", f"{layout.width:g} × {layout.height:g} mm")


def _margins(layout: Layout) -> Finding:
    wrong = [
        side
        for side, (least, most) in MARGINS_MM.items()
        if not least - TOLERANCE_MM <= getattr(layout, side) <= most + TOLERANCE_MM
    ]
    sizes = " – ".join(f"{getattr(layout, side):g}" for side in MARGINS_MM)
    return Finding(Item.MARGINS, "wrong" if wrong else "ok", f"{sizes} mm")


def _typeface(layout: Layout) -> Finding:
    if not layout.typefaces:
        return Finding(Item.TYPEFACE, "not_found")
    others = [name for name in layout.typefaces if name != TYPEFACE]
    return Finding(Item.TYPEFACE, "wrong" if others else "ok", ", ".join(others or [TYPEFACE])[:200])


def _motto(facts: FormFacts, text: _Text) -> Finding:
    there = [text.says(COUNTRY), text.says(MOTTO)]
    if all(there):
        return Finding(Item.MOTTO, "ok")
    missing = MOTTO if there[0] else COUNTRY
    return Finding(Item.MOTTO, "wrong" if any(there) else "not_found", missing)


def _issuer(facts: FormFacts, text: _Text) -> Finding:
    return Finding(Item.ISSUER, "ok" if text.says(facts.issuer) else "not_found", facts.issuer)


def _number(facts: FormFacts, text: _Text) -> Finding:
    """``Số: … /BC-SNV``: the number itself is not there yet, for it is given when the document is issued."""
    should = f"Số: …{facts.after_number}"
    found = _NUMBER.search(text.lines)
    if found is None:
        return Finding(Item.NUMBER, "not_found", should)
    written = _on_one_line(found[0])
    if found["given"] or found["after"] != facts.after_number:
        return Finding(Item.NUMBER, "wrong", f"{written} ≠ {should}{_read_as(facts, written)}"[:200])
    return Finding(Item.NUMBER, "ok", written)


def _read_as(facts: FormFacts, written: str) -> str:
    """Of a whole symbol of another kind, the kind that it says."""
    try:
        symbol = parse(written, [facts.kind_symbol or ""])
    except SymbolNotUnderstood:
        return ""
    return f" ({symbol.kind})" if symbol.kind and symbol.kind != facts.kind_symbol else ""


def _place_and_date(facts: FormFacts, text: _Text) -> Finding:
    """``Bến Thuyền, ngày 05 tháng 02 năm 2026``; days below 10 and the first two months with a zero (Appendix I, II.4)."""
    found = _DAY.search(text.lines)
    if found is None:
        other = _OTHER_DAY.search(text.lines)
        return Finding(
            Item.PLACE_AND_DATE, "wrong" if other else "not_found", _on_one_line(other[0]) if other else ""
        )
    written = _on_one_line(found[0])
    day, month = found["day"].strip(" ….·_"), found["month"].strip(" ….·_")
    in_form = not (
        len(day) == 1 or month in {"1", "2"} or (len(month) == 2 and month[0] == "0" and month > "02")
    )
    at_place = not facts.place or fold(facts.place) in fold(found["place"])
    return Finding(Item.PLACE_AND_DATE, "ok" if in_form and at_place else "wrong", written[:200])


def _kind(facts: FormFacts, text: _Text) -> Finding:
    """The kind's name in capitals on a line of its own; an official letter has none and says ``V/v`` (II.5)."""
    if facts.kind_symbol is None:
        there = any(line.strip().startswith("V/v") for line in text.lines.splitlines())
        return Finding(Item.KIND, "ok" if there else "not_found", "V/v …")
    name = facts.kind_name.upper()
    if any(_on_one_line(line).startswith(name) for line in text.lines.splitlines()):
        return Finding(Item.KIND, "ok", name)
    return Finding(Item.KIND, "wrong" if text.says_exactly(name) else "not_found", name)


def _subject(facts: FormFacts, text: _Text) -> Finding:
    if len(facts.subject) > MOST_OF_SUBJECT:
        return Finding(Item.SUBJECT, "wrong", f"{len(facts.subject)} > {MOST_OF_SUBJECT}")
    bare = re.sub(r"^(?:về việc|v/v)\s+", "", facts.subject, flags=re.IGNORECASE)
    there = text.says_exactly(bare)
    return Finding(Item.SUBJECT, "ok" if there else "not_found", "" if there else facts.subject[:200])


def _signature(facts: FormFacts, text: _Text) -> Finding:
    """Authority, post and name as the record has them, in this order after the text (II.7)."""
    if not facts.signer:
        return Finding(Item.SIGNATURE, "not_found")
    missing = [
        words for words in (facts.authority, facts.post, facts.signer) if words and not text.says(words)
    ]
    if not missing:
        post, name = text.folded.rfind(fold(facts.post)), text.folded.rfind(fold(facts.signer))
        return Finding(Item.SIGNATURE, "ok" if post < name else "wrong", facts.signer)
    nothing = facts.signer in missing
    return Finding(Item.SIGNATURE, "not_found" if nothing else "wrong", ", ".join(missing)[:200])


def _recipients(facts: FormFacts, text: _Text) -> Finding:
    there = _RECIPIENTS.search(text.lines) is not None
    if facts.recipients and there:
        return Finding(Item.RECIPIENTS, "ok", str(facts.recipients))
    return Finding(
        Item.RECIPIENTS, "wrong" if facts.recipients or there else "not_found", str(facts.recipients)
    )


def _on_one_line(text: str) -> str:
    return _SPACE.sub(" ", text).strip()
