"""What is hidden from somebody shows nowhere: in no list, count, facet, suggestion, excerpt, kept search or export.

Two units register each a document of the same kind, with words that only one of them has; a third document is a state
secret that all units are named as readers of. For every role: the visible set, the hidden set, nothing leaked.
"""

from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from docflow.core.db import Sessions, transaction
from docflow.documents.jobs import index
from docflow.documents.search_jobs import tell_searches
from docflow.notifications.models import Letter
from docflow.notifications.service import Postman
from tests.conftest import SignIn
from tests.documents.registering import DOCUMENTS, paper, person_id, register

SEARCHES = "/api/v1/searches"

WORDS = {"mine": "khuyếch", "theirs": "quềnh", "secret": "nghễnh"}
"""A word of each document's subject; its text says it too, and its number, issuer and signer are its own."""
NUMBERS = {"mine": "11/CT-UBND", "theirs": "22/CT-UBND", "secret": "33/CT-UBND"}
NEAR = {"mine": "khuych", "theirs": "quenhh", "secret": "nghenhh"}

# Person, and which of the three they see: the clerk, the specialist and the head of the unit that registered it; the
# other unit's clerk; the leader, to whom both were given; whoever keeps the house or its trail sees none by that.
SEEN = {
    "anpth": {"mine"},
    "datcv": {"theirs"},
    "khaitq": {"mine", "theirs"},
    "thuyhtt": set(),
    "anhmtn": set(),
    "huyvn": set(),
    "lochtt": {"mine"},
    "tungnt": {"mine"},
    "CLEARED": {"mine", "theirs", "secret"},
}
ROLES = sorted(SEEN)
DIFFERENT = ("CLEARED", "anpth", "khaitq", "thuyhtt")
"""One of each set."""


@dataclass
class House:
    """The documents' ids, and who is who."""

    ids: dict[str, str]


@pytest.fixture
async def house(sign_in: SignIn, sessions: Sessions) -> House:
    one, other = await sign_in("anpth"), await sign_in("datcv")
    ids: dict[str, str] = {}
    for place, (name, clerk) in enumerate((("mine", one), ("theirs", other), ("secret", one))):
        word = WORDS[name]
        document = await register(
            clerk,
            symbol=NUMBERS[name],
            subject=f"Việc {word} chung",
            note=f"Ghi {word}",
            issuer=f"Sở {word}",
            signer_name=f"Lê {word}",
            files=paper(b"%d" % place),
        )
        ids[name] = document["id"]
    for name, document_id in ids.items():
        async with transaction(sessions) as session:
            await session.execute(
                text(
                    "INSERT INTO file_text (file_id, content)"
                    " SELECT file_id, :content FROM document_file WHERE document_id = :id"
                ),
                {"content": f"Nói về {WORDS[name]} trong văn bản", "id": document_id},
            )
        await index(sessions, document_id=document_id)
    leader = await person_id(sessions, "khaitq")
    for clerk, name in ((one, "mine"), (other, "theirs")):
        answer = await clerk.post(
            f"{DOCUMENTS}/{ids[name]}/routes", json={"role": "direction", "person_ids": [leader]}
        )
        assert answer.status_code == 201, answer.text
    async with transaction(sessions) as session:
        # A state secret, of which everybody is named a reader: only who is cleared sees it.
        await session.execute(
            text(
                "UPDATE document SET secrecy = 1, readers = (SELECT array_agg(no) FROM principal) WHERE id = :id"
            ),
            {"id": ids["secret"]},
        )
        await session.execute(
            text("""
            UPDATE person SET clearance = 1 WHERE username = 'thinhbd';
            """)
        )
        await session.execute(
            text("""
            UPDATE document SET readers = readers || (
                SELECT p.no FROM principal p JOIN person ON person.id = p.person_id WHERE username = 'thinhbd'
            )
            """)
        )
    return House(ids)


async def client_of(sign_in: SignIn, role: str) -> httpx.AsyncClient:
    return await sign_in("thinhbd" if role == "CLEARED" else role)


def leaks(role: str, said: str, house: House) -> list[str]:
    """What of hidden documents stands in an answer."""
    hidden = set(WORDS) - SEEN[role]
    traces = [trace for name in hidden for trace in (WORDS[name], NUMBERS[name], house.ids[name])]
    return [trace for trace in traces if trace in said]


def asked(house: House) -> list[dict[str, Any]]:
    """Questions that touch every document, and each alone in every way that it can be asked for."""
    questions: list[dict[str, Any]] = [
        {},
        {"q": "việc"},
        {"q": '"viec"*'},
        {"q": "CT-UBND"},
        {"kind": "directive"},
    ]
    for name, word in WORDS.items():
        questions += [
            {"q": word},
            {"q": NUMBERS[name]},
            {"q": f'"việc {word}"'},
            {"q": f"{word[:3]}*"},
            {"issuer": f"Sở {word}"},
            {"signer": word},
            {"cites": house.ids[name]},
        ]
    return questions


