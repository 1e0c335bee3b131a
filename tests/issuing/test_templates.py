"""Letters from a manuscript's record over HTTP, and a province's own layouts: added, seen, used, retired."""

import io
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from docx import Document

from docflow.files.service import FileStore
from docflow.issuing.errors import OfficeMissing
from docflow.issuing.service import templates as service
from docflow.issuing.service.templates_office import pdf_of
from tests.accounts.house import refused, told
from tests.issuing.layouts import layout, text_of
from tests.issuing.writing import AUTHOR, CLERK, HEAD, OTHER, Office

API = "/api/v1"
SignIn = Callable[[str], Awaitable[httpx.AsyncClient]]
TEXT = "Sở Nội vụ báo cáo như sau:\n1. Đã rà soát.\n2. Chưa có vướng mắc./."


async def add_layout(
    client: httpx.AsyncClient, unit_id: Any, content: bytes, **fields: str
) -> httpx.Response:
    form = {"unit_id": str(unit_id), "title": "Mẫu của Sở", **fields}
    return await client.post(f"{API}/letter-templates", data=form, files={"file": ("mau.docx", content)})


@pytest.fixture
async def manuscript(office: Office) -> Any:
    return await office.begin(body=TEXT, place="Trường Giang")


async def test_a_letter_is_looked_at_and_kept_as_a_version(sign_in: SignIn, manuscript: Any):
    author = await sign_in(AUTHOR)
    address = f"{API}/manuscripts/{manuscript.id}"
    paper = await author.get(f"{address}/preview.docx")
    assert paper.status_code == 200, paper.text
    said = "\n".join(text_of(paper.content))
    assert "Đã rà soát." in said
    page = await author.get(f"{address}/preview.pdf")
    assert page.content.startswith(b"%PDF")
    assert page.headers["content-type"].startswith("application/pdf")
    assert page.headers["content-disposition"].startswith("attachment")
    made = told(await author.post(f"{address}/versions/from-template", json={"format": "pdf"}), 201)
    assert (made["number"], made["origin"], made["media_type"]) == (1, "template", "application/pdf")
    kept = await author.get(f"{address}/versions/1/content")
    assert kept.content == page.content
    # The same record gives the same bytes, which are no new version.
    again = await author.post(f"{address}/versions/from-template", json={"format": "pdf", "newest": 1})
    refused(again, 409, "text_not_changed")


async def test_a_letter_of_others_is_not_there(sign_in: SignIn, manuscript: Any):
    other = await sign_in(OTHER)
    address = f"{API}/manuscripts/{manuscript.id}"
    for path in ("preview.pdf", "preview.docx"):
        refused(await other.get(f"{address}/{path}"), 404, "not_found")
    refused(await other.post(f"{address}/versions/from-template", json={}), 404, "not_found")


async def test_a_layout_is_added_seen_used_and_retired(sign_in: SignIn, office: Office):
    clerk, author, other = await sign_in(CLERK), await sign_in(AUTHOR), await sign_in(OTHER)
    unit = office.units["H99.02"]
    content = layout("", "{{co_quan_ban_hanh}}", "Số: {{so}}{{ky_hieu}}", "{{trich_yeu}}", "{{noi_dung}}")
    added = told(await add_layout(clerk, unit, content, kind="report"), 201)
    assert added["fields"] == ["issuer", "number", "after_number", "subject", "text"]
    assert (added["actions"], added["version"]) == (["template:administer"], 1)
    address = f"{API}/letter-templates/{added['id']}"
    assert (await author.get(f"{address}/content")).content == content
    assert [one["id"] for one in told(await author.get(f"{API}/letter-templates"))["items"]] == [added["id"]]
    assert told(await author.get(f"{API}/letter-templates", params={"kind": "notice"}))["items"] == []
    # Another department sees nothing of it.
    assert told(await other.get(f"{API}/letter-templates"))["items"] == []
    for path in ("", "/content"):
        refused(await other.get(address + path), 404, "not_found")
    manuscript = await office.begin(body=TEXT, place="Trường Giang", template_id=added["id"])
    letter = f"{API}/manuscripts/{manuscript.id}"
    made = told(await author.post(f"{letter}/versions/from-template", json={}), 201)
    said = text_of((await author.get(f"{letter}/versions/{made['number']}/content")).content)
    assert said == ["Sở Nội vụ", "Số: ……/BC-SNV", "Kết quả rà soát quý III", *TEXT.split("\n")]
    assert (await author.delete(address, headers={"if-match": '"1"'})).status_code == 403
    assert (await clerk.delete(address, headers={"if-match": '"9"'})).status_code == 412
    told(await clerk.delete(address, headers={"if-match": '"1"'}), 204)
    refused(await clerk.delete(address, headers={"if-match": '"2"'}), 409, "template_retired")
    assert told(await author.get(f"{API}/letter-templates"))["items"] == []
    assert len(told(await author.get(f"{API}/letter-templates", params={"retired": True}))["items"]) == 1


