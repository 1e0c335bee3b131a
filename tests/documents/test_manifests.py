"""Manifests: what people write is understood, and what is not clear is refused with its line."""

import ast
import io
import json
import unicodedata
import zipfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docflow.documents.errors import ManifestNotUsable
from docflow.documents.kinds import COPIES, KINDS
from docflow.documents.manifests import Column, Manifest, read_manifest
from docflow.documents.manifests.cells import CellWrong, day_in
from docflow.documents.manifests.columns import _ENGLISH, _VIETNAMESE, _key, find_column
from docflow.documents.manifests.kinds import kind_called
from tests.documents.manifesting import ROW, TITLES, csv_of, xlsx_of, zip_of


def read(content: bytes, *, ignore_unknown: bool = False) -> Manifest:
    return read_manifest(content, ignore_unknown=ignore_unknown)


def refusal(content: bytes) -> tuple[str, dict[str, object]]:
    with pytest.raises(ManifestNotUsable) as refused:
        read(content)
    (fault,) = refused.value.fields
    return fault.code, fault.facts


FIELDS = {
    "symbol": "05/CT-UBND",
    "issued_on": "2024-01-12",
    "issuer": "UBND tỉnh",
    "subject": "Về việc cải cách hành chính",
}
PLAIN = csv_of(ROW).removeprefix(b"\xef\xbb\xbf").decode()


@pytest.mark.parametrize(
    "content",
    [
        csv_of(ROW),
        csv_of(ROW, separator=","),
        csv_of(ROW, separator="\t"),
        PLAIN.encode(),
        PLAIN.encode("utf-16"),
        PLAIN.encode("utf-16-le"),
        b"\xfe\xff" + PLAIN.encode("utf-16-be"),
        PLAIN.replace("\r\n", "\n").encode(),
        unicodedata.normalize("NFD", PLAIN).encode(),
        b"sep=;\r\n" + PLAIN.encode(),
        xlsx_of(ROW),
        xlsx_of((ROW[0], date(2024, 1, 12), *ROW[2:])),
        xlsx_of((ROW[0], datetime(2024, 1, 12), *ROW[2:])),  # noqa: DTZ001  (as a spreadsheet has it)
        csv_of((ROW[0], "2024-01-12", *ROW[2:]), titles=("symbol", "issued_on", "issuer", "subject", "file")),
        csv_of(ROW, titles=("SO KY HIEU *", "Ngày ban hành (dd/MM/yyyy)", "tác giả", "Trích yếu", "Tên tệp")),
        b"\n \n" + PLAIN.encode() + b"\n;;;;\n\n",
    ],
)
def test_the_same_row_is_read_from_every_kind_of_table(content: bytes) -> None:
    (row,) = read(content).rows
    assert (row.faults, row.file) == ((), "a.pdf")
    fields = {name: unicodedata.normalize("NFC", text) for name, text in row.fields.items()}
    assert fields == FIELDS


def test_quoted_cells_hold_separators_quotes_and_line_ends_and_lines_are_counted() -> None:
    subject = 'Về việc "một cửa"; số hóa\nhồ sơ'
    rows = read(csv_of((*ROW[:3], subject, "a.pdf"), ROW)).rows
    assert rows[0].fields["subject"] == subject
    assert [row.line for row in rows] == [2, 4]


def test_titles_of_the_table_numbers_of_columns_and_repeated_titles_are_no_documents() -> None:
    name = ("SỔ ĐĂNG KÝ VĂN BẢN ĐẾN", "", "", "", "")
    numbers = ("(1)", "(2)", "(3)", "(4)", "(5)")
    content = csv_of(("", "", "", "", ""), TITLES, numbers, ROW, TITLES, ROW, titles=name)
    assert [row.line for row in read(content).rows] == [5, 7]


def test_every_name_of_a_column_means_one_column() -> None:
    for names in (_VIETNAMESE, _ENGLISH):
        assert set(names) == set(Column)
        for column, called in names.items():
            assert {find_column(name) for name in called} == {column}
    everything = [
        _key(name) for names in (_VIETNAMESE, _ENGLISH) for called in names.values() for name in called
    ]
    assert all(everything)


