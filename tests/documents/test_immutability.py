"""What was issued never changes: by no route, no verb, no statement of the application's role or of the owner."""

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any, LiteralString
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import given
from hypothesis import settings as tries
from hypothesis import strategies as st
from psycopg import sql
from sqlalchemy import insert, text
from sqlalchemy.exc import ProgrammingError

from docflow.access.actor import Actor
from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.documents.models import Direction, Document, DocumentFile
from docflow.documents.schemas import IssueOutgoing
from docflow.documents.service import intake
from docflow.documents.service.registers import reservations
from docflow.files.models import File
from docflow.settings import Settings
from tests.conftest import SignIn
from tests.documents.registering import DOCUMENTS, issue, paper, received, register, to_register, unit_id

BOOKKEEPING = {
    *("readers", "permitted", "search_vector", "exact_words", "cited", "touched_at", "version"),
    *("voided_at", "destroyed_at", "passed_on_at"),
}
"""What the house notes about an issued document without changing what it says."""

REFUSED: tuple[LiteralString, ...] = (
    "UPDATE document SET subject = 'Khác' WHERE id = %(document)s",
    "UPDATE document SET direction = 'incoming', arrived_on = issued_on WHERE id = %(document)s",
    "UPDATE document SET id = uuidv7() WHERE id = %(document)s",
    "UPDATE document SET register_number = 9 WHERE id = %(document)s",
    "UPDATE document SET direction = 'outgoing', arrived_on = NULL WHERE id = %(incoming)s",
    "DELETE FROM document WHERE id = %(document)s",
    "DELETE FROM document WHERE id = %(incoming)s",
    "UPDATE document_file SET note = 'x' WHERE document_id = %(document)s",
    "UPDATE document_file SET document_id = %(document)s, annex = 7 WHERE document_id = %(incoming)s",
    "DELETE FROM document_file WHERE document_id = %(document)s",
    "INSERT INTO document_file (document_id, file_id, annex, version, added_by, added_at, note)"
    " SELECT %(document)s, %(spare)s, 1, 1, registered_by, now(), '' FROM document WHERE id = %(document)s",
    "UPDATE file SET sha256 = sha256(''), size = size + 1 WHERE id = %(file)s",
    "UPDATE file SET object_key = 'elsewhere' WHERE id = %(file)s",
    "UPDATE file SET filename = 'x.txt', media_type = 'text/html' WHERE id = %(file)s",
    "DELETE FROM file WHERE id = %(file)s",
    "UPDATE register_entry SET taken_at = now() - interval '1 day'",
    "DELETE FROM register_entry",
    "DELETE FROM receipt",
    "DELETE FROM succession",
    "UPDATE succession SET reason = 'x'",
    "DELETE FROM dispatch",
)
EMPTYING: tuple[LiteralString, ...] = tuple(
    f"TRUNCATE {table} CASCADE"
    for table in ("document", "document_file", "file", "register_entry", "receipt", "succession", "dispatch")
)


@pytest.fixture
async def clerk(actor_of: Callable[[str], Awaitable[Actor]]) -> Actor:
    return await actor_of("anpth")


async def issued(
    sessions: Sessions, clerk: Actor, direction: Direction = Direction.OUTGOING
) -> dict[str, UUID]:
    """An issued document and an incoming one, the file of each, and a file that nobody has."""
    async with transaction(sessions) as session:
        data = IssueOutgoing(subject="Báo cáo quý", kind="report")
        filed = await intake.enter_issued(session, clerk, data, direction, (received(1),))
        came = await intake.register_incoming(
            session, clerk, to_register(confirm_duplicate=True), received(2)
        )
        made = received(3)
        spare = File(
            object_key=made.object_key,
            filename=made.filename,
            media_type=made.media_type,
            size=made.size,
            sha256=made.sha256,
            stored_at=clock.now(),
        )
        session.add(spare)
        await session.flush()
        return {
            "document": filed.document.id,
            "file": filed.files[0][1].id,
            "incoming": came.id,
            "spare": spare.id,
        }


def refusal_of(url: str, *statements: LiteralString, **values: Any) -> str:
    """What PostgreSQL says to the last statement; empty when it ran. Nothing is kept."""
    with psycopg.connect(url) as connection:
        try:
            for statement in statements:
                connection.execute(statement, values)
        except psycopg.errors.InsufficientPrivilege as error:
            return str(error)
        finally:
            connection.rollback()
    return ""


