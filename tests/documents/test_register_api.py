"""Registering over HTTP: what goes right, and every refusal with nothing left behind."""

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from docflow.core import clock
from docflow.core.db import Sessions
from storage import ObjectStore
from tests.conftest import SignIn
from tests.documents.registering import (
    DOCUMENTS,
    INCOMING,
    OUTGOING,
    PAPER,
    incoming,
    issue,
    outgoing,
    paper,
    register,
    unit_id,
)
from tests.unchanged import state_of, unchanged

TOO_LONG = "x" * 501


async def test_incoming_documents_get_01_and_02_of_the_year(sign_in: SignIn) -> None:
    clerk = await sign_in("anpth")
    answer = await clerk.post(INCOMING, data=incoming(page_count="2", urgency="urgent"), files=paper())
    assert answer.status_code == 201
    body = answer.json()
    assert answer.headers["location"] == f"{DOCUMENTS}/{body['id']}"
    assert answer.headers["etag"] == '"1"'
    assert answer.headers["content-type"] == "application/json"
    assert (body["number"], body["kind"], body["page_count"]) == ("01", "directive", 2)
    assert body["arrived_on"] == clock.today().isoformat()
    (file,) = body["files"]
    assert (file["filename"], file["size"], file["text"]) == ("chi-thi.txt", len(PAPER), "waiting")
    second = await register(clerk, symbol="45/BC-SNV", files=paper(b"another"))
    assert (second["number"], second["kind"]) == ("02", "report")
    again = await clerk.get(answer.headers["location"])
    assert again.json() == body


async def test_an_outgoing_document_gets_number_symbol_and_date(sign_in: SignIn) -> None:
    clerk = await sign_in("datcv")
    report = await issue(clerk)
    assert (report["number"], report["symbol"]) == ("01", "01/BC-SNV")
    assert (report["issuer"], report["issued_on"]) == ("Sở Nội vụ", clock.today().isoformat())
    assert report["arrived_on"] is None
    letter = await issue(clerk, kind="official_letter", field="VX")
    assert (letter["number"], letter["symbol"]) == ("02", "02/SNV-VX")


async def test_a_reply_names_the_document_it_answers_if_its_clerk_sees_that(sign_in: SignIn) -> None:
    clerk, other = await sign_in("datcv"), await sign_in("lienttb")
    asked = await register(clerk)
    reply = await issue(clerk, answers_id=asked["id"])
    assert reply["answers_id"] == asked["id"]
    refused = await other.post(OUTGOING, data=outgoing(answers_id=asked["id"]), files=paper())
    assert refused.status_code == 404


async def test_text_in_nfd_is_kept_in_nfc(sign_in: SignIn) -> None:
    clerk = await sign_in("anpth")
    decomposed = "Quyết định về cải cách"
    answer = await register(clerk, subject=f"  {decomposed}\r\n  ", issuer="Bộ Nội vụ")
    assert answer["subject"] == "Quyết định về cải cách"
    assert answer["issuer"] == "Bộ Nội vụ"


BAD_FORMS: list[tuple[dict[str, Any], str, str]] = [
    ({"subject": None}, "/subject", "field_missing"),
    ({"subject": " \t "}, "/subject", "field_empty"),
    ({"subject": TOO_LONG}, "/subject", "field_too_long"),
    ({"note": "mot\x1fhai"}, "/note", "text_not_allowed"),
    ({"note": "mot\x01hai"}, "/note", "text_not_allowed"),
    ({"issuer": "  "}, "/issuer", "field_empty"),
    ({"issuer": None}, "/issuer", "field_missing"),
    ({"issued_on": None}, "/issued_on", "field_missing"),
    ({"issued_on": "12/01/2026"}, "/issued_on", "field_not_a_date"),
    ({"issued_on": "2024-02-30"}, "/issued_on", "field_not_a_date"),
    ({"issued_on": "2024-03-02", "arrived_on": "2024-03-01"}, "/arrived_on", "arrived_before_issued"),
    ({"issued_on": "2024-01-01", "arrived_on": "2999-01-01"}, "/arrived_on", "arrived_in_future"),
    ({"due_on": "2024-01-13"}, "/due_on", "due_in_past"),
    ({"page_count": "0"}, "/page_count", "field_not_valid"),
    ({"page_count": "hai"}, "/page_count", "field_not_valid"),
    ({"urgency": "soon"}, "/urgency", "field_not_a_choice"),
    ({"language": "vietnamese"}, "/language", "field_not_valid"),
    ({"unit_id": "17"}, "/unit_id", "field_not_valid"),
    ({"issuer_unit_id": str(uuid4())}, "/issuer_unit_id", "unit_not_known"),
    ({"secrecy": "secret"}, "/secrecy", "secret_file_refused"),
    ({"secrecy": "mật"}, "/secrecy", "field_not_a_choice"),
    ({"kind": "poem"}, "/kind", "kind_not_known"),
    ({"symbol": "45/HD-SNV"}, "/kind", "kind_ambiguous"),
    ({"symbol": "12/UBND-VX"}, "/kind", "kind_to_be_named"),
    ({"arrival_number": "7"}, "/arrival_number", "field_unknown"),
]
BAD_SYMBOLS = {
    " ": "field_empty",
    "...": "symbol_empty",
    "Số: 45/BC-SNV ngày 11 tháng 5": "symbol_text_after",
    "4" * 101: "field_too_long",
    "11/5/2018": "symbol_is_a_date",
    "BC-SNV": "symbol_number_missing",
    "0/BC-SNV": "symbol_number_impossible",
    "12345678/BC-SNV": "symbol_number_impossible",
    "30/1812/NĐ-CP": "symbol_year_impossible",
    "45/": "symbol_body_missing",
    "45/BC-": "symbol_body_missing",
    "45/§": "symbol_character_not_allowed",
    "711-QĐ-TU": "symbol_shape_unknown",
}


