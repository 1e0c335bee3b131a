"""The name of the kind, and the subject (trích yếu): under that name, or after `V/v` in an official letter.

Decree 30/2020/NĐ-CP, Appendix I (II.5): of a named kind the subject stands under its name, of an official letter
under number and symbol.
"""

import re
from collections.abc import Mapping, Sequence

from docflow.documents.prefill.head import MOTTO, marks_in
from docflow.documents.prefill.suggestion import Field, Line, Suggestion
from docflow.documents.wording import FROM_OUTSIDE, KindNames, date_at, flatten

MAX_SUBJECT = 500
_MOST_LINES = 8
_FULL_LINE = 62
"""Letters from which on a line is as wide as the page: the next one may go on in the middle of it."""

ABOUT = re.compile(r"v ?/ ?v\b[\s.:]*|(?:re|subject|trich yeu)\s*:\s*")
ADDRESSED = re.compile(r"(?:kinh gui|kinh chuyen|to)\s*:|(?:dear|kinh gui)\b")
_TEXT_BEGINS = re.compile(
    r"(?:can cu|thuc hien|xet|theo|qua|trong|ngay|de|nham|dieu|chuong|phan|muc|kinh gui|kinh trinh|hom nay|nam|tiep theo"
    r"|thoi gian|hien nay|sau khi|chap hanh|trien khai|phuc dap|tra loi|thi hanh|nhan|voi|tu|uy ban nhan dan \w+ nhan"
    r"|pursuant|based|in order|on the basis|over|during|under|according|further|today|to|dear|implementing|having|whereas"
    r"|article|chapter|section)\b|(?:[0-9]{1,2}|[ivx]{1,4}|[a-z])[.)] |[-+•*] "
)
_MAY_GO_ON_WITH = re.compile(
    r"(?:va|cua|ve|cho|tai|o|den|tu|theo|voi|hoac|trong|tren|nam|so|cac|nhung|of|and|the|for|in|on|to|at|with)\Z|[,(-]\Z"
)
_NOT_PART = re.compile(r"(?:so|no)\s*[:.]|noi nhan|kinh gui|doc lap|cong hoa")


def find_title(lines: Sequence[Line], kinds: Mapping[str, KindNames]) -> int | None:
    """Where the name of the kind stands on a line of its own in capitals, on the first page; `kinds` as `titles_of`.

    A decree or a circular has one, too, though it is no kind of administrative document.
    """
    for place, line in enumerate(lines):
        if line.page > 1:
            return None
        title = _title_in(line)
        if title in kinds or title in _OUTSIDE:
            return place
    return None


def titles_of(kinds: Sequence[KindNames]) -> dict[str, KindNames]:
    """Kinds by the letters of their names in both languages; spaced letters and tones make no difference."""
    return {
        _letters(flatten(name)): kind for kind in reversed(kinds) for name in (kind.name_vi, kind.name_en)
    }


def kind_of_title(line: Line, kinds: Mapping[str, KindNames]) -> KindNames | None:
    """The kind that a title names; None for a paper that is no kind here, as a decree."""
    return kinds.get(_title_in(line))


def _title_in(line: Line) -> str:
    """The letters of a line in capitals, without the specks around it that a recogniser took for letters."""
    words = line.text.split(" ")
    while len(words) > 2 and len(words[-1]) == 1:
        words.pop()
    while len(words) > 2 and len(words[0]) == 1:
        del words[0]
    title = " ".join(words)
    if not title.isupper():
        title, words = line.text, line.text.split(" ")
    return _letters(flatten(title)) if title.isupper() else ""


