"""What is seen of a signature: a picture and lines in Liberation Serif, set in the box (Decree 30, Appendix I, II.7-8).

The person's handwriting and the office's seal are transparent PNG; nothing is drawn under or around them.
"""

import io
from datetime import UTC, datetime

from PIL import Image
from pyhanko.pdf_utils.content import PdfContent, ResourceType
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.images import PdfImage
from pyhanko.pdf_utils.layout import (
    AxisAlignment,
    BoxConstraints,
    InnerScaling,
    Margins,
    SimpleBoxLayoutRule,
)
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.stamp import StaticStampStyle

from docflow.printing.pdf_file import EmbeddedFace, PdfFile
from docflow.printing.typeface import Face, wrapped
from docflow.signatures.terms import Box, Look

SEAL_MM = 36.0
"""Across, of a round seal of a state office."""
MILLIMETRE = 72 / 25.4
_LEADING = 1.18
_OFFICE_PT = 10.0
"""Size of the office's lines (Appendix I, II.8d)."""
_LARGEST_PT, _LEAST_PT = 11.0, 5.0
_LONGEST_SIDE = 1600
_PICTURE_SHARE = 0.6
"""Of the height of the box when there are lines below the picture."""


def seal_box(signature: Box) -> Box:
    """Where the seal goes: as large as a seal is, over a third of the signature at its left (Appendix I, II.8)."""
    left, bottom, right, top = signature
    size = SEAL_MM * MILLIMETRE
    edge = left + (right - left) / 3
    middle = (bottom + top) / 2
    return max(0.0, edge - size), middle - size / 2, max(0.0, edge - size) + size, middle + size / 2


def office_box(page_width: float, page_height: float) -> Box:
    """Where the office's lines go on the first page of an annex: its top right corner (Appendix I, II.8d)."""
    width, height, margin = 70 * MILLIMETRE, 16 * MILLIMETRE, 10 * MILLIMETRE
    return (
        page_width - margin - width,
        page_height - margin - height,
        page_width - margin,
        page_height - margin,
    )


def style_of(
    look: Look, box: Box, lines: tuple[str, ...], picture: bytes | None, made_at: datetime
) -> StaticStampStyle:
    """The appearance for a box; only its size matters here."""
    width, height = box[2] - box[0], box[3] - box[1]
    return StaticStampStyle(
        background=_Drawing(look, width, height, lines, picture, made_at),
        background_opacity=1.0,
        border_width=0,
        background_layout=SimpleBoxLayoutRule(
            x_align=AxisAlignment.ALIGN_MIN,
            y_align=AxisAlignment.ALIGN_MIN,
            margins=Margins.uniform(0),
            inner_content_scaling=InnerScaling.NO_SCALING,
        ),
    )


class _Drawing(PdfContent):
    def __init__(
        self,
        look: Look,
        width: float,
        height: float,
        lines: tuple[str, ...],
        picture: bytes | None,
        made_at: datetime,
    ) -> None:
        super().__init__(box=BoxConstraints(width=width, height=height))
        self._width, self._height = width, height
        self._lines = lines if look is not Look.SEAL else ()
        self._picture = picture if look is not Look.OFFICE else None
        self._size = _OFFICE_PT if look is Look.OFFICE else _LARGEST_PT
        self._centred = look is Look.PERSON
        self._made_at = made_at

    def render(self) -> bytes:
        parts: list[bytes] = []
        split = self._height * (1 - _PICTURE_SHARE) if self._lines and self._picture else 0.0
        if self._picture is not None:
            parts.append(self._draw_picture(self._picture, split))
        if self._lines:
            parts.append(self._draw_lines(split or self._height))
        return b" ".join(parts) or b"n"

    def _draw_picture(self, picture: bytes, bottom: float) -> bytes:
        with Image.open(io.BytesIO(picture), formats=("PNG",)) as opened:
            image = opened.convert("RGBA")
        image.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
        room = self._height - bottom
        scale = min(self._width / image.width, room / image.height)
        width, height = image.width * scale, image.height * scale
        drawn = PdfImage(image, writer=self.writer, box=BoxConstraints(width=width, height=height))
        shown = drawn.render()
        self.import_resources(drawn.resources)
        place = ((self._width - width) / 2, bottom + (room - height) / 2)
        return b"q 1 0 0 1 %.2f %.2f cm %b Q" % (*place, shown)

    def _draw_lines(self, top: float) -> bytes:
        page = _page_of(self._lines, self._width, top, self._size, self._centred, self._made_at)
        reader = PdfFileReader(io.BytesIO(page))
        drawn = self._ensure_writer.import_page_as_xobject(reader)
        self.set_resource(ResourceType.XOBJECT, pdf_name("/Lines"), drawn)
        return b"q /Lines Do Q"


def _page_of(
    lines: tuple[str, ...], width: float, height: float, size: float, centred: bool, made_at: datetime
) -> bytes:
    """A page as large as the lines' part of the box; they are made smaller until they fit."""
    while True:
        set_lines = [piece for line in lines for piece in wrapped(line, Face.REGULAR, size, width)]
        if len(set_lines) * size * _LEADING <= height or size <= _LEAST_PT:
            break
        size -= 0.5
    out = io.BytesIO()
    file, face = PdfFile(out), EmbeddedFace(Face.REGULAR)
    drawn, y = [], height
    for line in set_lines:
        y -= size * _LEADING
        x = (width - face.face.width(line, size)) / 2 if centred else 0.0
        drawn.append(b"BT /R %.2f Tf %.2f %.2f Td <%b> Tj ET" % (size, x, y + size * 0.25, face.shown(line)))
    file.add_page(b"\n".join(drawn), width, height)
    number = file.write_face(face)
    file.write(file.resources, b"<< /Font << /R %d 0 R >> >>" % number)
    file.finish("", "vi", made_at.astimezone(UTC))
    return out.getvalue()
