import hashlib

from hypothesis import given
from hypothesis import strategies as st

from docflow.printing.checksum import Checksum, canonical, row_digest
from docflow.printing.tables import Row, note_of, printed_text

cells = st.one_of(
    st.none(),
    st.text(max_size=6),
    st.integers(-9, 99),
    st.dates(),
    st.text(alphabet="\x1e\x1f+-\n\r\t\u202aa", max_size=4),
)
rows = st.builds(
    Row,
    st.tuples(cells, cells),
    struck=st.booleans(),
    note=st.text(alphabet="\x1e\x1f+-ab", max_size=3),
)
tables = st.lists(rows, max_size=4)


def digest(table: list[Row], *head: str) -> bytes:
    checksum = Checksum(*head)
    for row in table:
        checksum.add(row)
    return checksum.digest()


def seen(table: list[Row]) -> list[object]:
    """What somebody reads who holds the print."""
    return [([printed_text(cell) for cell in row.cells], row.struck, note_of(row)) for row in table]


@given(tables, tables)
def test_two_tables_have_one_checksum_exactly_when_they_are_printed_alike(
    one: list[Row], other: list[Row]
) -> None:
    assert (digest(one) == digest(other)) == (seen(one) == seen(other))


@given(tables, st.data())
def test_the_checksum_changes_exactly_when_a_printed_cell_does(table: list[Row], data: st.DataObject) -> None:
    if not table:
        return
    place = data.draw(st.integers(0, len(table) - 1))
    changed = [*table]
    changed[place] = data.draw(rows)
    assert (digest(changed) == digest(table)) == (seen(changed) == seen(table))
    of_the_row = row_digest(canonical(changed[place])) == row_digest(canonical(table[place]))
    assert of_the_row == (seen([changed[place]]) == seen([table[place]]))


def test_the_canonical_text_is_the_documented_one() -> None:
    table = [Row(("05/11", None)), Row(("06", "x\ny"), struck=True, note="huỷ")]
    text = (
        "docflow-print-1\x1fregister\x1f\x1e"  # the head
        "+05/11\x1f\x1f\x1f\x1e"
        "-06\x1fx\ny\x1fhuỷ\x1f\x1e"
    )
    assert digest(table, "register") == hashlib.sha256(text.encode()).digest()
    assert (
        row_digest(canonical(table[1])) == hashlib.sha256("-06\x1fx\ny\x1fhuỷ\x1f\x1e".encode()).digest()[:8]
    )


def test_prints_of_other_things_never_agree() -> None:
    assert digest([], "register", "a") != digest([], "register", "b") != digest([], "registerb")