@pytest.mark.parametrize(
    ("content", "code", "facts"),
    [
        (PLAIN.encode("cp1258", "replace"), "manifest_encoding", {"line": 1}),
        (b"symbol;issuer;subject;file;issued_on\nx;y;z;\xd2;\n", "manifest_encoding", {"line": 2}),
        (b"symbol;issuer;subject;file\nx;\0y;z;a\n", "manifest_encoding", {"line": 2}),
        (csv_of(ROW) + b'05/CT;"open\r\n' + b"x;y\r\n" * 9, "manifest_quoting", {"line": 3}),
        (csv_of(ROW) + b'05/CT;"a"b;c\r\n', "manifest_quoting", {"line": 3}),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "manifest_old_spreadsheet", {}),
        (b"PK\x03\x04 nothing", "manifest_broken", {}),
        (zip_of({"word/document.xml": b"<a/>"}), "manifest_broken", {}),
        (b"", "manifest_without_heading", None),
        (b"just\nsome\ntext\n" * 30, "manifest_without_heading", None),
        (csv_of(ROW[:4], titles=TITLES[:4]), "manifest_columns_missing", {"columns": "“Tệp”"}),
        (csv_of(ROW, titles=(*TITLES[:4], "Tập tên")), "manifest_columns_unknown", None),
        (
            csv_of((*ROW, "b"), titles=(*TITLES, "File")),
            "manifest_column_twice",
            {"first": "Tệp", "second": "File"},
        ),
        (
            csv_of(ROW, TITLES[::-1], ROW),
            "manifest_two_headings",
            {"first": 1, "second": 3},
        ),
        (csv_of(("x",) * 5 + ("",) * 95 + ("y",)), "manifest_too_wide", {"line": 2, "limit": 100}),
        (csv_of((*ROW[:3], "x" * 40_000, "a")), "manifest_cell_too_long", {"line": 2}),
        (csv_of((*ROW[:3], "x" * 200_000, "a")), "manifest_quoting", {"line": 2}),
    ],
)
def test_a_manifest_that_cannot_be_understood_is_refused_as_a_whole(
    content: bytes, code: str, facts: dict[str, object] | None
) -> None:
    told, with_facts = refusal(content)
    assert told == code
    assert facts is None or with_facts == facts


def test_unknown_columns_are_left_out_when_that_is_asked_for() -> None:
    content = csv_of((*ROW, "x", "17"), titles=(*TITLES, "Phòng xử lý", "Số đến"))
    code, facts = refusal(content)
    assert (code, facts["unknown"]) == ("manifest_columns_unknown", "“Phòng xử lý”")
    manifest = read(content, ignore_unknown=True)
    assert manifest.unknown == ("Phòng xử lý",)
    assert manifest.headings[Column.ARRIVAL_NUMBER] == "Số đến"
    assert (manifest.rows[0].fields, manifest.rows[0].faults) == (FIELDS, ())


def test_a_cell_beside_the_titled_columns_shows_that_a_separator_was_not_quoted() -> None:
    (row,) = read(csv_of((*ROW, "shifted"))).rows
    assert [(fault.pointer, fault.code) for fault in row.faults] == [("/6", "manifest_cell_without_column")]


def test_a_formula_is_never_taken_whatever_table_it_stands_in() -> None:
    evil = "=cmd|' /C calc'!A0"
    tables = [csv_of((*ROW[:3], evil, "a.pdf")), xlsx_of((*ROW[:3], evil, "a.pdf"))]
    tables.append(csv_of((*ROW[:3], f"  {evil}", "a.pdf")))
    for content in tables:
        (row,) = read(content).rows
        assert [(fault.pointer, fault.code) for fault in row.faults] == [("/subject", "manifest_formula")]
        assert "subject" not in row.fields


def test_what_a_formula_once_gave_is_not_believed() -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx_of(ROW)))
    sheet = book.active
    assert sheet is not None
    sheet["A2"] = '=HYPERLINK("http://example.com","05/CT-UBND")'
    sheet["C2"] = "#REF!"
    sheet["D2"] = True
    out = io.BytesIO()
    book.save(out)
    (row,) = read(out.getvalue()).rows
    assert {(fault.pointer, fault.code) for fault in row.faults} == {
        ("/symbol", "manifest_formula"),
        ("/issuer", "manifest_cell_error"),
        ("/subject", "manifest_cell_not_text"),
    }