def test_every_column_of_a_document_is_kept_or_is_bookkeeping(settings: Settings) -> None:
    with psycopg.connect(settings.migration_database_url) as connection:
        (rule,) = connection.execute(
            "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = 'document_never_changes'"
        ).fetchone() or ("",)
    kept = set(re.findall(r"old\.(\w+)", rule))
    assert kept | BOOKKEEPING >= {column.name for column in Document.__table__.c}
    assert not kept & BOOKKEEPING


@pytest.mark.parametrize("direction", [Direction.OUTGOING, Direction.INTERNAL])
async def test_neither_the_application_nor_the_owner_changes_or_removes_what_was_issued(
    sessions: Sessions, clerk: Actor, settings: Settings, direction: Direction
) -> None:
    ids = await issued(sessions, clerk, direction)
    for url in (settings.database_url, settings.migration_database_url):
        ran = [one for one in REFUSED if "refused" not in refusal_of(url, one, **ids)]
        assert ran == []
    owner = settings.migration_database_url
    assert [one for one in EMPTYING if "refused" not in refusal_of(owner, one)] == []


async def test_touching_an_issued_document_first_lets_no_file_in(
    sessions: Sessions, clerk: Actor, settings: Settings
) -> None:
    ids = await issued(sessions, clerk)
    touch: LiteralString = "UPDATE document SET readers = readers WHERE id = %(document)s"
    add: LiteralString = (
        "INSERT INTO document_file (document_id, file_id, annex, version, added_by, added_at, note)"
        " SELECT %(document)s, %(spare)s, 0, 2, registered_by, now(), '' FROM document WHERE id = %(document)s"
    )
    assert "never changes" in refusal_of(settings.migration_database_url, touch, add, **ids)
    # One that began before the document was there sees it neither, and is refused all the same.
    early: LiteralString = (
        "INSERT INTO document_file (document_id, file_id, annex, version, added_by, added_at, note)"
        " SELECT %(document)s, %(spare)s, 1, 1, %(by)s, now(), ''"
    )
    with psycopg.connect(settings.migration_database_url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.execute("SELECT count(*) FROM document")
        later = await issued(sessions, clerk)
        with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.ForeignKeyViolation)):
            connection.execute(early, {**later, "spare": ids["spare"], "by": clerk.person_id})


async def test_a_document_and_its_files_are_written_in_one_transaction_within_a_savepoint_too(
    sessions: Sessions, clerk: Actor
) -> None:
    async with transaction(sessions) as session, session.begin_nested():
        data = IssueOutgoing(subject="Báo cáo có phụ lục", kind="report")
        filed = await intake.enter_issued(
            session, clerk, data, Direction.OUTGOING, (received(1), received(2), received(3))
        )
    async with sessions() as session:
        count = text("SELECT count(*) FROM document_file WHERE document_id = :id")
        assert await session.scalar(count, {"id": filed.document.id}) == 3


async def test_the_mapper_is_refused_like_everybody(sessions: Sessions, clerk: Actor) -> None:
    ids = await issued(sessions, clerk)
    for attribute, value in (
        ("subject", "Khác"),
        ("signer_name", "Ai khác"),
        ("issued_on", date(2020, 1, 1)),
    ):
        with pytest.raises(ProgrammingError, match="never changes"):
            async with sessions() as session:
                document = await session.get_one(Document, ids["document"])
                setattr(document, attribute, value)
                await session.flush()
    with pytest.raises(ProgrammingError, match="never changes"):
        async with sessions() as session:
            values = {"document_id": ids["document"], "file_id": ids["spare"], "annex": 1, "version": 1}
            given_by = {"added_by": clerk.person_id, "added_at": clock.now(), "note": ""}
            await session.execute(insert(DocumentFile).values(**values, **given_by))
    with pytest.raises(ProgrammingError, match="refused"):
        async with sessions() as session:
            await session.delete(await session.get_one(Document, ids["document"]))
            await session.flush()


async def test_no_route_changes_an_issued_document(sign_in: SignIn) -> None:
    clerk = await sign_in("anpth")
    document = await issue(clerk)
    place, tag = f"{DOCUMENTS}/{document['id']}", {"If-Match": '"1"'}
    amended = await clerk.patch(place, json={"subject": "Khác"}, headers=tag)
    assert (amended.status_code, amended.json()["code"]) == (409, "issued_never_edited")
    added = await clerk.post(f"{place}/files", files=paper(b"khac"), headers=tag)
    assert (added.status_code, added.json()["code"]) == (409, "issued_never_edited")
    assert (await clerk.delete(place)).status_code == 405
    now = (await clerk.get(place)).json()
    same = {name: value for name, value in document.items() if name not in {"files", "version"}}
    assert {name: now[name] for name in same} == same
    assert [file["sha256"] for file in now["files"]] == [file["sha256"] for file in document["files"]]


