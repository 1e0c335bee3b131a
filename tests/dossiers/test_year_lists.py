"""The year's list: who keeps it and sees it, copies, and the way through a file and back."""

import io
from typing import Any

import openpyxl
import pytest

from docflow.core.db import Sessions
from docflow.dossiers.errors import ListNotUsable
from docflow.dossiers.models import Retention
from docflow.dossiers.year_lists import read_list
from tests.conftest import SignIn
from tests.documents.registering import person_id, unit_id
from tests.dossiers.dossiers import HEADINGS, YEAR, heading, if_match, open_dossier, tags_of


async def test_the_list_is_kept_by_the_registry_and_seen_by_the_unit_and_above(
    sign_in: SignIn, sessions: Sessions
) -> None:
    clerk = await sign_in("datcv")
    made = await heading(clerk, sessions, keeper_id=await person_id(sessions, "maihtx"))
    assert made["keeper_name"] == "Hồ Thị Xuân Mai"
    sees = {}
    for name in ("maihtx", "nguyetdtm", "khaitq", "lienttb", "anpth", "huyvn"):
        answer = await (await sign_in(name)).get(HEADINGS, params={"year": YEAR})
        sees[name] = made["id"] in answer.text
    assert sees == {
        "maihtx": True,
        "nguyetdtm": True,
        "khaitq": True,
        "lienttb": False,
        "anpth": False,
        "huyvn": False,
    }
    worker = await sign_in("maihtx")
    refused = await worker.patch(f"{HEADINGS}/{made['id']}", json={"title": "x"}, headers=if_match(made))
    assert refused.status_code == 403
    foreign = await sign_in("lienttb")
    hidden = await foreign.patch(f"{HEADINGS}/{made['id']}", json={"title": "x"}, headers=if_match(made))
    assert hidden.status_code == 404


async def test_a_heading_changes_by_its_version_and_is_withdrawn_for_good(
    sign_in: SignIn, sessions: Sessions
) -> None:
    clerk = await sign_in("datcv")
    made = await heading(clerk, sessions)
    twice = await clerk.post(
        HEADINGS,
        json={
            "unit_id": made["unit_id"],
            "year": YEAR,
            "code": "01.TCCB",
            "title": "A",
            "retention": "years_5",
        },
    )
    assert (twice.status_code, twice.json()["code"]) == (409, "heading_taken")
    address = f"{HEADINGS}/{made['id']}"
    changed = await clerk.patch(address, json={"retention": "permanent"}, headers=if_match(made))
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    stale = await clerk.patch(address, json={"title": "B"}, headers=if_match(made))
    assert stale.status_code == 412
    gone = await clerk.post(f"{address}/withdrawal", headers=if_match(changed.json()))
    assert gone.json()["withdrawn"] is True
    opened = await clerk.post("/api/v1/dossiers", json={"heading_id": made["id"]})
    assert (opened.status_code, opened.json()["code"]) == (409, "heading_withdrawn")
    assert made["id"] not in (await clerk.get(HEADINGS)).text
    assert made["id"] in (await clerk.get(HEADINGS, params={"withdrawn": True})).text
    trail = await tags_of(sessions, made["id"])
    assert [tag for tag, _ in trail] == ["heading:listed", "heading:changed", "heading:changed"]
    assert trail[1][1]["changed"] == {"retention": ["years_70", "permanent"]}


async def test_the_keeper_of_a_heading_works_in_the_unit(sign_in: SignIn, sessions: Sessions) -> None:
    clerk = await sign_in("datcv")
    made = await heading(clerk, sessions)
    stranger = {"keeper_id": await person_id(sessions, "lienttb")}
    answer = await clerk.patch(f"{HEADINGS}/{made['id']}", json=stranger, headers=if_match(made))
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "keeper_not_of_the_unit")


async def test_last_years_list_begins_this_years_and_what_is_there_stays(
    sign_in: SignIn, sessions: Sessions
) -> None:
    clerk = await sign_in("datcv")
    unit = await unit_id(sessions, "SNV")
    for code in ("01.TCCB", "02.TCCB"):
        await heading(clerk, sessions, code, year=2025, title="Hồ sơ năm 2025")
    await heading(clerk, sessions, "02.TCCB", title="Đã có")
    body = {"unit_id": unit, "from_year": 2025, "to_year": YEAR}
    copied = await clerk.post(f"{HEADINGS}/copies", json=body)
    assert copied.json() == {"added": 1, "changed": 0, "unchanged": 1}
    again = await clerk.post(f"{HEADINGS}/copies", json=body)
    assert again.json()["added"] == 0
    rows = (await clerk.get(HEADINGS, params={"year": YEAR, "unit_id": unit})).json()["items"]
    assert [(row["code"], row["title"]) for row in rows] == [
        ("01.TCCB", "Hồ sơ năm 2026"),
        ("02.TCCB", "Đã có"),
    ]


