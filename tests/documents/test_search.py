"""Finding documents: what is looked for and what is found, in pages, on both plans of the query."""

import base64
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from docflow.core import paging
from tests.conftest import SignIn
from tests.documents.registering import DOCUMENTS, issue, paper, register, sample

Work = Callable[[], Awaitable[None]]
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


async def symbols_found(client: httpx.AsyncClient, q: str | None = None, **query: Any) -> set[str]:
    """The symbols in the first page; the total must agree with it."""
    asked = {"limit": 200, **({} if q is None else {"q": q}), **query}
    answer = await client.get(DOCUMENTS, params=asked)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    if q is not None:
        assert body["total"] == {"value": len(body["items"]), "relation": "eq"}
    return {row["symbol"] for row in body["items"]}


async def some_documents(clerk: httpx.AsyncClient) -> None:
    subjects = {
        "05/CT-UBND": "Về cải cách hành chính theo Quyết định 711-QĐ/TU",
        "06/CT-UBND": "Về kế hoạch cải tạo đường",
        "07/KH-UBND": "Kế hoạch hành chính công năm 2027",
        "711/BC-SNV": "Báo cáo tổng kết",
    }
    for number, (symbol, subject) in enumerate(subjects.items()):
        await register(clerk, symbol=symbol, subject=subject, files=paper(b"%d" % number))


SOUGHT = {
    "quyet dinh 711-QD/TU": {"05/CT-UBND"},
    "711-QĐ/TU": {"05/CT-UBND"},
    "711": {"05/CT-UBND", "711/BC-SNV"},
    "0711": {"05/CT-UBND", "711/BC-SNV"},
    "711/BC": {"711/BC-SNV"},
    "BC-SNV": {"711/BC-SNV"},
    "cải cách hành chính": {"05/CT-UBND"},
    "CẢI CÁCH": {"05/CT-UBND"},
    "cai cach": {"05/CT-UBND"},
    "cải": {"05/CT-UBND", "06/CT-UBND"},
    "hanh chinh": {"05/CT-UBND", "07/KH-UBND"},
    '"hành chính công"': {"07/KH-UBND"},
    '"công hành chính"': set(),
    "hành chính -công": {"05/CT-UBND"},
    'hành -"hành chính công"': {"05/CT-UBND"},
    "ke hoach": {"06/CT-UBND", "07/KH-UBND"},
    "duo*": {"06/CT-UBND"},
    "05/CT*": {"05/CT-UBND"},
    "Uỷ ban nhân dân": {"05/CT-UBND", "06/CT-UBND", "07/KH-UBND", "711/BC-SNV"},
    "khong-co-tu-nay": set(),
}


async def test_what_is_sought_is_found_and_nothing_else(sign_in: SignIn) -> None:
    clerk = await sign_in("anpth")
    await some_documents(clerk)
    for q, symbols in SOUGHT.items():
        assert await symbols_found(clerk, q) == symbols, q


async def test_odd_searches_are_answered_and_never_break(sign_in: SignIn) -> None:
    clerk = await sign_in("anpth")
    await some_documents(clerk)
    odd = [
        *(
            "-",
            "*",
            "''",
            '"',
            '"""',
            "()",
            "&|!<->",
            "\\",
            "'; DROP TABLE document; --",
            ":*",
            "a:*b",
            "%",
            "\0",
        ),
        *(
            "-cải",
            '-"cải cách"',
            "🏛",
            "ð",
            "\u202e711",
            "x" * 5000,
            "a " * 600,
            "711" * 400,
            "\n\t",
            "İ",
            "ß",
        ),
    ]
    for q in odd:
        answer = await clerk.get(DOCUMENTS, params={"q": q})
        assert answer.status_code == 200, q
    assert await symbols_found(clerk, "-cải") == set()
    assert await symbols_found(clerk, '"cải cách') == {"05/CT-UBND"}


async def test_an_empty_search_box_narrows_nothing(sign_in: SignIn) -> None:
    clerk = await sign_in("anpth")
    await some_documents(clerk)
    for q in ("", "  "):
        answer = await clerk.get(DOCUMENTS, params={"q": q})
        assert len(answer.json()["items"]) == 4


