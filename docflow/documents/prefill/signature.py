"""Who signed, and whom it goes to: the foot of a paper.

Decree 30/2020/NĐ-CP, Appendix I (II.7, II.9): authority (KT., TM., TL., TUQ., Q.) and post in capitals, the name
below them; `Nơi nhận` beside it on the left. The two columns come out one after the other, or run together.
"""

import re
from collections.abc import Sequence

from docflow.core.text import fold
from docflow.documents.models.words import Authority
from docflow.documents.prefill.suggestion import Field, Line, Suggestion

_FOOT_LINES = 80
_MOST_BETWEEN = 14
MAX_RECIPIENTS = 3_000

_AUTHORITY = re.compile(r"(?P<word>tuq|kt|tm|tl|q)\s?[.,]\s?(?=[a-z])|(?P<party>t/m|k/t|t/l)\b[.\s]*")
"""The Party writes T/M, K/T and T/L."""
_ENGLISH_AUTHORITY = re.compile(
    r"(?P<on_behalf>on behalf of|for and on behalf of)\s|(?P<for>for)\s(?=the\s)?"
)
_POSTS = (
    "pho chu tich thuong truc|pho chu tich|chu tich|pho tong giam doc|tong giam doc|pho giam doc phu trach|pho giam doc"
    "|giam doc|pho chanh van phong|chanh van phong|pho chanh thanh tra|chanh thanh tra|pho bi thu thuong truc|pho bi thu"
    "|tong bi thu|bi thu|pho thu tuong|thu tuong|thu truong|bo truong|pho cuc truong|cuc truong|pho chi cuc truong"
    "|chi cuc truong|pho tong cuc truong|tong cuc truong|pho truong phong|truong phong|pho truong ban|truong ban"
    "|pho vien truong|vien truong|pho hieu truong|hieu truong|pho chu nhiem|chu nhiem|pho vu truong|vu truong"
    "|pho chi huy truong|chi huy truong|pho to truong|to truong|pho doi truong|doi truong|hat truong|pho hat truong"
    "|pho truong doan|truong doan|pho chanh an|chanh an|uy vien thuong truc|uy vien|chuyen vien|ke toan truong|thu ky"
    "|standing vice[ -]chairman|vice[ -]chairman|vice[ -]chairwoman|vice[ -]chairperson|chairman|chairwoman|chairperson"
    "|deputy director general|director general|deputy director|director|deputy chief of office|chief of office|deputy minister"
    "|minister|deputy head|head|secretary|deputy secretary|prime minister|deputy prime minister|president|vice[ -]president"
)
_POST = re.compile(rf"(?:{_POSTS})\b(?: (?!noi nhan)[a-z &,.-]+)?")
_COLLECTIVE = re.compile(
    r"(?:uy ban nhan dan|ubnd|hoi dong nhan dan|hdnd|ban thuong vu|ban chap hanh|thuong truc|dang uy|ban can su|chinh phu"
    r"|hoi dong|ban chi dao|chi bo|dang bo|tap the|doan|cong ty|people's|the people's|provincial)\b"
)
_TO = re.compile(r"(?:noi nhan|recipients?|nhu tren noi nhan)\s*[:.]?\s*")
_TO_ENGLISH = re.compile(r"to\s*:\s*\Z")
_ITEM = re.compile(r"\s*[-\u2013\u2014+•*]\s*")
_NAME_WORD = r"[^\W\d_](?:[^\W\d_]|['’\u2019-])*"
_NAME = re.compile(rf"{_NAME_WORD}(?: {_NAME_WORD}){{1,5}}")
_TITLE = re.compile(
    r"(?:(?:GS|PGS|TSKH|TS|ThS|THS|BS|KS|KTS|LS|CN|NSND|NSƯT|BSCKII|BSCKI|CKII|CKI|Dr|Mr|Mrs|Ms)[., ] ?)+(?=[^\W\d_a-z])"
)
_FAMILIES = frozenset(
    [
        "an",
        "au",
        "bach",
        "bui",
        "ca",
        "cao",
        "chau",
        "chu",
        "co",
        "cu",
        "dam",
        "dang",
        "dao",
        "dau",
        "dich",
        "diep",
        "dinh",
        "do",
        "doan",
        "doi",
        "dong",
        "duong",
        "giang",
        "giap",
        "ha",
        "hoang",
        "ho",
        "hong",
        "hua",
        "huynh",
        "kha",
        "khau",
        "khong",
        "khuat",
        "khuc",
        "kieu",
        "kim",
        "la",
        "lai",
        "lam",
        "le",
        "lo",
        "lu",
        "lung",
        "luong",
        "luu",
        "luyen",
        "ly",
        "ma",
        "mac",
        "mai",
        "man",
        "nghiem",
        "ngo",
        "ngoc",
        "nguyen",
        "nhu",
        "ninh",
        "nong",
        "ong",
        "pham",
        "phan",
        "phi",
        "pho",
        "phu",
        "phung",
        "quach",
        "quan",
        "quang",
        "sam",
        "son",
        "ta",
        "tan",
        "tang",
        "thach",
        "thai",
        "than",
        "thanh",
        "thi",
        "tien",
        "tieu",
        "ton",
        "to",
        "tong",
        "tra",
        "tran",
        "trieu",
        "trinh",
        "trong",
        "tru",
        "truong",
        "tu",
        "tuong",
        "ung",
        "uong",
        "van",
        "vi",
        "vien",
        "vo",
        "vu",
        "vuong",
        "xa",
        "y",
        "ksor",
        "rah",
        "siu",
        "rmah",
        "nay",
        "rcom",
        "hoang",
    ]
)


