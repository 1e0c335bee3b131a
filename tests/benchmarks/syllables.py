"""Words of generated documents. Light, like ``clients``."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate, product
from typing import Any

from docflow.documents.search_terms import tsvector_literal
from tests.benchmarks.crowd import wait_for

READERS = 5
SYLLABLES = 200
WIDE_SHARE = 0.26
"""The part of all documents that the leader reads."""
RARE_EVERY = 1_000
RARE = "khuyếch"
"""In one of so many documents, all of which the clerk reads."""
NUMBERED = 711
"""The document whose number is looked for; the clerk reads it."""
FIRST_AT = datetime(2025, 1, 2, tzinfo=UTC)

_INITIALS = [
    "b",
    "c",
    "ch",
    "d",
    "đ",
    "g",
    "h",
    "kh",
    "l",
    "m",
    "n",
    "ng",
    "nh",
    "ph",
    "qu",
    "r",
    "s",
    "t",
    "th",
    "tr",
    "v",
    "x",
]
_NUCLEI = [
    "a",
    "á",
    "à",
    "ả",
    "ã",
    "ạ",
    "ê",
    "ế",
    "ề",
    "ể",
    "ễ",
    "ệ",
    "i",
    "í",
    "ì",
    "ỉ",
    "ĩ",
    "ị",
    "ô",
    "ố",
    "ồ",
    "ổ",
    "ỗ",
    "ộ",
    "ư",
    "ứ",
    "ừ",
    "ử",
    "ữ",
    "ự",
]
_FINALS = ("", "n", "ng", "m", "t", "c", "nh", "p")


def vocabulary() -> list[str]:
    """Syllables from the most to the least frequent, the same ones every time."""
    syllables = ["".join(parts) for parts in product(_INITIALS, _NUCLEI, _FINALS)]
    random.Random(711).shuffle(syllables)
    return syllables


def number_of(document: int) -> str:
    """The symbol of a generated document."""
    return f"{document}/BC-STC"


def make(
    start_at: float, first: int, count: int, principals: Sequence[int], clerk: int, leader: int
) -> list[tuple[Any, ...]]:
    """What differs between documents: number, moment, subject, readers, search vector."""
    wait_for(start_at)
    chance = random.Random(first)
    syllables = vocabulary()
    weights = list(accumulate(1 / rank for rank in range(1, len(syllables) + 1)))
    rows: list[tuple[Any, ...]] = []
    for number in range(first, first + count):
        words = chance.choices(syllables, cum_weights=weights, k=SYLLABLES)
        readers = set(chance.sample(principals, READERS))
        if number % RARE_EVERY == NUMBERED:
            words[100] = RARE
            readers.add(clerk)
        if chance.random() < WIDE_SHARE:
            readers.add(leader)
        subject, text = " ".join(words[:20]), " ".join(words[20:])
        vector = tsvector_literal([(number_of(number), "A"), (subject, "A"), (text, "D")])
        at = FIRST_AT + timedelta(seconds=15 * number)
        rows.append((number, at, subject, sorted(readers), vector))
    return rows
