"""Vietnamese as it was written before Unicode: TCVN3 (the fonts named .Vn…) and VNI (VNI-…), told by its syllables.

Bytes of either look like Latin letters; which of them they are is decided by counting words that are Vietnamese
syllables when they are read so. Nothing else is certain about an old text: no mark, no header, no font.
"""

import re
import unicodedata
from functools import cache

_TCVN3 = {
    0xA1: "ĂÂÊÔƠƯĐăâêôơưđẰ\u0300\u0309\u0303\u0301\u0323àảãáạẲằẳẵắẴẮẦẨẪẤỀặầẩẫấậèỂẻẽéẹềểễếệìỉỄẾỒĩíịòỔỏõóọồổỗốộờởỡớợù",
    0xF0: "Ỗủũúụừửữứựỳỷỹýỵ",
    0xFF: "Ố",
}
"""Runs of letters by their first byte (TCVN 5712:1993); other capitals with a tone are set in fonts of their own."""

_TONES = dict(zip("ùøûõï", ("\u0301", "\u0300", "\u0309", "\u0303", "\u0323"), strict=True))
_SHAPED = ("", "\u0301", "\u0300", "\u0309", "\u0303", "\u0323")
_HAT = {mark: f"\u0302{tone}" for mark, tone in zip("âáàåãä", _SHAPED, strict=True)}
_BREVE = {mark: f"\u0306{tone}" for mark, tone in zip("êéèúüë", _SHAPED, strict=True)}
_VNI_ALONE = dict(zip("íìæóòôöîñ", "íìỉĩịơưỵđ", strict=True))
_VNI_MARKS = {
    "a": _TONES | _HAT | _BREVE,
    "e": _TONES | _HAT,
    "o": _TONES | _HAT,
    "u": _TONES,
    "y": _TONES,
    "ơ": _TONES,
    "ư": _TONES,
}
"""What the byte after a vowel adds to it: a tone, a shape or both."""

_ONSET = "ngh|gh|kh|ng|nh|ph|th|tr|ch|gi|qu|[bcdđghklmnprstvx]"
_RHYMES = (
    "a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây e ec em en eng eo ep et"
    " ê êch êm ên ênh êp êt êu i ia ich iêc iêm iên iêng iêp iêt iêu im in inh ip it iu o oa oac oach oai oam oan"
    " oang oanh oao oap oat oay oăc oăm oăn oăng oăt oc oe oen oeo oet oi om on ong ooc oong op ot ô ôc ôi ôm ôn"
    " ông ôp ôt ơ ơi ơm ơn ơp ơt u ua uân uâng uât uây uc ui um un ung uôc uôi uôm uôn uông uôt up ut uê uêch uênh"
    " uơ uy uya uych uyên uyêt uynh uyt uyu ư ưa ưc ưi ưm ưn ưng ươc ươi ươm ươn ương ươp ươt ươu ưt ưu y yêm yên"
    " yêt yêu ynh yt"
)
_TONE_MARKS = re.compile("[\u0300\u0301\u0303\u0309\u0323]")
_WORD = re.compile(r"[^\W\d_]+")
_LOOKED_AT = 200_000
_LEAST_SYLLABLES = 3
_LEAST_SHARE = 0.8


@cache
def _syllable() -> re.Pattern[str]:
    rhymes = "|".join(sorted(_RHYMES.split(), key=len, reverse=True))
    return re.compile(f"(?:{_ONSET})?(?:{rhymes})")


def is_syllable(word: str) -> bool:
    """Whether a word could be a Vietnamese syllable, by its spelling."""
    parts = unicodedata.normalize("NFD", word.lower())
    bare, tones = _TONE_MARKS.subn("", parts)
    return tones <= 1 and _syllable().fullmatch(unicodedata.normalize("NFC", bare)) is not None