async def test_what_a_layout_asks_for_and_the_record_lacks_is_named(sign_in: SignIn, office: Office):
    clerk, author = await sign_in(CLERK), await sign_in(AUTHOR)
    content = layout("", "{{noi_dung}} {{dia_danh}} {{so}} {{co_quan_chu_quan}}")
    added = told(await add_layout(clerk, office.units["H99.02"], content), 201)
    manuscript = await office.begin(template_id=added["id"])
    answer = await author.get(f"{API}/manuscripts/{manuscript.id}/preview.docx")
    assert refused(answer, 409, "template_fields_missing")["facts"]["fields"] == "noi_dung, dia_danh"


async def test_a_file_that_is_no_layout_is_refused_with_everything_that_is_wrong(
    sign_in: SignIn, office: Office
):
    clerk = await sign_in(CLERK)
    content = layout("", "{{trich_yeus}} {% x %}")
    problem = refused(await add_layout(clerk, office.units["H99.02"], content), 422, "template_field_unknown")
    assert {one["code"] for one in problem["errors"]} == {"template_field_unknown", "template_has_code"}
    assert any("trich_yeu" in one["detail"] for one in problem["errors"])
    refused(await add_layout(clerk, office.units["H99.02"], b"no"), 422, "template_not_docx")


async def test_nobody_adds_a_layout_for_a_unit_that_is_not_theirs(sign_in: SignIn, office: Office):
    content = layout("", "{{trich_yeu}}")
    answer = await add_layout(await sign_in(CLERK), office.units["H99.03"], content)
    refused(answer, 403, "template_of_another_unit")
    assert (await add_layout(await sign_in(HEAD), office.units["H99.02"], content)).status_code == 403


async def test_the_fields_are_told(sign_in: SignIn):
    names = told(await (await sign_in(AUTHOR)).get(f"{API}/letter-templates/fields"))
    assert {"trich_yeu", "noi_dung", "so"} <= {one["name_vi"] for one in names}


async def test_without_an_office_program_that_is_said_clearly(
    office: Office, file_store: FileStore, sign_in: SignIn
):
    added = told(await add_layout(await sign_in(CLERK), office.units["H99.02"], layout("", "{{so}}")), 201)
    manuscript = await office.begin(template_id=added["id"])
    with pytest.raises(OfficeMissing):
        await office.as_(AUTHOR, service.preview, file_store, "no-such-program", manuscript.id, "pdf")


@pytest.mark.debian("/usr/lib/libreoffice/program/libswlo.so")
async def test_an_office_program_makes_the_pdf_of_an_own_layout():
    made = await pdf_of("soffice", layout("", "Xin chào"))
    assert made.startswith(b"%PDF")
    assert Document(io.BytesIO(layout("", "Xin chào"))).paragraphs[0].text == "Xin chào"
