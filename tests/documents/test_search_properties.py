"""What is made here for PostgreSQL's index means there what it means here, on random texts and searches."""

import random
import re

from sqlalchemy import text

from docflow.core.db import Sessions
from docflow.documents.excerpts import marker_of
from docflow.documents.search_query import read_query
from docflow.documents.search_terms import document_vector, exact_literal, tsvector_literal

WORDS = [
    "cải",
    "cách",
    "hành",
    "chính",
    "tỉnh",
    "má",
    "mạ",
    "ma",
    "45/BC-SNV",
    "711-QĐ/TU",
    "BC-SNV",
    "45",
    "11/5/2018",
]
CASES = 1_500


def a_text(chance: random.Random) -> str:
    return chance.choice([" ", ", ", " - "]).join(chance.choices(WORDS, k=chance.randrange(1, 9)))


def a_search(chance: random.Random) -> str:
    words = chance.choices([*WORDS, "45/BC", "hà*", "SNV", "711-QĐ"], k=chance.randrange(1, 4))
    match chance.randrange(4):
        case 0:
            return " ".join(words)
        case 1:
            return f'"{" ".join(words)}"'
        case 2:
            return f'{words[0]} -"{" ".join(words[1:])}"'
        case _:
            return f'"{" ".join(words[:2])}" {" ".join(words[2:])}'


async def test_pairs_find_what_the_words_find_and_an_excerpt_shows_it(sessions: Sessions) -> None:
    chance = random.Random(711)
    cases = []
    for _ in range(CASES):
        said, search = a_text(chance), a_search(chance)
        query = read_query(search)
        assert query is not None
        cases.append((said, search, query))
    values = {
        "plain": [tsvector_literal([(said, "A")]) for said, _, _ in cases],
        "whole": [document_vector([(said, "A")], ["kx"]) for said, _, _ in cases],
        "words": [query.tsquery(pairs=False) for _, _, query in cases],
        "pairs": [query.tsquery(pairs=True) for _, _, query in cases],
    }
    async with sessions() as session:
        rows = (
            await session.execute(
                text(
                    "SELECT plain::tsvector @@ words::tsquery AS one, whole::tsvector @@ pairs::tsquery AS other,"
                    " whole::tsvector @@ (pairs || ' & ''=kx''')::tsquery AS marked, words::tsquery::text AS read"
                    " FROM unnest(CAST(:plain AS text[]), CAST(:whole AS text[]), CAST(:words AS text[]),"
                    " CAST(:pairs AS text[])) WITH ORDINALITY AS t (plain, whole, words, pairs, place) ORDER BY place"
                ),
                values,
            )
        ).all()
    assert len(rows) == CASES
    assert 100 < sum(row.one for row in rows) < CASES - 100
    for row, (said, search, query) in zip(rows, cases, strict=True):
        assert row.one == row.other, (said, search)
        assert row.other == row.marked, (said, search)
        # A phrase may run from inside one number into the next; that is found, but no excerpt shows it.
        if row.one and not query.unwanted and not re.search("[A-Z0-9]", search):
            assert marker_of(query).passage(said) is not None, (said, search)


async def test_the_share_of_exact_words_is_what_ranks(sessions: Sessions) -> None:
    texts = ["Cải cách", "cãi cách", "cai cach", "Cải tiến các cách"]
    query = read_query("cải cách")
    assert query is not None
    assert query.exact == ("cai2", "cach4")
    async with sessions() as session:
        shares = [
            await session.scalar(
                text(
                    "SELECT round(1.64493406685 * ts_rank('{1,1,1,1}', CAST(:v AS tsvector), CAST(:q AS tsquery))"
                    " ::numeric, 3)"
                ),
                {"v": exact_literal([one]), "q": query.exact_tsquery()},
            )
            for one in texts
        ]
    assert [float(share) for share in shares if share is not None] == [1.0, 0.5, 0.0, 1.0]


def test_a_word_is_exact_wherever_its_tone_is_put() -> None:
    assert exact_literal(["hoả hỏa HOẢ đi di đường"]).split() == ["'hoa2'", "'đi0'", "'đương1'"]
    assert re.fullmatch(r"('[^']+' ?)*", exact_literal(["ữ" * 500 + " 'à' \\ă"]))