def subject_under(lines: Sequence[Line], title: int) -> Suggestion | None:
    """The lines under the name of the kind, as far as they are one heading."""
    said: list[Line] = []
    sure = True
    for line in lines[title + 1 : title + 1 + _MOST_LINES]:
        if line.page > 1 or _belongs_elsewhere(line):
            if said:
                break
            continue
        if said:
            goes_on = _goes_on(said[-1], line)
            if goes_on is None:
                sure = False
                break
            if not goes_on:
                break
        elif _TEXT_BEGINS.match(line.flat) and not line.flat.startswith(("trien khai ", "thuc hien ", "ve ")):
            return None
        said.append(line)
    return _suggestion(said, sure)


def _goes_on(before: Line, line: Line) -> bool | None:
    """Whether a heading goes on in this line; None when it cannot be told."""
    if before.text.isupper() != line.text.isupper():
        return False
    if before.text[-1] in ".;:":
        return False
    if line.text[0].islower() or _MAY_GO_ON_WITH.search(before.flat):
        return True
    if line.text.isupper():
        return not line.after_blank and not _TEXT_BEGINS.match(line.flat)
    if line.after_blank or _TEXT_BEGINS.match(line.flat):
        return False
    if len(line.text) >= _FULL_LINE:
        return None if len(before.text) >= _FULL_LINE else False
    return None


def subject_of_letter(lines: Sequence[Line]) -> Suggestion | None:
    """What follows `V/v` at the beginning of a line of the first page, in its own column."""
    for place, line in enumerate(lines):
        if line.page > 1 or place > 2 * _MOST_LINES + 20:
            return None
        about = ABOUT.match(line.flat)
        if about is None:
            continue
        first = _own_column(Line(line.page, line.number, line.text[about.end() :], line.flat[about.end() :]))
        said = [first] if first.text else []
        for following in lines[place + 1 : place + 1 + _MOST_LINES]:
            own = _own_column(following)
            if own.page > 1 or not own.text or _ends_column(following):
                if own.text and not said:
                    continue
                if ADDRESSED.match(following.flat) or own.text:
                    break
                continue
            said.append(own)
            if len(own.text) < len(following.text):
                break
        return _suggestion(said, sure=bool(said), letter=True)
    return None


def _own_column(line: Line) -> Line:
    """The line without place and date or motto, which a recogniser reads along from the other column."""
    cut = len(line.text)
    if motto := MOTTO.search(line.flat):
        cut = min(cut, motto.start())
    for found in re.finditer(r"(?:\S+ ){1,4}?\S+, ?(?=ngay\b)", line.flat):
        if date_at(line.flat, found.end()):
            place = re.search(r"(?:[^\W\d_a-z]\S*\s?){1,4},\s*\Z", line.text[: found.end()])
            cut = min(cut, place.start() if place else found.start())
    text = line.text[:cut].rstrip(" -")
    return Line(line.page, line.number, text, line.flat[: len(text)], line.indent, line.after_blank)


def _ends_column(line: Line) -> bool:
    return bool(
        ADDRESSED.match(line.flat) or _NOT_PART.match(line.flat) or line.is_capitals or marks_in(line)
    )


def _belongs_elsewhere(line: Line) -> bool:
    """Something of the head that came out below the name of the kind."""
    if MOTTO.search(line.flat) or _NOT_PART.match(line.flat) or marks_in(line):
        return True
    return re.search(r", ?ngay [0-9. ]+thang [0-9. ]+nam [0-9]{4}\W*\Z", line.flat) is not None


def _suggestion(said: Sequence[Line], sure: bool, *, letter: bool = False) -> Suggestion | None:
    subject = " ".join(line.text for line in said).strip(" .;-_*")
    if len(subject) < 4:
        return None
    if len(subject) > MAX_SUBJECT:
        subject, sure = subject[:MAX_SUBJECT].rpartition(" ")[0], False
    if letter:
        subject = subject[0].upper() + subject[1:]
    return said[0].suggests(Field.SUBJECT, subject, sure=sure)


def _letters(flat: str) -> str:
    return "".join(letter for letter in flat if letter.isalnum())


_OUTSIDE = frozenset(_letters(flatten(name)) for name in FROM_OUTSIDE)
