"""Manifests and archives as the tests make them."""

import csv
import io
import struct
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import openpyxl

TITLES = ("Số, ký hiệu", "Ngày ban hành", "Cơ quan ban hành", "Trích yếu", "Tệp")
ROW = ("05/CT-UBND", "12/01/2024", "UBND tỉnh", "Về việc cải cách hành chính", "a.pdf")


def csv_of(*rows: Sequence[Any], titles: Sequence[str] = TITLES, separator: str = ";") -> bytes:
    """A CSV as Excel saves it in Vietnam: UTF-8 with its mark, semicolons, CR LF."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator)
    writer.writerows([titles, *rows])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def xlsx_of(*rows: Sequence[Any], titles: Sequence[str] = TITLES) -> bytes:
    """A workbook of one sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (titles, *rows):
        sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def zip_of(
    files: Mapping[str, bytes] | Iterable[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED
) -> bytes:
    """An archive; names in UTF-8."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in files.items() if isinstance(files, Mapping) else files:
            archive.writestr(name, content)
    return out.getvalue()


def zip_of_raw(names: Mapping[bytes, bytes], *, flags: int = 0) -> bytes:
    """An archive of stored entries whose names are these very bytes (APPNOTE.TXT 4.3)."""
    import zlib

    body, directory = b"", b""
    for name, content in names.items():
        crc, size, place = zlib.crc32(content), len(content), len(body)
        body += struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, flags, 0, 0, 33, crc, size, size, len(name), 0)
        body += name + content
        directory += struct.pack(
            "<IHHHHHHIIIHHHHHII",
            0x02014B50,
            20,
            20,
            flags,
            0,
            0,
            33,
            crc,
            size,
            size,
            len(name),
            0,
            0,
            0,
            0,
            0,
            place,
        )
        directory += name
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, len(names), len(names), len(directory), len(body), 0)
    return body + directory + end
