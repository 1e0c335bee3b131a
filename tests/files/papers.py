"""Small PDF and DOCX files written byte by byte, honest and hostile ones, for the tests of text extraction."""

import io
import zipfile
import zlib
from collections.abc import AsyncIterator, Mapping

from docflow.files.children import Children
from docflow.files.extraction import (
    Extraction,
    ExtractionLimits,
    ExtractionReason,
    ExtractionStatus,
    Mark,
    extract,
)

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
HELVETICA = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"


def pdf_of(objects: list[bytes]) -> bytes:
    """A PDF with these objects, numbered from 1; the first is the catalogue."""
    out = bytearray(b"%PDF-1.7\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(out)


def stream(data: bytes, entries: bytes = b"") -> bytes:
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (entries, len(data), data)


def pdf_with(*pages: str, claimed_pages: int | None = None) -> bytes:
    """A PDF whose pages have these lines of Latin text, in a font that is not embedded."""
    kids = b" ".join(b"%d 0 R" % (4 + 2 * number) for number in range(len(pages)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, len(pages) if claimed_pages is None else claimed_pages),
        HELVETICA,
    ]
    for number, page in enumerate(pages):
        lines = b" T* ".join(b"(%s) Tj" % line.encode("cp1252") for line in page.splitlines())
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</T 3 0 R>>>>/Contents %d 0 R>>"
            % (5 + 2 * number)
        )
        objects.append(stream(b"BT /T 12 Tf 14 TL 72 770 Td %s ET" % lines if lines else b""))
    return pdf_of(objects)


def pdf_that_laughs(depth: int) -> bytes:
    """One page whose form calls a form ten times, which calls a form ten times, and so on, down to a word."""
    form = b"/Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources<</XObject<</F %d 0 R>>/Font<</T 3 0 R>>>>"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[4 0 R]/Count 1>>",
        HELVETICA,
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</XObject<</F 6 0 R>>>>/Contents 5 0 R>>",
        stream(b"/F Do " * 10),
    ]
    objects += [stream(b"/F Do " * 10, form % (7 + level)) for level in range(depth)]
    objects.append(stream(b"BT /T 12 Tf 72 700 Td (ha) Tj ET", form % 6))
    return pdf_of(objects)


def pdf_that_swells(mebibytes: int) -> bytes:
    """One page whose contents are a few kilobytes of Flate and so many mebibytes of spaces."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(b" " * (1 << 20)) for _ in range(mebibytes)) + packer.flush()
    return pdf_of(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>",
            stream(packed, b"/Filter/FlateDecode"),
        ]
    )


def zip_of(parts: Mapping[str, str | bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return packed.getvalue()


def relations(*pairs: tuple[str, str]) -> str:
    rows = "".join(
        f'<Relationship Id="rId{number}" Type="{RELATIONS}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(pairs)
    )
    return f'<Relationships xmlns="{PACKAGE}">{rows}</Relationships>'


def story(root: str, body: str, before: str = "") -> str:
    return f'{before}<w:{root} xmlns:w="{W}">{body}</w:{root}>'


def paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def docx_with(body: str, before: str = "", parts: Mapping[str, str] | None = None) -> bytes:
    """A DOCX with this body; `parts` are further stories by relationship kind and number (`header1`)."""
    parts = parts or {}
    return zip_of(
        {
            "_rels/.rels": relations(("officeDocument", "word/document.xml")),
            "word/document.xml": story("document", f"<w:body>{body}</w:body>", before),
            "word/_rels/document.xml.rels": relations(
                *((name.rstrip("0123456789"), f"{name}.xml") for name in parts)
            ),
            **{f"word/{name}.xml": xml for name, xml in parts.items()},
        }
    )


async def in_pieces(content: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


CHILDREN = Children()
"""One warm process for all tests: each file still gets a child of its own."""


async def text_of(content: bytes, media_type: str, **limits: int) -> Extraction:
    pieces = in_pieces(content, 1 << 16)
    return await extract(pieces, media_type, ExtractionLimits(**limits), children=CHILDREN)


def failed(reason: ExtractionReason, *marks: Mark) -> Extraction:
    return Extraction(ExtractionStatus.FAILED, "", reason, marks=frozenset(marks))