def test_a_symbol_that_the_spreadsheet_made_a_date_of_is_refused() -> None:
    (row,) = read(xlsx_of((date(2024, 11, 5), *ROW[1:]))).rows
    (fault,) = row.faults
    assert (fault.pointer, fault.code, fault.facts) == (
        "/symbol",
        "manifest_cell_is_a_date",
        {"given": "05/11/2024"},
    )


def test_whole_numbers_are_text_and_a_number_is_no_date() -> None:
    titles = (*TITLES, "Số trang", "Ghi chú")
    (row,) = read(xlsx_of((45, 45000, *ROW[2:], 3.0, 1.5), titles=titles)).rows
    assert (row.fields["symbol"], row.fields["page_count"], row.fields["note"]) == ("45", "3", "1.5")
    assert [(fault.pointer, fault.code) for fault in row.faults] == [("/issued_on", "manifest_not_a_date")]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("12/01/2024", date(2024, 1, 12)),
        ("1/2/2024", date(2024, 2, 1)),
        ("01-02-2024", date(2024, 2, 1)),
        ("01.02.2024", date(2024, 2, 1)),
        ("2024-02-01", date(2024, 2, 1)),
        ("2024-02-01 00:00:00", date(2024, 2, 1)),
        (" ", None),
    ],
)
def test_dates_are_read_day_first_or_as_iso(text: str, day: date | None) -> None:
    assert day_in(text) == day


@pytest.mark.parametrize(
    "text", ["31/02/2024", "12/13/2024", "1/2/24", "45000", "hôm qua", "2024", "٣/٤/2024", "00/01/2024", "=1"]
)
def test_a_wrong_date_is_refused_with_what_was_given(text: str) -> None:
    with pytest.raises(CellWrong) as refused:
        day_in(text)
    assert (refused.value.code, refused.value.facts) == ("manifest_not_a_date", {"given": text})


def test_words_for_urgency_secrecy_authority_and_direction_are_known_in_both_languages() -> None:
    titles = (*TITLES, "Độ khẩn", "Độ mật", "Quyền hạn ký", "Chiều văn bản", "Phụ lục")
    (row, second, third) = read(
        csv_of(
            (*ROW, "Thượng khẩn", "Không", "kt", "Đến", "b.pdf; c.pdf"),
            (*ROW, "hoả tốc", "", "TUQ.", "incoming", ""),
            (*ROW, "mau len", "", "", "", ""),
            titles=titles,
        )
    ).rows
    assert row.fields == FIELDS | {"urgency": "very_urgent", "secrecy": "none", "signer_authority": "KT."}
    assert (row.annexes, row.faults) == (("b.pdf", "c.pdf"), ())
    assert second.fields == FIELDS | {"urgency": "flash", "signer_authority": "TUQ."}
    assert [(fault.pointer, fault.code) for fault in third.faults] == [("/urgency", "field_not_a_choice")]


@pytest.mark.parametrize("word", ["mật", "Mat", "TỐI MẬT", "tuyệt mật", "secret", "top_secret"])
def test_a_state_secret_is_refused_before_any_file_is_looked_at(word: str) -> None:
    (row,) = read(csv_of((*ROW, word), titles=(*TITLES, "Độ mật"))).rows
    assert [(fault.pointer, fault.code) for fault in row.faults] == [("/secrecy", "secret_file_refused")]


def test_only_incoming_documents_are_imported() -> None:
    rows = read(csv_of((*ROW, "đi"), (*ROW, "nội bộ"), titles=(*TITLES, "Chiều"))).rows
    assert {fault.code for row in rows for fault in row.faults} == {"import_incoming_only"}


def test_missing_fields_are_each_named() -> None:
    (row,) = read(csv_of(("05/CT-UBND", "", " ", "", "a.pdf"))).rows
    assert [fault.pointer for fault in row.faults] == ["/issued_on", "/issuer", "/subject"]
    assert {fault.code for fault in row.faults} == {"field_missing"}


def test_a_workbook_with_declarations_is_not_opened() -> None:
    good = xlsx_of(ROW)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(good)) as source, zipfile.ZipFile(out, "w") as target:
        for part in source.infolist():
            content = source.read(part)
            if part.filename == "xl/worksheets/sheet1.xml":
                content = content.replace(
                    b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><worksheet', 1
                )
            target.writestr(part.filename, content)
    assert refusal(out.getvalue()) == ("manifest_broken", {})


