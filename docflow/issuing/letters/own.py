"""A province's own layouts: DOCX with named fields, and nothing in it that runs or is fetched.

A field is written `{{trich_yeu}}` in the text, is the tag of a content control (w:sdt), or a MERGEFIELD. Everything is
judged by what is allowed: kinds of relationship, codes of fields and names; whatever else there is makes the layout
refused. Values are text: markup in them is text too, and nothing that they say is looked for fields again.
"""

import io
import zipfile
from collections.abc import Iterator

import msgspec
from lxml import etree

from docflow.files.extract_terms import Unreadable
from docflow.files.readers.package import Package
from docflow.issuing.letters.fields import find_field, near
from docflow.issuing.letters.own_marks import CODE, FIELD, W, normalise, paragraphs, texts_of
from docflow.issuing.letters.own_values import fill_paragraph

MAX_BYTES = 5 * 1024 * 1024
_UNPACKED = 24 * 1024 * 1024
_PARTS = 400
_RELATIONS = frozenset(
    [
        "officeDocument",
        "core-properties",
        "extended-properties",
        "custom-properties",
        "thumbnail",
        "styles",
        "stylesWithEffects",
        "settings",
        "webSettings",
        "fontTable",
        "font",
        "theme",
        "numbering",
        "header",
        "footer",
        "footnotes",
        "endnotes",
        "image",
        "hyperlink",
        "customXml",
        "customXmlProps",
        "people",
        "comments",
        "commentsExtended",
        "commentsIds",
        "commentsExtensible",
    ]
)
_TEXT_PARTS = frozenset({"officeDocument", "header", "footer", "footnotes", "endnotes"})
_HARMLESS_LINKS = ("http://", "https://", "mailto:")
_RUNNING = frozenset({"object", "control", "altChunk", "subDoc", "OLEObject", "movie", "frameset", "script"})
_MAIN = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"


class Fault(msgspec.Struct, frozen=True):
    """Why a file is no layout: a code of the catalogue and what it names."""

    code: str
    what: str = ""
    near: str = ""


