from datetime import UTC, date, datetime

import pytest

from docflow.printing.tables import MAX_CELL, Row, printed_text, texts_of


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""),
        (date(2026, 1, 5), "05/01/2026"),
        (date(45, 1, 5), "05/01/0045"),
        (datetime(2026, 12, 31, 17, 5, tzinfo=UTC), "01/01/2027 00:05"),
        (7, "7"),
        ("Quyê\u0301t đi\u0323nh", "Quyết định"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("a\tb", "a b"),
        ("a\x00b\x1fc\ud800", "a\ufffdb\ufffdc\ufffd"),
        ("gpj.\u202eexe\u2066", "gpj.exe"),
    ],
)
def test_a_cell_is_printed_as_people_read_it(cell: object, text: str) -> None:
    assert printed_text(cell) == text  # type: ignore[arg-type]


def test_a_cell_that_no_sheet_holds_is_cut_with_an_ellipsis() -> None:
    assert printed_text("x" * MAX_CELL) == "x" * MAX_CELL
    assert printed_text("x" * (MAX_CELL + 1)) == "x" * (MAX_CELL - 1) + "…"
    assert len(printed_text("\u0344" * MAX_CELL)) == MAX_CELL, "a character that normalising makes two"


def test_the_note_stands_below_the_last_cells_text() -> None:
    assert texts_of(Row(("a", "b"), note="c")) == ["a", "b\nc"]
    assert texts_of(Row(("a", ""), note="c")) == ["a", "c"]
    assert texts_of(Row(("a", "b"))) == ["a", "b"]
