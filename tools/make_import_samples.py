"""Make the sample folder of `docflow import` in `docflow/demo/samples/import`: papers, and their manifest twice.

Run as `python -m tools.make_import_samples [--fonts FOLDER]` when its words change; it needs what `make_samples` does.
`manifest.csv` is in Vietnamese with dates as people write them, `manifest.xlsx` in English with real dates: the same
rows, so that importing by one after the other registers nothing twice.
"""

import argparse
import csv
import io
import re
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from tools.make_samples import FACES, LONG_AGO, SAMPLES, draw_docx, draw_pdf
from tools.sample_letters import ANNEXES, LETTERS, TITLES, TITLES_EN, Letter

TARGET = SAMPLES / "import"
_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*")


def papers() -> None:
    for letter in LETTERS:
        target = TARGET / letter.file
        if letter.paper is None:
            target.write_text(letter.text, "utf-8")
        elif target.suffix == ".pdf":
            draw_pdf(letter.paper, target)
        else:
            draw_docx(letter.paper, target)
    for name, words in ANNEXES.items():
        (TARGET / name).parent.mkdir(exist_ok=True)
        (TARGET / name).write_text(words, "utf-8")


def row(letter: Letter, number: int, *, english: bool) -> list[str | int | date]:
    day = date.fromisoformat(letter.issued_on)
    return [
        number,
        letter.symbol,
        letter.kind_en if english else letter.kind,
        day if english else f"{day:%d/%m/%Y}",
        *(letter.issuer, letter.subject, letter.signer, letter.authority),
        letter.urgency_en if english else letter.urgency,
        *(letter.file, letter.annexes, letter.note),
    ]


def manifest_csv() -> None:
    """As Excel saves it in Vietnam: UTF-8 with its mark, semicolons."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";")
    writer.writerow(TITLES)
    writer.writerows(row(letter, number, english=False) for number, letter in enumerate(LETTERS, 1))
    (TARGET / "manifest.csv").write_bytes(out.getvalue().encode("utf-8-sig"))


def manifest_xlsx() -> None:
    book = openpyxl.Workbook()
    book.properties.creator = "Trường Giang"
    book.properties.created = datetime(2026, 1, 12, tzinfo=UTC).replace(tzinfo=None)
    sheet = book.active
    assert sheet is not None
    sheet.title = "manifest"
    sheet.append(list(TITLES_EN))
    for number, letter in enumerate(LETTERS, 1):
        sheet.append([cell or None for cell in row(letter, number, english=True)])
    for cell in sheet["D"][1:]:
        cell.number_format = "dd/mm/yyyy"
    packed = io.BytesIO()
    book.save(packed)
    with (
        zipfile.ZipFile(packed) as made,
        zipfile.ZipFile(TARGET / "manifest.xlsx", "w", zipfile.ZIP_DEFLATED) as kept,
    ):
        for name in made.namelist():
            content = _MODIFIED.sub(rb"\g<1>2026-01-12T00:00:00Z", made.read(name))
            kept.writestr(zipfile.ZipInfo(name, LONG_AGO), content, zipfile.ZIP_DEFLATED)


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the sample folder of docflow import.")
    parser.add_argument("--fonts", type=Path, default=Path("/usr/share/fonts/truetype/dejavu"))
    fonts: Path = parser.parse_args().fonts
    for face, suffix in FACES.items():
        pdfmetrics.registerFont(TTFont(face, fonts / f"DejaVuSerif{suffix}.ttf"))
    TARGET.mkdir(parents=True, exist_ok=True)
    papers()
    manifest_csv()
    manifest_xlsx()


if __name__ == "__main__":
    main()
