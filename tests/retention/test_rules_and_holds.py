"""Rules of retention and legal holds, over HTTP: who may, what is told to whom, what the trail says."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from docflow.access.roles import Role
from docflow.audit.models import AuditEvent
from docflow.audit.tags import Tag
from docflow.core.db import Sessions, transaction
from docflow.documents.models import Document
from docflow.dossiers.models import DossierDocument
from docflow.retention.models import RetentionRule
from docflow.retention.seed import SOURCE, load_terms
from tests.conftest import Client, SignIn
from tests.retention.keeping import (
    ARCHIVIST,
    CLERK,
    ELSEWHERE,
    HEAD,
    ActorOf,
    filed,
    make_archivist,
    registered,
    unit_of,
)

RULES, HOLDS = "/api/v1/retention-rules", "/api/v1/legal-holds"


@pytest.fixture
async def clerk(sign_in: SignIn) -> Client:
    return await sign_in(CLERK)


async def kept(client: Client, document_id: UUID) -> dict[str, Any]:
    answer = await client.get(f"/api/v1/documents/{document_id}/retention")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_an_installation_starts_with_the_usual_terms_and_keeps_what_the_province_made_of_them(
    sessions: Sessions,
) -> None:
    async with sessions() as session:
        rules = {rule.kind_code: rule for rule in await session.scalars(select(RetentionRule))}
    assert rules["decision"].retention == "permanent"
    assert rules["official_letter"].retention == "years_10"
    assert {rule.source for rule in rules.values()} == {SOURCE}
    async with transaction(sessions) as session:
        await session.delete(await session.get_one(RetentionRule, rules["decision"].id))
    await load_terms(sessions)
    async with sessions() as session:
        left = {rule.kind_code for rule in await session.scalars(select(RetentionRule))}
    assert left == set(rules) - {"decision"}


async def test_the_most_exact_rule_holds(sessions: Sessions, clerk: Client, sign_in: SignIn) -> None:
    await make_archivist(sessions)
    archivist = await sign_in(ARCHIVIST)
    document_id = await registered(sessions, clerk)
    year = date.today().year  # noqa: DTZ011
    assert (await kept(clerk, document_id))["kept_until"] == f"{year + 10}-12-31"
    unit_id = str(await unit_of(sessions))
    general = {"unit_id": unit_id, "retention": "years_50", "source": "Bảng của Sở"}
    answer = await archivist.post(RULES, json=general)
    assert answer.status_code == 201, answer.text
    # What a document is says more than whose it is.
    assert (await kept(clerk, document_id))["retention"] == "years_10"
    exact = {**general, "kind": "official_letter", "retention": "years_20"}
    made = await archivist.post(RULES, json=exact)
    told = await kept(clerk, document_id)
    assert (told["retention"], told["reason"], told["rule_id"]) == ("years_20", "rule", made.json()["id"])
    place = made.headers["Location"]
    changed = await archivist.put(
        place, json={**exact, "retention": "permanent"}, headers={"If-Match": made.headers["ETag"]}
    )
    assert changed.status_code == 200
    told = await kept(clerk, document_id)
    assert (told["reason"], told["kept_until"]) == ("permanent", None)
    stale = await archivist.delete(place, headers={"If-Match": made.headers["ETag"]})
    assert stale.status_code == 412
    gone = await archivist.delete(place, headers={"If-Match": changed.headers["ETag"]})
    assert gone.status_code == 204
    assert (await kept(clerk, document_id))["retention"] == "years_10"
    async with sessions() as session:
        events = (
            await session.scalars(
                select(AuditEvent).where(AuditEvent.tag == Tag.RETENTION_CONFIGURED).order_by(AuditEvent.id)
            )
        ).all()
    assert [(event.details["before"] or {}).get("retention") for event in events] == [
        None,
        None,
        "years_20",
        "permanent",
    ]


async def test_who_may_say_how_long_is_kept(sessions: Sessions, clerk: Client, sign_in: SignIn) -> None:
    await make_archivist(sessions)
    archivist = await sign_in(ARCHIVIST)
    unit_id, other = str(await unit_of(sessions)), str(await unit_of(sessions, "H99.03"))
    rule = {"kind": "report", "retention": "years_30", "source": "Bảng"}
    assert (await clerk.post(RULES, json={**rule, "unit_id": unit_id})).status_code == 403
    refused = await archivist.post(RULES, json=rule)
    assert refused.json()["facts"]["reason"] == "rules_for_all_at_the_top"
    refused = await archivist.post(RULES, json={**rule, "unit_id": other})
    assert refused.json()["facts"]["reason"] == "rules_outside_own_units"
    assert (await archivist.post(RULES, json={**rule, "unit_id": unit_id})).status_code == 201
    twice = await archivist.post(RULES, json={**rule, "unit_id": unit_id})
    assert (twice.status_code, twice.json()["code"]) == (409, "rule_already_there")
    unknown = await archivist.post(RULES, json={**rule, "unit_id": unit_id, "kind": "poem"})
    assert unknown.json()["errors"][0]["code"] == "kind_unknown"
    listed = (await clerk.get(RULES)).json()
    assert any(one["unit_id"] == unit_id and one["kind"] == "report" for one in listed)


async def test_a_dossier_is_held_with_what_comes_into_it_later(
    sessions: Sessions, clerk: Client, sign_in: SignIn, actor_of: ActorOf
) -> None:
    head_actor, head = await actor_of(HEAD), await sign_in(HEAD)
    first = await registered(sessions, clerk, head_actor, words="a", symbol="1/SNV-VP")
    later_one = await registered(sessions, clerk, head_actor, words="b", symbol="2/SNV-VP")
    dossier_id = await filed(sessions, head_actor, first)
    body = {
        "unit_id": str(await unit_of(sessions)),
        "title": "Thanh tra",
        "reason": "Theo yêu cầu",
        "dossiers": [str(dossier_id)],
    }
    placed = await head.post(HOLDS, json=body)
    assert placed.status_code == 201, placed.text
    assert (await kept(head, first))["is_held"]
    assert not (await kept(head, later_one))["is_held"]
    async with transaction(sessions) as session:
        values = {"dossier_id": dossier_id, "document_id": later_one, "ordinal": 2}
        session.add(
            DossierDocument(
                **values,
                added_by=head_actor.person_id,
                added_at=(await session.get_one(Document, first)).registered_at,
            )
        )
    told = await kept(head, later_one)
    assert told["is_held"]
    assert told["reason"] == "dossier_open"
    assert [hold["title"] for hold in told["holds"]] == ["Thanh tra"]
    listed = (await head.get(f"{HOLDS}?active=true")).json()["items"]
    assert [(one["dossiers"], one["hidden"]) for one in listed] == [([str(dossier_id)], 0)]
    place, tag = placed.headers["Location"], {"If-Match": placed.headers["ETag"]}
    assert (await head.post(f"{place}/release", json={"reason": " "}, headers=tag)).status_code == 422
    released = await head.post(f"{place}/release", json={"reason": "Đã kết luận"}, headers=tag)
    assert released.json()["release_reason"] == "Đã kết luận"
    assert not (await kept(head, first))["is_held"]
    again = await head.post(
        f"{place}/release", json={"reason": "Nữa"}, headers={"If-Match": released.headers["ETag"]}
    )
    assert (again.status_code, again.json()["code"]) == (409, "hold_released_before")
    assert (await head.get(f"{HOLDS}?active=true")).json()["items"] == []
    async with sessions() as session:
        tags = list(
            await session.scalars(select(AuditEvent.tag).where(AuditEvent.subject_kind == "legal_hold"))
        )
    assert sorted(tags) == [Tag.HOLD_PLACED, Tag.HOLD_RELEASED]


async def test_that_something_is_held_is_told_to_readers_and_why_is_not(
    sessions: Sessions, clerk: Client, sign_in: SignIn, actor_of: ActorOf
) -> None:
    head = await sign_in(HEAD)
    document_id = await registered(sessions, clerk, await actor_of(HEAD), await actor_of(ELSEWHERE))
    body = {
        "unit_id": str(await unit_of(sessions)),
        "title": "Điều tra ông A",
        "reason": "Mật",
        "documents": [str(document_id)],
    }
    placed = await head.post(HOLDS, json=body)
    assert placed.status_code == 201, placed.text
    elsewhere = await sign_in(ELSEWHERE)
    for reader in (clerk, elsewhere):
        told = await kept(reader, document_id)
        assert told["is_held"]
        assert told["holds"] == []
    assert (await clerk.get(HOLDS)).status_code == 403
    assert (await elsewhere.get(HOLDS)).json()["items"] == []
    place = placed.headers["Location"]
    assert (await elsewhere.get(place)).status_code == 404
    refused = await elsewhere.post(f"{place}/release", json={"reason": "x"}, headers={"If-Match": '"1"'})
    assert refused.status_code == 404
    # A document that the reader of a hold may not see is counted, not named.
    async with transaction(sessions) as session:
        await session.execute(update(Document).where(Document.id == document_id).values(readers=[999_999]))
    told_of_hold = (await head.get(place)).json()
    assert (told_of_hold["documents"], told_of_hold["hidden"]) == ([], 1)
    assert (await head.get(f"/api/v1/documents/{document_id}/retention")).status_code == 404


async def test_a_hold_names_only_what_its_maker_sees_in_their_own_units(
    sessions: Sessions, clerk: Client, sign_in: SignIn, actor_of: ActorOf
) -> None:
    elsewhere_actor, elsewhere = await actor_of(ELSEWHERE), await sign_in(ELSEWHERE)
    own = str(await unit_of(sessions, "H99.03"))
    seen = await registered(sessions, clerk, elsewhere_actor, words="a", symbol="1/SNV-VP")
    hidden = await registered(sessions, clerk, words="b", symbol="2/SNV-VP")
    body = {"unit_id": own, "title": "Giữ", "reason": "Giữ"}
    refused = await elsewhere.post(HOLDS, json={**body, "documents": [str(seen)]})
    assert refused.json()["facts"]["reason"] == "outside_own_units"
    assert (await elsewhere.post(HOLDS, json={**body, "documents": [str(hidden)]})).status_code == 404
    nothing = await elsewhere.post(HOLDS, json=body)
    assert nothing.json()["errors"][0]["code"] == "nothing_held"


async def test_the_whole_way_over_http(
    sessions: Sessions, clerk: Client, sign_in: SignIn, actor_of: ActorOf
) -> None:
    await make_archivist(sessions)
    await make_archivist(sessions, HEAD, role=Role.UNIT_HEAD)
    archivist, head = await sign_in(ARCHIVIST), await sign_in(HEAD)
    actors = (await actor_of(ARCHIVIST), await actor_of(HEAD))
    document_id = await registered(sessions, clerk, *actors)
    async with transaction(sessions) as session:
        values = {"issued_on": date(2001, 3, 1), "arrived_on": date(2001, 3, 2)}
        await session.execute(update(Document).where(Document.id == document_id).values(**values))
    unit_id = str(await unit_of(sessions))
    found = await archivist.get(f"/api/v1/disposal-candidates?unit_id={unit_id}")
    assert [(one["document_id"], one["kept_until"]) for one in found.json()] == [
        (str(document_id), "2011-12-31")
    ]
    made = await archivist.post("/api/v1/disposals", json={"unit_id": unit_id, "title": "Đợt 1"})
    assert made.status_code == 201, made.text
    place, tag = made.headers["Location"], {"If-Match": made.headers["ETag"]}
    assert (await archivist.post(f"{place}/approval", json={}, headers=tag)).status_code == 403
    assert (await head.get("/api/v1/disposals?state=proposed")).json()["items"][0]["documents"] == 1
    assert [one["subject"] for one in (await head.get(f"{place}/items")).json()["items"]] != []
    early = await head.get(f"{place}/certificate?format=pdf")
    assert (early.status_code, early.json()["code"]) == (409, "not_carried_out")
    done = await head.post(f"{place}/approval", json={"note": "Đồng ý"}, headers=tag)
    assert done.json()["state"] == "approved"
    again = await head.post(
        f"{place}/refusal", json={"note": "Thôi"}, headers={"If-Match": done.headers["ETag"]}
    )
    assert (again.status_code, again.json()["code"]) == (409, "disposal_decided")
    assert (await clerk.get(place)).status_code == 404
    assert (await clerk.get("/api/v1/disposals")).json()["items"] == []
