"""Draw the sample papers of the demonstration as PDF and DOCX into `docflow/demo/samples`.

Run as `python -m tools.make_samples [--fonts FOLDER]` when their words change. It alone needs `reportlab` and
`python-docx`, which docflow itself does not, and the DejaVu Serif fonts (free to embed), which Debian has in
`fonts-dejavu-core` and `fonts-dejavu-extra`. The same words give the same bytes with the same versions of the two.
"""

import argparse
import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape

import docx
from docx.document import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Mm, Pt
from docx.table import _Cell
from docx.text.paragraph import Paragraph as DocxParagraph
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    KeepTogether,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
)

from tools.sample_papers import BAO_CAO, CHI_THI, DIRECTIVE, Paper

SAMPLES = Path(__file__).parents[1] / "docflow" / "demo" / "samples"
FACES = {"Serif": "", "Serif-Bold": "-Bold", "Serif-Italic": "-Italic", "Serif-BoldItalic": "-BoldItalic"}
# Decree 30/2020/NĐ-CP, Appendix I: A4, 20 mm above and below, 30 mm on the left, 15 to 20 mm on the right.
LEFT, RIGHT, ABOVE = 30 * mm, 18 * mm, 20 * mm
LONG_AGO = (1980, 1, 1, 0, 0, 0)


def style(
    size: float = 10.5, face: str = "Serif", alignment: int = TA_CENTER, **more: float
) -> ParagraphStyle:
    return ParagraphStyle(
        face, fontName=face, fontSize=size, leading=size * 1.35, alignment=alignment, **more
    )


class Rule(Flowable):
    """A line in the middle of its column, `part` of it wide."""

    def __init__(self, part: float) -> None:
        super().__init__()
        self.part = part

    def wrap(self, width: float, _: float) -> tuple[float, float]:
        self.width = width
        return width, 6

    def draw(self) -> None:
        self.canv.setLineWidth(0.7)
        self.canv.line(self.width * (1 - self.part) / 2, 2, self.width * (1 + self.part) / 2, 2)


def lines(text: str) -> str:
    return escape(text).replace("\n", "<br/>")


def head(paper: Paper) -> Flowable:
    """Issuer, number and symbol on the left; the state, its motto, place and date on the right."""
    left: list[Flowable] = [Paragraph(lines(paper.above), style(9.5))] if paper.above else []
    left += [
        Paragraph(lines(paper.issuer), style(9.5, "Serif-Bold")),
        Rule(0.35),
        Paragraph(paper.number, style()),
    ]
    right = [
        Paragraph(paper.state, style(9.5, "Serif-Bold")),
        Paragraph(paper.motto, style(10.5, "Serif-Bold")),
        Rule(0.62),
        Paragraph(paper.place_and_date, style(10, "Serif-Italic")),
    ]
    table = Table([[left, right]], colWidths=[66 * mm, 96 * mm])
    table.setStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0)])
    return table


def foot(paper: Paper) -> Flowable:
    """Recipients on the left; post, room for a signature and name on the right."""
    left = [Paragraph(paper.recipients_head, style(9.5, "Serif-BoldItalic", 0))]
    left += [Paragraph(escape(line), style(9, "Serif", 0)) for line in paper.recipients]
    right: list[Flowable] = [Paragraph(line, style(10.5, "Serif-Bold")) for line in paper.signer_post]
    right += [Spacer(1, 20 * mm), Paragraph(paper.signer, style(10.5, "Serif-Bold"))]
    table = Table([[left, right]], colWidths=[82 * mm, 80 * mm])
    table.setStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0)])
    return KeepTogether([Spacer(1, 5 * mm), table])


def is_heading(paragraph: str) -> bool:
    return paragraph[0].isdigit()


def draw_pdf(paper: Paper, target: Path) -> None:
    story: list[Flowable] = [
        head(paper),
        Spacer(1, 7 * mm),
        Paragraph(paper.kind, style(13, "Serif-Bold")),
        Paragraph(escape(paper.subject), style(11, "Serif-Bold")),
        Rule(0.25),
        Spacer(1, 3 * mm),
    ]
    for text in paper.paragraphs:
        face = "Serif-Bold" if is_heading(text) else "Serif"
        body = style(
            10.5, face, TA_JUSTIFY, firstLineIndent=10 * mm, spaceAfter=4, keepWithNext=is_heading(text)
        )
        story.append(Paragraph(escape(text), body))
    story.append(foot(paper))
    frame = Frame(LEFT, ABOVE, A4[0] - LEFT - RIGHT, A4[1] - 2 * ABOVE, 0, 0, 0, 0)
    document = BaseDocTemplate(
        str(target),
        pagesize=A4,
        title=paper.title,
        author="Trường Giang",
        lang=paper.language,
        invariant=1,
        pageTemplates=[PageTemplate("paper", [frame], onPage=number_page)],
    )
    document.build(story)


