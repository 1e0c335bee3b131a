"""The schema: one head, up from empty, equal to the models; and what the application's role may do with it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import LiteralString
from uuid import uuid4

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

from docflow.core.db import sqlalchemy_url
from docflow.embedded import EmbeddedStack
from docflow.migrations import run
from docflow.migrations.run import migrate, tables
from docflow.settings import Settings

NOT_OURS = ("procrastinate", "alembic_version")
"""Tables that the queue and the migrations themselves keep."""


class Empty:
    """A database of its own for one test."""

    def __init__(self, stack: EmbeddedStack) -> None:
        assert stack.postgres is not None
        self._server = stack.postgres
        self._name = f"empty_{uuid4().hex[:12]}"
        urls = self._server.create_database(self._name)
        self.owner, self.app = urls.owner, urls.app

    def ask(self, question: LiteralString) -> set[tuple[str, ...]]:
        with psycopg.connect(self.owner) as connection:
            return {tuple(str(one) for one in row) for row in connection.execute(question)}

    def drop(self) -> None:
        self._server.drop_database(self._name)


@pytest.fixture
def empty(stack: EmbeddedStack) -> Iterator[Empty]:
    empty = Empty(stack)
    yield empty
    empty.drop()


def scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(Path(run.__file__).parent))
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config)


def test_there_is_one_head_and_one_line_to_it() -> None:
    assert len(scripts().get_heads()) == 1
    assert len(scripts().get_bases()) == 1
    assert [one.revision for one in scripts().walk_revisions() if one.is_branch_point] == []


def test_every_revision_gives_up_soon_when_a_table_is_busy() -> None:
    for revision in scripts().walk_revisions():
        assert "lock_timeout" in Path(revision.path).read_text("utf-8"), revision.path


COLUMNS: LiteralString = """SELECT table_name, column_name, data_type, udt_name, is_nullable, column_default,
is_identity FROM information_schema.columns WHERE table_schema = 'public'"""
CONSTRAINTS: LiteralString = """SELECT conrelid::regclass, conname, pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = 'public'::regnamespace"""
INDEXES: LiteralString = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"


def schema_of(database: Empty) -> dict[str, set[tuple[str, ...]]]:
    """Columns, constraints and indexes, as PostgreSQL writes them down."""
    asked = {"columns": COLUMNS, "constraints": CONSTRAINTS, "indexes": INDEXES}
    return {
        name: {row for row in database.ask(question) if not row[0].startswith(NOT_OURS)}
        for name, question in asked.items()
    }


def test_up_from_empty_is_what_the_models_say(empty: Empty, stack: EmbeddedStack) -> None:
    migrate(empty.owner, empty.app)
    modelled = Empty(stack)
    engine = create_engine(sqlalchemy_url(modelled.owner))
    with engine.begin() as connection:
        connection.execute(text("CREATE EXTENSION pg_trgm"))
    tables().create_all(engine)
    engine.dispose()
    migrated, declared = schema_of(empty), schema_of(modelled)
    modelled.drop()
    assert len(declared["columns"]) > 100
    for kind, facts in declared.items():
        assert migrated[kind] == facts, kind


def test_the_comparison_of_alembic_finds_nothing_either(empty: Empty) -> None:
    migrate(empty.owner, empty.app)
    engine = create_engine(sqlalchemy_url(empty.owner))
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "include_name": lambda name, kind, _: (
                    kind != "table" or not (name or "").startswith(NOT_OURS)
                ),
            },
        )
        assert compare_metadata(context, tables()) == []
    engine.dispose()


def test_migrating_again_or_four_times_at_once_changes_nothing(empty: Empty) -> None:
    with ThreadPoolExecutor(4) as people:
        list(people.map(lambda _: migrate(empty.owner, empty.app), range(4)))
    before = schema_of(empty)
    migrate(empty.owner, empty.app)
    assert schema_of(empty) == before
    assert len(empty.ask("SELECT version_num FROM alembic_version")) == 1


FORBIDDEN: tuple[LiteralString, ...] = (
    "UPDATE audit_event SET actor_name = 'nobody'",
    "DELETE FROM audit_event",
    "TRUNCATE audit_event",
    "DROP TABLE audit_event",
    "ALTER TABLE audit_event DISABLE TRIGGER ALL",
    "CREATE TABLE mine (x int)",
    "CREATE SCHEMA mine",
    "ALTER TABLE document ADD COLUMN x int",
    "TRUNCATE document",
    "DROP TABLE document",
    "UPDATE alembic_version SET version_num = 'x'",
    "DELETE FROM alembic_version",
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "SET ROLE docflow_owner",
    "SET session_replication_role = replica",
    "COPY document TO PROGRAM 'true'",
    "SELECT pg_read_file('/etc/passwd')",
)


def refused(url: str, statement: LiteralString) -> str:
    """What PostgreSQL says to a statement that the role may not run; empty when it ran."""
    with psycopg.connect(url) as connection:
        try:
            connection.execute(statement)
        except psycopg.errors.InsufficientPrivilege as error:
            return str(error)
        connection.rollback()
    return ""


def test_the_applications_role_may_not_change_tables_or_the_trail(settings: Settings) -> None:
    assert [one for one in FORBIDDEN if not refused(settings.database_url, one)] == []


def test_the_applications_role_may_do_its_work(settings: Settings) -> None:
    allowed: tuple[LiteralString, ...] = (
        "SELECT * FROM audit_event",
        "INSERT INTO register (unit_id, direction, starts_on, ends_on)"
        " SELECT id, 'incoming', '2026-01-01', '2027-01-01' FROM unit LIMIT 1",
        "UPDATE register SET last_number = 1",
        "DELETE FROM register",
        "SELECT procrastinate_defer_jobs_v1(ARRAY[]::procrastinate_job_to_defer_v1[])",
        "DELETE FROM procrastinate_jobs",
    )
    with psycopg.connect(settings.database_url) as connection:
        for statement in allowed:
            connection.execute(statement)
        connection.rollback()


def test_even_the_owner_is_refused_a_change_of_the_trail(settings: Settings) -> None:
    for change in FORBIDDEN[:3]:
        assert "append-only" in refused(settings.migration_database_url, change), change


def test_every_table_has_a_primary_key(settings: Settings) -> None:
    engine = create_engine(sqlalchemy_url(settings.migration_database_url))
    found = inspect(engine)
    for table in found.get_table_names():
        assert found.get_pk_constraint(table)["constrained_columns"], table
    engine.dispose()


WITHOUT_INDEX = {
    "absence.set_by": "told with its absence",
    "acquaintance.made_by": "told with its document",
    "approval_rule.kind_code": "rules are read by unit",
    "approval_rule.person_id": "rules are read by unit",
    "credential.added_by": "told with its person",
    "dispatch.principal_no": "told with its document",
    "dispatch.receipt_id": "told with its document",
    "dispatch.sent_by": "told with its document",
    "disposal.decided_by": "told with its list",
    "disposal.proposed_by": "told with its list",
    "document.issuer_unit_id": "told with its document",
    "document.kind_code": "a list is walked by date",
    "document.registered_by": "told with its document",
    "document_comment.author_id": "told with its document",
    "document_comment.unit_id": "told with its document",
    "document_file.added_by": "told with its document",
    "document_reading.person_id": "told with its document",
    "dossier.handed_over_by": "told with its dossier",
    "dossier.opened_by": "told with its dossier",
    "dossier.proposed_by": "told with its dossier",
    "dossier.received_by": "told with its dossier",
    "dossier_document.added_by": "told with its dossier",
    "dossier_heading.keeper_id": "told with its unit and year",
    "draft.added_by": "told with its draft",
    "draft.closed_by": "told with its draft",
    "file.stored_by": "told with its file",
    "imported_row.imported_by": "told with its document",
    "legal_hold.placed_by": "told with its hold",
    "legal_hold.released_by": "told with its hold",
    "legal_hold.unit_id": "there are few holds",
    "letter_template.added_by": "told with its template",
    "letter_template.kind_code": "there are few templates",
    "mail_message.settled_by": "told with its mail",
    "manuscript.answers_receipt_id": "told with its manuscript",
    "manuscript.kind_code": "told with its manuscript",
    "manuscript.signed_by": "told with its manuscript",
    "manuscript.signer_id": "told with its manuscript",
    "manuscript.template_id": "told with its manuscript",
    "manuscript_comment.author_id": "told with its manuscript",
    "manuscript_comment.settled_by": "told with its manuscript",
    "manuscript_recipient.principal_no": "told with its manuscript",
    "manuscript_step.decided_by": "told with its manuscript",
    "manuscript_step.person_id": "told with its manuscript",
    "manuscript_version.made_by": "told with its manuscript",
    "meeting.central_site_no": "told with its meeting; the sites that join are bookings",
    "meeting.organizer_id": "told with its meeting",
    "meeting.unit_id": "a list is walked by time",
    "participant.site_no": "told with its meeting",
    "receipt.acknowledged_by": "told with its document",
    "receipt.ended_by": "told with its document",
    "receipt.sent_by": "told with its document",
    "register.closed_by": "told with its register",
    "register_entry.taken_by": "told with its entry",
    "register_entry.voided_by": "told with its entry",
    "register_print.printed_by": "told with its print",
    "retention_rule.kind_code": "there are few rules",
    "site.kind_code": "there are few sites",
    "site.unit_id": "there are few sites",
    "succession.made_by": "told with its document",
    "task_part.result_document_id": "told with its task",
    "task_report.reported_by": "told with its task",
    "unit.kind_code": "there are few units",
    "working_copy.person_id": "told with its manuscript",
}
"""Foreign keys by which nothing is looked up, and why; nothing that they point to is ever deleted."""

FOREIGN_KEYS: LiteralString = """
SELECT conrelid::regclass || '.' || attname
FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
WHERE contype = 'f' AND connamespace = 'public'::regnamespace
AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = conrelid AND indkey[0] = conkey[1])"""


def test_every_foreign_key_has_an_index_unless_nothing_is_looked_up_by_it(empty: Empty) -> None:
    migrate(empty.owner, empty.app)
    found = {key for (key,) in empty.ask(FOREIGN_KEYS) if not key.startswith(NOT_OURS)}
    assert found == WITHOUT_INDEX.keys()
