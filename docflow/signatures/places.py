"""Where a letter says that signature and seal belong: rectangles as named destinations (ISO 32000-2, 12.3.2.4)."""

import math
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from docflow.signatures.terms import Box

_DEEPEST = 30
_LEAST, _LARGEST = 10.0, 300.0
"""Sides of a box in points: nothing is seen of a smaller one, and a larger one hides what is signed."""


def find_place(reader: PdfFileReader, name: str) -> tuple[int, Box] | None:
    """Page, counted from 0, and rectangle of ``/Dests`` ``name``, ``[page /FitR left bottom right top]``.

    None where the file has none, or one that is no use: not upright on the page, too small or too large.
    """
    try:
        named = reader.root["/Dests"][f"/{name}"]
        page = named.raw_get(0)
        if named[1] != "/FitR" or not isinstance(page, generic.IndirectObject):
            return None
        left, bottom, right, top = (float(named[number]) for number in range(2, 6))
        number = _number_of(reader, page)
        around = _inherited(page.get_object(), "/MediaBox")
        x1, y1, x2, y2 = (float(edge) for edge in around)
    except (LookupError, TypeError, ValueError, AttributeError):
        return None
    fits = x1 <= left and y1 <= bottom and right <= x2 and top <= y2
    if not fits or not all(_LEAST <= side <= _LARGEST for side in (right - left, top - bottom)):
        return None
    return (number, (left, bottom, right, top)) if math.isfinite(left + top) else None


def _number_of(reader: PdfFileReader, page: generic.IndirectObject) -> int:
    """How many pages stand before it. Raises LookupError for one that is not in the tree."""
    number, below = 0, page
    for _ in range(_DEEPEST):
        if below.reference == reader.root.raw_get("/Pages").reference:
            break
        above = below.get_object().raw_get("/Parent")
        for kid in (
            above.get_object()["/Kids"].raw_get(at) for at in range(len(above.get_object()["/Kids"]))
        ):
            if kid.reference == below.reference:
                break
            number += int(kid.get_object().get("/Count", 1))
        below = above
    if number < 0 or reader.find_page_for_modification(number)[0].reference != page.reference:
        raise LookupError
    return number


def _inherited(page: Any, name: str) -> Any:
    """What a page has itself or from above. Raises LookupError."""
    for _ in range(_DEEPEST):
        if name in page:
            return page[name]
        page = page["/Parent"]
    raise LookupError
