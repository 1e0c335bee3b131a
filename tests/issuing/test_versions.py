"""Versions, working copies, comments and comparing."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from docflow.core import clock
from docflow.core.errors import Invalid, NotAllowed
from docflow.issuing.changes import MOST_LINES, MOST_SHOWN, changes_between
from docflow.issuing.errors import (
    CheckedOutBySomebody,
    CommentSettled,
    ManuscriptWithoutText,
    NewerVersionThere,
    NothingCheckedOut,
    TextNotChanged,
)
from docflow.issuing.models import Manuscript, ManuscriptVersion
from docflow.issuing.schemas.manuscript_versions import WriteRemark
from docflow.issuing.service import comments, working_copies
from tests.conftest import SignIn
from tests.documents.registering import paper
from tests.issuing.writing import AUTHOR, CLERK, HEAD, Office, paper_of

HOURS = timedelta(hours=8)


async def shared(office: Office) -> Manuscript:
    """A manuscript that the whole unit works on, with a version."""
    return await office.written(whole_unit=True)


async def test_versions_are_numbered_and_all_of_them_stay(office: Office) -> None:
    written = await office.written()
    second = await office.add(written)
    assert (second.number, second.base_number) == (2, 1)
    async with office.sessions() as session:
        numbers = await session.scalars(select(ManuscriptVersion.number).order_by(ManuscriptVersion.number))
        assert list(numbers) == [1, 2]
        with pytest.raises(Exception, match="fk_manuscript_version_file_id"):
            await session.execute(text("DELETE FROM file"))


async def test_the_same_bytes_are_no_new_version(office: Office) -> None:
    manuscript = await office.begin()
    await office.add(manuscript, paper=paper_of(b"same"))
    with pytest.raises(TextNotChanged) as refused:
        await office.add(manuscript, paper=paper_of(b"same"))
    assert refused.value.facts == {"number": 1}


async def test_a_text_made_from_an_older_version_is_kept_only_when_the_newest_is_named(
    office: Office,
) -> None:
    manuscript = await shared(office)
    await office.add(manuscript, by=CLERK)
    with pytest.raises(NewerVersionThere) as refused:
        await office.add(manuscript, based_on=1)
    assert refused.value.facts == {"number": 2, "name": "Cao Văn Đạt"}
    kept = await office.add(manuscript, based_on=1, newest=2)
    assert (kept.number, kept.base_number) == (3, 1)
    with pytest.raises(Invalid):
        await office.add(manuscript, based_on=9)


async def test_of_two_uploads_at_once_one_is_told_of_the_other(office: Office) -> None:
    manuscript = await shared(office)
    outcomes = await asyncio.gather(
        office.add(manuscript, based_on=1),
        office.add(manuscript, by=CLERK, based_on=1),
        return_exceptions=True,
    )
    assert [type(one) for one in outcomes if isinstance(one, Exception)] == [NewerVersionThere]
    assert await office.newest(manuscript) == 2


async def test_nobody_else_adds_a_version_while_somebody_has_the_text(office: Office) -> None:
    manuscript = await shared(office)
    await office.as_(AUTHOR, working_copies.check_out, manuscript.id, HOURS)
    for attempt in (
        office.add(manuscript, by=CLERK),
        office.as_(CLERK, working_copies.check_out, manuscript.id, HOURS),
        office.submit(manuscript, by=CLERK),
    ):
        with pytest.raises(CheckedOutBySomebody) as refused:
            await attempt
        assert refused.value.facts["name"] == "Hồ Thị Xuân Mai"
    await office.add(manuscript)
    await office.add(manuscript, by=CLERK)


async def test_of_two_who_check_out_at_once_one_gets_the_text(office: Office) -> None:
    manuscript = await shared(office)
    outcomes = await asyncio.gather(
        *(office.as_(who, working_copies.check_out, manuscript.id, HOURS) for who in (AUTHOR, CLERK)),
        return_exceptions=True,
    )
    assert [type(one) for one in outcomes if isinstance(one, Exception)] == [CheckedOutBySomebody]


async def test_a_working_copy_frees_itself_when_its_time_is_over(office: Office) -> None:
    manuscript = await shared(office)
    await office.as_(AUTHOR, working_copies.check_out, manuscript.id, HOURS)
    with clock.at(clock.now() + HOURS + timedelta(minutes=1)):
        await office.as_(CLERK, working_copies.check_out, manuscript.id, HOURS)
        await office.add(manuscript, by=CLERK)
        with pytest.raises(NewerVersionThere) as refused:
            await office.add(manuscript, based_on=1)
        assert refused.value.facts["number"] == 2
        assert (await office.add(manuscript, based_on=1, newest=2)).number == 3


async def test_checking_out_again_has_the_text_for_longer(office: Office) -> None:
    manuscript = await shared(office)
    first = await office.as_(AUTHOR, working_copies.check_out, manuscript.id, HOURS)
    with clock.at(clock.now() + timedelta(hours=7)):
        again = await office.as_(AUTHOR, working_copies.check_out, manuscript.id, HOURS)
    assert again.taken_at == first.taken_at
    assert again.expires_at - first.expires_at >= timedelta(hours=6)


async def test_a_copy_is_given_back_and_only_the_head_takes_another_s(office: Office) -> None:
    manuscript = await shared(office)
    await office.as_(AUTHOR, working_copies.check_out, manuscript.id, HOURS)
    with pytest.raises(NotAllowed, match="only_the_head_releases_others"):
        await office.as_(CLERK, working_copies.release, manuscript.id, "Cần gấp")
    with pytest.raises(Invalid):
        await office.as_(HEAD, working_copies.release, manuscript.id, "")
    await office.as_(HEAD, working_copies.release, manuscript.id, "Cần gấp")
    told = (await office.trail(manuscript))[-1]
    assert (told.tag.value, told.details["holder"]) == ("manuscript:released", "Hồ Thị Xuân Mai")
    with pytest.raises(NothingCheckedOut):
        await office.as_(AUTHOR, working_copies.release, manuscript.id, "")


async def test_there_is_nothing_to_check_out_before_the_first_version(office: Office) -> None:
    begun = await office.begin()
    with pytest.raises(ManuscriptWithoutText):
        await office.as_(AUTHOR, working_copies.check_out, begun.id, HOURS)


async def test_a_remark_is_settled_once_by_whoever_works_on_the_text(office: Office) -> None:
    submitted = await office.submitted()
    remark = WriteRemark(number=1, body="Bổ sung số liệu.\nXem lại bảng 2.")
    written = await office.as_(CLERK, comments.comment, submitted.id, remark)
    assert written.body == remark.body
    await office.as_(AUTHOR, comments.settle, written.id)
    with pytest.raises(CommentSettled):
        await office.as_(CLERK, comments.settle, written.id)
    other = await office.as_(HEAD, comments.comment, submitted.id, remark)
    with pytest.raises(NotAllowed):
        await office.as_(CLERK, comments.settle, other.id)


async def test_a_text_is_uploaded_read_compared_and_taken_over_http(
    office: Office, sign_in: SignIn, work: Callable[[], Awaitable[None]]
) -> None:
    manuscript = await office.begin()
    author = await sign_in(AUTHOR)
    base = f"/api/v1/manuscripts/{manuscript.id}"
    first = await author.post(f"{base}/versions", files=paper("Kính gửi: Sở Nội vụ\nMột\n".encode()))
    assert first.status_code == 201, first.text
    unnamed = await author.post(f"{base}/versions", files=paper("Kính gửi\n".encode()))
    assert (unnamed.status_code, unnamed.json()["code"]) == (409, "newer_version_there")
    changed = paper("Kính gửi: Sở Tài chính\nMột\n".encode())
    second = await author.post(f"{base}/versions", files=changed, data={"based_on": "1"})
    assert second.status_code == 201, second.text
    early = (await author.get(f"{base}/versions/1/changes/2")).json()
    assert early["status"] == "waiting"
    await work()
    differ = (await author.get(f"{base}/versions/1/changes/2")).json()
    assert differ["status"] == "ready"
    assert "-Kính gửi: Sở Nội vụ" in differ["lines"]
    assert "+Kính gửi: Sở Tài chính" in differ["lines"]
    taken = await author.get(second.headers["Location"])
    assert taken.content == changed["file"][1]
    assert (await office.trail(manuscript))[-1].details["number"] == 2
    copy = await author.put(f"{base}/working-copy")
    assert copy.json()["is_mine"]
    assert (await author.post(f"{base}/working-copy/release", json={})).status_code == 204


def test_changes_are_those_of_a_unified_difference_with_lines_counted_from_the_whole_text() -> None:
    lines = [f"dòng {number}" for number in range(100)]
    after = [*lines[:60], "dòng mới", *lines[60:]]
    found = changes_between("\n".join(lines), "\n".join(after), "1", "2")
    assert found.lines[2] == "@@ -58,6 +58,7 @@"
    assert (found.added, found.removed, found.is_cut) == (1, 0, False)
    assert changes_between("a", "a", "1", "2").lines == []


def test_a_hostile_text_costs_no_more_than_a_long_one() -> None:
    one = "\n".join(str(number % 7) for number in range(5 * MOST_LINES))
    other = "\n".join(str(number % 5) + "x" * 1000 for number in range(5 * MOST_LINES))
    found = changes_between(one, other, "1", "2")
    assert found.is_cut
    assert len(found.lines) <= MOST_SHOWN
