"""The text of Rich Text Format 1.9.1, in one pass over its bytes.

A reader of our own: the libraries at hand hold the whole text as a list of matches and know neither fonts of TCVN3
and VNI, nor bytes of several code pages in one file.
"""

import mmap
import re
from typing import NamedTuple

from docflow.files.extract_terms import ExtractionLimits, ExtractionReason, Mark, Unreadable
from docflow.files.readers.source import Sink, Source
from docflow.files.readers.vietnamese import tcvn3, vni

_TOKEN = re.compile(
    rb"\\(?:(?P<word>[a-zA-Z]{1,32})(?P<number>-?[0-9]{1,10})? ?|'(?P<hex>[0-9a-fA-F]{2})|(?P<symbol>[^a-zA-Z]))"
    rb"|(?P<brace>[{}])|(?P<text>[^\\{}\r\n]{1,4096})|[\r\n]+|\\",
)
_DEEPEST = 2000
_LEFT_OUT_NAMES = (
    "fonttbl colortbl stylesheet info pict objdata filetbl revtbl listtable listoverridetable sp fldinst nonshppict"
    " pgptbl themedata colorschememapping datastore latentstyles xmlnstbl bkmkstart bkmkend template"
)
_LEFT_OUT = frozenset(_LEFT_OUT_NAMES.split())
_OPENED_THOUGH_STARRED = frozenset({"shpinst", "shptxt"})
_SAID = {
    "par": "\n",
    "line": "\n",
    "sect": "\n",
    "page": "\n",
    "row": "\n",
    "tab": "\t",
    "cell": "\t",
    "nestcell": "\t",
    "nestrow": "\n",
    "emdash": "—",
    "endash": "–",
    "lquote": "‘",
    "rquote": "’",
    "ldblquote": "“",
    "rdblquote": "”",
    "bullet": "•",
    "emspace": " ",
    "enspace": " ",
}
_SYMBOLS = {b"~": " ", b"_": "-", b"\\": "\\", b"{": "{", b"}": "}", b"\n": "\n", b"\r": "\n"}
_CODE_PAGES = {
    77: "mac-roman",
    128: "cp932",
    129: "cp949",
    134: "gbk",
    136: "cp950",
    161: "cp1253",
    162: "cp1254",
    163: "cp1258",
    177: "cp1255",
    178: "cp1256",
    186: "cp1257",
    204: "cp1251",
    222: "cp874",
    238: "cp1250",
}
"""By the number of a font's character set."""
_KNOWN_PAGES = frozenset({"cp437", "cp850", "cp1252", *_CODE_PAGES.values()})
_LOADING = frozenset({"objautlink", "objlink", "objupdate", "objsub"})
_TEMPLATE = re.compile(rb"\\template[ \r\n]+(?:https?:|ftp:|file:|\\\\\\\\)", re.IGNORECASE)
_LOADING_FIELD = re.compile(
    rb"\\fldinst[^{}]{0,20}\{?[^{}]{0,100}?\b(?:INCLUDETEXT|INCLUDEPICTURE|DDE|DDEAUTO)\b"
)


class _Group(NamedTuple):
    """What a closing brace takes back."""

    hidden: bool = False
    skipped_after_unicode: int = 1
    encoding: str = ""
    in_fonts: bool = False


def read_rtf(source: Source, sink: Sink, limits: ExtractionLimits) -> None:
    """A line per paragraph; cells of a row are parted by tabs."""
    buffer = source.buffer
    if buffer.find(b"{\\rtf", 0, 64) < 0:
        raise Unreadable(ExtractionReason.WRONG_TYPE)
    if _TEMPLATE.search(buffer) or _LOADING_FIELD.search(buffer):
        sink.notice(Mark.EXTERNAL_REFERENCES)
    _Rtf(sink).read(buffer)


