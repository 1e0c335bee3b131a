"""Text on entry, folded for search, and in the order of the Vietnamese alphabet."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docflow.core.text import TextNotAllowed, clean, clean_line, fold, person_sort_key, vietnamese_sort_key

CONTROL = "".join(chr(code) for code in range(32) if chr(code) not in "\t\n\r")
ALLOWED = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=CONTROL))


def test_text_typed_in_decomposed_letters_is_kept_composed() -> None:
    assert clean(unicodedata.normalize("NFD", "  Quyết định số 05\n")) == "Quyết định số 05"


def test_inner_white_space_is_kept_and_line_ends_become_line_feeds() -> None:
    assert clean("Kính gửi:\r\n\r\n\tSở  Nội vụ\rPhòng") == "Kính gửi:\n\n\tSở  Nội vụ\nPhòng"


@pytest.mark.parametrize("character", [*CONTROL, "\ud800"])
def test_a_control_character_is_refused_by_place_and_number(character: str) -> None:
    with pytest.raises(TextNotAllowed) as refused:
        clean(f"Số\r\n{character}1")
    assert (refused.value.position, refused.value.code_point) == (4, ord(character))
    assert f"U+{ord(character):04X}" in str(refused.value)


def test_a_line_has_single_spaces_and_no_line_end() -> None:
    assert clean_line(" Báo cáo\r\n\u00a0 cải cách\thành chính ") == "Báo cáo cải cách hành chính"


@given(ALLOWED)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    assert clean_line(clean_line(text)) == clean_line(text)
    assert unicodedata.is_normalized("NFC", clean(text))


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Cải cách hành chính", "cai cach hanh chinh"),
        ("QUYẾT ĐỊNH 711-QĐ/TU", "quyet dinh 711-qd/tu"),
        ("hoả tốc, hỏa tốc", "hoa toc, hoa toc"),
        ("QÐ (eth) Ɖ", "qd (eth) d"),
        ("Đường đời ươn ướt", "duong doi uon uot"),
        ("Plain ASCII 1/2", "plain ascii 1/2"),
    ],
)
def test_folding_drops_tones_shapes_and_the_bar_of_d(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert fold(unicodedata.normalize("NFD", text)) == folded


def test_folding_every_character_twice_is_folding_it_once() -> None:
    everything = "".join(chr(code) for code in range(sys.maxunicode + 1))
    folded = fold(everything)
    assert fold(folded) == folded
    assert not any(unicodedata.category(letter) == "Mn" for letter in folded)


@given(st.text(), st.text())
def test_folding_a_text_is_folding_its_parts(one: str, other: str) -> None:
    assert fold(one + other) == fold(one) + fold(other)


ALPHABET = list("aăâbcdđeêghiklmnoôơpqrstuưvxy")
TONES = ["ma", "mà", "mả", "mã", "má", "mạ", "mai", "mài", "măng", "mâm"]


@given(st.permutations(ALPHABET))
def test_the_alphabet_is_in_its_vietnamese_order(letters: list[str]) -> None:
    assert sorted(letters, key=vietnamese_sort_key) == ALPHABET


@given(st.permutations(TONES))
def test_tones_are_in_their_order_and_decide_only_between_the_same_letters(names: list[str]) -> None:
    assert sorted(names, key=vietnamese_sort_key) == TONES


def test_a_shorter_name_comes_before_the_longer_one_it_starts() -> None:
    names = [
        "An",
        "An Bình",
        "Ân Thi",
        "Bắc Hà",
        "Bắc Hải",
        "Dầu Tiếng",
        "Đà Bắc",
        "Điện Bàn",
        "Thủ Đức",
        "Ô Môn",
    ]
    ordered = [*names[:-2], "Ô Môn", "Thủ Đức"]
    assert sorted(names, key=vietnamese_sort_key) == ordered


def test_both_ways_of_placing_the_tone_stand_together() -> None:
    names = ["Hoá", "Hỏa", "Hoả Lò", "Hoa", "Hoả"]
    ordered = sorted(names, key=vietnamese_sort_key)
    assert ordered[0] == "Hoa"
    assert set(ordered[1:3]) == {"Hoả", "Hỏa"}
    assert ordered[3:] == ["Hoá", "Hoả Lò"]


def test_numbers_and_foreign_letters_have_a_place() -> None:
    names = ["1 Lê Lợi", "Phúc", "Website", "Xuân", "Ünal", "Ở lại"]
    assert sorted(names, key=vietnamese_sort_key) == ["1 Lê Lợi", "Ở lại", "Phúc", "Ünal", "Website", "Xuân"]


def test_people_are_in_order_of_their_given_names() -> None:
    people = [
        "Trần Văn An",
        "Lê Thị Án",
        "Nguyễn Thị Bình",
        "Đỗ Văn Dũng",
        "Bùi Văn Đạt",
        "Nguyễn Ánh",
        "Nguyễn Văn Ánh",
        "Khánh",
    ]
    assert sorted(people, key=person_sort_key) == [
        "Trần Văn An",
        "Lê Thị Án",
        "Nguyễn Ánh",
        "Nguyễn Văn Ánh",
        "Nguyễn Thị Bình",
        "Đỗ Văn Dũng",
        "Bùi Văn Đạt",
        "Khánh",
    ]


@given(ALLOWED, ALLOWED)
def test_different_names_never_share_a_key_and_writing_differently_changes_nothing(
    one: str, other: str
) -> None:
    for key in (vietnamese_sort_key, person_sort_key):
        assert (key(one) == key(other)) == (clean_line(one) == clean_line(other))
        assert key(f" {unicodedata.normalize('NFD', one)} ") == key(one)


@given(st.lists(st.text("aăâbdđeê ốồổỗộưừz", max_size=8)))
def test_byte_order_and_string_order_of_keys_agree(names: list[str]) -> None:
    keys = [vietnamese_sort_key(name) for name in names]
    assert sorted(keys) == sorted(keys, key=str.encode)