def test_a_workbook_that_unpacks_to_too_much_is_not_opened() -> None:
    bomb = zip_of({"[Content_Types].xml": b" " * 1000, "xl/workbook.xml": b" " * (257 * 1024 * 1024)})
    assert refusal(bomb)[0] == "manifest_too_large"


def test_a_sheet_with_a_cell_far_below_is_read_without_its_empty_rows() -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx_of(ROW)))
    sheet = book.active
    assert sheet is not None
    sheet["D50000"] = "far below"
    out = io.BytesIO()
    book.save(out)
    rows = read(out.getvalue()).rows
    assert [row.line for row in rows] == [2, 50000]
    assert len(rows[1].faults) == 4


def test_hidden_sheets_are_not_read() -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx_of(ROW)))
    hidden = book.create_sheet("cũ", 0)
    hidden.append(["x", "y"])
    hidden.sheet_state = "hidden"
    out = io.BytesIO()
    book.save(out)
    assert len(read(out.getvalue()).rows) == 1


def test_rows_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docflow.documents.manifests.tables.MAX_ROWS", 5)
    assert refusal(csv_of(*[ROW] * 5))[0] == "manifest_too_many_rows"
    assert refusal(xlsx_of(*[ROW] * 6))[0] == "manifest_too_many_rows"
    assert len(read(csv_of(*[ROW] * 4)).rows) == 4


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("directive", "directive"),
        ("Chỉ thị", "directive"),
        ("chi thi", "directive"),
        ("CT", "directive"),
        ("CTr", "programme"),
        ("QĐ", "decision"),
        ("QyĐ", "rules"),
        ("HĐ", "contract"),
        ("Hướng dẫn", "guideline"),
        ("Đề án", "scheme"),
        ("Official letter", "official_letter"),
        ("công  văn", "official_letter"),
    ],
)
def test_a_kind_is_named_by_code_symbol_or_name(written: str, code: str) -> None:
    assert kind_called(written, KINDS + COPIES) == code


@pytest.mark.parametrize(
    ("written", "wrong"),
    [("HD", "kind_ambiguous"), ("DA", "kind_ambiguous"), ("QD", "kind_not_known"), ("x", "kind_not_known")],
)
def test_an_unclear_kind_is_never_guessed(written: str, wrong: str) -> None:
    with pytest.raises(CellWrong) as refused:
        kind_called(written, KINDS + COPIES)
    assert refused.value.code == wrong


def test_every_reason_has_a_text_in_both_languages() -> None:
    root = Path(__file__).parents[2] / "docflow"
    sources = [
        *(root / "documents" / "manifests").glob("*.py"),
        *(root / "documents" / "bundles").glob("*.py"),
    ]
    sources += [*(root / "commands" / "importing").glob("*.py"), root / "commands" / "import_documents.py"]
    said = {
        node.value
        for source in sources
        for node in ast.walk(ast.parse(source.read_text("utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.startswith(("manifest_", "import_"))
        and node.value.replace("_", "").isalpha()
        and not node.value.endswith("_")
    } - {"import_row"}
    assert len(said) > 50
    for language in ("vi", "en"):
        texts: dict[str, str] = {}
        for path in (root / "locale" / language).glob("*.json"):
            texts |= json.loads(path.read_text("utf-8"))
        assert said - set(texts) == set()


CELLS = st.one_of(st.text(max_size=30), st.sampled_from([*TITLES, *ROW, "=1+1", "", "05/CT-UBND"]))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400), st.lists(st.lists(CELLS, max_size=8), max_size=8))
def test_any_bytes_and_any_table_are_read_or_refused_and_nothing_else(
    junk: bytes, rows: list[list[str]]
) -> None:
    for content in (junk, csv_of(*rows) + junk, csv_of(*rows)):
        try:
            manifest = read(content, ignore_unknown=True)
        except ManifestNotUsable:
            continue
        assert all(row.line > 0 for row in manifest.rows)
        assert not any(text.startswith("=") for row in manifest.rows for text in row.fields.values())
