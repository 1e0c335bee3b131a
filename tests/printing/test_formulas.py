import io
import string

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from docflow.printing.formulas import neutralised
from docflow.printing.writers import Format
from tests.printing.printed import lines_of, printed, row

DANGEROUS = [
    "=1+1",
    "=cmd|' /C calc'!A0",
    "+84 123",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    "  =1+1",
    "\u00a0=1+1",
    "\ufeff=1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(1)",
    '=HYPERLINK("http://a.example","b")',
]
SIGNS = set("=+-@＝＋－＠\t\r")


@pytest.mark.parametrize("text", DANGEROUS)
def test_no_cell_of_a_sheet_or_a_csv_begins_like_a_formula(text: str) -> None:
    [*_, line] = lines_of(printed(Format.CSV, [row(subject=text)]))
    assert not line[2].strip().startswith(tuple(SIGNS))
    sheet = openpyxl.load_workbook(io.BytesIO(printed(Format.XLSX, [row(subject=text)]))).active
    assert sheet is not None
    for cells in sheet.iter_rows():
        for cell in cells:
            assert cell.data_type != "f"
            assert not str(cell.value or "").strip().startswith(tuple(SIGNS))


def test_a_list_of_recipients_reads_as_it_did() -> None:
    assert neutralised("- Như Điều 3;\n- Lưu: VT.") == "– Như Điều 3;\n- Lưu: VT."
    assert neutralised("Như Điều 3 - và 4") == "Như Điều 3 - và 4"
    assert neutralised("") == ""


@given(st.text(alphabet=st.sampled_from(string.printable + "＝＋－＠–'\u00a0\ufeffĐđ"), max_size=12))
def test_what_is_neutralised_begins_no_formula_and_stays_as_it_is(text: str) -> None:
    once = neutralised(text)
    assert not once.strip(string.whitespace + "\u00a0\ufeff").startswith(tuple("=+-@＝＋－＠"))
    assert neutralised(once) == once
    assert once.removeprefix("'").replace("–", "-") == text.replace("–", "-") or text.startswith("'")
