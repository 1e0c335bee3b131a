"""Beginning and changing manuscripts, and who sees them."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from docflow.access.actor import Actor
from docflow.core import clock
from docflow.core.errors import Invalid, NotAllowed, NotFound, Stale
from docflow.issuing.errors import ManuscriptInReview, ManuscriptWithdrawn
from docflow.issuing.models import (
    ManuscriptRecipient,
    ManuscriptState,
    RecipientRole,
    StepKind,
    SuccessionKind,
)
from docflow.issuing.queries import manuscripts_lists as lists
from docflow.issuing.queries.manuscripts import get_manuscript, get_version
from docflow.issuing.queries.manuscripts_lists import Scope
from docflow.issuing.schemas.manuscript_versions import WriteRemark
from docflow.issuing.schemas.manuscripts import BeginManuscript, ChangeManuscript, RecipientIn
from docflow.issuing.service import comments, manuscripts
from tests.conftest import SignIn
from tests.issuing.writing import AUTHOR, CLERK, HEAD, OTHER, OUTSIDERS, Office


async def codes_of(office: Office, **fields: Any) -> set[str]:
    with pytest.raises(Invalid) as refused:
        await office.begin(**fields)
    return {field.code for field in refused.value.fields}


async def test_a_manuscript_is_begun_in_the_author_s_own_unit(office: Office) -> None:
    begun = await office.begin()
    assert begun.unit_id == begun.issuing_unit_id == office.units["H99.02"]
    assert begun.state is ManuscriptState.DRAFTING
    assert begun.signer_post == "Giám đốc Sở Nội vụ"
    assert [event.tag.value for event in await office.trail(begun)] == ["manuscript:begun"]


async def test_only_its_author_sees_a_manuscript_that_is_being_written(office: Office) -> None:
    begun = await office.begin()
    assert await office.sees(AUTHOR, begun)
    assert not any([await office.sees(who, begun) for who in (*OUTSIDERS, HEAD, CLERK)])


async def test_the_whole_unit_sees_it_when_the_author_opens_it_to_the_unit(office: Office) -> None:
    begun = await office.begin(whole_unit=True)
    assert await office.sees(CLERK, begun)
    assert not any([await office.sees(who, begun) for who in OUTSIDERS])


async def test_somebody_of_another_unit_works_on_it_once_named_and_no_more_once_left_out(
    office: Office,
) -> None:
    begun = await office.begin(collaborator_ids=[office.people[OTHER]])
    assert await office.sees(OTHER, begun)
    await office.add(begun, by=OTHER)
    change = ChangeManuscript(collaborator_ids=[])
    await office.as_(AUTHOR, manuscripts.change, begun.id, begun.version, change)
    assert not await office.sees(OTHER, begun)


async def test_whoever_was_named_may_not_name_others(office: Office) -> None:
    begun = await office.begin(collaborator_ids=[office.people[OTHER]])
    with pytest.raises(NotAllowed, match="only_the_author_or_the_head"):
        await office.as_(
            OTHER, manuscripts.change, begun.id, begun.version, ChangeManuscript(whole_unit=True)
        )


async def test_only_the_seat_that_is_asked_sees_a_submitted_manuscript_and_not_its_unit(
    office: Office,
) -> None:
    submitted = await office.submitted()
    assert await office.sees(HEAD, submitted)
    assert await office.sees(CLERK, submitted)
    assert not any([await office.sees(who, submitted) for who in OUTSIDERS])


async def test_nothing_of_a_manuscript_leaks_into_lists_counts_comments_or_versions(office: Office) -> None:
    submitted = await office.submitted()
    written = WriteRemark(number=1, body="Bí mật")
    comment = await office.as_(AUTHOR, comments.comment, submitted.id, written)
    for who in OUTSIDERS:
        for scope in Scope:
            rows, counted = await office.as_(
                who, lists.list_manuscripts, scope, state=None, cursor=None, limit=25, total=True
            )
            assert (list(rows), counted) == ([], 0)
        for verb, *given in (
            (lists.list_comments, submitted.id),
            (lists.list_versions, submitted.id),
            (get_version, submitted.id, 1),
            (comments.comment, submitted.id, written),
            (comments.settle, comment.id),
        ):
            with pytest.raises(NotFound):
                await office.as_(who, verb, *given)


async def test_a_search_of_documents_never_finds_a_manuscript(office: Office, sign_in: SignIn) -> None:
    await office.submitted(subject="Phương án đặc biệt chưa công bố")
    author = await sign_in(AUTHOR)
    for address in ("/api/v1/documents?q=đặc+biệt&total=true", "/api/v1/documents/facets?q=đặc"):
        answer = await author.get(address)
        assert "Phương án" not in answer.text


async def test_over_http_a_hidden_manuscript_is_not_told_from_one_that_never_was(
    office: Office, sign_in: SignIn
) -> None:
    submitted = await office.submitted()
    step = (await office.steps(submitted))[0]
    stranger = await sign_in(OTHER)
    base = f"/api/v1/manuscripts/{submitted.id}"
    for path in ("", "/versions", "/comments", "/steps", "/versions/1/content", "/versions/1/changes/1"):
        assert (await stranger.get(base + path)).status_code == 404, path
    decided = await stranger.post(
        f"/api/v1/manuscript-steps/{step.id}/decision",
        json={"decision": "pass", "number": 1},
        headers={"If-Match": '"1"'},
    )
    assert decided.status_code == 404


async def test_lists_are_pages_and_what_waits_for_me_comes_in_the_order_of_submission(office: Office) -> None:
    first, second = await office.written(subject="Một"), await office.written(subject="Hai")
    await office.submit(second)
    await office.submit(first)

    async def page(by: str, scope: Scope, cursor: str | None = None) -> list[str]:
        rows, _ = await office.as_(
            by, lists.list_manuscripts, scope, state=None, cursor=cursor, limit=25, total=False
        )
        return [row.Manuscript.subject for row in rows]

    assert await page(AUTHOR, Scope.MINE) == ["Hai", "Một"]
    assert await page(HEAD, Scope.WAITING) == ["Hai", "Một"]
    assert await page(CLERK, Scope.WAITING) == []
    await office.decide(second, HEAD, StepKind.CONTENT)
    assert await page(HEAD, Scope.WAITING) == ["Một"]
    assert await page(CLERK, Scope.WAITING) == ["Hai"]


async def test_pages_follow_each_other_without_gap_or_repeat(office: Office, sign_in: SignIn) -> None:
    subjects = [f"Báo cáo {number}" for number in range(5)]
    for subject in subjects:
        await office.begin(subject=subject)
    author = await sign_in(AUTHOR)
    seen, cursor = [], None
    while True:
        params = {"limit": "2", "total": "true", **({"cursor": cursor} if cursor else {})}
        body = (await author.get("/api/v1/manuscripts", params=params)).json()
        seen += [item["subject"] for item in body["items"]]
        cursor = body["next"]
        if cursor is None:
            break
    assert seen == subjects[::-1]


async def test_recipients_are_units_people_addresses_and_plain_names(office: Office) -> None:
    recipients = [
        RecipientIn(unit_id=office.units["H99.03"]),
        RecipientIn(person_id=office.people["khaitq"], role=RecipientRole.KNOW),
        RecipientIn(email="a@ben-ngoai.example", name="Công ty A", by_link=True),
        RecipientIn(role=RecipientRole.FILE, name="Lưu: VT"),
    ]
    begun = await office.begin(recipients=recipients)
    async with office.sessions() as session:
        rows = (
            await session.scalars(select(ManuscriptRecipient).order_by(ManuscriptRecipient.position))
        ).all()
    assert [row.name for row in rows] == ["Sở Tài chính", "Trịnh Quang Khải", "Công ty A", "Lưu: VT"]
    assert [row.principal_no is not None for row in rows] == [True, True, False, False]
    assert rows[2].by_link
    told = (await office.trail(begun))[0].details["recipients"]
    assert [one["name"] for one in told] == [row.name for row in rows]


@pytest.mark.parametrize(
    ("recipient", "code"),
    [
        ({"email": "not an address"}, "email_not_valid"),
        ({"by_link": True, "name": "Ai đó"}, "link_needs_address"),
        ({}, "recipient_without_name"),
    ],
)
async def test_a_recipient_that_cannot_be_sent_to_is_refused(
    office: Office, recipient: dict[str, object], code: str
) -> None:
    assert await codes_of(office, recipients=[RecipientIn(**recipient)]) == {code}  # type: ignore[arg-type]


async def test_a_record_that_says_something_impossible_is_refused(office: Office) -> None:
    assert await codes_of(office, kind="nothing") == {"kind_not_known"}
    assert await codes_of(office, issuing_unit_id=office.units["H99.03"]) == {"issuing_unit_not_above"}
    assert await codes_of(office, signer_id=office.people[AUTHOR]) == {"signer_not_entitled"}
    assert await codes_of(office, due_on=clock.today() - timedelta(days=1)) == {"due_in_past"}
    assert await codes_of(office, succession=SuccessionKind.RECALLS) == {"succession_of_something"}


async def test_nobody_writes_for_a_unit_that_is_not_theirs(office: Office) -> None:
    with pytest.raises(NotAllowed, match="writes_for_own_units_only"):
        await office.begin(unit_id=office.units["H99.03"])


async def test_a_stale_change_is_refused_and_changes_nothing(office: Office) -> None:
    begun = await office.begin()
    changed = await office.as_(
        AUTHOR, manuscripts.change, begun.id, begun.version, ChangeManuscript(subject="Khác")
    )
    with pytest.raises(Stale):
        await office.as_(AUTHOR, manuscripts.change, begun.id, begun.version, ChangeManuscript(subject="Nữa"))
    assert (await office.now(begun)).subject == "Khác"
    assert changed.version == begun.version + 1
    assert (await office.trail(begun))[-1].details == {
        "changed": {"subject": ["Kết quả rà soát quý III", "Khác"]}
    }


async def test_the_record_stays_while_somebody_decides(office: Office) -> None:
    submitted = await office.submitted()
    with pytest.raises(ManuscriptInReview):
        await office.as_(
            AUTHOR, manuscripts.change, submitted.id, submitted.version, ChangeManuscript(subject="Khác")
        )


async def test_a_manuscript_is_withdrawn_by_its_author_for_good(office: Office) -> None:
    submitted = await office.submitted()
    with pytest.raises(NotAllowed):
        await office.as_(CLERK, manuscripts.withdraw, submitted.id, submitted.version, "Không cần")
    gone = await office.as_(AUTHOR, manuscripts.withdraw, submitted.id, submitted.version, "Trùng nội dung")
    assert gone.state is ManuscriptState.WITHDRAWN
    assert {step.state.value for step in await office.steps(gone)} == {"dropped"}
    with pytest.raises(ManuscriptWithdrawn):
        await office.add(gone)


async def test_who_stands_in_for_the_author_works_on_it(office: Office) -> None:
    begun = await office.begin()

    def lend(actor: Actor) -> bool:
        return begun.author_id in actor.persons

    assert lend(await office.actor_of(AUTHOR))
    assert not lend(await office.actor_of(CLERK))
    assert (await office.as_(AUTHOR, get_manuscript, begun.id)).id == begun.id


async def test_a_manuscript_is_begun_read_and_changed_over_http(office: Office, sign_in: SignIn) -> None:
    author = await sign_in(AUTHOR)
    body = {**BeginManuscript.example, "signer_id": str(office.people[HEAD])}
    body["recipients"] = [{"unit_id": str(office.units["H99.03"])}]
    del body["answers_id"]
    begun = await author.post("/api/v1/manuscripts", json=body)
    assert begun.status_code == 201, begun.text
    address = begun.headers["Location"]
    read = await author.get(address)
    assert read.headers["ETag"] == begun.headers["ETag"]
    assert read.json()["moves"] == ["edit", "submit", "withdraw"]
    assert read.json()["actions"] == ["manuscript:read", "manuscript:write"]
    change = {"body": "Đoạn một.\n\nĐoạn hai."}
    without = await author.patch(address, json=change)
    assert without.status_code == 428
    changed = await author.patch(address, json=change, headers={"If-Match": read.headers["ETag"]})
    assert changed.json()["body"] == change["body"]
    stale = await author.patch(address, json=change, headers={"If-Match": read.headers["ETag"]})
    assert stale.status_code == 412