async def test_filters_narrow_list_and_search_alike(sign_in: SignIn) -> None:
    clerk = await sign_in("datcv")
    await register(
        clerk,
        symbol="05/CT-UBND",
        issued_on="2024-01-12",
        arrived_on="2024-02-01",
        urgency="flash",
        late_reason="Bổ sung",
    )
    await register(
        clerk,
        symbol="07/KH-UBND",
        issued_on="2024-03-01",
        arrived_on="2024-03-01",
        late_reason="Bổ sung",
        files=paper(b"2"),
    )
    await issue(clerk, files=paper(b"3"))
    by_filter: list[tuple[dict[str, str], set[str]]] = [
        ({}, {"05/CT-UBND", "07/KH-UBND", "01/BC-SNV"}),
        ({"direction": "incoming"}, {"05/CT-UBND", "07/KH-UBND"}),
        ({"direction": "outgoing"}, {"01/BC-SNV"}),
        ({"kind": "plan"}, {"07/KH-UBND"}),
        ({"kind": "poem"}, set()),
        ({"urgency": "flash"}, {"05/CT-UBND"}),
        ({"issued_to": "2024-01-12"}, {"05/CT-UBND"}),
        ({"issued_from": "2024-01-13", "issued_to": "2024-03-01"}, {"07/KH-UBND"}),
        ({"arrived_from": "2024-02-01", "arrived_to": "2024-02-01"}, {"05/CT-UBND"}),
        ({"direction": "outgoing", "kind": "plan"}, set()),
        ({"unit_id": "01997a3e-5b60-7c11-9c1e-0b7f1d2a4d01"}, set()),
    ]
    for filters, symbols in by_filter:
        assert await symbols_found(clerk, **filters) == symbols, filters
        assert await symbols_found(clerk, "cải cách", **filters) == symbols, filters


@pytest.mark.parametrize(
    ("name", "media_type"),
    [("chi-thi.pdf", "application/pdf"), ("chi-thi.docx", DOCX), ("directive.pdf", "application/pdf")],
)
async def test_the_text_of_the_file_is_found_when_it_was_read(
    sign_in: SignIn, work: Work, samples: Path, name: str, media_type: str
) -> None:
    clerk = await sign_in("anpth")
    document = await register(clerk, subject="Không nói gì", files=sample(samples, name, media_type))
    cited = ["711-QD/TU", "4651/KH-UBND", "39-NQ/TW", "45/BC-SNV"]
    assert await symbols_found(clerk, cited[0]) == set()
    await work()
    for q in cited:
        assert await symbols_found(clerk, q) == {"05/CT-UBND"}, q
    read = (await clerk.get(f"{DOCUMENTS}/{document['id']}")).json()
    assert read["files"][0]["text"] == "extracted"
    assert read["version"] == document["version"]


async def test_a_file_that_cannot_be_read_says_why_and_its_document_is_still_found(
    sign_in: SignIn, work: Work
) -> None:
    clerk = await sign_in("anpth")
    document = await register(clerk, files=paper(b"%PDF-1.7\nbroken", "chi-thi.pdf", "application/pdf"))
    await work()
    (file,) = (await clerk.get(f"{DOCUMENTS}/{document['id']}")).json()["files"]
    assert file["text"] == "failed"
    assert file["text_reason"]
    assert await symbols_found(clerk, "cải cách") == {"05/CT-UBND"}


async def test_a_new_version_replaces_the_text_that_is_searched(sign_in: SignIn, work: Work) -> None:
    clerk = await sign_in("anpth")
    document = await register(clerk, files=paper("xưa cũ".encode()))
    await work()
    assert await symbols_found(clerk, "xua cu") == {"05/CT-UBND"}
    await clerk.post(
        f"{DOCUMENTS}/{document['id']}/files", files=paper("tân thời".encode()), headers={"If-Match": '"1"'}
    )
    await work()
    assert await symbols_found(clerk, "xua cu") == set()
    assert await symbols_found(clerk, "tan thoi") == {"05/CT-UBND"}


