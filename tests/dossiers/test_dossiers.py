"""Dossiers: who uses them, what is put in and taken out, and that nobody sees a document because of one."""

from uuid import uuid4

from docflow.core.db import Sessions
from tests.conftest import SignIn
from tests.documents.registering import issue, person_id
from tests.dossiers.dossiers import (
    DOSSIERS,
    a_document,
    clear,
    heading,
    hide,
    if_match,
    now,
    open_dossier,
    put_in,
    step,
    tags_of,
)


async def test_an_open_dossier_is_for_the_unit_and_for_nobody_else(
    sign_in: SignIn, sessions: Sessions
) -> None:
    clerk, worker, head = await sign_in("datcv"), await sign_in("maihtx"), await sign_in("nguyetdtm")
    made = await open_dossier(worker, await heading(clerk, sessions), note="Đợt một")
    for member in (clerk, worker, head):
        assert (await now(member, made))["title"] == "Hồ sơ tuyển dụng công chức năm 2026"
    for name in ("khaitq", "lienttb", "huyvn", "anhmtn"):
        stranger = await sign_in(name)
        assert (await stranger.get(f"{DOSSIERS}/{made['id']}")).status_code in {403, 404}
    foreign = await sign_in("lienttb")
    under = {"heading_id": made["heading_id"]}
    assert (await foreign.post(DOSSIERS, json=under)).status_code == 404
    leader = await sign_in("khaitq")
    assert (await leader.post(DOSSIERS, json=under)).status_code == 403


async def test_a_conditional_dossier_is_for_those_named_and_its_keeper(
    sign_in: SignIn, sessions: Sessions
) -> None:
    clerk, worker = await sign_in("datcv"), await sign_in("maihtx")
    named = await person_id(sessions, "lienttb")
    made = await open_dossier(
        worker, await heading(clerk, sessions), access="conditional", person_ids=[named]
    )
    assert [one["name"] for one in made["named"]] == ["Trần Thị Bích Liên"]
    assert (await (await sign_in("lienttb")).get(f"{DOSSIERS}/{made['id']}")).status_code == 200
    for name in ("datcv", "nguyetdtm"):
        assert (await (await sign_in(name)).get(f"{DOSSIERS}/{made['id']}")).status_code == 404


async def test_a_secret_dossier_takes_a_clearance_besides_the_name(
    sign_in: SignIn, sessions: Sessions
) -> None:
    clerk, worker = await sign_in("datcv"), await sign_in("maihtx")
    under = await heading(clerk, sessions)
    people = [await person_id(sessions, name) for name in ("datcv", "nguyetdtm")]
    body = {"heading_id": under["id"], "access": "secret", "person_ids": people}
    refused = await worker.post(DOSSIERS, json=body)
    assert refused.json()["errors"][0]["code"] == "keeper_not_cleared"
    for name in ("maihtx", "nguyetdtm"):
        await clear(sessions, name)
    worker = await sign_in("maihtx")
    made = await open_dossier(worker, under, access="secret", person_ids=people)
    assert (await (await sign_in("nguyetdtm")).get(f"{DOSSIERS}/{made['id']}")).status_code == 200
    assert (await clerk.get(f"{DOSSIERS}/{made['id']}")).status_code == 404
    assert made["id"] not in (await clerk.get(f"{DOSSIERS}/suggestions", params={"q": "01"})).text


async def test_who_would_newly_see_it_is_named_before_it_is_done(sign_in: SignIn, sessions: Sessions) -> None:
    clerk, worker = await sign_in("datcv"), await sign_in("maihtx")
    made = await open_dossier(worker, await heading(clerk, sessions), access="conditional")
    address = f"{DOSSIERS}/{made['id']}/access"
    warned = await worker.post(address, json={"access": "open"}, headers=if_match(made))
    assert warned.status_code == 409
    facts = warned.json()["facts"]
    assert [one["name"] for one in facts["people"]] == ["Cao Văn Đạt", "Đặng Thị Minh Nguyệt"]
    assert (await clerk.get(f"{DOSSIERS}/{made['id']}")).status_code == 404
    body = {"access": "open", "confirmation": facts["confirmation"]}
    done = await worker.post(address, json=body, headers=if_match(made))
    assert done.status_code == 200, done.text
    narrowed = await worker.post(address, json={"access": "conditional"}, headers=if_match(done.json()))
    assert narrowed.status_code == 200
    trail = [
        (tag, details) for tag, details in await tags_of(sessions, made["id"]) if tag == "dossier:permitted"
    ]
    assert [details["changed"]["access"] for _, details in trail] == [
        ["conditional", "open"],
        ["open", "conditional"],
    ]


