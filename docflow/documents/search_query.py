"""What a person writes into the search box, read; and as PostgreSQL's tsquery. Pure. Its words are ``search_terms``'.

All words must occur. `"words in quotes"` follow each other; `hành*` begins so; `-word` and `-"a phrase"` must not
occur, and a search of exclusions alone names nothing. An official number or date is looked for as a whole, or as far
as it is written: `711-QD/TU`, `45/BC`, `711`. Anything else is read as space, a quote without its partner too. No
more is read than MAX_QUERY characters and MAX_TERMS terms.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from docflow.core.text import fold
from docflow.documents.search_terms import (
    JOINT_SIGNS,
    OFFICIAL,
    WORD,
    beginnings_of,
    exact_key,
    pair_of,
    words_of,
)

MAX_QUERY = 1_000
MAX_TERMS = 50

_QUOTE = re.compile('["“”„«»]')
_WITHOUT_PHRASE = re.compile(r"(?<!\S)-\Z")
_SOUGHT = re.compile(
    rf"(?P<without>(?<!\S)-)?"
    rf"(?:(?P<official>{OFFICIAL})|(?P<words>{WORD}(?:[{JOINT_SIGNS}]{WORD})*+))(?P<open>\*)?"
)
_ANY_WORD = re.compile(WORD)


@dataclass(frozen=True, slots=True)
class Sought:
    """One token of a search: an official number as a `whole`, or `words`, or either. `open`: may go on."""

    whole: str | None
    words: tuple[str, ...]
    open: bool


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for: phrases of one or more tokens, and those that must not occur.

    `exact` are the accented words among those wanted, as ``search_terms.exact_key`` writes them.
    """

    wanted: tuple[tuple[Sought, ...], ...]
    unwanted: tuple[tuple[Sought, ...], ...]
    exact: tuple[str, ...]

    def tsquery(self, *, pairs: bool) -> str:
        """What casts with `::tsquery`. `pairs`: for a ``document_vector``, which knows pairs of neighbours."""
        wanted = [_expression(phrase, pairs) for phrase in self.wanted]
        return " & ".join([*wanted, *(f"!{_expression(phrase, pairs=False)}" for phrase in self.unwanted)])

    def exact_tsquery(self) -> str | None:
        """Any of the accented words, as written; None when there is none."""
        return " | ".join(f"'{word}'" for word in self.exact) or None


@lru_cache(maxsize=1_000)
def read_query(query: str) -> Query | None:
    """What a person searches for; None when nothing is named to look for."""
    wanted: list[tuple[Sought, ...]] = []
    unwanted: list[tuple[Sought, ...]] = []
    query = query[:MAX_QUERY]
    for excluded, phrase in islice(_phrases(fold(query)), MAX_TERMS):
        (unwanted if excluded else wanted).append(tuple(phrase))
    if not wanted:
        return None
    named = {
        word
        for phrase in wanted
        for sought in phrase
        for word in (sought.words[:-1] if sought.open else sought.words)
    }
    exact = dict.fromkeys(
        key
        for word in _ANY_WORD.findall(unicodedata.normalize("NFC", query))
        if fold(word) in named and (key := exact_key(word))
    )
    return Query(tuple(wanted), tuple(unwanted), tuple(exact))


def _phrases(query: str) -> Iterator[tuple[bool, list[Sought]]]:
    """Each thing looked for, in the order of the query, and whether it is excluded."""
    pieces = _QUOTE.split(query)
    for index, piece in enumerate(pieces):
        found = list(_SOUGHT.finditer(piece))
        if index % 2 == 0 or index + 1 == len(pieces):
            for match in found:
                yield from _unquoted(bool(match["without"]), _sought(match))
        elif found:
            yield bool(_WITHOUT_PHRASE.search(pieces[index - 1])), [_sought(match) for match in found]


def _unquoted(excluded: bool, sought: Sought) -> Iterator[tuple[bool, list[Sought]]]:
    if excluded or sought.whole:
        yield excluded, [sought]
        return
    # `BC-SNV` or `te-xa` without quotes: all of its words, wherever they are.
    for number, word in enumerate(sought.words, 1):
        yield False, [Sought(None, (word,), sought.open and number == len(sought.words))]


def _sought(match: re.Match[str]) -> Sought:
    unfinished = match["open"] is not None
    if match["words"]:
        return Sought(None, tuple(words_of(match["words"])), unfinished)
    token = match["official"]
    beginnings, words = beginnings_of(token), words_of(token)
    # `45/2019/QH14 - Luật` may be one symbol or a symbol and a word: what is written together decides.
    together = sum(map(bool, words_of(token.split()[0])))
    if "/" not in beginnings[together - 1]:
        return Sought(beginnings[-1], (), unfinished)
    return Sought(beginnings[-1], (beginnings[together - 1], *words[together:]), unfinished)


def _expression(phrase: Sequence[Sought], pairs: bool) -> str:
    """The words of `phrase` one after another. Joined words may also be parts of an official number, at one place."""
    chains = (_chain(phrase, pairs, as_one=True), _chain(phrase, pairs, as_one=False))
    expression = " | ".join(dict.fromkeys(chains))
    return f"({expression})" if " " in expression else expression


def _chain(phrase: Sequence[Sought], pairs: bool, *, as_one: bool) -> str:
    written, last = "", ""
    beside: dict[str, None] = {}
    for sought in phrase:
        words = (sought.whole,) if sought.whole and (as_one or not sought.words) else sought.words
        for number, word in enumerate(words):
            here = as_one and number > 0
            written += f"{(' <0> ' if here else ' <-> ') if written else ''}'{word}'"
            whole = not sought.open or number + 1 < len(words)
            if last and whole and not here:
                beside[pair_of(last, word)] = None
            last = word if whole else ""
        written += ":*" if sought.open else ""
    return " & ".join([written, *(f"'{pair}'" for pair in beside)]) if pairs else written
