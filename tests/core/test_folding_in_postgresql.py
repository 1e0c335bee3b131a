"""Folding in Python and in PostgreSQL agree, for the texts of which ``core.text.fold`` says so."""

import sys
import unicodedata
from collections.abc import Iterator

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from docflow.core.text import fold
from docflow.embedded import EmbeddedStack

FOLDED = r"""
SELECT translate(
    regexp_replace(normalize(lower(t COLLATE pg_c_utf8), NFD), '[\u0300-\u036f]', '', 'g'), 'đðɖ', 'ddd'
) FROM unnest(%s::text[]) WITH ORDINALITY AS given (t, place) ORDER BY place
"""
SPOKEN_OF = "0300", "036f"


@pytest.fixture(scope="module")
def server(stack: EmbeddedStack) -> Iterator[psycopg.Connection[tuple[str]]]:
    with psycopg.connect(stack.environment()["DOCFLOW_DATABASE_URL"], autocommit=True) as connection:
        yield connection


def is_spoken_of(text: str) -> bool:
    """Whether its marks all lie in the block that the expression removes, and Python knows its characters."""
    first, last = (chr(int(code, 16)) for code in SPOKEN_OF)
    return all(
        first <= letter <= last
        if unicodedata.category(letter) == "Mn"
        else unicodedata.category(letter) != "Cn"
        for letter in unicodedata.normalize("NFD", text.lower())
    )


def test_every_character_spoken_of_is_folded_alike(server: psycopg.Connection[tuple[str]]) -> None:
    characters = [chr(code) for code in range(1, sys.maxunicode + 1) if not 0xD800 <= code <= 0xDFFF]
    chosen = [one for one in characters if unicodedata.category(one)[0] in "LMNPS" and is_spoken_of(one)]
    assert len(chosen) > 100_000
    folded = [row[0] for row in server.execute(FOLDED, [chosen])]
    assert [one for one, there in zip(chosen, folded, strict=True) if fold(one) != there] == []


LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0").filter(is_spoken_of)
VIETNAMESE = st.text(
    "aăâbcdđeêghiklmnoôơpqrstuưvxyAĂÂĐÊÔƠƯ ỐồỔỗỘứừửữựÐðƉɖ\u0300\u0301\u0303\u0309\u0323\u031b-/.0123"
)


@given(st.lists(st.text(LETTERS, max_size=30) | VIETNAMESE, min_size=1, max_size=20))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_random_texts_are_folded_alike(server: psycopg.Connection[tuple[str]], texts: list[str]) -> None:
    assert [row[0] for row in server.execute(FOLDED, [texts])] == [fold(text) for text in texts]


def test_marks_of_other_scripts_are_kept_in_postgresql_only(server: psycopg.Connection[tuple[str]]) -> None:
    devanagari = "\u0915\u093c"
    assert not is_spoken_of(devanagari)
    assert [row[0] for row in server.execute(FOLDED, [[devanagari]])] == [devanagari]
    assert fold(devanagari) == "\u0915"
