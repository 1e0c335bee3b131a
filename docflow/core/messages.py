"""The catalogue of texts in Vietnamese and English: ``docflow/locale/<language>/<capability>.json``."""

import json
import re
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

LOCALE = Path(__file__).parent.parent / "locale"

_RANGE = re.compile(
    r"(?P<primary>[A-Za-z]+)(?:-[A-Za-z0-9-]+)?"
    r"(?:\s*;\s*[qQ]=(?P<weight>0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?"
)


class Language(StrEnum):
    """Languages that docflow speaks; the first is the default."""

    VI = "vi"
    EN = "en"


@cache
def catalogue(language: Language) -> dict[str, str]:
    """All texts of one language, by code. Raises ValueError when two files hold the same code."""
    texts: dict[str, str] = {}
    for path in sorted((LOCALE / language).glob("*.json")):
        for code, text in json.loads(path.read_text("utf-8")).items():
            if code in texts:
                raise ValueError(f"{path.name}: {code} is in the catalogue twice")
            texts[code] = text
    return texts


def text_of(code: str, language: Language, **facts: Any) -> str:
    """The text of ``code`` filled with ``facts``. A code without a text is shown as it is, never an error."""
    template = catalogue(language).get(code)
    if template is None:
        return code
    return template.format_map(_Facts(facts))


class _Facts(dict[str, Any]):
    """A missing fact shows as an ellipsis: an incomplete message is better than a second failure."""

    def __missing__(self, key: str) -> str:
        return "…"


def language_from(accept_language: str | None, default: Language = Language.VI) -> Language:
    """The first of our languages that an Accept-Language header prefers (RFC 9110 §12.5.4)."""
    ranked: list[tuple[float, int, Language]] = []
    for place, part in enumerate((accept_language or "")[:200].split(",")):
        match = _RANGE.fullmatch(part.strip())
        if match and match["primary"].lower() in set(Language) and (weight := float(match["weight"] or 1)):
            ranked.append((-weight, place, Language(match["primary"].lower())))
    return min(ranked)[2] if ranked else default