async def test_pages_of_headings_hold_each_once(sign_in: SignIn, sessions: Sessions) -> None:
    clerk = await sign_in("datcv")
    for number in range(5):
        await heading(clerk, sessions, f"{number:02d}.VP", year=2025 + number % 2)
    found, cursor = [], None
    while True:
        page = (
            await clerk.get(HEADINGS, params={"limit": 2, **({"cursor": cursor} if cursor else {})})
        ).json()
        found += [(row["year"], row["code"]) for row in page["items"]]
        if not (cursor := page["next"]):
            break
    assert found == [(2026, "01.VP"), (2026, "03.VP"), (2025, "00.VP"), (2025, "02.VP"), (2025, "04.VP")]


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
async def test_an_exported_list_is_imported_into_another_year_as_it_was(
    sign_in: SignIn, sessions: Sessions, file_format: str
) -> None:
    clerk = await sign_in("datcv")
    keeper = await person_id(sessions, "maihtx")
    await heading(clerk, sessions, keeper_id=keeper)
    await heading(clerk, sessions, "02.TCCB", title="Hồ sơ; có dấu “,”", retention="years_5")
    unit = await unit_id(sessions, "SNV")
    taken = await clerk.get(
        f"{HEADINGS}/export", params={"unit_id": unit, "year": YEAR, "format": file_format}
    )
    assert taken.status_code == 200, taken.text

    async def put() -> Any:
        answer = await clerk.post(
            f"{HEADINGS}/import",
            params={"unit_id": unit, "year": 2027},
            content=taken.content,
            headers={"Content-Type": "application/octet-stream"},
        )
        return answer.json()

    assert await put() == {"added": 2, "changed": 0, "unchanged": 0}
    assert await put() == {"added": 0, "changed": 0, "unchanged": 2}
    rows = (await clerk.get(HEADINGS, params={"year": 2027})).json()["items"]
    assert [(row["code"], row["title"], row["retention"], row["keeper_id"]) for row in rows] == [
        ("01.TCCB", "Hồ sơ tuyển dụng công chức năm 2026", "years_70", keeper),
        ("02.TCCB", "Hồ sơ; có dấu “,”", "years_5", None),
    ]


async def test_an_import_with_one_bad_line_changes_nothing(sign_in: SignIn, sessions: Sessions) -> None:
    clerk = await sign_in("datcv")
    unit = await unit_id(sessions, "SNV")
    table = "code;title;retention;keeper\n01.A;Một;10 năm;\n02.A;Hai;10 năm;khongco\n"
    answer = await clerk.post(
        f"{HEADINGS}/import",
        params={"unit_id": unit, "year": YEAR},
        content=table.encode(),
        headers={"Content-Type": "application/octet-stream"},
    )
    assert answer.status_code == 422
    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [
        ("/lines/3/keeper", "keeper_not_of_the_unit")
    ]
    assert (await clerk.get(HEADINGS, params={"year": YEAR})).json()["items"] == []


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (";Một;10 năm", "field_empty"),
        ("01/A;Một;10 năm", "heading_code_not_valid"),
        ("01.A;Một;mãi mãi", "field_not_a_choice"),
        (f"01.A;{'x' * 301};10", "field_too_long"),
        ("00.A;Một;10 năm", "list_code_twice"),
        ("=cmd|x;Một;10", "manifest_formula"),
    ],
)
def test_a_bad_line_is_named(line: str, code: str) -> None:
    with pytest.raises(ListNotUsable) as met:
        read_list(f"Số và ký hiệu hồ sơ;Tiêu đề hồ sơ;Thời hạn bảo quản\n00.A;Không;5\n{line}\n".encode())
    assert [(field.pointer.split("/")[2], field.code) for field in met.value.fields] == [("3", code)]


def test_what_is_no_table_is_refused_as_a_whole() -> None:
    for content in (b"\xff\xfe\x00\x01", b"a;b;c\n1;2;3\n", b"", b"PK\x03\x04 no archive", b"x" * 5_000_000):
        with pytest.raises(ListNotUsable):
            read_list(content)


def test_retentions_are_read_in_either_language_and_as_numbers() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Code", "Title", "Retention"])
    for number, word in enumerate(("Vĩnh viễn", "permanent", 70, "20 năm", "5 years or less")):
        sheet.append([f"{number}.A", "Một", word])
    out = io.BytesIO()
    book.save(out)
    assert [one.retention for one in read_list(out.getvalue())] == [
        Retention.PERMANENT,
        Retention.PERMANENT,
        Retention.YEARS_70,
        Retention.YEARS_20,
        Retention.YEARS_5,
    ]


async def test_dossiers_under_one_heading_count_on(sign_in: SignIn, sessions: Sessions) -> None:
    clerk = await sign_in("datcv")
    made = await heading(clerk, sessions)
    codes = [(await open_dossier(clerk, made))["code"] for _ in range(3)]
    assert codes == ["01.TCCB", "01.TCCB/2", "01.TCCB/3"]