def tcvn3(text: str, *, capitals: bool | None = None) -> str:
    """Letters of TCVN3 read as Latin, as Unicode. ``capitals``: set in a font of capitals (.VnTimeH).

    When that is not known, a word whose other letters are capitals is taken to be set in one.
    """
    read = text.translate(_tcvn3_letters())
    if capitals:
        return read.upper()
    read = unicodedata.normalize("NFC", read)
    return read if capitals is False else "\n".join(map(_raised, read.split("\n")))


def vni(text: str) -> str:
    """Letters and marks of VNI read as Latin, as Unicode in NFC."""
    return unicodedata.normalize("NFC", _vni_letter().sub(_with_marks, text))


def told_by_syllables(data: bytes) -> str | None:
    """``data`` as TCVN3 or VNI when its words are syllables so, and not when they are read as anything else."""
    latin = data.decode("cp1252", "replace")
    start = latin[:_LOOKED_AT]
    best, share = None, max(_share(start), _share(data[:_LOOKED_AT].decode("cp1258", "replace")))
    for candidate in (tcvn3, vni):
        if (found := _share(candidate(start))) > share:
            best, share = candidate, found
    return best(latin) if best and share >= _LEAST_SHARE else None


def is_vietnamese(text: str) -> bool:
    """Whether most words with letters beyond ASCII at the beginning of a text are syllables."""
    syllables, words = _syllables(text[:_LOOKED_AT])
    return syllables > words / 2


def _share(text: str) -> float:
    """How many of the words with letters beyond ASCII are syllables; 0 when there are too few to tell."""
    syllables, words = _syllables(text)
    return syllables / words if syllables >= _LEAST_SYLLABLES else 0.0


def _syllables(text: str) -> tuple[int, int]:
    """Of the words with letters beyond ASCII: how many are syllables, and how many there are."""
    words = [word for word in _WORD.findall(unicodedata.normalize("NFC", text)) if not word.isascii()]
    return sum(map(is_syllable, words)), len(words)


@cache
def _tcvn3_letters() -> dict[int, str]:
    """By code point of the byte read as Windows-1252."""
    places = {first + number: letter for first, run in _TCVN3.items() for number, letter in enumerate(run)}
    return {ord(bytes([place]).decode("cp1252")): letter for place, letter in places.items()}


@cache
def _vni_letter() -> re.Pattern[str]:
    marks = "".join(sorted({mark for marks in _VNI_MARKS.values() for mark in marks}))
    return re.compile(f"([aeouyôö])([{marks}])|[{''.join(_VNI_ALONE)}]", re.IGNORECASE)


def _with_marks(match: re.Match[str]) -> str:
    whole, vowel, mark = match[0], match[1], match[2]
    if vowel is None:
        return _of_case(_VNI_ALONE[whole.lower()], whole)
    letter = _VNI_ALONE.get(vowel.lower(), vowel.lower())
    added = _VNI_MARKS[letter].get(mark.lower())
    if added is None:
        return _of_case(letter, vowel) + _alone(mark)
    return _of_case(letter, vowel) + added


def _alone(mark: str) -> str:
    return _of_case(_VNI_ALONE.get(mark.lower(), mark.lower()), mark)


def _of_case(letter: str, model: str) -> str:
    return letter.upper() if model.isupper() else letter


def _raised(line: str) -> str:
    """Words in capitals have small letters where TCVN3 has no capital for a font that lacks them."""
    in_capitals = any(map(_surely_in_capitals, _WORD.findall(line)))
    if in_capitals and not any(letter.isascii() and letter.islower() for letter in line):
        return line.upper()
    return _WORD.sub(lambda match: match[0].upper() if _in_capitals(match[0]) else match[0], line)


def _in_capitals(word: str) -> bool:
    plain = [letter for letter in word if letter.isascii()]
    return (
        bool(plain)
        and all(letter.isupper() for letter in plain)
        and (len(plain) > 1 or not word[0].isascii())
    )


def _surely_in_capitals(word: str) -> bool:
    return not word.isascii() and sum(letter.isascii() for letter in word) > 1 and _in_capitals(word)
