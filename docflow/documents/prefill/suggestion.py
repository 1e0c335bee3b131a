"""What is suggested, and the lines of a text that it is read from."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from docflow.documents.wording import flatten

MAX_CHARACTERS = 60_000
MAX_LINES = 1_500
MAX_LINE = 600
_EXCERPT = 200


class Field(StrEnum):
    """Fields of a registration that a paper itself says; the names are those of the form."""

    SYMBOL = "symbol"
    KIND = "kind"
    """The code of a kind."""
    ISSUER = "issuer"
    PLACE = "place"
    ISSUED_ON = "issued_on"
    """ISO 8601."""
    SUBJECT = "subject"
    LANGUAGE = "language"
    """ISO 639-1."""
    SIGNER_NAME = "signer_name"
    SIGNER_POST = "signer_post"
    SIGNER_AUTHORITY = "signer_authority"
    URGENCY = "urgency"
    SECRECY = "secrecy"
    RECIPIENTS = "recipients"


Source = Literal["text", "filename", "mail_subject"]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a field may be, and where that was read: page and line count from 1, in the text only.

    `sure`: the layout says it plainly. A suggestion that is not sure is to be looked at.
    """

    field: Field
    value: str
    page: int | None
    line: int | None
    excerpt: str
    sure: bool
    read_in: Source = "text"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page, or one of its columns: `text` with single spaces, `flat` as `wording.flatten` lays it.

    `indent` tells columns of one line apart: 0 is the first.
    """

    page: int
    number: int
    text: str
    flat: str
    indent: int = 0
    after_blank: bool = False

    @property
    def is_capitals(self) -> bool:
        """Written in capital letters, at least two."""
        return self.text.isupper() and sum(letter.isalpha() for letter in self.text) > 1

    def suggests(self, field: Field, value: str, *, sure: bool = True) -> Suggestion:
        """A suggestion that was read here."""
        return Suggestion(field, value, self.page, self.number, self.text[:_EXCERPT], sure)


_COLUMNS = re.compile(r"\t+|[ \u00a0]{3,}|\s*\|\s*")
_NOTHING = re.compile(r"[\W_]*")


def lines_of(text: str) -> list[Line]:
    """The lines of the first pages without empty ones; columns that wide gaps part are lines of their own."""
    text = text[:MAX_CHARACTERS]
    # Normalising takes quadratic time on long runs of marks, which no language has.
    return list(_lines(text if _MARKS.search(text) else unicodedata.normalize("NFC", text)))


_MARKS = re.compile("[\u0300-\u036f]{20}")


def _lines(text: str) -> Iterator[Line]:
    count = 0
    for page, content in enumerate(text.split("\f"), 1):
        blank = True
        for number, raw in enumerate(content.split("\n"), 1):
            columns = [" ".join(part.split()) for part in _COLUMNS.split(raw[:MAX_LINE].strip())]
            kept = [part for part in columns if not _NOTHING.fullmatch(part)]
            for indent, part in enumerate(kept):
                yield Line(page, number, part, flatten(part), indent, blank)
                count += 1
            if count > MAX_LINES:
                return
            blank = not kept
