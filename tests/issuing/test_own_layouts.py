"""A province's own layouts: where fields are, what is refused, and that values are text and nothing else."""

import io
import zipfile

import pytest

from docflow.issuing.letters import fields, own
from docflow.issuing.letters.own import LayoutRefused
from tests.issuing.layouts import (
    changed,
    control,
    field,
    layout,
    part_of,
    run,
    simple,
    text_of,
    with_relation,
)
from tests.issuing.letters import LETTER, REPORT

VALUES = fields.values_of(REPORT)


def refused_for(content: bytes) -> set[str]:
    with pytest.raises(LayoutRefused) as refused:
        own.fields_of(content)
    return {fault.code for fault in refused.value.faults}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<w:p>" + run("Số: {{so}}/x") + "</w:p>", "Số: 45/x"),
        ("<w:p>" + run("{{tr") + run("ich_") + run("yeu}} hết") + "</w:p>", REPORT.subject + " hết"),
        ("<w:p>" + run("A {") + run("{ Trích yếu }") + run("}") + "</w:p>", "A " + REPORT.subject),
        (simple("MERGEFIELD subject"), REPORT.subject),
        (simple('MERGEFIELD "trich_yeu" \\* MERGEFORMAT'), REPORT.subject),
        (field(" MERGE", "FIELD tri", "ch_yeu "), REPORT.subject),
        (control("subject", "<w:p>" + run("bấm vào đây") + "</w:p>"), REPORT.subject),
        ("<w:p>" + run("V/v ") + control("trich_yeu", run("x")) + "</w:p>", "V/v " + REPORT.subject),
        ("<w:p>" + run("{{so}}-{{SO}}-{{number}}") + "</w:p>", "45-45-45"),
    ],
)
def test_a_field_is_found_however_it_is_written(body: str, said: str) -> None:
    content = layout(body)
    assert own.fields_of(content) == (["number"] if "45" in said else ["subject"])
    filled = own.fill(content, VALUES)
    assert text_of(filled)[0] == said
    assert "dataBinding" not in part_of(filled, "word/document.xml")


def test_a_control_around_a_cell_keeps_the_cell() -> None:
    cell = control("so", "<w:tc><w:tcPr/><w:p>" + run("a") + "</w:p><w:p/></w:tc>")
    content = layout(f"<w:tbl><w:tblPr/><w:tblGrid/><w:tr>{cell}</w:tr></w:tbl>")
    xml = part_of(own.fill(content, VALUES), "word/document.xml")
    assert "<w:tc><w:tcPr/><w:p><w:r><w:t" in xml
    assert ">45</w:t>" in xml


def test_a_field_of_several_lines_repeats_its_paragraph_or_breaks_its_line() -> None:
    content = layout("", "{{noi_nhan}}", "Gồm: {{recipients}} hết")
    first, second, third, fourth, fifth = text_of(own.fill(content, VALUES))
    assert [first, second, third, fourth] == VALUES["recipients"].split("\n")
    assert fifth == f"Gồm: {VALUES['recipients']} hết"


def test_a_value_is_text_and_is_not_looked_through_for_fields() -> None:
    hostile = '</w:t></w:r><w:r><w:fldSimple w:instr="DDE"/> {{so}} & <b> \x00\x07'
    values = {**VALUES, "subject": hostile, "text": f"{hostile}\n{{{{nguoi_ky}}}}"}
    filled = own.fill(layout("", "{{trich_yeu}}", "{{noi_dung}}"), values)
    assert text_of(filled)[0].startswith('</w:t></w:r><w:r><w:fldSimple w:instr="DDE"/> {{so}} & <b>')
    assert text_of(filled)[2] == "{{nguoi_ky}}"
    assert "<w:fldSimple" not in part_of(filled, "word/document.xml")


def test_headers_have_fields_too_and_filling_keeps_every_part() -> None:
    content = layout("", "{{trich_yeu}}")
    name = "word/header1.xml"
    header = f'<w:hdr xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:p>{run("{{so}}")}</w:p></w:hdr>'
    relations = part_of(content, "word/_rels/document.xml.rels").replace(
        "</Relationships>",
        '<Relationship Id="rIdH" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/header"'
        ' Target="header1.xml"/></Relationships>',
    )
    content = changed(
        content, "", {name: header.encode(), "word/_rels/document.xml.rels": relations.encode()}
    )
    assert set(own.fields_of(content)) == {"subject", "number"}
    filled = own.fill(content, VALUES)
    assert ">45</w:t>" in part_of(filled, name)
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(io.BytesIO(filled)) as after:
        assert before.namelist() == after.namelist()
    assert filled == own.fill(content, VALUES)


def test_an_unknown_field_is_named_with_what_may_be_meant() -> None:
    with pytest.raises(LayoutRefused) as refused:
        own.fields_of(layout("", "{{trich_yeus}} {{khong_co}}"))
    first, second = refused.value.faults
    assert (first.code, first.what) == ("template_field_unknown", "trich_yeus")
    assert "trich_yeu" in first.near
    assert second.what == "khong_co"


