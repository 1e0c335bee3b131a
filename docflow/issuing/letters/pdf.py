"""A letter as PDF. The same facts give the same bytes."""

import io
from collections.abc import Sequence
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY
from reportlab.lib.fonts import addMapping
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfdoc, pdfmetrics
from reportlab.pdfbase.acroform import PDFFromString
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageBreak, PageTemplate, Paragraph, Spacer

from docflow.issuing.letters import columns, phrases
from docflow.issuing.letters import measures as m
from docflow.issuing.letters.columns import Block, Field
from docflow.issuing.letters.facts import Box, Letter, LetterFacts
from docflow.issuing.letters.markup import Look, Run, paragraphs_of
from docflow.printing.typeface import FONTS, Face

_RULE = 0.75
_ROMAN = {Face.REGULAR: "Times-Roman", Face.ITALIC: "Times-Italic"}
"""What a viewer writes digits into a field with: two of the fourteen typefaces that every viewer has."""


def make_pdf(facts: LetterFacts) -> Letter:
    """The letter, A4; fields for number and date while either is not known, and where the pictures of a signature go."""
    _faces()
    out = io.BytesIO()
    marks = _Marks()
    document = BaseDocTemplate(
        out,
        pagesize=(m.PAGE_WIDTH, m.PAGE_HEIGHT),
        title=" ".join(filter(None, ("" if facts.is_official_letter else facts.kind_name, facts.subject))),
        author=facts.issuer,
        lang=facts.language,
        displayDocTitle=1,
        initialFontName=Face.REGULAR.value,
        creator="docflow",
        producer="docflow",
        invariant=1,
    )
    frame = Frame(
        m.LEFT, m.BOTTOM, m.TEXT_WIDTH, m.PAGE_HEIGHT - m.TOP - m.BOTTOM, 0, 0, 0, 0, showBoundary=0
    )
    document.addPageTemplates(PageTemplate(frames=[frame], onPage=_number_page))
    document.build(_story(facts, marks), canvasmaker=_canvas)
    assert marks.box is not None
    return Letter(
        content=out.getvalue(),
        signature_box=marks.box,
        seal_box=_seal(marks.box),
        page=marks.page,
        page_count=document.page,
        has_fields=facts.number is None or facts.issued_on is None,
    )


@cache
def _faces() -> None:
    for face in Face:
        pdfmetrics.registerFont(TTFont(face.value, str(FONTS / f"{face}.ttf")))
    family = {(0, 0): Face.REGULAR, (1, 0): Face.BOLD, (0, 1): Face.ITALIC, (1, 1): Face.BOLD_ITALIC}
    for face in Face:
        for (bold, italic), name in family.items():
            addMapping(face.value, bold, italic, name.value)


def _canvas(*given: Any, **named: Any) -> Canvas:
    canvas = Canvas(*given, **named)
    canvas._doc.info.invariant = 1
    return canvas


class _Marks:
    """Where the signature came to stand."""

    box: Box | None = None
    page: int = 0


def _story(facts: LetterFacts, marks: _Marks) -> list[Flowable]:
    story: list[Flowable] = [_Placed(columns.head(facts)), Spacer(0, 8)]
    if not facts.is_official_letter:
        story.extend(_title(phrases.kind(facts), facts.subject))
    story.extend(_salutation(facts))
    text = _text(facts.text)
    if text:
        text[-1].keepWithNext = 1
    story.extend([*text, *_foot(facts, marks)])
    for annex in facts.annexes:
        story.append(PageBreak())
        story.append(Paragraph(_marked([Run(annex.title.upper(), True)]), _CENTRED))
        story.append(Paragraph(escape(phrases.annex_note(facts)), _NOTE))
        story.extend(_text(annex.text))
    return story


def _title(kind: str, subject: str) -> list[Flowable]:
    """The kind in capitals, the subject, a line beneath (II.5)."""
    named = Paragraph(_marked([Run(kind, True)]), _CENTRED)
    lines = columns.balanced(subject, Face.BOLD, m.SUBJECT, m.TEXT_WIDTH)
    about = Paragraph("<br/>".join(_marked([Run(line, True)]) for line in lines), _SUBJECT)
    return [named, about, Spacer(0, 3), _Line(), Spacer(0, 8)]


