"""Which of the documents that somebody sees a citation means. Pure; asked anew by every reader (decision 0011)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from docflow.documents.issuers import same_issuer_key


class Link(StrEnum):
    """How far a citation leads, for whoever asks."""

    RESOLVED = "resolved"
    """To one document, though several units may have registered it."""
    AMBIGUOUS = "ambiguous"
    """To several that it may mean, or to one that is not certain."""
    NOT_HERE = "not_here"
    """Nowhere: the document is not registered, or the asker does not see it. That is one answer."""


@dataclass(frozen=True, slots=True)
class Linked:
    """What a citation means to one reader. ``rows`` are documents as ``queries.ROW`` reads them."""

    link: Link
    rows: Sequence[Any] = ()
    date_differs: bool = False
    """The documents have the symbol and another date than the citation says."""


def linked(keys: Sequence[str], issued_on: date | None, issuer: str, found: Sequence[Any]) -> Linked:
    """What a citation of `keys`, with its date and issuer where they are said, means among the documents `found`.

    `found` have one of the keys and, if a date is said, that date. What several units registered of one symbol,
    date and issuer is one original. Of several originals the one whose issuer is named is meant. A citation that
    may mean several symbols is certain by its date only.
    """
    originals: dict[tuple[str, date, str], list[Any]] = {}
    for row in found:
        originals.setdefault((row.symbol_key, row.issued_on, same_issuer_key(row.issuer)), []).append(row)
    if not originals:
        return Linked(Link.NOT_HERE)
    if issuer and len(originals) > 1:
        named = [rows for (*_, key), rows in originals.items() if key == same_issuer_key(issuer)]
        if len(named) == 1:
            return Linked(Link.RESOLVED, named[0])
    certain = len(originals) == 1 and (len(keys) == 1 or issued_on is not None)
    return Linked(Link.RESOLVED if certain else Link.AMBIGUOUS, found)