async def test_bookkeeping_goes_on(
    sessions: Sessions, clerk: Actor, sign_in: SignIn, work: Callable[[], Awaitable[None]]
) -> None:
    web = await sign_in("anpth")
    document = await issue(web)
    to = await unit_id(sessions, "SNV")
    given_on = await web.post(
        f"{DOCUMENTS}/{document['id']}/routes", json={"unit_ids": [to], "role": "information"}
    )
    assert given_on.status_code == 201, given_on.text
    await work()
    async with transaction(sessions) as session:
        row = (
            await session.execute(
                text("SELECT register_id, register_number FROM document WHERE id = :id"),
                {"id": document["id"]},
            )
        ).one()
        await reservations.void(session, clerk, row.register_id, row.register_number, "", "Cấp nhầm sổ")
    read = (await web.get(f"{DOCUMENTS}/{document['id']}")).json()
    assert read["voided_at"] is not None
    assert read["files"][0]["text"] == "extracted"


async def test_an_incoming_document_is_still_corrected_and_still_gets_files(sign_in: SignIn) -> None:
    clerk = await sign_in("anpth")
    document = await register(clerk)
    place = f"{DOCUMENTS}/{document['id']}"
    amended = await clerk.patch(place, json={"note": "Bản chính gửi sau"}, headers={"If-Match": '"1"'})
    assert amended.status_code == 200
    added = await clerk.post(
        f"{place}/files", files=paper(b"ban moi"), headers={"If-Match": amended.headers["ETag"]}
    )
    assert added.status_code == 201, added.text


def _value(kind: str) -> st.SearchStrategy[Any]:
    """Values of a column of this type, as PostgreSQL names it."""
    words = st.sampled_from(
        ["incoming", "outgoing", "internal", "TM.", "normal", "urgent", "report", "vi", "", "x"]
    )
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "uuid": st.builds(uuid4),
        "int4": st.integers(-1, 3),
        "int2": st.integers(0, 3),
        "date": st.dates(date(2024, 1, 1), date(2027, 1, 1)),
        "timestamptz": st.integers(0, 10**9).map(lambda at: datetime.fromtimestamp(at, UTC)),
        "_int4": st.lists(st.integers(1, 50), max_size=3),
        "_text": st.lists(words, max_size=2),
        "tsvector": st.just("'x':1"),
    }
    return kinds.get(kind, words) | st.none()


def kept_facts(connection: psycopg.Connection[Any], ids: dict[str, UUID]) -> Any:
    """Everything of the issued document but the bookkeeping, and its files."""
    return connection.execute(
        "SELECT to_jsonb(document) - %s::text[], (SELECT jsonb_agg(to_jsonb(document_file)) FROM document_file"
        " WHERE document_id = document.id) FROM document WHERE id = %s",
        (sorted(BOOKKEEPING), ids["document"]),
    ).fetchone()


@pytest.fixture
async def there(sessions: Sessions, clerk: Actor) -> dict[str, UUID]:
    return await issued(sessions, clerk)


def test_whatever_is_tried_an_issued_document_stays_as_it_is(
    settings: Settings, there: dict[str, UUID]
) -> None:
    with psycopg.connect(settings.migration_database_url) as connection:
        columns = connection.execute(
            "SELECT column_name, udt_name FROM information_schema.columns WHERE table_name = 'document'"
        ).fetchall()
        types: dict[str, str] = dict(columns)
        before = kept_facts(connection, there)
        assert before is not None

        @tries(max_examples=150, deadline=None, database=None)
        @given(data=st.data())
        def attempt(data: st.DataObject) -> None:
            names = data.draw(st.lists(st.sampled_from(sorted(types)), min_size=1, max_size=4, unique=True))
            assignments = sql.SQL(", ").join(
                sql.SQL("{} = {}").format(sql.Identifier(name), sql.Literal(data.draw(_value(types[name]))))
                for name in names
            )
            change = sql.SQL("UPDATE document SET {} WHERE id = {}").format(
                assignments, sql.Literal(there["document"])
            )
            connection.execute("SAVEPOINT attempt")
            try:
                connection.execute(change)
            except psycopg.Error:
                connection.execute("ROLLBACK TO SAVEPOINT attempt")
            assert kept_facts(connection, there) == before

        attempt()
        connection.rollback()
