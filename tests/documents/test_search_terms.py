"""Lexemes, vectors and queries made for PostgreSQL's full-text search."""

import re
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docflow.documents.search_query import MAX_QUERY, MAX_TERMS, read_query
from docflow.documents.search_terms import (
    FIELD_GAP,
    LAST_POSITION,
    MAX_CHARACTERS,
    MAX_LEXEME,
    MAX_POSITIONS,
    MAX_VECTOR_BYTES,
    Weight,
    lexemes,
    tsvector_literal,
)

LEXEME = r"'[^\s'\\:*&|!()<>\x00]+'"
VECTOR_ENTRY = re.compile(rf"({LEXEME})(?::([1-9][0-9]*[ABC]?(?:,[1-9][0-9]*[ABC]?)*))?")
PHRASE = rf"{LEXEME}(?::\*)?(?: <[-0]> {LEXEME}(?::\*)?)*"
TERM = rf"!?(?:{LEXEME}(?::\*)?|\({PHRASE}(?: \| {PHRASE})*\))"
QUERY = re.compile(rf"{TERM}(?: & {TERM})*")
HOSTILE = st.text(max_size=200) | st.text("ab1/-–.&'\\ \"“*():|!<>\x00\n05QĐđ😀²٣", max_size=200)


def tsquery_literal(query: str) -> str | None:
    """What is asked of a vector of words alone; None when nothing is named to look for."""
    read = read_query(query)
    return read.tsquery(pairs=False) if read else None


def at_positions(text: str) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    for position, lexeme in lexemes(text):
        found.setdefault(position, set()).add(lexeme)
    return found


def entries(literal: str) -> dict[str, list[str]]:
    """The positions of each lexeme of a vector's literal, which is checked to be well formed."""
    read = [VECTOR_ENTRY.fullmatch(entry) for entry in literal.split(" ") if entry]
    assert all(read), literal
    return {match[1][1:-1]: (match[2] or "").split(",") for match in read if match}


@pytest.mark.parametrize(
    ("text", "whole", "parts"),
    [
        ("45/BC-SNV", "45/bc-snv", {"45", "bc", "snv", "45/bc"}),
        ("45 /BC - SNV", "45/bc-snv", {"45", "bc", "snv", "45/bc"}),
        ("45/BC–\nSNV", "45/bc-snv", {"45", "bc", "snv", "45/bc"}),
        ("711-QĐ/TU", "711-qd/tu", {"711", "qd", "tu", "711-qd"}),
        ("711 - QÐ / TU", "711-qd/tu", {"711", "qd", "tu", "711-qd"}),
        ("05/CT-UBND", "5/ct-ubnd", {"5", "ct", "ubnd", "5/ct"}),
        ("30c/NQ-CP", "30c/nq-cp", {"30c", "nq", "cp", "30c/nq"}),
        ("12/SNV-TC&CB", "12/snv-tc&cb", {"12", "snv", "tc", "cb", "12/snv", "12/snv-tc"}),
        ("45/2019/QH14", "45/2019/qh14", {"45", "2019", "qh14", "45/2019"}),
        ("30/2020/NĐ-CP", "30/2020/nd-cp", {"30", "2020", "nd", "cp", "30/2020", "30/2020/nd"}),
        ("11/5/2018", "11/5/2018", {"11", "5", "2018", "11/5"}),
        ("11-05-2018", "11/5/2018", {"11", "5", "2018", "11/5"}),
        ("11.05.2018", "11/5/2018", {"11", "5", "2018", "11/5"}),
        ("5/2018", "5/2018", {"5", "2018"}),
    ],
)
def test_an_official_number_or_date_is_whole_and_in_parts_at_one_position(
    text: str, whole: str, parts: set[str]
) -> None:
    for form in ("NFC", "NFD"):
        found = at_positions(unicodedata.normalize(form, f"Số {text}, ngày"))
        assert found == {1: {"so"}, 2: parts | {whole}, 3: {"ngay"}}


