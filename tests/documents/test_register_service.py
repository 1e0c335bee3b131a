"""The verbs of registering, without HTTP: what one transaction holds, and that a failing one leaves nothing."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import date, timedelta

import pytest
from sqlalchemy import insert, select, text

from docflow.access.actor import Actor
from docflow.access.roles import Role
from docflow.accounts.models import RoleHeld
from docflow.accounts.queries import find_actor
from docflow.audit.models import AuditEvent
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.core.errors import Invalid, NotAllowed, NotFound
from docflow.documents.errors import DuplicateSuspected
from docflow.documents.models import Document, DocumentFile
from docflow.documents.schemas import IssueOutgoing
from docflow.documents.service.intake import check_dates, issue_outgoing, register_incoming
from docflow.files.models import File, TextStatus
from storage import ObjectStore
from tests.documents.registering import received, to_register, unit_id
from tests.unchanged import unchanged


class PowerCut(Exception):
    """The transaction ends before its commit."""


ActorOf = Callable[[str], Awaitable[Actor]]


async def test_one_transaction_holds_document_file_version_readers_event_and_job(
    sessions: Sessions, actor_of: ActorOf
) -> None:
    actor = await actor_of("anpth")
    async with transaction(sessions) as session:
        document = await register_incoming(session, actor, to_register(), received(7))
    async with sessions() as session:
        stored = await session.get_one(Document, document.id)
        version = await session.scalar(select(DocumentFile).where(DocumentFile.document_id == document.id))
        assert version is not None
        file = await session.get_one(File, version.file_id)
        event = await session.scalar(select(AuditEvent).where(AuditEvent.subject_id == document.id))
        jobs = (await session.execute(text("SELECT task_name, args FROM procrastinate_jobs"))).all()
    assert stored.readers == sorted(set(actor.principals) - {actor.person_principal})
    assert (stored.register_number, stored.symbol_key, stored.secrecy) == (1, "5/CT-ubnd", 0)
    assert (version.version, file.filename, file.size) == (1, "7.txt", 8)
    assert file.text_status is TextStatus.WAITING
    assert event is not None
    assert (event.tag, event.actor_name) == (Tag.DOCUMENT_REGISTERED, actor.name)
    assert event.on_behalf_of == stored.unit_id
    assert event.details == {
        "number": "01",
        "direction": "incoming",
        "symbol": "05/CT-UBND",
        "subject": stored.subject,
        "file": "7.txt",
    }
    read_text = ("documents.read_text", {"document_id": str(document.id), "file_id": str(file.id)})
    assert [(job.task_name, job.args) for job in jobs] == [read_text]


async def test_a_transaction_that_fails_after_the_number_leaves_nothing(
    sessions: Sessions, actor_of: ActorOf, store: ObjectStore
) -> None:
    actor = await actor_of("anpth")
    async with unchanged(sessions, store):
        with suppress(PowerCut):
            async with transaction(sessions) as session:
                document = await register_incoming(session, actor, to_register(), received(1))
                assert document.register_number == 1
                raise PowerCut


async def clerk_of_two(sessions: Sessions, actor_of: ActorOf) -> tuple[Actor, dict[str, str]]:
    units = {symbol: await unit_id(sessions, symbol) for symbol in ("VP", "SNV", "STC")}
    one = await actor_of("anpth")
    async with transaction(sessions) as session:
        await session.execute(
            insert(RoleHeld).values(
                person_id=one.person_id,
                unit_id=units["SNV"],
                role=Role.REGISTRY_CLERK,
                valid_from=date(2025, 7, 1),
            )
        )
        both = await find_actor(session, one.person_id)
    assert both is not None
    return both, units


async def test_a_clerk_of_two_units_says_which_register(sessions: Sessions, actor_of: ActorOf) -> None:
    actor, units = await clerk_of_two(sessions, actor_of)
    async with transaction(sessions) as session:
        with pytest.raises(Invalid) as refused:
            await register_incoming(session, actor, to_register(), received(1))
        assert [(one.pointer, one.code) for one in refused.value.fields] == [("/unit_id", "unit_to_be_named")]
        with pytest.raises(NotAllowed) as foreign:
            await register_incoming(session, actor, to_register(unit_id=units["STC"]), received(1))
        assert foreign.value.facts == {"reason": "not_the_registry_of_this_unit"}


async def test_a_reply_to_something_hidden_is_not_found(sessions: Sessions, actor_of: ActorOf) -> None:
    office, department = await actor_of("anpth"), await actor_of("datcv")
    async with transaction(sessions) as session:
        hidden = await register_incoming(session, office, to_register(), received(1))
    form = IssueOutgoing(kind="report", subject="Báo cáo", answers_id=hidden.id)
    with pytest.raises(NotFound):
        async with transaction(sessions) as session:
            await issue_outgoing(session, department, form, received(2))


async def test_the_oldest_of_several_duplicates_is_named_first(sessions: Sessions, actor_of: ActorOf) -> None:
    actor = await actor_of("anpth")
    for number in range(7):
        async with transaction(sessions) as session:
            await register_incoming(session, actor, to_register(confirm_duplicate=True), received(number))
    with pytest.raises(DuplicateSuspected) as warned:
        async with transaction(sessions) as session:
            await register_incoming(session, actor, to_register(), received(99))
    named = [one["number"] for one in warned.value.facts["duplicates"]]
    assert named == ["01", "02", "03", "04", "05"]
    assert warned.value.facts["first"] == f"01/{clock.today().year}"


async def test_the_issuers_name_stays_as_it_was_on_the_day(sessions: Sessions, actor_of: ActorOf) -> None:
    actor = await actor_of("datcv")
    form = IssueOutgoing(kind="report", subject="Báo cáo")
    async with transaction(sessions) as session:
        issued = await issue_outgoing(session, actor, form, received(1))
        await session.execute(text("UPDATE unit SET name_vi = 'Sở Nội vụ và Lao động' WHERE symbol = 'SNV'"))
    async with sessions() as session:
        assert (await session.get_one(Document, issued.id)).issuer == "Sở Nội vụ"


def test_dates_may_all_be_today() -> None:
    today = clock.today()
    check_dates(today, today, today)


@pytest.mark.parametrize(
    ("issued", "arrived", "due", "wrong"),
    [
        (0, -1, None, ["arrived_before_issued"]),
        (1, 1, None, ["arrived_in_future"]),
        (0, 0, -1, ["due_in_past"]),
        (-9, -8, -1, ["due_in_past"]),
        (2, 1, 0, ["arrived_before_issued", "arrived_in_future", "due_in_past"]),
    ],
)
def test_dates_in_the_wrong_order_are_each_named(
    issued: int, arrived: int, due: int | None, wrong: list[str]
) -> None:
    def day(shift: int) -> date:
        return clock.today() + timedelta(days=shift)

    with pytest.raises(Invalid) as refused:
        check_dates(day(issued), day(arrived), None if due is None else day(due))
    assert [one.code for one in refused.value.fields] == wrong
