"""The head of a paper: national motto, agencies, number and symbol, place and date, marks.

Decree 30/2020/NĐ-CP, Appendix I: two columns side by side, which come out of a PDF or a recogniser one after the
other, one line of each in turn, or run together on one line.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from docflow.documents.prefill.agencies import agencies_in, agency_name
from docflow.documents.prefill.suggestion import Field, Line, Suggestion
from docflow.documents.symbols import MAX_LENGTH, Symbol, SymbolNotUnderstood, parse
from docflow.documents.wording import KindLexicon, date_at, flatten

MOST_LINES = 40
"""A head is not longer; nothing below is taken for one."""

MOTTO = re.compile(
    r"c.ng h.a .{0,9}h.i .{0,8}ngh.a .{0,3}vi.t ?n.m|d.c .{0,16}h.nh ph.c|dang c.ng s.n vi.t ?nam"
    r"|socialist republic of viet ?nam|independence.{0,4}freedom.{0,4}happiness|communist party of viet ?nam"
)
"""With room for what a recogniser makes of it."""
_ENGLISH_MOTTO = re.compile(
    r"socialist republic of viet ?nam|communist party of viet ?nam|independence ?\W{0,3} ?freedom"
)
_NUMBER = re.compile(r"\W{0,3}(?:so|s0|no|number|ref)\b(?: ?(?:ky hieu|van ban))?[\s.:;/]*(?=[0-9])")
_SHAPE = re.compile(
    r"[0-9]{1,7}[a-z]{0,3}(?: ?/ ?[0-9]{4})?(?: ?[/-] ?[a-z][a-z0-9.&]{0,20}(?<![.&])){1,2}(?:[-/][a-z][a-z0-9.&]{0,20}(?<![.&])){0,3}"
    r"(?![a-z0-9])"
)
_PLACE = re.compile(
    r"(?P<place>[^\W\d_][^,;:/()\d]{1,40}?)\s*,\s*(?:hoi [0-9a-z :]{1,24}?(?=ngay\b))?"
    r"(?=ngay\b|[0-9]|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))"
)
_NAME = re.compile(r"[^\W\d_](?:[^\W_]|[ ,.&'\u2019()-])*")
"""What is spoilt by other signs is no name of an agency."""
_URGENCY = {
    "KHẨN": "urgent", "THƯỢNG KHẨN": "very_urgent", "HỎA TỐC": "flash", "HOẢ TỐC": "flash", "HỎA TỐC HẸN GIỜ": "flash",
    "HOẢ TỐC HẸN GIỜ": "flash", "URGENT": "urgent", "VERY URGENT": "very_urgent", "MOST URGENT": "very_urgent",
    "FLASH": "flash",
}  # fmt: skip
_SECRECY = {
    "MẬT": "secret", "TỐI MẬT": "top_secret", "TUYỆT MẬT": "utmost_secret", "SECRET": "secret",
    "TOP SECRET": "top_secret", "UTMOST SECRET": "utmost_secret",
}  # fmt: skip
_FLAT_URGENCY = {flatten(mark): value for mark, value in _URGENCY.items()}
_FLAT_SECRECY = {flatten(mark): value for mark, value in _SECRECY.items()}
_MARK_LABEL = re.compile(r"(?:do|muc do|muc) (?:mat|khan)\W+")


@dataclass(slots=True)
class Head:
    """What the lines of a head hold, sorted: agencies are what nothing else claimed."""

    agencies: list[Line] = field(default_factory=list)
    symbols: list[tuple[Line, Symbol]] = field(default_factory=list)
    dates: list[Suggestion] = field(default_factory=list)
    places: list[Suggestion] = field(default_factory=list)
    marks: list[Suggestion] = field(default_factory=list)
    language: Suggestion | None = None


def read_head(lines: Sequence[Line], lexicon: KindLexicon) -> Head:
    """What stands in `lines`, which go to the name of the kind, to the addressee, or to the text."""
    head = Head()
    for line in lines[:MOST_LINES]:
        _read_line(head, line, lexicon)
    return head


def _read_line(head: Head, line: Line, lexicon: KindLexicon) -> None:
    marks = list(marks_in(line))
    if marks:
        head.marks += marks
        return
    text, flat = line.text, line.flat
    if motto := MOTTO.search(flat):
        if head.language is None:
            english = _ENGLISH_MOTTO.search(flat) is not None
            head.language = line.suggests(Field.LANGUAGE, "en" if english else "vi")
        text, flat = _without(text, flat, motto.start(), motto.end())
    number = _NUMBER.match(flat)
    if number and (shape := _SHAPE.match(flat, number.end())):
        symbol = _symbol(text[shape.start() : shape.end()], lexicon)
        if symbol is not None:
            head.symbols.append((line, symbol))
        text, flat = _without(text, flat, 0, shape.end())
    elif empty := _NUMBERLESS.match(flat):
        text, flat = _without(text, flat, 0, empty.end())
    text, flat = _read_place_and_date(head, line, text, flat)
    while text[-2:-1] == " ":
        text = text[:-2].rstrip()  # a speck
    if text.isupper() and text[0].isalpha() and sum(letter.isalpha() for letter in text) > 2:
        text = text.strip(" .:;,'`")
        head.agencies.append(Line(line.page, line.number, text, flatten(text), line.indent))


_NUMBERLESS = re.compile(r"\W{0,3}(?:so|no)\s*[.:]\s*\S*")


def _without(text: str, flat: str, start: int, end: int) -> tuple[str, str]:
    """Both without this part; what stood around it stays apart."""
    around = " -*_.,;:|"
    kept = f"{text[:start].rstrip(around)} {text[end:].lstrip(around)}".strip(around)
    return kept, flatten(kept) if len(kept) < len(text) else flat


def _symbol(written: str, lexicon: KindLexicon) -> Symbol | None:
    if len(written) > MAX_LENGTH:
        return None
    try:
        return parse(written, lexicon.symbols)
    except SymbolNotUnderstood:
        return None


def _read_place_and_date(head: Head, line: Line, text: str, flat: str) -> tuple[str, str]:
    for found in _PLACE.finditer(flat):
        dated = date_at(flat, found.end())
        if dated is None:
            continue
        start = found.start("place")
        place = text[start : found.end("place")]
        # The left column may run into the place: it begins with the last words that have capitals throughout.
        words = place.split(" ")
        while len(words) > 1 and (words[0].isupper() or not words[0][:1].isupper()):
            words = words[1:]
        if len(words) > 4 or not words[0][:1].isupper():
            return text, flat
        place = " ".join(words)
        sure = dated.end >= len(flat.rstrip(" ./")) - 1
        head.places.append(line.suggests(Field.PLACE, place, sure=sure))
        head.dates.append(line.suggests(Field.ISSUED_ON, dated.day.isoformat(), sure=sure))
        return _without(text, flat, found.end("place") - len(place), dated.end)
    return text, flat


def marks_in(line: Line) -> Sequence[Suggestion]:
    """Stamps of urgency and secrecy: the line holds nothing else, in capital letters."""
    found = []
    text, flat = line.text.strip(" -*.:!()[]|"), line.flat.strip(" -*.:!()[]|")
    labelled = _MARK_LABEL.match(flat)
    if labelled:
        text, flat = text[labelled.end() :], flat[labelled.end() :]
    if not (text.isupper() or labelled):
        return ()
    for field_, exact, alike in (
        (Field.URGENCY, _URGENCY, _FLAT_URGENCY),
        (Field.SECRECY, _SECRECY, _FLAT_SECRECY),
    ):
        if (value := exact.get(text.upper())) is not None:
            found.append(line.suggests(field_, value))
        elif (value := alike.get(flat)) is not None:
            # A recogniser that lost the tone: MAT may be MẬT.
            found.append(line.suggests(field_, value, sure=False))
    return found


def suggestions_of(head: Head) -> list[Suggestion]:
    """What the head says; of the symbol and the kind more is known elsewhere."""
    found: list[Suggestion] = list(head.marks)
    found += _agreeing(head.dates) + _agreeing(head.places)
    if head.language is not None:
        found.append(head.language)
    agencies = agencies_in(head.agencies)
    if agencies:
        last = agencies[-1]
        name = agency_name(" ".join(line.text for line in last))
        if _NAME.fullmatch(name):
            found.append(last[0].suggests(Field.ISSUER, name, sure=len(agencies) <= 3))
    return found


def _agreeing(read: Sequence[Suggestion]) -> list[Suggestion]:
    """The first; not sure when another says otherwise."""
    if not read:
        return []
    first = read[0]
    if len({one.value for one in read}) > 1:
        first = Suggestion(first.field, first.value, first.page, first.line, first.excerpt, sure=False)
    return [first]