def number_page(canvas: Canvas, document: BaseDocTemplate) -> None:
    """The page number stands in the middle of the top margin, from the second page on."""
    if document.page > 1:
        canvas.setFont("Serif", 10)
        canvas.drawCentredString(A4[0] / 2, A4[1] - 13 * mm, str(document.page))


def write(
    paragraph: DocxParagraph, text: str, size: float = 13, bold: bool = False, italic: bool = False
) -> DocxParagraph:
    run = paragraph.add_run(text)
    run.bold, run.italic, run.font.size = bold, italic, Pt(size)
    paragraph.paragraph_format.space_after = Pt(4)
    return paragraph


def fill(cell: _Cell, rows: list[tuple[str, float, bool, bool]], centred: bool = True) -> None:
    """One paragraph for each (text, size, bold, italic)."""
    for number, (text, size, bold, italic) in enumerate(rows):
        paragraph = cell.paragraphs[0] if number == 0 else cell.add_paragraph()
        write(paragraph, text, size, bold, italic)
        if centred:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER


def two_columns(document: Document) -> tuple[_Cell, _Cell]:
    left, right = document.add_table(rows=1, cols=2).rows[0].cells
    return left, right


def draw_docx(paper: Paper, target: Path) -> None:
    document = docx.Document()
    document.styles["Normal"].font.name = "Times New Roman"
    page = document.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.left_margin, page.right_margin, page.top_margin, page.bottom_margin = Mm(30), Mm(18), Mm(20), Mm(20)
    left, right = two_columns(document)
    above = [(paper.above, 12.0, False, False)] if paper.above else []
    issuer = [(line, 12.0, True, False) for line in paper.issuer.split("\n")]
    fill(left, [*above, *issuer, (paper.number, 13, False, False)])
    fill(
        right,
        [
            (paper.state, 12, True, False),
            (paper.motto, 13, True, False),
            (paper.place_and_date, 13, False, True),
        ],
    )
    for text, size in ((paper.kind, 14), (paper.subject, 14)):
        write(document.add_paragraph(), text, size, bold=True).alignment = WD_ALIGN_PARAGRAPH.CENTER
    for text in paper.paragraphs:
        paragraph = write(document.add_paragraph(), text, bold=is_heading(text))
        paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
        paragraph.paragraph_format.first_line_indent = Mm(10)
    left, right = two_columns(document)
    fill(
        left,
        [(paper.recipients_head, 12, True, True), *((line, 11.0, False, False) for line in paper.recipients)],
        False,
    )
    fill(
        right,
        [
            *((line, 13.0, True, False) for line in paper.signer_post),
            ("", 40, False, False),
            (paper.signer, 13, True, False),
        ],
    )
    describe(document, paper)
    save_timeless(document, target)


def describe(document: Document, paper: Paper) -> None:
    properties = document.core_properties
    properties.title, properties.author, properties.language = paper.title, "Trường Giang", paper.language
    properties.comments, properties.last_modified_by = "", ""
    properties.created = properties.modified = datetime(2026, 1, 12, tzinfo=UTC).replace(tzinfo=None)


def save_timeless(document: Document, target: Path) -> None:
    """Save with the parts in order of their names and one date for all; without the template's picture."""
    packed = io.BytesIO()
    document.save(packed)
    with zipfile.ZipFile(packed) as made, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as kept:
        for name in made.namelist():
            kept.writestr(zipfile.ZipInfo(name, LONG_AGO), made.read(name), zipfile.ZIP_DEFLATED)


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw the sample papers of the demonstration.")
    parser.add_argument("--fonts", type=Path, default=Path("/usr/share/fonts/truetype/dejavu"))
    fonts: Path = parser.parse_args().fonts
    for face, suffix in FACES.items():
        pdfmetrics.registerFont(TTFont(face, fonts / f"DejaVuSerif{suffix}.ttf"))
    SAMPLES.mkdir(parents=True, exist_ok=True)
    for paper, name in ((CHI_THI, "chi-thi"), (DIRECTIVE, "directive")):
        draw_pdf(paper, SAMPLES / f"{name}.pdf")
        draw_docx(paper, SAMPLES / f"{name}.docx")
    draw_pdf(BAO_CAO, SAMPLES / "bao-cao.pdf")


if __name__ == "__main__":
    main()
