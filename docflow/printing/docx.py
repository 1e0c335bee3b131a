"""Tables as DOCX: WordprocessingML (ECMA-376-1, 17) written straight into the ZIP as rows come.

No library writes a document in parts; the few elements that a table needs are written out here. Titles of columns
are repeated on each page (``w:tblHeader``), rows stay whole (``w:cantSplit``) unless one is longer than a page can be.
"""

import zipfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import IO, BinaryIO
from xml.sax.saxutils import escape

from docflow.core.clock import now
from docflow.core.messages import Language
from docflow.printing import paper
from docflow.printing.docx_parts import CONTENT_TYPES, RELATIONS, RELATIONS_OF_DOCUMENT, SETTINGS, STYLES
from docflow.printing.docx_parts import NAMESPACES as _NS
from docflow.printing.paper import page_words
from docflow.printing.tables import CellKind, Row, Table, note_of, printed_text

TWIPS = 1440 / 25.4
"""Twentieths of a point in a millimetre."""
WHOLE_LETTERS = 1_200
"""A row with a longer text may be broken between pages."""


class DocxWriter:
    """A writer of ``writers.TableWriter``."""

    def __init__(self, table: Table, out: BinaryIO) -> None:
        self._table = table
        self._widths = [round(width * TWIPS) for width in table.widths(paper.TABLE_MM)]
        self._zip = zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6)
        self._text: IO[bytes] | None = None
        try:
            self._parts()
            self._text = self._zip.open("word/document.xml", "w", force_zip64=True)
            self._begin()
        except BaseException:
            self.abandon()
            raise

    def write(self, rows: Iterable[Row]) -> None:
        for row in rows:
            texts = [printed_text(cell) for cell in row.cells]
            whole = max(map(len, texts)) <= WHOLE_LETTERS
            cells = [
                self._cell(place, _lines(text, _look(row)), self._across(place))
                for place, text in enumerate(texts)
            ]
            if row.note:
                runs = [_lines(texts[-1], _look(row)), _lines(note_of(row), "<w:i/>")]
                joined = "<w:r><w:br/></w:r>".join(filter(None, runs))
                cells[-1] = self._cell(len(cells) - 1, joined, "left")
            self._put(f"<w:tr>{'<w:trPr><w:cantSplit/></w:trPr>' if whole else ''}{''.join(cells)}</w:tr>")

    def finish(self, foot: Sequence[str] = ()) -> None:
        # A table may not be the last thing on a page.
        self._put("</w:tbl>" + _paragraph("", "Foot"))
        self._put("".join(_paragraph(_lines(printed_text(line)), "Foot") for line in foot))
        self._put(_section() + "</w:body></w:document>")
        assert self._text is not None
        self._text.close()
        self._text = None
        self._zip.close()

    def abandon(self) -> None:
        text, self._text = self._text, None
        # What is not ended now ends itself when it is forgotten, and fails once more where nobody looks.
        with suppress(Exception):
            if text is not None:
                text.close()
        with suppress(Exception):
            self._zip.close()

    def _begin(self) -> None:
        self._put(f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<w:document {_NS}><w:body>')
        self._put("".join(self._heading()))
        self._put(self._table_begins())

    def _put(self, text: str) -> None:
        assert self._text is not None
        self._text.write(text.encode())

    def _parts(self) -> None:
        """Everything but the document itself."""
        language = {"vi": "vi-VN", "en": "en-GB"}[self._table.language]
        name = escape(printed_text(" ".join(self._table.titles)))
        for path, text in {
            "[Content_Types].xml": CONTENT_TYPES,
            "_rels/.rels": RELATIONS,
            "word/_rels/document.xml.rels": RELATIONS_OF_DOCUMENT,
            "word/styles.xml": STYLES.format(face=paper.FACE, language=language),
            "word/settings.xml": SETTINGS,
            "word/footer1.xml": _footer(self._table.language),
            "docProps/core.xml": _core(name),
        }.items():
            self._zip.writestr(path, text)

    def _heading(self) -> Iterable[str]:
        table = self._table
        indent = f'<w:ind w:right="{round(paper.TABLE_MM * 0.6 * TWIPS)}"/>'
        for place, line in enumerate(table.issuer, 1):
            last = place == len(table.issuer)
            yield _paragraph(_lines(printed_text(line), "<w:b/>" if last else ""), "Issuer", indent)
        for place, line in enumerate(table.titles):
            yield _paragraph(_lines(printed_text(line)), "Subtitle" if place else "Title")

    def _table_begins(self) -> str:
        grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in self._widths)
        head = [
            self._cell(place, _lines(printed_text(column.title), "<w:b/>"), "center")
            for place, column in enumerate(self._table.columns)
        ]
        rows = [head]
        if self._table.numbered:
            italic = partial(_lines, look="<w:i/>")
            numbers = enumerate(map(italic, self._table.numbers()))
            rows.append([self._cell(place, number, "center") for place, number in numbers])
        repeated = "<w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>"
        return (
            f'<w:tbl><w:tblPr><w:tblStyle w:val="Register"/><w:tblW w:w="{sum(self._widths)}" w:type="dxa"/>'
            f'<w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>'
            + "".join(f"<w:tr>{repeated}{''.join(cells)}</w:tr>" for cells in rows)
        )

    def _cell(self, place: int, runs: str, across: str) -> str:
        width = f'<w:tcPr><w:tcW w:w="{self._widths[place]}" w:type="dxa"/></w:tcPr>'
        paragraph = _paragraph(runs, "Cell", f'<w:jc w:val="{across}"/>')
        return f"<w:tc>{width}{paragraph}</w:tc>"

    def _across(self, place: int) -> str:
        return "left" if self._table.columns[place].kind is CellKind.TEXT else "center"