@pytest.mark.parametrize("role", ROLES)
async def test_lists_counts_and_excerpts_hold_what_is_seen_and_nothing_else(
    sign_in: SignIn, house: House, role: str
) -> None:
    client = await client_of(sign_in, role)
    visible = {NUMBERS[name] for name in SEEN[role]}
    for question in asked(house):
        for order in ("newest", "relevance" if "q" in question else "number"):
            columns = "symbol,subject,note,issuer,signer_name,unit_id,register_id"
            answer = await client.get(
                DOCUMENTS, params={**question, "sort": order, "columns": columns, "total": True}
            )
            assert answer.status_code == 200, answer.text
            assert leaks(role, answer.text.replace(question.get("q", "\0"), ""), house) == [], question
            body = answer.json()
            found = {row["symbol"] for row in body["items"]}
            assert found <= visible
            assert body["total"] == {"value": len(found), "relation": "eq"}
    answer = await client.get(DOCUMENTS, params={"q": "việc"})
    assert {row["symbol"] for row in answer.json()["items"]} == visible


@pytest.mark.parametrize("role", DIFFERENT)
async def test_facets_count_what_is_seen_and_name_nothing_else(
    sign_in: SignIn, house: House, role: str
) -> None:
    client = await client_of(sign_in, role)
    for question in asked(house):
        answer = await client.get(f"{DOCUMENTS}/facets", params=question)
        assert answer.status_code == 200, answer.text
        assert leaks(role, answer.text, house) == [], question
    body = (await client.get(f"{DOCUMENTS}/facets")).json()
    assert body["total"]["value"] == len(SEEN[role])
    for facet in body["facets"]:
        if facet["facet"] != "status":
            assert sum(one["count"] for one in facet["values"]) + facet["others"] == len(SEEN[role])


@pytest.mark.parametrize("role", DIFFERENT)
async def test_a_suggestion_is_a_word_or_number_of_what_is_seen(
    sign_in: SignIn, house: House, role: str
) -> None:
    client = await client_of(sign_in, role)
    for name, near in NEAR.items():
        body = (await client.get(DOCUMENTS, params={"q": near})).json()
        assert body["items"] == []
        assert (body["suggestion"] is not None) == (name in SEEN[role]), (name, body)
        number = NUMBERS[name].replace("UBND", "UBNB")
        body = (await client.get(DOCUMENTS, params={"q": number})).json()
        assert (body["suggestion"] == NUMBERS[name]) == (name in SEEN[role]), (name, body)
        assert body["suggestion"] is None or body["suggestion"] in {NUMBERS[one] for one in SEEN[role]}


@pytest.mark.parametrize("role", DIFFERENT)
async def test_a_kept_search_tells_of_what_is_seen_in_counts_lists_and_letters(
    sign_in: SignIn, house: House, sessions: Sessions, postman: Postman, role: str
) -> None:
    client = await client_of(sign_in, role)
    answer = await client.post(SEARCHES, json={"name": "Tất cả", "search": {"q": "việc"}, "by_mail": True})
    assert answer.status_code == 201, answer.text
    kept = answer.json()
    async with transaction(sessions) as session:
        # As if everything had come after it was kept.
        await session.execute(text("DELETE FROM saved_search_hit"))
        await session.execute(
            text("UPDATE saved_search SET told_until = '2020-01-01', looked_at = '2020-01-01'")
        )
    await tell_searches(sessions, postman)
    (listed,) = (await client.get(SEARCHES)).json()["items"]
    assert listed["new"]["value"] == len(SEEN[role])
    async with sessions() as session:
        written = [bytes(letter.content).decode() for letter in await session.scalars(text_letters())]
    assert len(written) == (1 if SEEN[role] else 0)
    answer = await client.get(f"{SEARCHES}/{kept['id']}/documents")
    assert {row["symbol"] for row in answer.json()["items"]} == {NUMBERS[name] for name in SEEN[role]}
    for said in (answer.text, *written):
        assert leaks(role, said, house) == []


def text_letters() -> Any:
    from sqlalchemy import select

    return select(Letter).where(Letter.subject_kind == "search")


async def test_a_hit_that_is_hidden_again_is_neither_counted_nor_listed(
    sign_in: SignIn, house: House, sessions: Sessions, postman: Postman
) -> None:
    client = await sign_in("anpth")
    await client.post(SEARCHES, json={"name": "Tất cả", "search": {"q": "việc"}})
    async with transaction(sessions) as session:
        await session.execute(text("DELETE FROM saved_search_hit"))
        await session.execute(
            text("UPDATE saved_search SET told_until = '2020-01-01', looked_at = '2020-01-01'")
        )
    await tell_searches(sessions, postman)
    assert (await client.get(SEARCHES)).json()["items"][0]["new"]["value"] == 1
    async with transaction(sessions) as session:
        await session.execute(
            text("UPDATE document SET secrecy = 2 WHERE id = :id"), {"id": house.ids["mine"]}
        )
    assert (await client.get(SEARCHES)).json()["items"][0]["new"]["value"] == 0


@pytest.mark.parametrize("role", DIFFERENT)
async def test_an_export_holds_what_is_seen_and_nothing_else(
    sign_in: SignIn, house: House, role: str
) -> None:
    client = await client_of(sign_in, role)
    for question in ({}, {"q": "việc"}, *({"q": word} for word in WORDS.values())):
        answer = await client.get(
            f"{DOCUMENTS}/export",
            params={**question, "format": "csv", "columns": "symbol,subject,note,issuer,signer_name"},
        )
        assert answer.status_code == 200, answer.text
        said = answer.content.decode("utf-8-sig")
        assert leaks(role, said, house) == [], question
        if question in ({}, {"q": "việc"}):
            assert all(NUMBERS[name] in said for name in SEEN[role])
            assert answer.headers["docflow-rows"] == str(len(SEEN[role]))
