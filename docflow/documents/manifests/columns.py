"""The columns of a manifest by the names that people give them, in Vietnamese and English."""

import re
from collections.abc import Sequence
from enum import StrEnum

from docflow.core.messages import Language
from docflow.core.text import fold


class Column(StrEnum):
    """What a column says. The value is its English name, and the field of the form where there is one."""

    SYMBOL = "symbol"
    ISSUED_ON = "issued_on"
    ISSUER = "issuer"
    SUBJECT = "subject"
    FILE = "file"
    ANNEXES = "annexes"
    KIND = "kind"
    ARRIVED_ON = "arrived_on"
    SIGNER_NAME = "signer_name"
    SIGNER_POST = "signer_post"
    SIGNER_AUTHORITY = "signer_authority"
    URGENCY = "urgency"
    DUE_ON = "due_on"
    SECRECY = "secrecy"
    RECIPIENTS = "recipients"
    PAGE_COUNT = "page_count"
    COPIES = "copies"
    LANGUAGE = "language"
    NOTE = "note"
    LATE_REASON = "late_reason"
    UNIT = "unit"
    DIRECTION = "direction"
    ORDINAL = "ordinal"
    """Counts the rows of the table; says nothing of the document."""
    ARRIVAL_NUMBER = "arrival_number"
    """Of another book: numbers are given by the register and taken from nobody."""


REQUIRED = (Column.SYMBOL, Column.ISSUED_ON, Column.ISSUER, Column.SUBJECT, Column.FILE)
NOT_TAKEN = frozenset({Column.ORDINAL, Column.ARRIVAL_NUMBER})

# The first is the name that docflow itself uses. Compared by their letters without accents, so "trich yeu" will do.
# Among them are the titles of the register of incoming documents (Decree 30/2020/NĐ-CP, Appendix IV).
_VIETNAMESE: dict[Column, tuple[str, ...]] = {
    Column.SYMBOL: ("Số, ký hiệu", "Số ký hiệu", "Số và ký hiệu", "Ký hiệu", "Số hiệu", "Số hiệu văn bản"),
    Column.ISSUED_ON: (
        "Ngày ban hành",
        "Ngày tháng",
        "Ngày tháng văn bản",
        "Ngày văn bản",
        "Ngày ký",
        "Ngày tháng năm ban hành",
    ),
    Column.ISSUER: (
        "Cơ quan ban hành",
        "Tác giả",
        "Nơi gửi",
        "Cơ quan gửi",
        "Đơn vị ban hành",
        "Nơi ban hành",
    ),
    Column.SUBJECT: ("Trích yếu", "Trích yếu nội dung", "Tên loại và trích yếu nội dung", "Nội dung"),
    Column.FILE: ("Tệp", "Tên tệp", "Tập tin", "Tên tập tin", "Tên file", "Tệp văn bản"),
    Column.ANNEXES: ("Phụ lục", "Tệp phụ lục", "Đính kèm", "Tệp đính kèm", "Tệp kèm theo"),
    Column.KIND: ("Loại văn bản", "Loại", "Tên loại", "Tên loại văn bản", "Thể loại"),
    Column.ARRIVED_ON: ("Ngày đến", "Ngày nhận", "Ngày văn bản đến"),
    Column.SIGNER_NAME: ("Người ký", "Họ tên người ký"),
    Column.SIGNER_POST: ("Chức vụ người ký", "Chức vụ"),
    Column.SIGNER_AUTHORITY: ("Quyền hạn ký", "Thẩm quyền ký", "Quyền hạn của người ký"),
    Column.URGENCY: ("Độ khẩn", "Mức độ khẩn", "Khẩn"),
    Column.DUE_ON: ("Hạn xử lý", "Thời hạn", "Hạn giải quyết", "Thời hạn giải quyết", "Hạn trả lời"),
    Column.SECRECY: ("Độ mật", "Mức độ mật"),
    Column.RECIPIENTS: ("Nơi nhận", "Người nhận", "Đơn vị hoặc người nhận", "Đơn vị nhận"),
    Column.PAGE_COUNT: ("Số trang",),
    Column.COPIES: ("Số bản", "Số lượng bản"),
    Column.LANGUAGE: ("Ngôn ngữ",),
    Column.NOTE: ("Ghi chú",),
    Column.LATE_REASON: ("Lý do muộn", "Lý do vào sổ muộn", "Lý do đăng ký muộn", "Lý do chậm"),
    Column.UNIT: ("Mã đơn vị", "Đơn vị", "Đơn vị giữ sổ"),
    Column.DIRECTION: ("Chiều văn bản", "Chiều", "Hướng", "Văn bản đi hay đến"),
    Column.ORDINAL: ("STT", "Số thứ tự", "TT"),
    Column.ARRIVAL_NUMBER: ("Số đến",),
}
_ENGLISH: dict[Column, tuple[str, ...]] = {
    Column.SYMBOL: ("Symbol", "Number and symbol", "Document number", "Reference number"),
    Column.ISSUED_ON: ("Issued on", "Date of issue", "Issue date", "Document date"),
    Column.ISSUER: ("Issuer", "Issuing body", "Author", "Issued by"),
    Column.SUBJECT: ("Subject", "Title"),
    Column.FILE: ("File", "Filename", "File name", "Path"),
    Column.ANNEXES: ("Annexes", "Annex", "Attachments"),
    Column.KIND: ("Kind", "Document kind", "Document type", "Type"),
    Column.ARRIVED_ON: ("Arrived on", "Arrival date", "Date of arrival", "Received on"),
    Column.SIGNER_NAME: ("Signer name", "Signer", "Signed by"),
    Column.SIGNER_POST: ("Signer post", "Post"),
    Column.SIGNER_AUTHORITY: ("Signer authority", "Authority"),
    Column.URGENCY: ("Urgency",),
    Column.DUE_ON: ("Due on", "Due date", "Deadline"),
    Column.SECRECY: ("Secrecy", "Classification"),
    Column.RECIPIENTS: ("Recipients",),
    Column.PAGE_COUNT: ("Page count", "Pages"),
    Column.COPIES: ("Copies",),
    Column.LANGUAGE: ("Language",),
    Column.NOTE: ("Note", "Notes", "Remarks"),
    Column.LATE_REASON: ("Late reason", "Reason for delay"),
    Column.UNIT: ("Unit", "Unit code"),
    Column.DIRECTION: ("Direction",),
    Column.ORDINAL: ("Ordinal", "No.", "#", "Row"),
    Column.ARRIVAL_NUMBER: ("Arrival number", "Number of arrival"),
}

_IN_PARENTHESES = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_NOT_A_LETTER = re.compile(r"[\W_]+")


def _key(name: str) -> str:
    """A heading's letters and digits: what stands in parentheses, as "(dd/MM/yyyy)", is advice to whoever fills it."""
    plain = _NOT_A_LETTER.sub(" ", fold(_IN_PARENTHESES.sub(" ", name))).strip()
    return plain or name.strip()


_BY_NAME = {
    _key(name): column
    for names in (_VIETNAMESE, _ENGLISH)
    for column, called in names.items()
    for name in called
} | {_key(column.value): column for column in Column}


def find_column(heading: str) -> Column | None:
    """The column that somebody calls so, None when nobody does."""
    return _BY_NAME.get(_key(heading[:200]))


def name_of(column: Column, language: Language) -> str:
    """How docflow calls the column."""
    names = _VIETNAMESE if language is Language.VI else _ENGLISH
    return names[column][0]


def columns_told(columns: Sequence[Column], language: Language) -> str:
    """Their names in one line."""
    return ", ".join(f"“{name_of(column, language)}”" for column in columns)