def read_foot(lines: Sequence[Line]) -> list[Suggestion]:
    """Signer and recipients, as far as the last pages of `lines` say them."""
    foot = _foot(lines)
    return [*_signer(foot), *_recipients(foot)]


def _foot(lines: Sequence[Line]) -> list[Line]:
    """The last lines, each cut where the other column begins: before a post in capitals or a name."""
    parts: list[Line] = []
    for line in lines[-_FOOT_LINES:]:
        parts += _parted(line)
    return parts


_OTHER_COLUMN = re.compile(
    r"(?<=[;:.,)])\s+(?=[^\W\d_a-z])"
    r"|(?<=[^\W_])\s+(?=(?:(?:TUQ|KT|TM|TL|Q)\s?\.\s?)?[A-ZĐÀ-ỸƯƠĂÂÊÔ]{2,} [A-ZĐÀ-ỸƯƠĂÂÊÔ]{2,})"
)


def _parted(line: Line) -> list[Line]:
    for gap in _OTHER_COLUMN.finditer(line.text):
        left, right = line.text[: gap.start()], line.text[gap.end() :]
        flat = line.flat[gap.end() :]
        post = right.isupper() and not left.isupper() and (_authority(flat) or _POST.fullmatch(flat))
        name = _ITEM.match(line.text) and left[-1] in ";." and _is_name(right)
        if post or name:
            first = Line(line.page, line.number, left, line.flat[: gap.start()], line.indent)
            return [first, Line(line.page, line.number, right, flat, line.indent + 1)]
    return [line]


def _authority(flat: str) -> re.Match[str] | None:
    return _AUTHORITY.match(flat)


def _authority_of(found: re.Match[str]) -> Authority:
    return Authority[(found["word"] or found["party"].replace("/", "")).upper()]


def _signer(foot: Sequence[Line]) -> list[Suggestion]:
    """The last block of posts in capitals that has a name below."""
    for place in range(len(foot) - 1, -1, -1):
        if not _is_post(foot[place]):
            continue
        name = _name_below(foot, place)
        if name is None:
            continue
        return _signed([*_above(foot[max(0, place - _MOST_BETWEEN) : place]), foot[place]], name)
    return []


def _above(lines: Sequence[Line]) -> list[Line]:
    """The lines of the block above a post, between which those of the other column may stand."""
    block: list[Line] = []
    for line in reversed(lines):
        if _is_of_block(line):
            block.insert(0, line)
        elif not (_ITEM.match(line.text) or _TO.match(line.flat)):
            break
    return block


def _is_post(line: Line) -> bool:
    flat = line.flat
    if authority := _authority(flat):
        flat = flat[authority.end() :]
    return line.text.isupper() and _POST.fullmatch(flat.rstrip(" .")) is not None


def _is_of_block(line: Line) -> bool:
    if not line.text.isupper():
        return False
    authority = _authority(line.flat)
    return authority is not None or _is_post(line) or _ENGLISH_AUTHORITY.match(line.flat) is not None


