"""Bytes as text, by what is declared when that can be true and by what they look like otherwise."""

import codecs
import re
import unicodedata

from docflow.files.readers.vietnamese import tcvn3, told_by_syllables, vni

_FAMILIES = (
    r"utf_?(8|8_sig|16|16_be|16_le|32|32_be|32_le)|ascii|iso8859_\d+|cp\d+|koi8_[rtu]|gb2312|gbk|gb18030|hz|big5(hkscs)?"
    r"|euc_(jp|kr|jis_2004|jisx0213)|shift_jis\w*|iso2022_\w+|tis_620|mac_\w+|johab|ptcp154|kz1048"
)
_TEXT_CODEC = re.compile(_FAMILIES)
"""Codecs of Python that only decode text; ``idna``, ``unicode_escape`` and the like are none of a mail's."""
_SINGLE_BYTE_LATIN = frozenset({"ascii", "iso8859_1", "iso8859_15", "cp1252"})
"""What programs declare when they do not know."""
_OF_OLD = {
    "tcvn": tcvn3,
    "tcvn3": tcvn3,
    "tcvn-5712": tcvn3,
    "x-viet-tcvn": tcvn3,
    "x-viet-tcvn5712": tcvn3,
    "vni": vni,
    "x-viet-vni": vni,
}
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_JOINERS = frozenset("\u200c\u200d")


def decoded(raw: bytes, declared: str | None = None) -> str:
    """The text of ``raw``. Never fails: what no encoding explains becomes U+FFFD.

    Valid UTF-8 is UTF-8 whatever a Latin label says, which mislabelled mails are all over the world; bytes beyond ASCII
    under such a label are read as old Vietnamese (TCVN3, VNI, Windows-1258) when their words are syllables so.
    """
    label = (declared or "").strip().strip("\"'").lower()
    if label in _OF_OLD and not raw.isascii():
        return _OF_OLD[label](raw.decode("cp1252", "replace"))
    codec = _codec_of(label)
    if codec is not None and codec not in _SINGLE_BYTE_LATIN:
        try:
            return raw.decode(codec)
        except (UnicodeError, ValueError):
            pass
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    if codec is not None and codec not in _SINGLE_BYTE_LATIN:
        return raw.decode(codec, "replace")
    return told_by_syllables(raw) or _western(raw, codec)


def decoded_header(raw: bytes) -> str:
    """The text of a header's bytes: UTF-8 (RFC 6532), or what a program of old put there unasked."""
    return raw.decode("ascii") if raw.isascii() else decoded(raw)


def one_line(text: str, longest: int = 1000) -> str:
    """NFC on one line: no control characters, no marks that turn the direction of what follows, no doubled blanks."""
    spaced = "".join(
        letter
        if letter in _JOINERS or unicodedata.category(letter) not in _INVISIBLE
        else " " * letter.isspace()
        for letter in text[: 4 * longest]
    )
    return unicodedata.normalize("NFC", " ".join(spaced.split()))[:longest]


def lines(text: str, longest: int) -> str:
    """The beginning of a text with its lines: NFC, no other control characters, no more than one empty line."""
    kept = (one_line(line, longest) for line in text[: 4 * longest].replace("\r\n", "\n").split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()[:longest].rstrip()


def _codec_of(label: str) -> str | None:
    """The name of the codec that decodes this label, if it is one of texts."""
    if not re.fullmatch(r"[a-z0-9._:+ -]{1,40}", label):
        return None
    try:
        name = codecs.lookup(label).name.replace("-", "_")
    except LookupError:
        return None
    return name if _TEXT_CODEC.fullmatch(name) else None


def _western(raw: bytes, codec: str | None) -> str:
    """What is not Vietnamese of any kind: Windows-1258 where its words say so, else Windows-1252, which has no gaps here."""
    if codec is None:
        vietnamese = raw.decode("cp1258", "replace")
        if any(unicodedata.combining(letter) for letter in vietnamese) and "\ufffd" not in vietnamese:
            return unicodedata.normalize("NFC", vietnamese)
    return "".join(bytes([byte]).decode("cp1252", errors="ignore") or chr(byte) for byte in raw)
