"""What somebody may have meant whose search finds nothing.

A suggestion is a search that finds something which the asker may see, with the same filters: so it tells nothing of
documents that are hidden from them, although the words come from all documents.
"""

import re
import unicodedata
from collections.abc import Iterable
from difflib import SequenceMatcher
from itertools import islice, product
from string import ascii_lowercase

import msgspec
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.core.text import fold
from docflow.documents.models import Document
from docflow.documents.queries import statements
from docflow.documents.queries.filters import Filters, conditions
from docflow.documents.queries.search import by_index, narrow, values_of
from docflow.documents.search_query import MAX_QUERY, read_query
from docflow.documents.search_terms import OFFICIAL, WORD, beginnings_of

MOST_WORDS = 6
"""Words of a search that are looked at."""
NEAREST = 4
"""Near misses of each word that are tried."""
TRIED = 12
"""Searches that are tried."""
LEAST_LIKENESS = 0.6
"""Of a number with what was meant."""

_D = Document.__table__.c
_TOKEN = re.compile(f"(?P<official>{OFFICIAL})|(?P<word>{WORD})")
_NEAR = text(
    """
    SELECT word FROM search_word WHERE word = ANY(CAST(:variants AS text[]))
    UNION
    SELECT word FROM (
        SELECT word FROM search_word WHERE word % CAST(:word AS text)
        ORDER BY similarity(word, :word) DESC, word LIMIT :nearest
    ) AS alike
    """
)


async def find_suggestion(session: AsyncSession, actor: Actor, filters: Filters) -> str | None:
    """The search in its nearest form that finds something the actor sees; None when there is none."""
    written = unicodedata.normalize("NFC", filters.q or "")[:MAX_QUERY]
    if not written or "\0" in written:
        return None
    await by_index(session)
    choices: list[list[str]] = []
    amiss: list[re.Match[str]] = []
    for token in islice(_TOKEN.finditer(written), MOST_WORDS):
        if _excluded(written, token) or await _finds(session, actor, filters, token[0]):
            continue
        nearest = await _nearest(session, actor, filters, token)
        if not nearest:
            return None
        amiss.append(token)
        choices.append(nearest)
    if not amiss:
        return None
    for words in islice(product(*choices), TRIED):
        meant = _with(written, amiss, words)
        if await _finds(session, actor, filters, meant):
            return meant
    return None


def _excluded(written: str, token: re.Match[str]) -> bool:
    return written[: token.start()].endswith("-")


async def _finds(session: AsyncSession, actor: Actor, filters: Filters, q: str) -> bool:
    return await _count(session, actor, filters, q) > 0


async def _count(session: AsyncSession, actor: Actor, filters: Filters, q: str) -> int:
    if read_query(q) is None:
        return 0
    narrowing = await narrow(session, actor, msgspec.structs.replace(filters, q=q))
    if narrowing.impossible:
        return 0
    return await session.scalar(statements.count_hits(narrowing.names), values_of(narrowing, actor)) or 0


async def _nearest(session: AsyncSession, actor: Actor, filters: Filters, token: re.Match[str]) -> list[str]:
    if token["official"]:
        return await _nearest_numbers(session, actor, filters, fold(token[0]))
    return await _nearest_words(session, actor, filters, fold(token[0]))


async def _nearest_words(session: AsyncSession, actor: Actor, filters: Filters, word: str) -> list[str]:
    """Words of documents that are written nearly so, the nearest first, of these those that are found most."""
    if not 2 <= len(word) <= 30:
        return []
    values = {"word": word, "variants": sorted(variants_of(word)), "nearest": 2 * NEAREST}
    near = [one for one in await session.scalars(_NEAR, values) if one != word]
    near = sorted(near, key=lambda one: (-_likeness(word, one), one))[: 2 * NEAREST]
    counted = [(await _count(session, actor, filters, one), one) for one in near]
    return [one for count, one in sorted(counted, key=lambda pair: -pair[0]) if count][:NEAREST]


async def _nearest_numbers(session: AsyncSession, actor: Actor, filters: Filters, number: str) -> list[str]:
    """Symbols of documents that the actor sees and that begin like this one, the nearest first."""
    for beginning in reversed(beginnings_of(number)[:-1]):
        narrowing = await narrow(session, actor, msgspec.structs.replace(filters, q=f"{beginning}*"))
        statement = select(_D.symbol).where(*conditions(narrowing.names)).limit(200).subquery()
        symbols = await session.scalars(select(statement.c.symbol).distinct(), values_of(narrowing, actor))
        near = sorted(((_likeness(number, fold(one)), one) for one in symbols), reverse=True)
        if kept := [one for likeness, one in near if likeness >= LEAST_LIKENESS][:NEAREST]:
            return kept
    return []


def variants_of(word: str) -> set[str]:
    """Every word at one letter's distance: one missing, one too many, one wrong, or two in the wrong order."""
    splits = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    missing = {before + after[1:] for before, after in splits if after}
    turned = {before + after[1] + after[0] + after[2:] for before, after in splits if len(after) > 1}
    wrong = {before + letter + after[1:] for before, after in splits if after for letter in ascii_lowercase}
    more = {before + letter + after for before, after in splits for letter in ascii_lowercase}
    return (missing | turned | wrong | more) - {word, ""}


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def _with(written: str, amiss: Iterable[re.Match[str]], words: Iterable[str]) -> str:
    """The search with these words in place of what was amiss."""
    pieces, at = [], 0
    for token, word in zip(amiss, words, strict=True):
        pieces += [written[at : token.start()], word]
        at = token.end()
    return "".join([*pieces, written[at:]])