def _name_below(foot: Sequence[Line], place: int) -> Line | None:
    for line in foot[place + 1 : place + 1 + _MOST_BETWEEN]:
        if _is_name(line.text) and not _is_of_block(line) and not _COLLECTIVE.match(line.flat):
            return line
    return None


def _is_name(text: str) -> bool:
    bare = _without_title(text)
    if not _NAME.fullmatch(bare) or len(bare) > 60:
        return False
    words = bare.split(" ")
    if not all(word[0].isupper() for word in words):
        return False
    # In capitals only with a family name: other lines at the foot are in capitals, too.
    return not (bare.isupper() or len(words) > 5) or fold(words[0]) in _FAMILIES


def _without_title(text: str) -> str:
    text = text.strip(" .,-_*()")
    title = _TITLE.match(text)
    return text[title.end() :] if title else text


def _signed(block: Sequence[Line], name: Line) -> list[Suggestion]:
    found: list[Suggestion] = []
    last = block[-1]
    authorities = [(line, said) for line in block if (said := _authority(line.flat))]
    if authorities:
        # TM. above KT.: who signs does so in the other's place, and that one for the whole body.
        line, said = authorities[-1]
        found.append(line.suggests(Field.SIGNER_AUTHORITY, _authority_of(said).value))
    text = last.text
    if said_last := _authority(last.flat):
        text = text[said_last.end() :]
        on_behalf = _authority_of(said_last) is not Authority.Q
    else:
        on_behalf = False
    if not on_behalf:
        # After KT. stands the post of the one who does not sign.
        found.append(last.suggests(Field.SIGNER_POST, _post(text)))
    bare = _without_title(name.text)
    person = " ".join(word.capitalize() for word in bare.split(" ")) if bare.isupper() else bare
    found.append(name.suggests(Field.SIGNER_NAME, person, sure=fold(bare.split(" ")[0]) in _FAMILIES))
    return found


def _post(capitals: str) -> str:
    """`PHÓ CHÁNH VĂN PHÒNG` is `Phó Chánh Văn phòng`: capitals where a post begins."""
    words = capitals.strip(" .").lower().split()
    if capitals.isascii():
        return " ".join(word.capitalize() for word in words)
    begins = {0, 1} if words[0] == "phó" else {0}
    return " ".join(
        word.upper()
        if word in _KEPT_SHORT
        else word.capitalize()
        if place in begins or word in _BEGINS
        else word
        for place, word in enumerate(words)
    )


_BEGINS = frozenset({"văn", "sở", "ban", "ủy", "uỷ", "hội"})
_KEPT_SHORT = frozenset({"ubnd", "hđnd"})


def _recipients(foot: Sequence[Line]) -> list[Suggestion]:
    for place in range(len(foot) - 1, -1, -1):
        to = _TO.match(foot[place].flat)
        if to is None and place + 1 < len(foot) and _ITEM.match(foot[place + 1].text):
            to = _TO_ENGLISH.match(foot[place].flat)
        if to is None:
            continue
        said = _items(foot[place].text[to.end() :], foot[place + 1 :])
        if said:
            value = "; ".join(said)[:MAX_RECIPIENTS]
            return [foot[place].suggests(Field.RECIPIENTS, value)]
    return []


def _items(first: str, lines: Sequence[Line]) -> list[str]:
    """What goes to whom: after `Nơi nhận:` on the line itself, else each line with a dash and what continues it."""
    if first.strip(" .;") and not (first.isupper() and len(first) < 60):
        return [part.strip(" -.;") for part in first.split(";") if part.strip(" -.;")]
    said: list[str] = []
    for line in lines:
        if item := _ITEM.match(line.text):
            said.append(line.text[item.end() :])
        elif line.text.isupper() or (_is_name(line.text) and said and said[-1].rstrip().endswith((";", "."))):
            continue
        elif (
            said
            and not said[-1].rstrip().endswith((".", ";"))
            and len(said[-1]) < 200
            and not _is_name(line.text)
        ):
            said[-1] += f" {line.text}"
        elif said:
            break
        else:
            return []
    return [part for one in said if (part := " ".join(one.split()).strip(" .,;"))]
