"""Filling in text fields of a signed PDF as an increment that its signatures allow (ISO 32000-1, 12.7.4.3).

The text is drawn with an embedded face, for no viewer is trusted to draw it alike; the field cannot be written into
afterwards. In a child only.
"""

import io
from collections.abc import Iterator
from typing import Any, BinaryIO

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.rw_common import PdfHandler

from docflow.core import clock
from docflow.printing.pdf_file import EmbeddedFace, PdfFile
from docflow.printing.typeface import Face
from docflow.signatures.keys import Refused
from docflow.signatures.terms import Fault
from docflow.signatures.validating import STUMBLES, Judge

_READ_ONLY = 1
_DEFAULT_PT = 13.0
_FONT_SIZE_BEFORE = "Tf"
_DEEPEST = 20


def fill(source: BinaryIO, texts: dict[str, str], judge: Judge) -> bytes:
    """The file with these fields filled in. Raises Refused when one is missing, or a signature would not stand."""
    try:
        before = {one.field for one in judge.judge(source).found if _stands(one)}
        source.seek(0)
        writer = IncrementalPdfFileWriter(source, strict=False)
        if writer.prev.encrypted:
            raise Refused(Fault.PDF_PROTECTED)
        fields = dict(text_fields(writer))
        if set(texts) - set(fields):
            raise Refused(Fault.FIELD_MISSING)
        for name, text in texts.items():
            _fill_field(writer, fields[name], text)
        out = io.BytesIO()
        writer.write(out)
    except STUMBLES:
        raise Refused(Fault.PDF_BROKEN) from None
    if before - {one.field for one in judge.judge(out).found if _stands(one)}:
        raise Refused(Fault.LOCKED)
    return out.getvalue()


def _stands(found: Any) -> bool:
    return bool(found.is_intact and found.change != "suspicious")


def text_fields(handler: PdfHandler) -> Iterator[tuple[str, Any]]:
    """Full name and place of every text field."""
    try:
        fields = handler.root["/AcroForm"]["/Fields"]
    except KeyError:
        return
    yield from _below(fields, "", 0)


def _below(fields: Any, above: str, depth: int) -> Iterator[tuple[str, Any]]:
    if depth > _DEEPEST:
        return
    for place in [fields.raw_get(number) for number in range(len(fields))]:
        field = place.get_object()
        own = field.get("/T")
        name = f"{above}.{own}" if above and own else str(own or above)
        if field.get("/FT") == "/Tx":
            yield name, place
        elif "/Kids" in field:
            yield from _below(field["/Kids"], name, depth + 1)


def _fill_field(writer: IncrementalPdfFileWriter, place: Any, text: str) -> None:
    field = place.get_object()
    flags = int(field.get("/Ff", 0))
    if flags & _READ_ONLY:
        raise Refused(Fault.LOCKED)
    field["/V"] = pdf_string(text)
    field["/Ff"] = generic.NumberObject(flags | _READ_ONLY)
    widgets = (
        [place]
        if "/Rect" in field
        else [field["/Kids"].raw_get(number) for number in range(len(field.get("/Kids", ())))]
    )
    for widget_place in widgets:
        widget = widget_place.get_object()
        drawn = _appearance(writer, widget, field, text)
        widget["/AP"] = generic.DictionaryObject({pdf_name("/N"): drawn})
        writer.mark_update(widget_place)
    writer.mark_update(place)


def _appearance(writer: IncrementalPdfFileWriter, widget: Any, field: Any, text: str) -> Any:
    left, bottom, right, top = (float(edge) for edge in widget["/Rect"])
    width, height = abs(right - left), abs(top - bottom)
    given = str(widget.get("/DA") or field.get("/DA") or "")
    page = _page_of(text, width, height, _size_of(given), int(widget.get("/Q", field.get("/Q", 0))))
    return writer.import_page_as_xobject(PdfFileReader(io.BytesIO(page)))


def _size_of(appearance: str) -> float:
    words = appearance.split()
    if _FONT_SIZE_BEFORE in words[1:]:
        try:
            size = float(words[words.index(_FONT_SIZE_BEFORE) - 1])
        except ValueError:
            return _DEFAULT_PT
        return size if 0 < size <= 72 else _DEFAULT_PT
    return _DEFAULT_PT


def _page_of(text: str, width: float, height: float, size: float, alignment: int) -> bytes:
    out = io.BytesIO()
    file, face = PdfFile(out), EmbeddedFace(Face.REGULAR)
    line = " ".join(text.split())
    taken = face.face.width(line, size)
    if taken > width > 0:
        size, taken = size * width / taken, width
    x = {0: 0.0, 1: (width - taken) / 2, 2: width - taken}.get(alignment, 0.0)
    y = max((height - size) / 2 + size * 0.22, 0.0)
    file.add_page(b"BT /R %.2f Tf %.2f %.2f Td <%b> Tj ET" % (size, x, y, face.shown(line)), width, height)
    number = file.write_face(face)
    file.write(file.resources, b"<< /Font << /R %d 0 R >> >>" % number)
    file.finish("", "vi", clock.now())
    return out.getvalue()