class _Rtf:
    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._groups: list[_Group] = []
        self._now = _Group()
        self._page = "cp1252"
        self._fonts: dict[int, str] = {}
        self._font = 0
        self._font_name = b""
        self._line: list[str] = []
        self._bytes = bytearray()
        self._bytes_of = ""
        self._units = bytearray()
        self._to_skip = 0
        self._starred = False

    def read(self, buffer: mmap.mmap | bytearray) -> None:
        """Every token in turn; an end in the middle of a group is an end."""
        place, token = 0, _TOKEN.match(buffer, 0)
        while token is not None:
            place = token.end()
            if word := token["word"]:
                name = word.decode()
                number = int(token["number"]) if token["number"] else None
                if name == "bin":
                    place += max(number or 0, 0)
                else:
                    self._control(name, number)
            elif brace := token["brace"]:
                self._open() if brace == b"{" else self._close()
            elif token["hex"]:
                self._say_bytes(bytes.fromhex(token["hex"].decode()))
            elif token["symbol"]:
                self._symbol(token["symbol"])
            elif token["text"]:
                self._say_bytes(token["text"])
            token = _TOKEN.match(buffer, place)
        self._end_line()

    def _open(self) -> None:
        self._groups.append(self._now)
        if len(self._groups) > _DEEPEST:
            self._end_line()
            raise Unreadable(ExtractionReason.BROKEN)

    def _close(self) -> None:
        self._end_font()
        if self._groups:
            self._now = self._groups.pop()
        self._to_skip = 0

    def _control(self, name: str, number: int | None) -> None:
        starred, self._starred = self._starred, False
        if name == "fonttbl":
            self._now = self._now._replace(hidden=True, in_fonts=True)
        elif name in _LEFT_OUT or (starred and name not in _OPENED_THOUGH_STARRED):
            self._now = self._now._replace(hidden=True)
        elif self._now.in_fonts:
            self._describe_font(name, number)
        elif name == "u" and number is not None:
            self._say_unit(number % 0x10000)
        elif name in _SAID:
            self._say(_SAID[name])
        else:
            self._change(name, number)

    def _change(self, name: str, number: int | None) -> None:
        if name == "f" and number is not None:
            self._now = self._now._replace(encoding=self._fonts.get(number, ""))
        elif name == "uc" and number is not None:
            self._now = self._now._replace(skipped_after_unicode=min(max(number, 0), 8))
        elif name in {"v", "deleted"}:
            self._now = self._now._replace(hidden=number != 0)
        elif name == "plain":
            self._now = self._now._replace(encoding="")
        elif name == "ansicpg" and number is not None and f"cp{number}" in _KNOWN_PAGES:
            self._page = f"cp{number}"
        elif name == "mac":
            self._page = "mac-roman"
        elif name in _LOADING:
            self._sink.notice(Mark.EXTERNAL_REFERENCES)

    def _symbol(self, symbol: bytes) -> None:
        if symbol == b"*":
            self._starred = True
        elif symbol in _SYMBOLS:
            self._say(_SYMBOLS[symbol])

    def _describe_font(self, name: str, number: int | None) -> None:
        if name == "f" and number is not None:
            self._end_font()
            self._font = number
        elif name == "fcharset" and number is not None:
            self._fonts[self._font] = _CODE_PAGES.get(number, "")

    def _end_font(self) -> None:
        """A font's name tells more than its character set: fonts of TCVN3 and VNI claim to be Latin."""
        name, self._font_name = self._font_name.decode("latin-1").strip(" ;").lower(), b""
        if name.startswith(".vn"):
            self._fonts[self._font] = "tcvn3 capitals" if name.endswith("h") else "tcvn3"
        elif name.startswith("vni"):
            self._fonts[self._font] = "vni"

    def _say_bytes(self, data: bytes) -> None:
        if self._now.in_fonts:
            self._font_name = (self._font_name + data)[:100]
            return
        skipped = min(self._to_skip, len(data))
        self._to_skip -= skipped
        if self._now.hidden or skipped == len(data):
            return
        encoding = self._now.encoding or self._page
        if encoding != self._bytes_of or self._units:
            self._decode()
        self._bytes_of = encoding
        self._bytes += data[skipped:]

    def _say_unit(self, unit: int) -> None:
        self._to_skip = self._now.skipped_after_unicode
        if not self._now.hidden:
            if self._bytes:
                self._decode()
            self._units += unit.to_bytes(2, "little")

    def _say(self, text: str) -> None:
        if self._now.hidden:
            return
        self._decode()
        if text == "\n":
            self._end_line()
        else:
            self._line.append(text)

    def _end_line(self) -> None:
        self._decode()
        self._sink.line("".join(self._line).strip("\t"))
        self._line.clear()

    def _decode(self) -> None:
        if self._units:
            self._line.append(self._units.decode("utf-16-le", "replace"))
            self._units.clear()
        if self._bytes:
            self._line.append(_text_of(bytes(self._bytes), self._bytes_of))
            self._bytes.clear()


def _text_of(data: bytes, encoding: str) -> str:
    if encoding.startswith("tcvn3"):
        return tcvn3(data.decode("cp1252", "replace"), capitals=encoding.endswith("capitals"))
    if encoding == "vni":
        return vni(data.decode("cp1252", "replace"))
    return data.decode(encoding, "replace")