async def test_a_head_who_gives_a_dossier_to_those_named_alone_is_answered_all_the_same(
    sign_in: SignIn, sessions: Sessions
) -> None:
    clerk, worker, head = await sign_in("datcv"), await sign_in("maihtx"), await sign_in("nguyetdtm")
    made = await open_dossier(worker, await heading(clerk, sessions))
    answer = await head.post(
        f"{DOSSIERS}/{made['id']}/access", json={"access": "conditional"}, headers=if_match(made)
    )
    assert answer.status_code == 204
    assert (await head.get(f"{DOSSIERS}/{made['id']}")).status_code == 404


async def test_a_document_is_in_many_dossiers_and_twice_in_none(sign_in: SignIn, sessions: Sessions) -> None:
    clerk = await sign_in("datcv")
    under = await heading(clerk, sessions)
    one, two = await open_dossier(clerk, under), await open_dossier(clerk, under)
    document, other = await a_document(clerk, 1), await a_document(clerk, 2)
    assert (await put_in(clerk, one, document, other))["added"] == [document["id"], other["id"]]
    assert await put_in(clerk, one, other) == {"added": [], "there_before": [other["id"]]}
    await put_in(clerk, two, document)
    found = (await clerk.get(f"/api/v1/documents/{document['id']}/dossiers")).json()
    assert {row["code"] for row in found} == {"01.TCCB", "01.TCCB/2"}
    rows = (await clerk.get(f"{DOSSIERS}/{one['id']}/documents")).json()["items"]
    assert [(row["ordinal"], row["document"]["id"]) for row in rows] == [
        (1, document["id"]),
        (2, other["id"]),
    ]
    unseen = await clerk.post(f"{DOSSIERS}/{one['id']}/documents", json={"document_ids": [str(uuid4())]})
    assert unseen.status_code == 404


async def test_what_is_taken_out_or_moved_says_why(sign_in: SignIn, sessions: Sessions) -> None:
    clerk = await sign_in("datcv")
    under = await heading(clerk, sessions)
    one, two = await open_dossier(clerk, under), await open_dossier(clerk, under)
    document, other = await a_document(clerk, 1), await a_document(clerk, 2)
    await put_in(clerk, one, document, other)
    place = f"{DOSSIERS}/{one['id']}/documents"
    assert (await clerk.post(f"{place}/{other['id']}/removal", json={"reason": " "})).status_code == 422
    gone = await clerk.post(f"{place}/{other['id']}/removal", json={"reason": "Đưa nhầm"})
    assert gone.status_code == 204
    assert (await clerk.post(f"{place}/{other['id']}/removal", json={"reason": "Lần nữa"})).status_code == 404
    moved = await clerk.post(f"{place}/{document['id']}/move", json={"to": two["id"], "reason": "Đợt hai"})
    assert moved.status_code == 204
    assert (await now(clerk, one))["documents"] == 0
    assert (await now(clerk, two))["documents"] == 1
    trail = await tags_of(sessions, one["id"])
    removed = [details for tag, details in trail if tag == "dossier:document_removed"]
    assert [(one["reason"], one.get("moved_to")) for one in removed] == [
        ("Đưa nhầm", None),
        ("Đợt hai", two["id"]),
    ]


async def test_a_thread_comes_with_what_it_answers_and_what_answers_it(
    sign_in: SignIn, sessions: Sessions
) -> None:
    clerk = await sign_in("datcv")
    made = await open_dossier(clerk, await heading(clerk, sessions))
    asked = await a_document(clerk, 1)
    reply = await issue(clerk, answers_id=asked["id"])
    hidden = await issue(clerk, answers_id=asked["id"], subject="Trả lời khác")
    await hide(sessions, hidden)
    added = (await put_in(clerk, made, reply, threads=True))["added"]
    assert added == [asked["id"], reply["id"]]