def test_words_are_folded_one_by_one() -> None:
    found = list(lexemes("Kinh tế - xã hội 2021-2025, lien_he@tinh.gov.vn: 07h30 😀"))
    words = "kinh te xa hoi 2021 2025 lien he tinh gov vn 7h30"
    assert found == list(enumerate(words.split(), 1))


def test_a_loosely_joined_title_does_not_hide_the_number_before_it() -> None:
    found = at_positions("Luật số 45/2019/QH14 - Lao động")
    assert {"45/2019/qh14", "lao"} < found[3]
    assert found[4] == {"dong"}


def test_the_end_of_a_sentence_does_not_hide_the_number_before_it() -> None:
    assert "45/bc-snv" in at_positions("theo 45/BC-SNV.Tiếp theo")[2]


def test_fields_have_weights_and_a_gap_between_them() -> None:
    fields: list[tuple[str, Weight]] = [("Báo cáo", "A"), ("", "B"), ("báo cáo năm", "D")]
    third = 2 + 2 * FIELD_GAP + 1
    assert entries(tsvector_literal(fields)) == {
        "bao": ["1A", str(third)],
        "cao": ["2A", str(third + 1)],
        "nam": [str(third + 2)],
    }


def test_nothing_gives_an_empty_vector() -> None:
    assert tsvector_literal([]) == tsvector_literal([(" -/!😀", "A")]) == ""


def test_words_after_the_last_position_are_kept_without_one() -> None:
    text = "mở " * (LAST_POSITION - 1) + "cuối quá 45/BC-SNV quá"
    found = entries(tsvector_literal([(text, "B"), ("sau", "A")]))
    assert found["cuoi"] == [f"{LAST_POSITION}B"]
    assert found["qua"] == found["45/bc-snv"] == found["45"] == found["sau"] == [""]
    assert len(found["mo"]) == MAX_POSITIONS


def test_a_long_word_is_cut_alike_in_text_and_query() -> None:
    word = "ữ" * 5_000
    assert entries(tsvector_literal([(word, "D")])) == {"u" * MAX_LEXEME: ["1"]}
    assert tsquery_literal(word[:MAX_QUERY]) == f"'{'u' * MAX_LEXEME}'"
    number = f"1/{'a' * 3_000}-{'b' * 3_000}"
    assert all(len(lexeme) <= MAX_LEXEME for _, lexeme in lexemes(number))


def test_a_vector_never_grows_over_the_limit() -> None:
    text = " ".join(f"{number:x}{'đ' * 30}" for number in range(60_000))
    found = entries(tsvector_literal([(text, "A"), ("sau", "A")]))
    size = sum(len(lexeme) + 2 * len(places) for lexeme, places in found.items())
    assert MAX_VECTOR_BYTES * 0.9 < size <= MAX_VECTOR_BYTES
    assert "0" + "d" * 30 in found
    assert "sau" not in found


