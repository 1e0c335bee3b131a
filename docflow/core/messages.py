"""The catalogue of texts in Vietnamese and English: ``docflow/locale/<language>/<capability>.json``."""

import json
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

LOCALE = Path(__file__).parent.parent / "locale"


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
        tag, _, weight = part.strip().partition(";q=")
        primary = tag.partition("-")[0].lower()
        if primary in set(Language):
            try:
                ranked.append((-float(weight or 1), place, Language(primary)))
            except ValueError:
                continue
    return min(ranked)[2] if ranked else default