def _salutation(facts: LetterFacts) -> list[Flowable]:
    if not facts.addressees:
        return []
    word, lines = phrases.salutation(facts), phrases.addressee_lines(facts)
    if len(lines) == 1:
        return [Paragraph(escape(f"{word} {lines[0]}"), _ADDRESSED), Spacer(0, 4)]
    several = [Paragraph(escape(line), _ADDRESSEE) for line in lines]
    return [Paragraph(escape(word), _SALUTATION), *several, Spacer(0, 4)]


def _text(text: str) -> list[Flowable]:
    return [Paragraph(_marked(paragraph.runs), _STYLES[paragraph.look]) for paragraph in paragraphs_of(text)]


def _marked(runs: Sequence[Run]) -> str:
    return "".join(f"<b>{escape(run.text)}</b>" if run.bold else escape(run.text) for run in runs)


def _foot(facts: LetterFacts, marks: _Marks) -> list[Flowable]:
    """Signer and recipients side by side; recipients for whom no room is left go on below and on the next page."""
    lines = list(phrases.recipient_lines(facts))
    first, rest = lines[:_BESIDE], lines[_BESIDE:]
    more = [
        _Placed(columns.recipients(facts, rest[at : at + _BESIDE], headed=False))
        for at in range(0, len(rest), _BESIDE)
    ]
    return [_Foot(facts, first, marks), *more]


_BESIDE = 30
"""Lines of the list of recipients that stay together with the signer."""


class _Placed(Flowable):  # type: ignore[misc]
    """Lines at their places, as wide as the page's text."""

    def __init__(self, block: Block) -> None:
        super().__init__()
        self.block = block

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        return width, self.block.height

    def draw(self) -> None:
        _draw(self.canv, self.block, self.block.height)


class _Foot(Flowable):  # type: ignore[misc]
    def __init__(self, facts: LetterFacts, lines: Sequence[str], marks: _Marks) -> None:
        super().__init__()
        self.named = columns.recipients(facts, lines, headed=True)
        self.signer, self.begins = columns.signer(facts)
        self.marks = marks
        self.height = max(self.named.height, self.signer.height)

    def getSpaceBefore(self) -> float:  # noqa: N802  (the library's name)
        return 10.0

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        return width, self.height

    def draw(self) -> None:
        _draw(self.canv, self.named, self.height)
        _draw(self.canv, self.signer, self.height)
        middle = m.TEXT_WIDTH - m.TEXT_WIDTH * 0.24
        top = self.height - self.begins - (m.SIGNING_SPACE - m.SIGNATURE_HEIGHT) / 2
        x, y = self.canv.absolutePosition(middle - m.SIGNATURE_WIDTH / 2, top - m.SIGNATURE_HEIGHT)
        self.marks.box = Box(*_rounded(x, y, x + m.SIGNATURE_WIDTH, y + m.SIGNATURE_HEIGHT))
        self.marks.page = self.canv.getPageNumber() - 1
        # The rectangles as named destinations (ISO 32000-2, 12.3.2.4), for whoever signs the file later.
        places = {"signature": self.marks.box, "seal": _seal(self.marks.box)}
        page, fit = self.canv._doc.thisPageRef(), pdfdoc.PDFName("FitR")
        self.canv._doc.Catalog.Dests = pdfdoc.PDFDictionary(
            {name: pdfdoc.PDFArray([page, fit, *place]) for name, place in places.items()}
        )


class _Line(Flowable):  # type: ignore[misc]
    """A line in the middle, beneath the subject."""

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        return width, 4.0

    def draw(self) -> None:
        length = 100.0
        self.canv.setLineWidth(_RULE)
        self.canv.line((m.TEXT_WIDTH - length) / 2, 1, (m.TEXT_WIDTH + length) / 2, 1)


def _draw(canvas: Canvas, block: Block, height: float) -> None:
    for text in block.texts:
        canvas.setFont(text.face.value, text.size)
        canvas.drawString(text.x, height - text.y, text.text)
    canvas.setLineWidth(_RULE)
    for rule in block.rules:
        canvas.line(rule.x, height - rule.y, rule.x + rule.width, height - rule.y)
    for field in block.fields:
        _add_field(canvas, field, height)