@pytest.mark.parametrize(
    "body",
    [
        *(
            simple(code)
            for code in (
                'DDEAUTO c:\\\\x "y"', "DDE a b", "INCLUDETEXT x", "INCLUDEPICTURE http://x", "LINK Excel.Sheet x",
                "IF 1 = 1 a b", "MACROBUTTON x y", "DATABASE x", "IMPORT x", "FILLIN x", "MERGEFIELD a b c DDE",
            )
        ),
        field(" DDE", "AUTO ", "c:\\\\x"),
        field(" d", "d", "e a"),
        field('HYPERLINK "x" </w:instrText></w:r><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>DDE'),
        '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r></w:p><w:p><w:r><w:instrText>DDE x</w:instrText></w:r></w:p>',
        "<w:p>" + run("{% for x in y %}") + "</w:p>",
        "<w:p>" + run("{{ x.y }}") + "</w:p>",
        "<w:p>" + run("{{ so") + "</w:p>",
        "<w:p>" + run("{{ so|safe }}") + "</w:p>",
        "<w:p>" + run("${jndi}") + "</w:p>",
        control("so", "<w:p>" + field("DDEAUTO x y")[5:-6] + "</w:p>").replace('<w:tag w:val="so"/>', ""),
    ],
)  # fmt: skip
def test_whatever_calculates_asks_or_fetches_is_refused(body: str) -> None:
    assert refused_for(layout(body, "{{trich_yeu}}")) == {"template_has_code"}


@pytest.mark.parametrize("body", [simple("PAGE"), field(" NUM", "PAGES "), simple(" PAGE \\* MERGEFORMAT ")])
def test_a_page_number_is_no_harm(body: str) -> None:
    assert own.fields_of(layout(body, "{{trich_yeu}}")) == ["subject"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (layout("", "{{so}}", parts={"word/vbaProject.bin": b"x"}), "template_has_macros"),
        (with_relation("vbaProject", "vbaProject.bin"), "template_has_macros"),
        (with_relation("attachedTemplate", "http://x/y.dotm", external=True), "template_fetches"),
        (with_relation("image", "http://x/y.png", external=True), "template_fetches"),
        (with_relation("hyperlink", "file:///etc/passwd", external=True), "template_fetches"),
        (with_relation("oleObject", "embeddings/a.bin"), "template_has_objects"),
        (with_relation("aFChunk", "a.html"), "template_has_objects"),
        (layout("", "{{so}}", parts={"word/embeddings/a.bin": b"x"}), "template_has_objects"),
        (layout("", "{{so}}", parts={"word/activeX/activeX1.xml": b"<a/>"}), "template_has_objects"),
        (layout('<w:p><w:r><w:object/></w:r></w:p>', "{{so}}"), "template_has_objects"),
        (layout('<w:altChunk/>', "{{so}}"), "template_has_objects"),
        (layout("", "không có trường"), "template_without_fields"),
        (b"PK\x03\x04 no", "template_not_docx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "template_not_docx"),
        (layout("", "{{so}}", parts={"word/document.xml": b"<a/>"}), "template_not_docx"),
        (layout("", "{{so}}", parts={"word/document.xml": b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"}), "template_not_docx"),
        (layout("", "{{so}}", parts={"word/media/a.png": b"\0" * 40_000_000}), "template_not_docx"),
        (layout("", "{{so}}", parts={f"word/media/{one}.png": b"x" for one in range(500)}), "template_too_large"),
        (b"x" * (own.MAX_BYTES + 1), "template_too_large"),
    ],
)  # fmt: skip
def test_a_package_with_what_runs_or_is_fetched_or_swells_is_refused(content: bytes, code: str) -> None:
    assert code in refused_for(content)
    with pytest.raises(LayoutRefused):
        own.fields_of(content)


def test_a_link_that_only_a_click_follows_is_no_harm() -> None:
    assert own.fields_of(with_relation("hyperlink", "mailto:snv@tinh.example", external=True)) == ["subject"]


def test_a_source_of_a_mail_merge_is_refused() -> None:
    content = layout("", "{{so}}")
    settings = part_of(content, "word/settings.xml")
    start = settings.index(">", settings.index("<w:settings")) + 1
    bound = (
        settings[:start] + '<w:mailMerge><w:connectString w:val="DSN=x"/></w:mailMerge>' + settings[start:]
    )
    assert refused_for(changed(content, "", {"word/settings.xml": bound.encode()})) == {
        "template_has_data_source"
    }


def test_every_field_has_a_value_and_one_that_is_empty_is_missing() -> None:
    values = fields.values_of(LETTER)
    assert values.keys() == fields.names().keys()
    assert fields.missing(list(values), values) == []
    assert fields.missing(["text", "parent", "number"], {**values, "text": " ", "parent": ""}) == ["text"]