def test_text_after_the_limit_of_characters_is_left_out() -> None:
    found = entries(tsvector_literal([("a " * (MAX_CHARACTERS // 2 - 2), "D"), ("bc de", "D"), ("fg", "D")]))
    assert set(found) == {"a", "bc", "d"}


@given(st.lists(st.tuples(HOSTILE, st.sampled_from(["A", "B", "C", "D"])), max_size=3))
def test_any_text_gives_a_well_formed_vector(fields: list[tuple[str, Weight]]) -> None:
    found = entries(tsvector_literal(fields))
    assert set(found) == {lexeme for text, _ in fields for _, lexeme in lexemes(text)}


@pytest.mark.parametrize(
    ("query", "literal"),
    [
        ("quyet dinh 711-QD/TU", "'quyet' & 'dinh' & '711-qd/tu'"),
        ("Quyết định 711 - QĐ/TU", "'quyet' & 'dinh' & '711-qd/tu'"),
        ("711 -QĐ/TU", "'711-qd/tu'"),
        ("711", "'711'"),
        ("0711", "'711'"),
        ("cải cách hành chính", "'cai' & 'cach' & 'hanh' & 'chinh'"),
        ("cai cach", "'cai' & 'cach'"),
        ("BC", "'bc'"),
        ("BC-SNV", "'bc' & 'snv'"),
        ("711-QD", "'711' & 'qd'"),
        ("45/BC", "'45/bc'"),
        ("05/5/2018", "'5/5/2018'"),
        ("hành*", "'hanh':*"),
        ("45/B*", "'45/b':*"),
        ("BC-S*", "'bc' & 's':*"),
        ('"cải cách" tỉnh', "('cai' <-> 'cach') & 'tinh'"),
        ("“cải cách”", "('cai' <-> 'cach')"),
        ('"báo cáo 45/BC-SNV về"', "('bao' <-> 'cao' <-> '45/bc-snv' <-> 've')"),
        ('"cải cá*"', "('cai' <-> 'ca':*)"),
        ('"của BC-SNV"', "('cua' <-> 'bc' <0> 'snv' | 'cua' <-> 'bc' <-> 'snv')"),
        ("báo -cáo", "'bao' & !'cao'"),
        ("-cáo báo", "'bao' & !'cao'"),
        ('báo -"cáo năm" tháng', "'bao' & 'thang' & !('cao' <-> 'nam')"),
        ("báo -45/BC-SNV", "'bao' & !'45/bc-snv'"),
        ("báo -BC-SNV", "'bao' & !('bc' <0> 'snv' | 'bc' <-> 'snv')"),
        ("báo - cáo", "'bao' & 'cao'"),
        ('"báo cáo', "'bao' & 'cao'"),
        ('báo "" cáo " "', "'bao' & 'cao'"),
        ("45/2019/QH14 - Lao động", "('45/2019/qh14-lao' | '45/2019/qh14' <-> 'lao') & 'dong'"),
        ("'; drop & | ! ( ) <-> :* \\ \x00 😀", "'drop'"),
    ],
)
def test_a_search_becomes_a_query(query: str, literal: str) -> None:
    assert tsquery_literal(query) == literal
    assert tsquery_literal(unicodedata.normalize("NFD", query.upper())) == literal
    assert QUERY.fullmatch(literal)


@pytest.mark.parametrize(
    "query", ["", "  ", "-xấu", '-"rất xấu" -tệ', "😀 & | !", '""', "*", "-", "\x00", "'"]
)
def test_a_search_that_names_nothing_is_none(query: str) -> None:
    assert tsquery_literal(query) is None


@given(HOSTILE)
def test_any_search_gives_a_well_formed_query_or_none(query: str) -> None:
    literal = tsquery_literal(query)
    assert literal is None or QUERY.fullmatch(literal)


def test_a_long_search_is_cut() -> None:
    assert tsquery_literal(" ".join(f"{number:x}a" for number in range(10_000))) == " & ".join(
        f"'{number:x}a'" for number in range(MAX_TERMS)
    )


@given(st.text(max_size=80).filter(lambda text: not set(text) & set('-"“”„«»')))
def test_a_text_is_found_by_itself(text: str) -> None:
    literal = tsquery_literal(text)
    wanted = [] if literal is None else re.findall(LEXEME, literal)
    assert {lexeme.strip("'") for lexeme in wanted} <= {lexeme for _, lexeme in lexemes(text)}


@pytest.mark.parametrize(
    "text",
    [
        "Căn cứ Quyết định số 711-QĐ/TU ngày 11/5/2018 về cải cách hành chính " * 6_000,
        "1/" * 250_000,
        "1 - a " * 80_000,
        "1/" + "a" * 500_000,
        "1/a" + "-a" * 250_000,
        "1  " * 160_000,
        "1" * 500_000,
        "1/2019/" * 70_000,
        "a" + "\u0301" * 500_000,
    ],
)
def test_half_a_megabyte_takes_no_more_than_a_moment(text: str) -> None:
    started = time.perf_counter()
    tsvector_literal([(text, "D")])
    tsquery_literal(text)
    assert time.perf_counter() - started < 2
