"""Layouts as a province would make them, and as somebody who means harm would."""

import io
import zipfile
from collections.abc import Mapping

from docx import Document

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_BODY = "<w:body>"


def layout(body: str = "", *paragraphs: str, parts: Mapping[str, bytes] | None = None) -> bytes:
    """A DOCX with paragraphs of text, raw elements ``body`` before them, and parts replaced or added."""
    document = Document()
    for text in paragraphs:
        document.add_paragraph(text)
    out = io.BytesIO()
    document.save(out)
    return changed(out.getvalue(), body, parts or {})


def changed(content: bytes, body: str, parts: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as package,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for name in package.namelist():
            piece = package.read(name)
            if name == "word/document.xml" and body:
                piece = piece.decode().replace(_BODY, _BODY + body, 1).encode()
            made.writestr(name, parts.get(name, piece))
        for name in parts.keys() - set(package.namelist()):
            made.writestr(name, parts[name])
    return out.getvalue()


def part_of(content: bytes, name: str) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return package.read(name).decode()


def with_relation(kind: str, target: str, *, external: bool = False) -> bytes:
    """A layout with one more relationship of its document."""
    content = layout("", "{{trich_yeu}}")
    name = "word/_rels/document.xml.rels"
    mode = ' TargetMode="External"' if external else ""
    relation = (
        '<Relationship Id="rIdX" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/'
        f'{kind}" Target="{target}"{mode}/></Relationships>'
    )
    changed_relations = part_of(content, name).replace("</Relationships>", relation)
    return changed(content, "", {name: changed_relations.encode()})


def text_of(content: bytes) -> list[str]:
    """The paragraphs of a document, line breaks as line feeds."""
    return [paragraph.text for paragraph in Document(io.BytesIO(content)).paragraphs]


def run(text: str) -> str:
    return f"<w:r><w:t>{text}</w:t></w:r>"


def simple(instruction: str) -> str:
    return f"<w:p><w:fldSimple w:instr='{instruction}'>{run('x')}</w:fldSimple></w:p>"


def field(*instructions: str) -> str:
    """A complex field whose instruction is split over runs."""
    pieces = "".join(f"<w:r><w:instrText>{one}</w:instrText></w:r>" for one in instructions)
    begin, apart, end = (
        f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "separate", "end")
    )
    return f"<w:p>{begin}{pieces}{apart}{run('«x»')}{end}</w:p>"


def control(tag: str, content: str) -> str:
    return (
        f'<w:sdt><w:sdtPr><w:tag w:val="{tag}"/><w:dataBinding w:xpath="/a" w:storeItemID="{{1}}"/></w:sdtPr>'
        f"<w:sdtContent>{content}</w:sdtContent></w:sdt>"
    )
