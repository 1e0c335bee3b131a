"""A letter as DOCX, in the same layout. The same facts give the same bytes."""

import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from docx import Document
from docx.document import Document as DocxDocument
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

from docflow.issuing.letters import measures as m
from docflow.issuing.letters import phrases
from docflow.issuing.letters.columns import balanced, length_of
from docflow.issuing.letters.facts import Annex, LetterFacts
from docflow.issuing.letters.markup import Look, Run, paragraphs_of
from docflow.printing import paper
from docflow.printing.typeface import Face

_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)
_GAP = "        "
"""Where digits are to come."""


def make_docx(facts: LetterFacts) -> bytes:
    """The letter as a document of WordprocessingML, A4, to be written on in an office program."""
    document = Document()
    _set_up(document, facts)
    _head(document, facts)
    if not facts.is_official_letter:
        _title(document, facts)
    _salutation(document, facts)
    _text(document, facts.text)
    _foot(document, facts)
    for annex in facts.annexes:
        _annex(document, facts, annex)
    out = io.BytesIO()
    document.save(out)
    return _timeless(out.getvalue())


def _set_up(document: DocxDocument, facts: LetterFacts) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Pt(m.PAGE_WIDTH), Pt(m.PAGE_HEIGHT)
    section.top_margin, section.bottom_margin = Pt(m.TOP), Pt(m.BOTTOM)
    section.left_margin, section.right_margin = Pt(m.LEFT), Pt(m.RIGHT)
    section.header_distance, section.footer_distance = Pt(9 * m.MM), Pt(9 * m.MM)
    section.different_first_page_header_footer = True
    number = section.header.paragraphs[0]
    number.alignment = ALIGN.CENTER
    _page_field(number)
    style = document.styles["Normal"]
    style.font.name, style.font.size = paper.FACE, Pt(m.BODY)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for script in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
        fonts.set(qn(script), paper.FACE)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), {"vi": "vi-VN", "en": "en-GB"}[facts.language])
    style.element.rPr.append(language)
    style.paragraph_format.space_after = Pt(0)
    core = document.core_properties
    core.title, core.author, core.last_modified_by = facts.subject, facts.issuer, facts.issuer
    core.comments, core.revision, core.language = "", 1, facts.language
    core.created = core.modified = _MOMENT


def _page_field(paragraph: Paragraph) -> None:
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), " PAGE ")
    run = paragraph.add_run("2")
    run.font.size = Pt(m.PAGE_NUMBER)
    field.append(run._r)
    paragraph._p.append(field)


def _head(document: DocxDocument, facts: LetterFacts) -> None:
    left = m.TEXT_WIDTH * m.LEFT_COLUMN
    widths = (left, m.TEXT_WIDTH - left)
    table = _table(document, widths, rows=2)
    nation, motto = phrases.state(facts)
    issuer = _Writer(table.cell(0, 0), widths[0])
    if facts.parent:
        issuer.line(facts.parent.upper(), m.PARENT)
    issuer.line(facts.issuer.upper(), m.ISSUER, Face.BOLD)
    issuer.rule(facts.issuer.upper(), m.ISSUER, 0.4)
    state = _Writer(table.cell(0, 1), widths[1])
    state.line(nation, m.STATE, Face.BOLD)
    state.line(motto, m.MOTTO, Face.BOLD)
    state.rule(motto, m.MOTTO, 1.0)
    number = _GAP if facts.number is None else facts.number
    symbol = _Writer(table.cell(1, 0), widths[0])
    symbol.line(f"{phrases.number_word(facts)}{number}{facts.after_number}", m.NUMBER)
    if facts.is_official_letter:
        symbol.line(phrases.about(facts), m.ABOUT)
    date = phrases.date_parts(facts)
    digits = date.digits or (_GAP[:4],) * 3
    line = "".join(f"{before}{digit}" for before, digit in zip(date.before, digits, strict=True))
    _Writer(table.cell(1, 1), widths[1]).line(line, m.DATE, Face.ITALIC)


class _Writer:
    """Lines in the middle of a cell, or from its left edge; the cell's first paragraph is the first line."""

    def __init__(self, cell: _Cell, width: float) -> None:
        self._cell, self._width = cell, width
        self._begun = False

    def line(
        self, text: str, size: float, face: Face = Face.REGULAR, align: ALIGN = ALIGN.CENTER
    ) -> Paragraph:
        paragraph = self._paragraph()
        paragraph.alignment = align
        # Its own line feeds are line breaks; those of a text that is centred leave no last line of one word.
        lines = balanced(text, face, size, self._width) if align is ALIGN.CENTER else [text]
        run = paragraph.add_run("\n".join(lines))
        run.font.size = Pt(size)
        run.bold = face in {Face.BOLD, Face.BOLD_ITALIC}
        run.italic = face in {Face.ITALIC, Face.BOLD_ITALIC}
        return paragraph

    def rule(self, text: str, size: float, share: float) -> None:
        """A line of a share of a text's longest line; it is the upper border of an empty paragraph."""
        length = length_of(balanced(text, Face.BOLD, size, self._width), Face.BOLD, size) * share
        paragraph = self._paragraph()
        paragraph.paragraph_format.space_before = Pt(2)
        _border(paragraph, (self._width - length) / 2)

    def space(self, height: float) -> None:
        paragraph = self._paragraph()
        paragraph.paragraph_format.space_before = Pt(height - m.SIGNER * m.LEADING)

    def _paragraph(self) -> Paragraph:
        if self._begun:
            added: Paragraph = self._cell.add_paragraph()
            return added
        self._begun = True
        first: Paragraph = self._cell.paragraphs[0]
        return first


