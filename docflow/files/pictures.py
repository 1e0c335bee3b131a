"""Pages as pictures, in the child that gave everything up: of PDF files by PDFium, of images by Pillow.

Bounded before anything is unpacked: a picture of more pixels than the limit is refused, a page is drawn smaller.
"""

import ctypes
import io
import math

from PIL import (
    GifImagePlugin,
    Image,
    ImageOps,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from docflow.files.extract_terms import ExtractionReason, Unreadable
from docflow.files.pdfium import BEYOND_PASSWORDS, pdfium
from docflow.files.readers.source import Source

PLUGINS = (GifImagePlugin, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin)
"""Loaded here and now; no other format is ever tried."""

PIXELS_UNPACKED = 120_000_000
"""An A3 page at 600 dots per inch has 70 million."""

PIXELS_DRAWN = 25_000_000
POINTS_PER_INCH = 72
OCR_DOTS_PER_INCH = 300
_LEAST_DOTS, _MOST_DOTS = 150, 450
_OBJECTS_LOOKED_AT = 500
_OCR_LONG_SIDE = 2000
_OCR_ENLARGED = 3
_FORMATS = ("GIF", "JPEG", "PNG", "TIFF")
_TALLEST = 4
"""Times the width: a till roll is shown down to there."""

Image.MAX_IMAGE_PIXELS = None  # refused below, before a pixel is unpacked


def frames_of(source: Source) -> int:
    """How many pages an image has: those of a TIFF; anything else is one picture. Raises `Unreadable`."""
    with _opened(source) as image:
        _refuse_enormous(image)
        return int(getattr(image, "n_frames", 1)) if image.format == "TIFF" else 1


def frame(source: Source, page: int, width: int | None) -> Image.Image:
    """A page of an image, ``width`` pixels wide or as large as it is, on white. Raises `Unreadable`."""
    with _opened(source) as image:
        if page > 1:
            try:
                image.seek(page - 1)
            except EOFError:
                raise Unreadable(ExtractionReason.BROKEN) from None
        if image.width * image.height > PIXELS_UNPACKED:
            raise Unreadable(ExtractionReason.EXPANDS_TOO_FAR)
        if width is not None and image.format == "JPEG":
            image.draft("RGB", (width, width))  # it may yet be turned by a quarter
        return _on_white(ImageOps.exif_transpose(image))


def pdf_page(source: Source, page: int, *, width: int | None, grey: bool) -> Image.Image:
    """A page of a PDF, ``width`` pixels wide or at the resolution for recognising text. Raises `Unreadable`."""
    buffer = source.buffer
    whole = (ctypes.c_char * len(buffer)).from_buffer(buffer)
    document = pdfium.FPDF_LoadMemDocument64(whole, len(buffer), None)
    if not document:
        locked = pdfium.FPDF_GetLastError() in BEYOND_PASSWORDS
        raise Unreadable(ExtractionReason.PASSWORD_PROTECTED if locked else ExtractionReason.BROKEN)
    loaded = pdfium.FPDF_LoadPage(document, page - 1)
    if not loaded:
        raise Unreadable(ExtractionReason.BROKEN)
    points = pdfium.FPDF_GetPageWidthF(loaded), pdfium.FPDF_GetPageHeightF(loaded)
    if not all(0 < side < math.inf for side in points):
        raise Unreadable(ExtractionReason.BROKEN)
    scale = width / points[0] if width else _resolution(loaded, points) / POINTS_PER_INCH
    return _drawn(loaded, *_within(points[0] * scale, points[1] * scale), grey=grey)


def for_recognition(picture: Image.Image) -> bytes:
    """A grey PGM that is large enough to be read and small enough to be held."""
    grey = picture.convert("L")
    longest = max(grey.size)
    if longest < _OCR_LONG_SIDE:
        factor = min(_OCR_LONG_SIDE / longest, _OCR_ENLARGED)
        grey = grey.resize(
            (round(grey.width * factor) or 1, round(grey.height * factor) or 1), Image.Resampling.BICUBIC
        )
    elif grey.width * grey.height > PIXELS_DRAWN:
        grey.thumbnail(_within(*grey.size), reducing_gap=2.0)
    return b"P5 %d %d 255\n" % grey.size + grey.tobytes()


def preview(picture: Image.Image, width: int) -> bytes:
    """A WebP of this width, or of its own when it is narrower."""
    wide = min(width, picture.width)
    size = wide, max(1, min(round(picture.height * wide / picture.width), wide * _TALLEST))
    if size != picture.size:
        kept = min(picture.height, round(picture.width * _TALLEST))
        picture = picture.resize(
            size, Image.Resampling.LANCZOS, (0, 0, picture.width, kept), reducing_gap=2.0
        )
    packed = io.BytesIO()
    picture.save(packed, "WEBP", quality=80, method=2)
    return packed.getvalue()


def rehearse() -> None:
    """Open, turn and pack one picture of each format, so that nothing is left to be loaded later."""
    for kind in _FORMATS:
        packed = io.BytesIO()
        if kind == "TIFF":
            Image.new("1", (16, 16)).save(packed, kind, compression="group4")
        else:
            Image.new("RGB", (16, 16)).save(packed, kind)
        source = Source.of_bytes(packed.getvalue())
        frames_of(source)
        preview(frame(source, 1, 8), 8)
        for_recognition(frame(source, 1, None))


def _refuse_enormous(image: Image.Image) -> None:
    if image.width * image.height > PIXELS_UNPACKED:
        raise Unreadable(ExtractionReason.EXPANDS_TOO_FAR)


def _opened(source: Source) -> Image.Image:
    """Not by its descriptor: a library behind Pillow would make a second one, and there are none to be had."""
    try:
        return Image.open(io.BytesIO(source.buffer), formats=_FORMATS)
    except UnidentifiedImageError:
        raise Unreadable(ExtractionReason.WRONG_TYPE) from None


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode.startswith(("I", "F")):
        image = (
            image.point(lambda value: value / 256).convert("L")
            if image.mode.startswith("I;16")
            else image.convert("L")
        )
    if image.mode in {"L", "RGB"}:
        return image
    if image.has_transparency_data:
        clear = image.convert("RGBA")
        paper = Image.new("RGB", clear.size, "white")
        paper.paste(clear, mask=clear.getchannel("A"))
        return paper
    return image.convert("L" if image.mode == "1" else "RGB")


def _resolution(page: object, points: tuple[float, float]) -> float:
    """Dots per inch for recognition: those of the scan that fills the page, for drawing it at others blurs letters."""
    for number in range(min(pdfium.FPDFPage_CountObjects(page), _OBJECTS_LOOKED_AT)):
        thing = pdfium.FPDFPage_GetObject(page, number)
        if pdfium.FPDFPageObj_GetType(thing) != pdfium.FPDF_PAGEOBJ_IMAGE:
            continue
        left, bottom, right, top = (ctypes.c_float() for _ in range(4))
        wide, high = ctypes.c_uint(), ctypes.c_uint()
        if pdfium.FPDFPageObj_GetBounds(
            thing, left, bottom, right, top
        ) and pdfium.FPDFImageObj_GetImagePixelSize(thing, wide, high):
            width, height = right.value - left.value, top.value - bottom.value
            own = POINTS_PER_INCH * wide.value / width if width > 0 else 0.0
            fills = width * height > points[0] * points[1] / 2
            if fills and _LEAST_DOTS <= own <= _MOST_DOTS:
                return own
    return OCR_DOTS_PER_INCH


def _within(width: float, height: float) -> tuple[int, int]:
    """The same shape with no more pixels than are drawn."""
    shrunk = min(1.0, math.sqrt(PIXELS_DRAWN / max(width * height, 1.0)))
    return max(1, round(width * shrunk)), max(1, round(height * shrunk))


def _drawn(page: object, width: int, height: int, *, grey: bool) -> Image.Image:
    bytes_per_pixel, kind = (1, pdfium.FPDFBitmap_Gray) if grey else (4, pdfium.FPDFBitmap_BGRx)
    stride = width * bytes_per_pixel
    pixels = bytearray(stride * height)
    memory = (ctypes.c_ubyte * len(pixels)).from_buffer(pixels)
    bitmap = pdfium.FPDFBitmap_CreateEx(width, height, kind, memory, stride)
    pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, 0xFFFFFFFF)
    flags = pdfium.FPDF_ANNOT | (pdfium.FPDF_GRAYSCALE if grey else 0)
    pdfium.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, flags)
    if grey:
        return Image.frombuffer("L", (width, height), pixels, "raw", "L", stride, 1)
    return Image.frombuffer("RGB", (width, height), pixels, "raw", "BGRX", stride, 1)
