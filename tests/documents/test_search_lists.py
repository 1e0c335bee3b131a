"""Lists: filters, orders, chosen columns, excerpts, suggestions, facets and exports, as the API gives them."""

import io
import re
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from openpyxl import load_workbook
from sqlalchemy import text

from docflow.core import paging
from docflow.core.db import Sessions, transaction
from docflow.documents.queries import search as searching
from docflow.documents.service import exports
from tests.conftest import SignIn
from tests.documents.registering import DOCUMENTS, issue, paper, person_id, register

Work = Callable[[], Awaitable[None]]
EXPORT = f"{DOCUMENTS}/export"
FACETS = f"{DOCUMENTS}/facets"
ORDERS = ("newest", "oldest", "issued", "due", "number", "symbol")


async def listing(client: httpx.AsyncClient, **query: Any) -> dict[str, Any]:
    answer = await client.get(DOCUMENTS, params={name: one for name, one in query.items() if one is not None})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def symbols(client: httpx.AsyncClient, **query: Any) -> list[str]:
    return [row["symbol"] for row in (await listing(client, **query))["items"]]


async def facets(client: httpx.AsyncClient, **query: Any) -> dict[str, dict[str, int]]:
    """The counts of each facet. Of those that part the documents the sum must be the total."""
    answer = await client.get(FACETS, params=query)
    assert answer.status_code == 200, answer.text
    told = {}
    for facet in answer.json()["facets"]:
        counts = {one["value"]: one["count"] for one in facet["values"]}
        if facet["facet"] != "status":
            assert sum(counts.values()) + facet["others"] == facet["total"]["value"], facet
        told[facet["facet"]] = counts
    return told


async def test_each_filter_narrows_to_what_it_says(sign_in: SignIn, sessions: Sessions) -> None:
    clerk = await sign_in("datcv")
    first = await register(
        clerk,
        symbol="05/CT-UBND",
        issuer="Sở Tài chính",
        signer_name="Nguyễn Văn Ánh",
        issued_on="2024-01-12",
    )
    second = await register(
        clerk, symbol="07/KH-UBND", issuer="Sở Tài chính tỉnh", signer_name="Lê Thị Hạnh", files=paper(b"2")
    )
    async with transaction(sessions) as session:
        await session.execute(
            text("UPDATE document SET registered_at = '2024-03-01T16:59:59Z' WHERE id = :id"),
            {"id": first["id"]},
        )
        await session.execute(
            text("UPDATE document SET voided_at = now() WHERE id = :id"), {"id": second["id"]}
        )
        register_id = await session.scalar(
            text("SELECT register_id FROM document WHERE id = :id"), {"id": first["id"]}
        )
    one, other, both = {"05/CT-UBND"}, {"07/KH-UBND"}, {"05/CT-UBND", "07/KH-UBND"}
    expected: list[tuple[dict[str, Any], set[str]]] = [
        ({"issuer": "so tai chinh"}, one),
        ({"issuer": "Sở  Tài chính TỈNH"}, other),
        ({"issuer": "tài chính"}, set()),
        ({"signer": "van anh"}, one),
        ({"signer": "Hạnh"}, other),
        ({"signer": "Han"}, set()),
        ({"signer": "%"}, set()),
        ({"register_id": register_id}, both),
        ({"register_id": "01997a3e-5b60-7c11-9c1e-0b7f1d2a4d01"}, set()),
        ({"source": "upload"}, both),
        ({"source": "mail"}, set()),
        ({"status": "void"}, other),
        ({"status": "unread"}, set()),
        ({"late": "false"}, both),
        ({"registered_to": "2024-03-01"}, one),
        ({"registered_to": "2024-02-29"}, set()),
        ({"registered_from": "2024-03-02"}, other),
        ({"registered_from": "2024-03-01", "registered_to": "9999-12-31"}, both),
        ({"cites": "01997a3e-5b60-7c11-9c1e-0b7f1d2a4d01"}, set()),
        ({"issued_from": "0001-01-01", "issued_to": "2024-01-12"}, one | other),
        ({"issuer": "so tai chinh", "signer": "anh", "kind": "directive", "late": "false"}, one),
    ]
    for query, wanted in expected:
        assert set(await symbols(clerk, **query)) == wanted, query
        assert set(await symbols(clerk, **query, q="cai cach")) == wanted, query
        assert set(await symbols(clerk, **query, total=True)) == wanted, query


