"""Reads paper, margins and typefaces of a DOCX in a process that has given up almost everything (``files.warm`` forks it).

What it writes is JSON in millimetres, and is not trusted by whoever reads it.
"""

import json
import os
from typing import Any, BinaryIO

import docx
from docx.document import Document

from docflow.files.extract_child import contain, give_up_the_rest, judged, tell
from docflow.files.extract_terms import ExtractionLimits
from docflow.files.readers.source import Sink

_PARAGRAPHS = 5_000
_TYPEFACES = 20


def read_layout(limits: ExtractionLimits, parent: int) -> None:
    """The work of one child: the DOCX on standard input, its layout on standard output."""
    contain(limits)
    file = os.fdopen(0, "rb")
    give_up_the_rest(parent)

    def look() -> None:
        os.write(1, json.dumps(layout_of(file)).encode())

    reason, _ = judged(Sink(0), look)
    tell(reason, None)


def layout_of(file: BinaryIO) -> dict[str, Any]:
    """What the first section says, and every typeface that the text or its usual style names."""
    document = docx.Document(file)
    page = document.sections[0]
    sizes = {
        "width": page.page_width,
        "height": page.page_height,
        "top": page.top_margin,
        "bottom": page.bottom_margin,
        "left": page.left_margin,
        "right": page.right_margin,
    }
    told: dict[str, Any] = {name: round(size.mm, 1) for name, size in sizes.items() if size is not None}
    return {**told, "typefaces": _typefaces(document)}


def _typefaces(document: Document) -> list[str]:
    names: dict[str, None] = {}
    usual = document.styles["Normal"].font.name
    if usual:
        names[usual] = None
    for paragraph in document.paragraphs[:_PARAGRAPHS]:
        for run in paragraph.runs:
            if run.font.name and run.text.strip():
                names[run.font.name] = None
    return list(names)[:_TYPEFACES]
