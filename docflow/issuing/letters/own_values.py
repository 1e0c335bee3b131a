"""Putting values where the fields of a layout are: text, and nothing but text."""

import copy
import re

from lxml import etree

from docflow.issuing.letters.fields import find_field
from docflow.issuing.letters.own_marks import FIELD, W, texts_of

_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_NOT_XML = re.compile("[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def fill_paragraph(paragraph: etree._Element, values: dict[str, str]) -> None:
    """Fill in the fields of one paragraph. One that is nothing but a field of several lines is repeated for each."""
    texts = texts_of(paragraph)
    whole = "".join(text.text or "" for text in texts)
    found = list(FIELD.finditer(whole))
    if not found:
        return
    parent = paragraph.getparent()
    if len(found) == 1 and found[0][0] == whole.strip() and parent is not None:
        lines = _value(found[0][1], values).split("\n")
        for line in lines[:-1]:
            before = copy.deepcopy(paragraph)
            paragraph.addprevious(before)
            _put(before, texts_of(before), [(found[0].span(), line)])
        _put(paragraph, texts, [(found[0].span(), lines[-1])])
        return
    _put(paragraph, texts, [(one.span(), _value(one[1], values)) for one in found])


def _value(written: str, values: dict[str, str]) -> str:
    name = find_field(written)
    return _NOT_XML.sub("", values[name]) if name else ""


def _put(
    paragraph: etree._Element, texts: list[etree._Element], places: list[tuple[tuple[int, int], str]]
) -> None:
    """Replace spans of the paragraph's text, from the last to the first, so that earlier places stay what they are."""
    starts: list[int] = []
    at = 0
    for text in texts:
        starts.append(at)
        at += len(text.text or "")
    for (first, end), value in reversed(places):
        for start, text in reversed(list(zip(starts, texts, strict=True))):
            content = text.text or ""
            low, high = max(first - start, 0), min(end - start, len(content))
            if low < high:
                begins_here = first >= start
                text.text = content[:low] + (value if begins_here else "") + content[high:]
                text.set(_SPACE, "preserve")
    for text in texts:
        _break_lines(text)


def _break_lines(text: etree._Element) -> None:
    first, *rest = (text.text or "").split("\n")
    text.text = first
    after = text
    for line in rest:
        pause, more = etree.Element(f"{W}br"), etree.Element(f"{W}t")
        more.text = line
        more.set(_SPACE, "preserve")
        after.addnext(pause)
        pause.addnext(more)
        after = more