async def test_a_form_that_says_something_impossible_is_refused_field_by_field(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    clerk = await sign_in("anpth")
    cases = BAD_FORMS + [({"symbol": symbol}, "/symbol", code) for symbol, code in BAD_SYMBOLS.items()]
    async with unchanged(sessions, store):
        for fields, pointer, code in cases:
            answer = await clerk.post(INCOMING, data=incoming(**fields), files=paper())
            told = answer.json()
            assert (answer.status_code, told["code"]) == (422, "invalid"), (fields, told)
            named = [(one["pointer"], one["code"]) for one in told["errors"]]
            assert named == [(pointer, code)], fields
            assert told["errors"][0]["detail"] not in {"", code}


async def test_the_refusal_speaks_the_readers_language(sign_in: SignIn) -> None:
    clerk = await sign_in("anpth")
    form = incoming(symbol="45/HD-SNV")
    vi = await clerk.post(INCOMING, data=form, files=paper())
    en = await clerk.post(INCOMING, data=form, files=paper(), headers={"Accept-Language": "en-GB"})
    assert vi.json()["title"] == "Không hợp lệ"
    assert vi.json()["errors"][0]["detail"] == "Ký hiệu có thể là nhiều loại (HD, HĐ); hãy chọn một."
    assert vi.headers["content-language"] == "vi"
    assert en.json()["title"] == "Not valid"
    assert en.json()["errors"][0]["detail"] == "The symbol can mean several kinds (HD, HĐ); choose one."
    assert en.headers["content-language"] == "en"
    named = await register(clerk, symbol="45/HD-SNV", kind="contract")
    assert (named["kind"], named["symbol"]) == ("contract", "45/HD-SNV")


async def test_both_wrong_dates_are_told_at_once(sign_in: SignIn) -> None:
    clerk = await sign_in("anpth")
    form = incoming(issued_on="2024-03-02", arrived_on="2024-03-01", due_on="2024-03-03")
    told = (await clerk.post(INCOMING, data=form, files=paper())).json()
    assert [one["pointer"] for one in told["errors"]] == ["/arrived_on", "/due_on"]


async def test_what_is_wrong_with_the_body_is_said_and_nothing_is_kept(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    clerk = await sign_in("anpth")
    fifty_one = {f"f{number}": "x" for number in range(51)}
    two = [("file", ("a.txt", b"a", "text/plain")), ("more", ("b.txt", b"b", "text/plain"))]
    with_file = incoming()
    cases: list[tuple[dict[str, Any], int, str]] = [
        ({"data": with_file, "files": paper(b"")}, 422, "file_empty"),
        ({"data": with_file, "files": {"other": ("a.txt", b"a", "text/plain")}}, 422, "file_missing"),
        ({"data": with_file, "files": {"file": (None, b"text")}}, 422, "file_missing"),
        ({"data": with_file, "files": two}, 400, "too_many_files"),
        ({"data": fifty_one, "files": paper()}, 400, "too_many_fields"),
        ({"data": {**with_file, "note": "x" * 70_000}, "files": paper()}, 422, "field_too_large"),
        ({"data": with_file}, 415, "wrong_media_type"),
        ({"json": with_file}, 415, "wrong_media_type"),
        ({"content": PAPER, "headers": {"content-type": "text/plain"}}, 415, "wrong_media_type"),
        ({"content": PAPER}, 415, "wrong_media_type"),
        ({"content": b"--b--", "headers": {"content-type": "multipart/form-data"}}, 400, "body_broken"),
    ]
    async with unchanged(sessions, store):
        for request, status, code in cases:
            answer = await clerk.post(INCOMING, **request)
            assert (answer.status_code, answer.json()["code"]) == (status, code), request
            assert answer.headers["content-type"] == "application/problem+json"


BOUNDARY = {"content-type": "multipart/form-data; boundary=b"}


def part(name: str, text: str | bytes) -> bytes:
    content = text.encode() if isinstance(text, str) else text
    return b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), content)


