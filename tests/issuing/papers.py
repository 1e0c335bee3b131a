"""What a made letter says and where, as text to be compared and read."""

import io
import zipfile
from xml.dom import minidom

import pypdfium2


def pdf_as_text(content: bytes) -> str:
    """Each line with its place in whole points from the lower left, page by page."""
    lines: list[str] = []
    document = pypdfium2.PdfDocument(content)
    try:
        for number, page in enumerate(document, 1):
            lines.append(f"— page {number} —")
            text = page.get_textpage()
            for place in range(text.count_rects()):
                left, bottom, right, top = text.get_rect(place)
                said = text.get_text_bounded(left, bottom, right, top).strip()
                lines.append(f"{left:4.0f} {bottom:4.0f}  {said}")
            text.close()
            page.close()
    finally:
        document.close()
    return "\n".join(lines) + "\n"


def docx_as_text(content: bytes) -> str:
    """The main part, element by element on lines of their own."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        made = minidom.parseString(package.read("word/document.xml")).toprettyxml(indent=" ")
    return "\n".join(line for line in made.splitlines() if line.strip()) + "\n"