async def test_status_is_of_the_askers_own_receipts(sign_in: SignIn, sessions: Sessions) -> None:
    clerk, leader, other = await sign_in("anpth"), await sign_in("khaitq"), await sign_in("thuyhtt")
    document = await register(clerk)
    ids = [await person_id(sessions, name) for name in ("khaitq", "thuyhtt")]
    address = f"{DOCUMENTS}/{document['id']}"
    await clerk.post(f"{address}/routes", json={"role": "information", "person_ids": ids})
    for status in ("unread", "waiting"):
        assert await symbols(leader, status=status) == ["05/CT-UBND"]
        assert await symbols(clerk, status=status) == []
    await leader.get(address)
    assert await symbols(leader, status="unread") == []
    assert await symbols(leader, status="waiting") == ["05/CT-UBND"]
    assert (await facets(leader))["status"] == {"unread": 0, "waiting": 1, "acknowledged": 0, "void": 0}
    await leader.post(f"{address}/acknowledgement")
    assert await symbols(leader, status="acknowledged") == ["05/CT-UBND"]
    assert await symbols(leader, status="waiting") == []
    assert await symbols(other, status="unread") == ["05/CT-UBND"]


async def test_every_order_shows_each_document_once_while_others_are_added(
    sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk = await sign_in("anpth")
    for number in range(1, 10):
        await register(
            clerk,
            symbol=f"{number * 3 % 10 + 7}/CT-UBND",
            issued_on=f"2024-01-{number * 7 % 9 + 1:02d}",
            due_on=f"2099-01-{number % 4 + 1:02d}" if number % 3 else None,
            files=paper(b"%d" % number),
        )
    added = 100
    for counted in (10_000, 4):
        monkeypatch.setattr(paging, "COUNTED", counted)
        for query in [{"sort": order} for order in ORDERS] + [
            {"q": "cải cách", "sort": order} for order in (*ORDERS, "relevance")
        ]:
            before = {row["id"] for row in (await listing(clerk, limit=200))["items"]}
            seen: list[str] = []
            cursor = None
            for _ in range(50):
                page = await listing(clerk, **query, limit=4, cursor=cursor)
                seen += [row["id"] for row in page["items"]]
                cursor = page["next"]
                if cursor is None:
                    break
                if len(seen) == 4:
                    added += 1
                    await register(clerk, symbol=f"{added}/CT-UBND", files=paper(b"x%d" % added))
            assert cursor is None
            assert len(seen) == len(set(seen)), query
            assert before <= set(seen), query


async def test_what_is_remembered_of_a_reader_changes_no_list(
    sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a reader who sees few documents the index is asked at once; with the third document it is no longer few."""
    clerk = await sign_in("datcv")
    monkeypatch.setattr(searching, "FEW", 2)
    monkeypatch.setattr(searching, "_sees_few", {})
    known: list[list[bool]] = []
    expected: list[str] = []
    for number in range(1, 5):
        await register(clerk, symbol=f"{number}/KH-UBND", files=paper(str(number).encode()))
        expected.insert(0, f"{number}/KH-UBND")
        for _ in range(2):
            assert await symbols(clerk) == expected
            assert await symbols(clerk, sort="oldest", limit=1) == expected[-1:]
            assert (await listing(clerk, total="true"))["total"] == {"value": number, "relation": "eq"}
        known.append(list(searching._sees_few.values()))
    assert known == [[True], [True], [False], [False]]


async def test_orders_are_what_they_say(sign_in: SignIn) -> None:
    clerk = await sign_in("anpth")
    facts = [("9/CT-UBND", "2024-01-03", "2099-05-01"), ("10/CT-UBND", "2024-01-01", None)]
    facts += [("2/CT-UBND", "2024-01-02", "2099-04-01")]
    for place, (symbol, issued_on, due_on) in enumerate(facts):
        await register(clerk, symbol=symbol, issued_on=issued_on, due_on=due_on, files=paper(b"%d" % place))
    nine, ten, two = (symbol for symbol, _, _ in facts)
    expected = {
        "newest": [two, ten, nine],
        "oldest": [nine, ten, two],
        "number": [nine, ten, two],
        "issued": [nine, two, ten],
        "due": [two, nine, ten],
        "symbol": [two, nine, ten],
    }
    for order, wanted in expected.items():
        assert await symbols(clerk, sort=order) == wanted, order
    answer = await clerk.get(DOCUMENTS, params={"sort": "relevance"})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "relevance_without_search")
    cursor = (await listing(clerk, sort="number", limit=1))["next"]
    assert (await clerk.get(DOCUMENTS, params={"cursor": cursor})).status_code == 422


async def test_exact_accents_stand_above_folded_words_and_a_subject_above_a_text(
    sign_in: SignIn, work: Work
) -> None:
    clerk = await sign_in("anpth")
    await register(clerk, symbol="1/CT-UBND", subject="Việc má", files=paper(b"1"))
    await register(clerk, symbol="2/CT-UBND", subject="Không", files=paper("Cây mạ ngoài đồng".encode()))
    await register(clerk, symbol="3/CT-UBND", subject="Gieo mạ vụ xuân", files=paper(b"3"))
    await register(clerk, symbol="4/CT-UBND", subject="Lẽ khác", note="ma", files=paper(b"4"))
    await work()
    ranked = await symbols(clerk, q="mạ", sort="relevance")
    assert ranked[:2] == ["3/CT-UBND", "2/CT-UBND"]
    assert set(ranked) == {"1/CT-UBND", "2/CT-UBND", "3/CT-UBND", "4/CT-UBND"}
    assert (await symbols(clerk, q="ma", sort="relevance"))[-1] == "2/CT-UBND"
    assert (await symbols(clerk, q="má", sort="relevance"))[0] == "1/CT-UBND"


async def test_of_too_many_hits_the_newest_are_ranked_and_that_is_told(
    sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk = await sign_in("anpth")
    for number in range(1, 9):
        await register(clerk, symbol=f"{number}/CT-UBND", files=paper(b"%d" % number))
    monkeypatch.setattr(paging, "COUNTED", 5)
    monkeypatch.setattr(searching, "RANKED", 6)
    page = await listing(clerk, q="cải cách", sort="relevance", limit=4)
    assert page["ranked"] == 6
    assert page["total"] == {"value": 5, "relation": "gte"}
    rest = await listing(clerk, q="cải cách", sort="relevance", limit=4, cursor=page["next"])
    assert [row["symbol"] for row in page["items"] + rest["items"]] == [
        f"{number}/CT-UBND" for number in range(8, 2, -1)
    ]
    assert rest["next"] is None


async def test_only_the_chosen_columns_are_told(sign_in: SignIn) -> None:
    clerk = await sign_in("anpth")
    await register(clerk, note="Ghi chú", signer_name="Lê Thị Hạnh")
    (row,) = (await listing(clerk, columns="symbol, note,signer_name"))["items"]
    assert row.keys() == {"id", "symbol", "note", "signer_name"}
    (row,) = (await listing(clerk, columns="number", q="cải cách"))["items"]
    assert row.keys() == {"id", "number", "excerpts"}
    answer = await clerk.get(DOCUMENTS, params={"columns": "symbol,readers"})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "column_not_known")


async def test_excerpts_show_where_the_words_stand_and_are_never_markup(sign_in: SignIn, work: Work) -> None:
    clerk = await sign_in("anpth")
    await register(
        clerk,
        subject="Về <b>cải cách</b> & hành chính",
        note="Ghi: cải   cách",
        files=paper("Trang một.\fTrang hai nói về <script>CẢI CÁCH</script> hành chính".encode()),
    )
    (row,) = (await listing(clerk, q='"cai cach"'))["items"]
    assert [one["place"] for one in row["excerpts"]] == ["subject", "note"]
    await work()
    (row,) = (await listing(clerk, q='"cai cach" hành'))["items"]
    by_place = {one["place"]: one["html"] for one in row["excerpts"]}
    assert by_place["subject"] == "Về &lt;b&gt;<mark>cải cách</mark>&lt;/b&gt; &amp; <mark>hành</mark> chính"
    assert by_place["note"] == "Ghi: <mark>cải cách</mark>"
    assert "&lt;script&gt;<mark>CẢI CÁCH</mark>&lt;/script&gt; <mark>hành</mark>" in by_place["text"]
    for html in by_place.values():
        assert "<" not in re.sub("</?mark>", "", html)
    (row,) = (await listing(clerk, q="cải cách", excerpts=False))["items"]
    assert "excerpts" not in row


async def test_the_newest_text_of_every_annex_is_found_and_shown_with_its_place(
    sign_in: SignIn, work: Work
) -> None:
    clerk = await sign_in("anpth")
    document = await register(clerk, files=paper(b"Van ban"))
    address = f"{DOCUMENTS}/{document['id']}/files"
    for version, (annex, said) in enumerate(((1, "phụ lục quềnh"), (1, "phụ lục nghễnh"), (2, "khuyếch")), 1):
        answer = await clerk.post(
            address,
            data={"annex": str(annex)},
            files=paper(said.encode()),
            headers={"If-Match": f'"{version}"'},
        )
        assert answer.status_code == 201, answer.text
    await work()
    assert await symbols(clerk, q="quềnh") == []
    for q, annex in (("nghenh", 1), ("khuyech", 2)):
        (row,) = (await listing(clerk, q=q))["items"]
        (excerpt,) = row["excerpts"]
        assert (excerpt["place"], excerpt["annex"]) == ("text", annex)
        assert "<mark>" in excerpt["html"]


async def test_a_near_miss_is_told_what_may_have_been_meant(sign_in: SignIn, work: Work) -> None:
    clerk = await sign_in("anpth")
    await register(clerk, symbol="45/BC-SNV", kind="report", subject="Báo cáo cải cách hành chính")
    await work()
    expected = {
        "cải cahc": "cải cach",
        "hnah chính": "hanh chính",
        '"cai cachh"': '"cai cach"',
        "45/BC-SNW": "45/BC-SNV",
        "báo cáo 45/BC-SVN": "báo cáo 45/BC-SNV",
        "cải -xấu cahc": "cải -xấu cach",
        "hành chính": None,
        "khuyếch trương": None,
        "zzzzzz": None,
        "cahc" * 20: None,
    }
    for q, wanted in expected.items():
        page = await listing(clerk, q=q)
        assert page["suggestion"] == wanted, q
        if wanted:
            assert len((await listing(clerk, q=wanted))["items"]) == 1
    assert (await listing(clerk, q="cải cahc", kind="plan"))["suggestion"] is None


async def test_facets_count_without_their_own_filter_and_with_all_others(sign_in: SignIn) -> None:
    clerk = await sign_in("datcv")
    await register(clerk, symbol="1/CT-UBND", urgency="flash", issued_on="2023-01-12", signer_name="Lê An")
    await register(clerk, symbol="2/CT-UBND", files=paper(b"2"))
    await register(clerk, symbol="3/KH-UBND", subject="Kế hoạch", files=paper(b"3"))
    await issue(clerk, files=paper(b"4"))
    told = await facets(clerk)
    assert told["kind"] == {"directive": 2, "plan": 1, "report": 1}
    assert told["direction"] == {"incoming": 3, "outgoing": 1}
    assert told["urgency"] == {"normal": 3, "flash": 1}
    assert told["year"]["2023"] == 1
    assert told["signer"] == {"le an": 1}
    told = await facets(clerk, kind="directive")
    assert told["kind"] == {"directive": 2, "plan": 1, "report": 1}
    assert told["urgency"] == {"normal": 1, "flash": 1}
    told = await facets(clerk, kind="directive", urgency="flash", q="cải cách", facets="kind,urgency,year")
    assert told == {
        "kind": {"directive": 1},
        "urgency": {"flash": 1, "normal": 1},
        "year": {"2023": 1},
    }
    told = await facets(clerk, issued_from="2023-01-01", issued_to="2023-12-31", facets="year,kind")
    assert told["kind"] == {"directive": 1}
    assert len(told["year"]) == 3
    body = (await clerk.get(FACETS, params={"facets": "kind,unit_id"})).json()
    assert body["facets"][0]["values"][0] == {"value": "directive", "name": "Chỉ thị", "count": 2}
    assert body["facets"][1]["values"][0]["name"] == "Sở Nội vụ"
    assert (await facets(clerk, q="-cải"))["kind"] == {}
    assert (await clerk.get(FACETS, params={"facets": "readers"})).status_code == 422


async def test_a_facet_agrees_with_the_list_that_it_leads_to(sign_in: SignIn) -> None:
    clerk = await sign_in("anpth")
    for number in range(1, 7):
        await register(
            clerk,
            symbol=f"{number}/{'CT' if number % 2 else 'KH'}-UBND",
            urgency="urgent" if number % 3 else "normal",
            issuer=f"Sở số {number % 2}",
            files=paper(b"%d" % number),
        )
    for facet, counts in (
        await facets(clerk, facets="kind,urgency,issuer,direction,unit_id,register_id,source")
    ).items():
        for value, count in counts.items():
            assert (await listing(clerk, **{facet: value}, total=True))["total"]["value"] == count


async def test_above_the_limit_counts_are_at_least(sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    clerk = await sign_in("anpth")
    for number in range(1, 8):
        await register(clerk, symbol=f"{number}/CT-UBND", files=paper(b"%d" % number))
    monkeypatch.setattr(paging, "COUNTED", 4)
    body = (await clerk.get(FACETS, params={"facets": "kind"})).json()
    assert body["total"] == {"value": 4, "relation": "gte"}
    assert body["facets"][0]["values"][0]["count"] == 5


async def test_an_export_is_the_list_with_its_columns_and_no_formulas(
    sign_in: SignIn, sessions: Sessions
) -> None:
    clerk = await sign_in("anpth")
    await register(clerk, symbol="1/CT-UBND", subject="=cmd|' /C calc'!A0")
    await register(clerk, symbol="2/CT-UBND", subject="+Kế hoạch", urgency="flash", files=paper(b"2"))
    query = {"columns": "symbol,subject,kind,urgency,unit_id", "sort": "oldest", "format": "csv"}
    answer = await clerk.get(EXPORT, params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["docflow-rows"] == "2"
    assert answer.headers["docflow-complete"] == "true"
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0] == '"Số, ký hiệu",Trích yếu,Loại văn bản,Độ khẩn,Đơn vị vào sổ'
    assert lines[1].startswith("1/CT-UBND,'=cmd|' /C calc'!A0,Chỉ thị,Thường,")
    assert lines[2].startswith("2/CT-UBND,'+Kế hoạch,Chỉ thị,Hỏa tốc,")
    answer = await clerk.get(EXPORT, params={"q": "hoach", "urgency": "flash"})
    sheet = load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    cells = [cell.value for row in sheet.iter_rows() for cell in row]
    assert "2/CT-UBND" in cells
    assert "1/CT-UBND" not in cells
    assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    async with sessions() as session:
        details = (
            await session.scalars(
                text("SELECT details FROM audit_event WHERE tag = 'document:exported' ORDER BY id")
            )
        ).all()
    assert [one["rows"] for one in details] == [2, 1]
    assert details[1]["filters"] == {"q": "hoach", "urgency": "flash"}
    assert details[1]["whole"] is True


async def test_a_list_that_is_too_long_is_exported_as_far_as_it_goes_and_says_so(
    sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "MOST_ROWS", 2)
    clerk = await sign_in("anpth")
    for number in range(1, 5):
        await register(clerk, symbol=f"{number}/CT-UBND", files=paper(b"%d" % number))
    answer = await clerk.get(EXPORT, params={"columns": "symbol"})
    assert (answer.headers["docflow-rows"], answer.headers["docflow-complete"]) == ("2", "false")
    sheet = load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    cells = [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value]
    assert {"4/CT-UBND", "3/CT-UBND"} <= set(cells)
    assert "2/CT-UBND" not in cells
    assert any("2 văn bản đầu tiên" in cell for cell in cells)
    answer = await clerk.get(EXPORT, params={"q": "-cải", "format": "csv"})
    assert (answer.status_code, answer.headers["docflow-rows"]) == (200, "0")
    for wrong in ({"sort": "relevance"}, {"format": "pdf"}, {"columns": "x"}):
        assert (await clerk.get(EXPORT, params=wrong)).status_code == 422