async def test_being_in_a_dossier_makes_nobody_see_a_document(sign_in: SignIn, sessions: Sessions) -> None:
    clerk, worker = await sign_in("datcv"), await sign_in("maihtx")
    made = await open_dossier(clerk, await heading(clerk, sessions))
    seen = await a_document(clerk, 1, page_count=2)
    hidden = await a_document(clerk, 2, page_count=40, subject="Điều không ai được biết")
    await put_in(clerk, made, seen, hidden)
    await hide(sessions, hidden)
    detail = await now(worker, made)
    assert (detail["documents"], detail["pages"]) == (1, 2)
    listed = await worker.get(f"{DOSSIERS}/{made['id']}/documents")
    assert [row["document"]["id"] for row in listed.json()["items"]] == [seen["id"]]
    assert (await worker.get(f"/api/v1/documents/{hidden['id']}/dossiers")).status_code == 404
    for name in ("csv", "xlsx", "docx", "pdf"):
        answer = await worker.get(f"{DOSSIERS}/{made['id']}/index", params={"format": name})
        assert answer.status_code == 200
        assert "Điều không ai".encode() not in answer.content
    removal = await worker.post(
        f"{DOSSIERS}/{made['id']}/documents/{hidden['id']}/removal", json={"reason": "Có ở đó không?"}
    )
    assert removal.status_code == 404


async def test_lists_are_narrowed_and_paged_and_counted(sign_in: SignIn, sessions: Sessions) -> None:
    clerk, worker = await sign_in("datcv"), await sign_in("maihtx")
    first, second = (
        await heading(clerk, sessions),
        await heading(clerk, sessions, "02.CCHC", title="Cải cách"),
    )
    made = [await open_dossier(clerk, first), await open_dossier(worker, second, note="Đường truyền số liệu")]
    made.append(await open_dossier(worker, first, access="conditional", title="Kỷ luật"))
    await step(clerk, made[0], "closing")

    async def codes(**query: object) -> list[str]:
        answer = await clerk.get(DOSSIERS, params={"total": True, **query})  # type: ignore[dict-item]
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert page["total"]["value"] == len(page["items"])
        return [row["code"] for row in page["items"]]

    assert await codes() == ["02.CCHC", "01.TCCB"]
    assert await codes(q="duong truyen") == ["02.CCHC"]
    assert await codes(q="ky luat") == []
    assert await codes(state="closed") == ["01.TCCB"]
    assert await codes(code="02") == ["02.CCHC"]
    assert await codes(code="%") == []
    assert await codes(keeper_id=await person_id(sessions, "maihtx")) == ["02.CCHC"]
    assert await codes(year=2025) == []
    page = (await clerk.get(DOSSIERS, params={"limit": 1})).json()
    rest = (await clerk.get(DOSSIERS, params={"limit": 1, "cursor": page["next"]})).json()
    assert [row["code"] for row in page["items"] + rest["items"]] == ["02.CCHC", "01.TCCB"]


async def test_keeper_and_head_change_it_and_members_only_fill_it(
    sign_in: SignIn, sessions: Sessions
) -> None:
    clerk, worker, head = await sign_in("datcv"), await sign_in("maihtx"), await sign_in("nguyetdtm")
    made = await open_dossier(worker, await heading(clerk, sessions))
    address = f"{DOSSIERS}/{made['id']}"
    refused = await clerk.patch(address, json={"title": "Khác"}, headers=if_match(made))
    assert (refused.status_code, refused.json()["facts"]["reason"]) == (403, "only_keeper_or_head")
    assert (await put_in(clerk, made, await a_document(clerk, 1)))["added"]
    given = {"keeper_id": await person_id(sessions, "datcv"), "title": "Tuyển dụng đợt 2"}
    changed = await head.patch(address, json=given, headers=if_match(made))
    assert (changed.status_code, changed.json()["keeper_name"]) == (200, "Cao Văn Đạt")
    assert (await worker.patch(address, json={"note": "x"}, headers=if_match(made))).status_code == 403
