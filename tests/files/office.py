"""Spreadsheets, slides, OpenDocument files and pictures made for tests, honest and hostile ones."""

import io
import struct
import zlib
from collections.abc import Mapping, Sequence

from PIL import Image

from tests.files.papers import RELATIONS, pdf_of, relations, stream, zip_of

S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
P = "http://schemas.openxmlformats.org/presentationml/2006/main"
A = "http://schemas.openxmlformats.org/drawingml/2006/main"
_ODF = "urn:oasis:names:tc:opendocument:xmlns:"
ODF = " ".join(
    f'xmlns:{prefix}="{_ODF}{name}:1.0"'
    for prefix, name in {
        "office": "office",
        "text": "text",
        "table": "table",
        "draw": "drawing",
        "style": "style",
    }.items()
)


def xlsx_with(
    sheets: Mapping[str, str],
    strings: Sequence[str] = (),
    styles: str = "",
    parts: Mapping[str, str | bytes] | None = None,
) -> bytes:
    """A workbook of sheets by name, each the XML of its rows."""
    named = "".join(
        f'<sheet name="{name}" sheetId="{number + 1}" r:id="rId{number}"/>'
        for number, name in enumerate(sheets)
    )
    shared = "".join(f"<si>{text if text.startswith('<') else f'<t>{text}</t>'}</si>" for text in strings)
    files = [("worksheet", f"worksheets/sheet{number}.xml") for number in range(len(sheets))]
    return zip_of(
        {
            "_rels/.rels": relations(("officeDocument", "xl/workbook.xml")),
            "xl/workbook.xml": f'<workbook xmlns="{S}" xmlns:r="{RELATIONS}"><sheets>{named}</sheets></workbook>',
            "xl/_rels/workbook.xml.rels": relations(
                *files, ("sharedStrings", "sharedStrings.xml"), ("styles", "styles.xml")
            ),
            "xl/sharedStrings.xml": f'<sst xmlns="{S}">{shared}</sst>',
            "xl/styles.xml": f'<styleSheet xmlns="{S}">{styles}</styleSheet>',
            **{
                f"xl/worksheets/sheet{number}.xml": f'<worksheet xmlns="{S}"><sheetData>{rows}</sheetData></worksheet>'
                for number, rows in enumerate(sheets.values())
            },
            **(parts or {}),
        }
    )


def pptx_with(*slides: str, notes: Mapping[int, str] | None = None) -> bytes:
    """A presentation of slides, each the XML of its text body; the files lie in the reverse order of the show."""
    count = len(slides)
    ids = "".join(f'<p:sldId id="{256 + number}" r:id="rId{count - 1 - number}"/>' for number in range(count))
    parts: dict[str, str | bytes] = {
        "_rels/.rels": relations(("officeDocument", "ppt/presentation.xml")),
        "ppt/presentation.xml": (
            f'<p:presentation xmlns:p="{P}" xmlns:r="{RELATIONS}"><p:sldIdLst>{ids}</p:sldIdLst></p:presentation>'
        ),
        "ppt/_rels/presentation.xml.rels": relations(
            *(("slide", f"slides/slide{number}.xml") for number in reversed(range(count)))
        ),
    }
    for number, body in enumerate(slides):
        parts[f"ppt/slides/slide{number}.xml"] = f'<p:sld xmlns:p="{P}" xmlns:a="{A}">{body}</p:sld>'
    for number, body in (notes or {}).items():
        parts[f"ppt/slides/_rels/slide{number}.xml.rels"] = relations(
            ("notesSlide", f"../notes/n{number}.xml")
        )
        parts[f"ppt/notes/n{number}.xml"] = f'<p:notes xmlns:p="{P}" xmlns:a="{A}">{body}</p:notes>'
    return zip_of(parts)


def line(text: str) -> str:
    """A paragraph of a slide."""
    return f"<a:p><a:r><a:t>{text}</a:t></a:r></a:p>"


def odf_with(
    kind: str, body: str, margins: str = "", parts: Mapping[str, str | bytes] | None = None
) -> bytes:
    """An OpenDocument file whose body is of this kind: text, spreadsheet or presentation."""
    content = f"<office:document-content {ODF}><office:body><office:{kind}>{body}</office:{kind}></office:body></office:document-content>"
    return zip_of(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}",
            "content.xml": content,
            "styles.xml": f"<office:document-styles {ODF}>{margins}</office:document-styles>",
            **(parts or {}),
        }
    )


def picture(image: Image.Image, kind: str, **options: object) -> bytes:
    packed = io.BytesIO()
    image.save(packed, kind, **options)
    return packed.getvalue()


def png_that_swells(side: int) -> bytes:
    """A few kilobytes that claim, and would unpack to, a square of this many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(1 + side)) for _ in range(min(side, 2000))) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def scanned_pdf(*pages: Image.Image | str) -> bytes:
    """A PDF whose pages are grey pictures that fill them, or lines of text in a layer."""
    kids = b" ".join(b"%d 0 R" % (4 + 3 * number) for number in range(len(pages)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, len(pages)),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    ]
    for number, page in enumerate(pages):
        first = 4 + 3 * number
        resources = b"/Resources<</Font<</T 3 0 R>>/XObject<</I %d 0 R>>>>" % (first + 2)
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]%s/Contents %d 0 R>>" % (resources, first + 1)
        )
        if isinstance(page, str):
            said = b" T* ".join(b"(%s) Tj" % text.encode("cp1252") for text in page.splitlines())
            objects += [stream(b"BT /T 12 Tf 14 TL 72 770 Td %s ET" % said), b"null"]
            continue
        grey = page.convert("L")
        entries = (
            b"/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/FlateDecode"
            % grey.size
        )
        objects += [stream(b"q 595 0 0 842 0 0 cm /I Do Q"), stream(zlib.compress(grey.tobytes()), entries)]
    return pdf_of(objects)
