"""Names of the fields of a province's own layouts, in Vietnamese and English: data, in ``fields.json``."""

import difflib
import json
from functools import cache
from pathlib import Path

import msgspec

from docflow.core.text import fold
from docflow.issuing.letters import phrases
from docflow.issuing.letters.facts import LetterFacts
from docflow.issuing.letters.markup import paragraphs_of

_GAP = "……"


class FieldName(msgspec.Struct, frozen=True):
    """A field. ``later``: the registry gives it, so it may stay open; ``optional``: not every letter has it."""

    vi: str
    says: str
    later: bool = False
    optional: bool = False


@cache
def names() -> dict[str, FieldName]:
    """Every field by its English name, in the order in which a letter has them."""
    content = (Path(__file__).parent / "fields.json").read_text("utf-8")
    return msgspec.convert(json.loads(content), dict[str, FieldName])


@cache
def _known() -> dict[str, str]:
    return {alias: name for name, field in names().items() for alias in (name, field.vi)}


def find_field(written: str) -> str | None:
    """The English name of a field as somebody wrote it: accents, capitals, spaces and hyphens make no difference."""
    return _known().get("_".join(fold(written).replace("-", " ").replace("_", " ").split()))


def near(written: str) -> list[str]:
    """Names that somebody may have meant, at most three."""
    asked = "_".join(fold(written).replace("-", " ").replace("_", " ").split())
    return difflib.get_close_matches(asked, sorted(_known()), n=3, cutoff=0.6)


def values_of(facts: LetterFacts) -> dict[str, str]:
    """What each field says of a letter, lines parted by line feeds; empty where there is nothing to say."""
    date = phrases.date_parts(facts)
    digits = date.digits or (_GAP,) * 3
    number = facts.number if facts.number is not None else _GAP
    return {
        "symbol": f"{number}{facts.after_number}",
        "number": number,
        "after_number": facts.after_number,
        **dict(zip(("day", "month", "year"), digits, strict=True)),
        "place_and_date": "".join(
            f"{before}{digit}" for before, digit in zip(date.before, digits, strict=True)
        ),
        "place": facts.place,
        "parent": facts.parent,
        "issuer": facts.issuer,
        "kind": facts.kind_name,
        "subject": facts.subject,
        "addressees": "\n".join(facts.addressees),
        "text": "\n".join(paragraph.plain for paragraph in paragraphs_of(facts.text)),
        "recipients": "\n".join(phrases.recipient_lines(facts)),
        "authority": facts.signer.authority,
        "post": facts.signer.post,
        "signer": facts.signer.name,
        "kept_by": facts.kept_by,
    }


def missing(fields: list[str], values: dict[str, str]) -> list[str]:
    """Fields that the layout has and the letter says nothing for, though every letter has to."""
    known = names()
    return [
        name
        for name in fields
        if not values[name].strip() and not (known[name].later or known[name].optional)
    ]