async def walk(client: httpx.AsyncClient, **query: Any) -> list[str]:
    """The numbers of all pages, by their cursors."""
    numbers, cursor = [], None
    for _ in range(20):
        page = (
            await client.get(DOCUMENTS, params={**query, **({"cursor": cursor} if cursor else {})})
        ).json()
        assert (page["total"] is None) == (cursor is not None or "q" not in query)
        numbers += [row["number"] for row in page["items"]]
        cursor = page["next"]
        if cursor is None:
            return numbers
    raise AssertionError("the pages do not end")


@pytest.mark.parametrize("counted", [10_000, 3])
async def test_pages_are_complete_and_repeat_nothing_on_both_plans(
    sign_in: SignIn, monkeypatch: pytest.MonkeyPatch, counted: int
) -> None:
    monkeypatch.setattr(paging, "COUNTED", counted)
    clerk = await sign_in("anpth")
    for number in range(1, 12):
        await register(clerk, symbol=f"{number}/CT-UBND", files=paper(b"%d" % number))
    newest_first = [f"{number:02d}" for number in range(11, 0, -1)]
    for limit in (1, 4, 11, 12):
        assert await walk(clerk, limit=limit) == newest_first
        assert await walk(clerk, limit=limit, q="cải cách") == newest_first
    first = (await clerk.get(DOCUMENTS, params={"q": "cai", "limit": 1})).json()
    assert first["total"] == (
        {"value": 3, "relation": "gte"} if counted == 3 else {"value": 11, "relation": "eq"}
    )


async def test_a_document_that_arrives_between_two_pages_moves_nothing(sign_in: SignIn) -> None:
    clerk = await sign_in("anpth")
    for number in range(1, 5):
        await register(clerk, symbol=f"{number}/CT-UBND", files=paper(b"%d" % number))
    page = (await clerk.get(DOCUMENTS, params={"limit": 2})).json()
    await register(clerk, symbol="5/CT-UBND", files=paper(b"5"))
    rest = (await clerk.get(DOCUMENTS, params={"limit": 2, "cursor": page["next"]})).json()
    assert [row["number"] for row in page["items"] + rest["items"]] == ["04", "03", "02", "01"]


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode()


async def test_a_made_up_cursor_is_refused(sign_in: SignIn) -> None:
    clerk = await sign_in("anpth")
    made_up = [
        *("x", "zzzz", "ô", "====", "a" * 5000, encoded(b"[]"), encoded(b"null"), encoded(b"\xff")),
        encoded(b'["2024-01-01T00:00:00Z"]'),
        encoded(b'["2024-01-01T00:00:00Z","1"]'),
        encoded(b'["2024-01-01T00:00:00Z","01997a3e-5b60-7c11-9c1e-0b7f1d2a4d01",1]'),
        encoded(b'{"registered_at":"2024-01-01T00:00:00Z"}'),
    ]
    for cursor in made_up:
        for address in (DOCUMENTS, f"{DOCUMENTS}?q=cai"):
            answer = await clerk.get(address, params={"cursor": cursor})
            assert answer.status_code == 422, cursor
            assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [
                ("/cursor", "cursor_not_understood")
            ]


async def test_filters_that_say_nothing_sensible_are_refused_by_name(sign_in: SignIn) -> None:
    clerk = await sign_in("anpth")
    wrong = {
        "direction": "up",
        "unit_id": "1",
        "urgency": "soon",
        "issued_from": "2024-13-01",
        "arrived_to": "today",
        "limit": "0",
        "total": "perhaps",
    }
    for name, value in {**wrong}.items():
        answer = await clerk.get(DOCUMENTS, params={name: value})
        assert answer.status_code == 422, name
        assert [one["pointer"] for one in answer.json()["errors"]] == [f"/{name}"]
    for limit in ("201", "-1", "x"):
        assert (await clerk.get(DOCUMENTS, params={"limit": limit})).status_code == 422
    nul = await clerk.get(DOCUMENTS, params={"kind": "\0"})
    assert (nul.status_code, nul.json()["errors"][0]["code"]) == (422, "text_not_allowed")