def _look(row: Row) -> str:
    return "<w:strike/>" if row.struck else ""


def _lines(text: str, look: str = "") -> str:
    """Runs of a text whose line feeds are line breaks."""
    if not text:
        return ""
    properties = f"<w:rPr>{look}</w:rPr>" if look else ""
    pieces = (f'<w:t xml:space="preserve">{escape(line)}</w:t>' for line in text.split("\n"))
    return f"<w:r>{properties}{'<w:br/>'.join(pieces)}</w:r>"


def _paragraph(runs: str, style: str, properties: str = "") -> str:
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{properties}</w:pPr>{runs}</w:p>'


def _footer(language: Language) -> str:
    before, between, after = map(_lines, page_words(language))
    return f"<w:ftr {_NS}>{_paragraph(before + _field('PAGE') + between + _field('NUMPAGES') + after, 'Footer')}</w:ftr>"


def _field(name: str) -> str:
    return f'<w:fldSimple w:instr=" {name} "><w:r><w:t>1</w:t></w:r></w:fldSimple>'


def _section() -> str:
    width, height = round(paper.WIDTH_MM * TWIPS), round(paper.HEIGHT_MM * TWIPS)
    edges = {
        "top": paper.ABOVE_MM,
        "right": paper.RIGHT_MM,
        "bottom": paper.BELOW_MM,
        "left": paper.LEFT_MM,
        "header": 7.0,
        "footer": 7.0,
        "gutter": 0.0,
    }
    margins = " ".join(f'w:{edge}="{round(mm * TWIPS)}"' for edge, mm in edges.items())
    return (
        '<w:sectPr><w:footerReference w:type="default" r:id="rId3"/>'
        f'<w:pgSz w:w="{width}" w:h="{height}" w:orient="landscape"/><w:pgMar {margins}/></w:sectPr>'
    )


def _core(title: str) -> str:
    moment = f"{now():%Y-%m-%dT%H:%M:%SZ}"
    return (
        '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{title}</dc:title><dc:creator>docflow</dc:creator>"
        f'<dcterms:created xsi:type="dcterms:W3CDTF">{moment}</dcterms:created></cp:coreProperties>'
    )