def _border(paragraph: Paragraph, beside: float) -> None:
    shape = paragraph.paragraph_format
    shape.left_indent = shape.right_indent = Pt(beside)
    shape.line_spacing = Pt(5)
    borders, top = OxmlElement("w:pBdr"), OxmlElement("w:top")
    for name, value in {"val": "single", "sz": "6", "space": "0", "color": "000000"}.items():
        top.set(qn(f"w:{name}"), value)
    borders.append(top)
    # Where the schema has it: after w:keepNext and before w:spacing (ECMA-376-1, 17.3.1.26).
    paragraph._p.get_or_add_pPr().insert_element_before(borders, "w:spacing", "w:ind", "w:jc")


def _table(document: DocxDocument, widths: Sequence[float], rows: int) -> Table:
    table: Table = document.add_table(rows=rows, cols=len(widths))
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        edge = OxmlElement(f"w:{side}")
        edge.set(qn("w:w"), "0")
        edge.set(qn("w:type"), "dxa")
        margins.append(edge)
    table._tbl.tblPr.append(margins)
    for row in table.rows:
        whole = OxmlElement("w:cantSplit")
        row._tr.get_or_add_trPr().append(whole)
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = Pt(width)
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Pt(width)
    return table


def _title(document: DocxDocument, facts: LetterFacts) -> None:
    kind = _add(document, [Run(phrases.kind(facts), True)], ALIGN.CENTER, before=12)
    kind.paragraph_format.keep_with_next = True
    lines = balanced(facts.subject, Face.BOLD, m.SUBJECT, m.TEXT_WIDTH)
    _add(document, [Run("\n".join(lines), True)], ALIGN.CENTER).paragraph_format.space_after = Pt(3)
    _border(document.add_paragraph(), (m.TEXT_WIDTH - 100) / 2)


def _salutation(document: DocxDocument, facts: LetterFacts) -> None:
    if not facts.addressees:
        return
    word, lines = phrases.salutation(facts), phrases.addressee_lines(facts)
    if len(lines) == 1:
        _add(
            document, [Run(f"{word} {lines[0]}")], ALIGN.CENTER, before=10
        ).paragraph_format.space_after = Pt(6)
        return
    _add(document, [Run(word)], ALIGN.LEFT, before=10).paragraph_format.left_indent = Pt(70)
    for line in lines:
        named = _add(document, [Run(line)], ALIGN.LEFT)
        named.paragraph_format.left_indent, named.paragraph_format.first_line_indent = Pt(130), Pt(-8)
    named.paragraph_format.space_after = Pt(6)


def _text(document: DocxDocument, text: str) -> None:
    paragraph = None
    for part in paragraphs_of(text):
        centred = part.look is Look.CENTRED
        runs = [Run(run.text, run.bold or part.look in {Look.HEADING, Look.CENTRED}) for run in part.runs]
        align = ALIGN.CENTER if centred else ALIGN.JUSTIFY
        paragraph = _add(document, runs, align, before=m.BETWEEN, italic=part.look is Look.BASIS)
        paragraph.paragraph_format.line_spacing = 1.1
        paragraph.paragraph_format.keep_with_next = part.look in {Look.HEADING, Look.CENTRED}
        if not centred:
            paragraph.paragraph_format.first_line_indent = Pt(m.INDENT)
    if paragraph is not None:
        # The signature does not stand alone on a page.
        paragraph.paragraph_format.keep_with_next = True


def _add(
    document: DocxDocument, runs: Iterable[Run], align: ALIGN, *, before: float = 0, italic: bool = False
) -> Paragraph:
    paragraph = document.add_paragraph()
    paragraph.alignment = align
    paragraph.paragraph_format.space_before = Pt(before)
    for run in runs:
        written = paragraph.add_run(run.text)
        written.bold, written.italic = run.bold, italic
    return paragraph


def _foot(document: DocxDocument, facts: LetterFacts) -> None:
    """Recipients on the left, signer on the right; a row that is longer than a page goes on on the next."""
    _add(document, [], ALIGN.LEFT, before=2).paragraph_format.keep_with_next = True
    document.paragraphs[-1].paragraph_format.line_spacing = Pt(6)
    widths = (m.TEXT_WIDTH * 0.5, m.TEXT_WIDTH * 0.5)
    table = _table(document, widths, rows=1)
    named = _Writer(table.cell(0, 0), widths[0])
    named.line(phrases.recipients_word(facts), m.RECIPIENTS_HEAD, Face.BOLD_ITALIC, ALIGN.LEFT)
    for line in phrases.recipient_lines(facts):
        named.line(line, m.RECIPIENTS, align=ALIGN.LEFT)
    signer = _Writer(table.cell(0, 1), widths[1])
    for line in filter(None, (facts.signer.authority, facts.signer.post)):
        signer.line(line.upper(), m.SIGNER, Face.BOLD)
    signer.space(m.SIGNING_SPACE)
    signer.line(facts.signer.name, m.SIGNER, Face.BOLD)


def _annex(document: DocxDocument, facts: LetterFacts, annex: Annex) -> None:
    title = _add(document, [Run(annex.title.upper(), True)], ALIGN.CENTER)
    title.paragraph_format.page_break_before = True
    _add(document, [Run(phrases.annex_note(facts))], ALIGN.CENTER, italic=True)
    _text(document, annex.text)


def _timeless(content: bytes) -> bytes:
    """The package with the same moment at each part, so that the same facts give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as made, zipfile.ZipFile(out, "w") as kept:
        for name in made.namelist():
            part = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            part.compress_type = zipfile.ZIP_DEFLATED
            kept.writestr(part, made.read(name))
    return out.getvalue()