WHOLE = b"".join(part(name, text) for name, text in incoming().items())
FILE = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n' + PAPER


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (FILE, 400, "body_broken"),
        (FILE + b"\r\n" + WHOLE, 400, "body_broken"),
        (WHOLE + FILE, 400, "body_broken"),
        (FILE + b"\r\n--b\r\nno header\r\n\r\n", 400, "body_broken"),
        (b"nothing of a form", 400, "body_broken"),
        (FILE + b"\r\n" + part("subject", b"\xff\xfe") + b"--b--\r\n", 422, "field_not_text"),
        (FILE + b"\r\n" + part("subject", "a") + part("subject", "b") + b"--b--\r\n", 422, "field_repeated"),
    ],
)
async def test_a_broken_form_leaves_neither_row_nor_object(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore, body: bytes, status: int, code: str
) -> None:
    clerk = await sign_in("anpth")
    async with unchanged(sessions, store):
        answer = await clerk.post(INCOMING, content=body, headers=BOUNDARY)
        assert answer.status_code == status, answer.text
        assert answer.json()["code"] == code


async def test_a_file_over_the_limit_is_refused_with_the_limit_named(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    clerk = await sign_in("anpth")
    limit = 32 * 1024 * 1024
    async with unchanged(sessions, store):
        answer = await clerk.post(
            INCOMING, data=incoming(), files=paper(b"x" * (limit + 1)), headers={"accept-language": "en"}
        )
        assert answer.status_code == 413
        assert answer.json()["code"] == "file_too_large"
        assert answer.json()["detail"] == "The file is larger than 32 MiB."


async def test_whoever_may_not_register_is_refused_before_the_file_is_read(
    client: httpx.AsyncClient, sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    leader, clerk = await sign_in("thuyhtt"), await sign_in("anpth")
    foreign = incoming(unit_id=await unit_id(sessions, "SNV"))
    async with unchanged(sessions, store):
        nobody = await client.post(INCOMING, data=incoming(), files=paper())
        assert (nobody.status_code, nobody.json()["code"]) == (401, "not_signed_in")
        refused = await leader.post(INCOMING, data=incoming(), files=paper())
        assert refused.status_code == 403
        assert refused.json()["facts"] == {"reason": "role_missing", "action": "document:register"}
        other = await clerk.post(INCOMING, data=foreign, files=paper(), headers={"accept-language": "en"})
        assert other.status_code == 403
        assert other.json()["facts"] == {"reason": "not_the_registry_of_this_unit"}
        assert "you do not keep this unit's registers" in other.json()["detail"]


async def test_an_outgoing_form_is_checked_too(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    clerk = await sign_in("datcv")
    cases: list[tuple[dict[str, Any], str, str]] = [
        ({"kind": None}, "/kind", "kind_not_known"),
        ({"kind": "poem"}, "/kind", "kind_not_known"),
        ({"kind": "official_letter"}, "/field", "field_of_letter_missing"),
        ({"kind": "official_letter", "field": "§ 1"}, "/field", "field_not_valid"),
        ({"kind": "official_letter", "field": "VX ngày 1"}, "/field", "field_not_valid"),
        ({"due_on": "2020-01-01"}, "/due_on", "due_in_past"),
        ({"symbol": "01/BC-SNV"}, "/symbol", "field_unknown"),
        ({"issued_on": "2024-01-12"}, "/issued_on", "field_unknown"),
    ]
    async with unchanged(sessions, store):
        for fields, pointer, code in cases:
            answer = await clerk.post(OUTGOING, data=outgoing(**fields), files=paper())
            assert answer.status_code == 422, (fields, answer.text)
            assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [(pointer, code)]


async def test_an_unknown_document_is_404_at_every_address(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    clerk = await sign_in("anpth")
    mine = await register(clerk)
    file = mine["files"][0]["id"]
    gone = f"{DOCUMENTS}/{uuid4()}"
    as_json = {"content-type": "application/json"}
    requests: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", gone, {}),
        ("PATCH", gone, {"json": {"note": "x"}, "headers": {"if-match": '"1"'}}),
        ("POST", f"{gone}/files", {"files": paper(), "headers": {"if-match": '"1"'}}),
        ("GET", f"{gone}/files/{file}/content", {}),
        ("GET", f"{DOCUMENTS}/{mine['id']}/files/{uuid4()}/content", {}),
        ("POST", f"{gone}/routes", {"content": json.dumps({"unit_ids": []}), "headers": as_json}),
        ("GET", f"{gone}/receipts", {}),
        ("POST", f"{gone}/acknowledgement", {}),
        ("GET", f"{gone}/trail", {}),
        ("GET", f"{DOCUMENTS}/01", {}),
    ]
    async with unchanged(sessions, store):
        for method, address, request in requests:
            answer = await clerk.request(method, address, **request)
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), (method, address)


async def test_the_store_holds_exactly_one_object_for_each_registered_file(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    clerk = await sign_in("anpth")
    before = await state_of(sessions, store)
    await register(clerk)
    await clerk.post(INCOMING, data=incoming(subject=" "), files=paper(b"refused"))
    after = await state_of(sessions, store)
    assert len(after.objects - before.objects) == 1
    assert after.tables["file"][0] == before.tables["file"][0] + 1
