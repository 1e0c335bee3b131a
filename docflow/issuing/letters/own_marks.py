"""Where the fields of a layout are: content controls and merge fields are made into `{{name}}`, like those in the text."""

import re
from collections.abc import Iterator

from lxml import etree

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
FIELD = re.compile(r"\{\{\s*([^{}%#|()\[\]<>.=\"']{1,60}?)\s*\}\}")
CODE = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|#\}|<%|\$\{")
_MERGE = re.compile(
    r'\s*MERGEFIELD\s+(?:"([^"\\]{1,60})"|([^\s"\\]{1,60}))\s*((?:\\\*\s*\w+|\\[bfmv]\s*"[^"]*")\s*)*', re.I
)
_ALLOWED = frozenset(
    {"PAGE", "NUMPAGES", "SECTION", "SECTIONPAGES", "TOC", "PAGEREF", "REF", "SEQ", "HYPERLINK"}
)
"""Codes of fields that count or point inside the document; every other one calculates, asks or fetches."""
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"


def paragraphs(tree: etree._Element) -> Iterator[etree._Element]:
    yield from tree.iter(f"{W}p")


def texts_of(paragraph: etree._Element) -> list[etree._Element]:
    """The texts of a paragraph, without those of a text box inside it."""
    return [text for text in paragraph.iter(f"{W}t") if next(text.iterancestors(f"{W}p"), None) is paragraph]


def normalise(tree: etree._Element) -> list[str]:
    """Make every named content control and merge field into `{{name}}`; what other codes there are that run."""
    for control in list(tree.iter(f"{W}sdt")):
        _unwrap(control)
    refused: list[str] = []
    for simple in list(tree.iter(f"{W}fldSimple")):
        instruction = simple.get(f"{W}instr", "")
        if merged := _MERGE.fullmatch(instruction):
            _replace_simple(simple, merged[1] or merged[2])
        elif _code(instruction) not in _ALLOWED:
            refused.append(instruction.strip()[:60])
    for root in list(tree.iter(f"{W}p")):
        refused.extend(_complex(root))
    return refused


def _code(instruction: str) -> str:
    return next(iter(instruction.split()), "").upper()


def _unwrap(control: etree._Element) -> None:
    """A control with a tag becomes a field; it, and the data that it is bound to, are gone."""
    tag = control.find(f"{W}sdtPr/{W}tag")
    content = control.find(f"{W}sdtContent")
    name = (tag.get(f"{W}val") or "").strip() if tag is not None else ""
    parent = control.getparent()
    if not name or content is None or parent is None:
        return
    run = _run(name, content.find(f".//{W}r"))
    first = content.find(f".//{W}p")
    if first is None:
        parent.replace(control, run)
        return
    _empty(first)
    first.append(run)
    block = first
    while block.getparent() is not content:
        block = block.getparent()
    if block.tag == f"{W}tc":
        for other in [one for one in block.iter(f"{W}p") if one is not first]:
            other.getparent().remove(other)
    elif block is not first:
        block = first
    parent.replace(control, block)


def _run(name: str, like: etree._Element | None) -> etree._Element:
    run = etree.Element(f"{W}r")
    look = like.find(f"{W}rPr") if like is not None else None
    if look is not None:
        for placeholder in look.findall(f"{W}rStyle"):
            look.remove(placeholder)
        run.append(look)
    text = etree.SubElement(run, f"{W}t")
    text.set(_SPACE, "preserve")
    text.text = f"{{{{{name}}}}}"
    return run


def _empty(paragraph: etree._Element) -> None:
    for child in list(paragraph):
        if child.tag != f"{W}pPr":
            paragraph.remove(child)


def _replace_simple(simple: etree._Element, name: str) -> None:
    parent = simple.getparent()
    if parent is not None:
        parent.replace(simple, _run(name, simple.find(f".//{W}r")))


def _complex(paragraph: etree._Element) -> list[str]:
    """Fields of several runs, ECMA-376-1, 17.16.18: begin, instruction, separate, result, end; all in one paragraph."""
    refused: list[str] = []
    depth, instruction, inside = 0, "", []  # type: tuple[int, str, list[etree._Element]]
    told = False
    for run in list(paragraph.iter(f"{W}r")):
        if next(run.iterancestors(f"{W}p"), None) is not paragraph:
            continue
        for piece in run:
            if piece.tag == f"{W}fldChar":
                kind = piece.get(f"{W}fldCharType")
                depth = max(0, depth + {"begin": 1, "end": -1}.get(kind or "", 0))
                told = told or kind == "separate"
            elif piece.tag == f"{W}instrText" and not told:
                instruction += piece.text or ""
        if depth > 0 or inside or instruction:
            inside.append(run)
        if depth <= 0 and inside:
            refused.extend(_settle(inside, instruction))
            depth, instruction, inside, told = 0, "", [], False
    if inside:
        refused.extend(_settle(inside, instruction))
    return refused


def _settle(runs: list[etree._Element], instruction: str) -> list[str]:
    merged = _MERGE.fullmatch(instruction)
    if not merged:
        allowed = _code(instruction) in _ALLOWED and sum(_begins(run) for run in runs) <= 1
        # What goes on in another paragraph, as a table of contents does, has no instruction of its own there.
        return [] if allowed or not instruction.strip() else [instruction.strip()[:60]]
    shown = _run(merged[1] or merged[2], runs[-2] if len(runs) > 1 else runs[0])
    runs[0].getparent().replace(runs[0], shown)
    for run in runs[1:]:
        run.getparent().remove(run)
    return []


def _begins(run: etree._Element) -> int:
    return sum(piece.get(f"{W}fldCharType") == "begin" for piece in run.findall(f"{W}fldChar"))
