"""Pages inside a stored text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docflow.files.pages import first_page, joined, page_of, pages_of

TEXT = "Trang một\fTrang hai\f\fTrang bốn"


def test_the_first_page_ends_at_its_break() -> None:
    assert first_page(TEXT) == "Trang một"
    assert first_page("Không có trang") == "Không có trang"
    assert first_page("") == ""
    assert first_page("\fTrang hai") == ""


@pytest.mark.parametrize(
    ("word", "page"), [("Trang một", 1), ("một", 1), ("Trang hai", 2), ("Trang bốn", 4), ("bốn", 4)]
)
def test_a_place_in_the_text_is_on_its_page(word: str, page: int) -> None:
    assert page_of(TEXT, TEXT.index(word)) == page


def test_a_place_before_or_behind_the_text_is_on_its_first_or_last_page() -> None:
    assert page_of(TEXT, -5) == 1
    assert page_of(TEXT, 10_000) == 4


@given(st.lists(st.text(st.characters(exclude_characters="\f\n", exclude_categories=["Cs"])), min_size=1))
def test_pages_joined_are_parted_again(pages: list[str]) -> None:
    content = joined(pages)
    read = pages_of(content)
    assert read + [""] * (len(pages) - len(read)) == pages
    assert [page_of(content, place) for place, letter in enumerate(content) if letter == "\f"] == list(
        range(1, len(read))
    )