class LayoutRefused(Exception):
    """The file is not taken as a layout."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(faults)
        self.faults = faults


def fields_of(content: bytes) -> list[str]:
    """English names of the fields of a layout, in order. Raises LayoutRefused with everything that is wrong."""
    trees = _trees(content)
    found: dict[str, None] = {}
    faults: list[Fault] = []
    for tree in trees.values():
        faults.extend(_running(tree))
        for written in _written(tree, faults):
            name = find_field(written)
            if name is None:
                faults.append(Fault("template_field_unknown", written[:80], ", ".join(near(written))))
            else:
                found[name] = None
    if not found and not faults:
        faults.append(Fault("template_without_fields"))
    if faults:
        raise LayoutRefused(*dict.fromkeys(faults))
    return list(found)


def fill(content: bytes, values: dict[str, str]) -> bytes:
    """The layout with its fields filled in. ``values`` by English name. Raises LayoutRefused as ``fields_of``."""
    filled: dict[str, bytes] = {}
    for part, tree in _trees(content).items():
        normalise(tree)
        for paragraph in list(paragraphs(tree)):
            fill_paragraph(paragraph, values)
        filled[part] = etree.tostring(tree, xml_declaration=True, encoding="UTF-8", standalone=True)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as package, zipfile.ZipFile(out, "w") as made:
        for name in dict.fromkeys(package.namelist()):
            part_info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            part_info.compress_type = zipfile.ZIP_DEFLATED
            made.writestr(part_info, filled.get(name) or package.read(name))
    return out.getvalue()


def _trees(content: bytes) -> dict[str, etree._Element]:
    """The parts that have text, by name. Raises LayoutRefused for what is no DOCX, too large, or holds what runs."""
    if len(content) > MAX_BYTES:
        raise LayoutRefused(Fault("template_too_large"))
    try:
        package = Package(io.BytesIO(content), _UNPACKED)
        names = package.names()
        if len(names) > _PARTS:
            raise LayoutRefused(Fault("template_too_large"))
        package.admit(*names)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_parts(archive, names)
            parts = _text_parts(archive, names)
            return {part: _parsed(archive.read(part)) for part in parts}
    except (Unreadable, zipfile.BadZipFile, OSError, ValueError, EOFError, etree.XMLSyntaxError) as error:
        raise LayoutRefused(Fault("template_not_docx")) from error


def _parsed(content: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    tree = etree.fromstring(content, parser)
    if tree.getroottree().docinfo.doctype:
        raise ValueError("doctype")
    return tree


def _check_parts(archive: zipfile.ZipFile, names: list[str]) -> None:
    """Refuse macros, embedded objects, controls and everything that is loaded from elsewhere."""
    faults: list[Fault] = []
    for name in names:
        lowered = name.lower()
        if "vbaproject" in lowered or "vbadata" in lowered:
            faults.append(Fault("template_has_macros", name))
        elif any(
            f"/{folder}/" in f"/{lowered}" for folder in ("embeddings", "activex", "customui", "afchunk")
        ):
            faults.append(Fault("template_has_objects", name))
        elif lowered.endswith(".rels"):
            faults.extend(_relations(archive, name))
        elif lowered.endswith("settings.xml"):
            faults.extend(_mail_merge(archive, name))
    types = archive.read("[Content_Types].xml") if "[Content_Types].xml" in names else b""
    if b"macroEnabled" in types:
        faults.append(Fault("template_has_macros", "[Content_Types].xml"))
    if faults:
        raise LayoutRefused(*dict.fromkeys(faults))


def _relations(archive: zipfile.ZipFile, name: str) -> Iterator[Fault]:
    for relation in _parsed(archive.read(name)):
        kind = relation.get("Type", "").rpartition("/")[2]
        target = relation.get("Target", "")
        clicked = kind == "hyperlink" and target.lower().startswith(_HARMLESS_LINKS)
        if kind == "vbaProject":
            yield Fault("template_has_macros", target[:80])
        elif relation.get("TargetMode") == "External" and not clicked:
            yield Fault("template_fetches", f"{kind}: {target[:80]}")
        elif kind not in _RELATIONS:
            yield Fault("template_has_objects", f"{kind}: {target[:80]}")


def _mail_merge(archive: zipfile.ZipFile, name: str) -> Iterator[Fault]:
    if _parsed(archive.read(name)).find(f"{W}mailMerge") is not None:
        yield Fault("template_has_data_source", "mailMerge")


def _text_parts(archive: zipfile.ZipFile, names: list[str]) -> list[str]:
    roots = [one for one in _parsed(archive.read("_rels/.rels")) if one.get("Type") == _MAIN]
    main = roots[0].get("Target", "").lstrip("/") if roots else ""
    if main not in names or _parsed(archive.read(main)).tag != f"{W}document":
        raise ValueError("no document")
    folder, _, file = main.rpartition("/")
    relations = f"{folder}/_rels/{file}.rels".lstrip("/")
    parts = [main]
    for one in _parsed(archive.read(relations)) if relations in names else ():
        if one.get("Type", "").rpartition("/")[2] in _TEXT_PARTS:
            target = one.get("Target", "")
            part = target.lstrip("/") if target.startswith("/") else f"{folder}/{target}".lstrip("/")
            if part in names and part not in parts:
                parts.append(part)
    return parts


def _running(tree: etree._Element) -> Iterator[Fault]:
    for element in tree.iter(etree.Element):
        name = etree.QName(element).localname
        if name in _RUNNING:
            yield Fault("template_has_objects", name)


def _written(tree: etree._Element, faults: list[Fault]) -> list[str]:
    """Names of fields as they are written; what is not one goes to ``faults``."""
    faults.extend(Fault("template_has_code", what) for what in normalise(tree))
    names: list[str] = []
    for paragraph in paragraphs(tree):
        text = "".join(part.text or "" for part in texts_of(paragraph))
        names.extend(found[1] for found in FIELD.finditer(text))
        rest = FIELD.sub("", text)
        if code := CODE.search(rest):
            faults.append(Fault("template_has_code", rest[code.start() :][:60]))
    return names