def _add_field(canvas: Canvas, field: Field, height: float) -> None:
    """A form field without border or colour, whose base line is that of the digits around it (ISO 32000-2, 12.7.5.3)."""
    form = canvas.acroForm
    short = _add_font(form, field.face)
    x, y = canvas.absolutePosition(field.x, height - field.y)
    box = _rounded(x, y - field.size * 0.3, x + field.width, y + field.size * 0.95)
    shown = form.makeStream(round(field.width, 2), round(box[3] - box[1], 2), "")
    widget = pdfdoc.PDFDictionary(
        {
            "Type": pdfdoc.PDFName("Annot"),
            "Subtype": pdfdoc.PDFName("Widget"),
            "FT": pdfdoc.PDFName("Tx"),
            "T": pdfdoc.PDFString(field.name),
            "V": pdfdoc.PDFString(""),
            "F": 4,
            "Q": field.align,
            "MaxLen": 8 if field.name == "number" else 4 if field.name == "year" else 2,
            "DA": pdfdoc.PDFString(f"/{short} {field.size:g} Tf 0 g"),
            "Rect": pdfdoc.PDFArray(box),
            "P": canvas._doc.thisPageRef(),
            "AP": pdfdoc.PDFDictionary({"N": form.getRef(shown)}),
        }
    )
    canvas._addAnnotation(widget)
    form.fields.append(form.getRef(widget))


def _add_font(form: Any, face: Face) -> str:
    """The short name of the face for fields; all of them in one dictionary, where the library writes one for each."""
    _, short = form.makeFont(_ROMAN[face])
    known = [form.makeFont(name) for name in _ROMAN.values()]
    fonts = " ".join(f"/{name} {reference}" for reference, name in known)
    form.extras["DR"] = PDFFromString(f"<< /Font << {fonts} >> >>")
    return str(short)


def _rounded(*numbers: float) -> tuple[float, ...]:
    return tuple(round(number, 2) for number in numbers)


def _seal(box: Box) -> Box:
    right = box.x1 + m.SIGNATURE_WIDTH / 3
    middle = (box.y1 + box.y2) / 2
    return Box(*_rounded(right - m.SEAL, middle - m.SEAL / 2, right, middle + m.SEAL / 2))


def _number_page(canvas: Canvas, document: BaseDocTemplate) -> None:
    if canvas.getPageNumber() > 1:
        canvas.setFont(Face.REGULAR.value, m.PAGE_NUMBER)
        canvas.drawCentredString(m.PAGE_WIDTH / 2, m.PAGE_HEIGHT - 12 * m.MM, str(canvas.getPageNumber()))


_BODY = ParagraphStyle(
    "body",
    fontName=Face.REGULAR.value,
    fontSize=m.BODY,
    leading=m.BODY * m.LEADING,
    alignment=TA_JUSTIFY,
    firstLineIndent=m.INDENT,
    spaceBefore=m.BETWEEN,
    allowWidows=0,
    allowOrphans=0,
)
_CENTRED = ParagraphStyle("centred", _BODY, alignment=TA_CENTER, firstLineIndent=0, keepWithNext=1)
_SUBJECT = ParagraphStyle("subject", _CENTRED, spaceBefore=0, fontSize=m.SUBJECT, keepWithNext=0)
_NOTE = ParagraphStyle("note", _CENTRED, fontName=Face.ITALIC.value, spaceBefore=0, spaceAfter=m.BETWEEN)
_ADDRESSED = ParagraphStyle("addressed", _BODY, alignment=TA_CENTER, firstLineIndent=0)
_SALUTATION = ParagraphStyle(
    "salutation", _BODY, alignment=0, firstLineIndent=0, leftIndent=70, keepWithNext=1
)
_ADDRESSEE = ParagraphStyle(
    "addressee", _BODY, alignment=0, leftIndent=130, firstLineIndent=-8, spaceBefore=0
)
_STYLES = {
    Look.PLAIN: _BODY,
    Look.HEADING: ParagraphStyle("heading", _BODY, fontName=Face.BOLD.value, keepWithNext=1),
    Look.CENTRED: ParagraphStyle("middle", _CENTRED, fontName=Face.BOLD.value),
    Look.BASIS: ParagraphStyle("basis", _BODY, fontName=Face.ITALIC.value),
}
