"""T4: a leader directs one document to 2,000 units by one request, with and without a letter to each."""

import json
import time
from collections.abc import Iterator

import psycopg
from psycopg import sql

from tests.benchmarks.clients import register_so_many
from tests.benchmarks.crowd import Crowd
from tests.benchmarks.figures import percentile
from tests.benchmarks.options import Options
from tests.benchmarks.servers import Office, progress
from tests.benchmarks.table import Row
from tests.benchmarks.wire import Wire, request

CLERK, LEADER = "anpth", "khaitq"
LIMIT_S = 1.0
TABLES = ("receipt", "task_part", "letter", "audit_event")

_UNITS = """
INSERT INTO unit (code, symbol, name_vi, name_en, kind_code, parent_id, valid_from, email, lineage)
SELECT 'H99.T' || n, 'T' || n, 'Đơn vị nhận việc ' || n, 'Unit ' || n, kind_code, parent_id, valid_from, '',
    '{}' FROM unit, generate_series(1, %s::int) AS n WHERE code = 'H99.03'
"""
_LINEAGE = """
UPDATE unit SET lineage = (SELECT lineage FROM unit WHERE code = 'H99') || no WHERE code LIKE 'H99.T%'
"""
_PRINCIPALS = "INSERT INTO principal (kind, unit_id) SELECT 'unit', id FROM unit WHERE code LIKE 'H99.T%'"
_ADDRESSES = "UPDATE unit SET email = lower(symbol) || '@' || %s WHERE code LIKE 'H99.T%%'"


def measure(options: Options, office: Office, crowd: Crowd) -> Iterator[Row]:
    """So many units that have no address, and then the same with one."""
    count = options.directed_units
    with psycopg.connect(office.owner_url, autocommit=True) as connection:
        connection.execute(_UNITS, [count])
        connection.execute(_LINEAGE)
        connection.execute(_PRINCIPALS)
        connection.execute("VACUUM (ANALYZE) unit")
        connection.execute("VACUUM (ANALYZE) principal")
        yield _row(options, office, crowd, connection, "units without an address")
        connection.execute(_ADDRESSES, ["don-vi.example"])
        yield _row(options, office, crowd, connection, "with a letter to each")


def _row(
    options: Options,
    office: Office,
    crowd: Crowd,
    connection: "psycopg.Connection[tuple[object, ...]]",
    how: str,
) -> Row:
    units = [
        str(unit_id)
        for (unit_id,) in connection.execute("SELECT id FROM unit WHERE code LIKE 'H99.T%' ORDER BY no")
    ]
    turns = options.pairs * 3 + 1
    progress(f"T4 {len(units):,} units, {how}, {turns} times")
    order = (turns, office.port, office.cookie(CLERK), f"giao việc, {how}")
    (documents,) = crowd.run(register_so_many, [order])
    _give_to_leader(connection, documents)
    direction = {
        "content": "Giao các đơn vị triển khai, báo cáo UBND tỉnh.",
        "tasks": [
            {"lead_unit_id": units[0], "coordinator_unit_ids": units[1:], "due": {"amount": 10}},
        ],
    }
    body = json.dumps(direction).encode()
    before = _counts(connection)
    times = [_direct(office, document, body) for document in documents]
    after = _counts(connection)
    written = {table: round((after[table] - before[table]) / turns) for table in TABLES}
    assert min(written["receipt"], written["task_part"]) >= len(units), written
    p95 = percentile(times[1:], 95)
    told = ", ".join(f"{rows:,} {table}" for table, rows in written.items() if rows)
    return Row(
        target="T4",
        what=f"direct a document to {len(units):,} units, {how}, HTTP",
        figure=f"p95 {p95:.2f} s",
        limit=f"rows: {told}",
        ratio=p95 / LIMIT_S,
        wanted="≤ 1 s",
        met=p95 <= LIMIT_S,
        times=times[1:],
    )


def _give_to_leader(connection: "psycopg.Connection[tuple[object, ...]]", documents: list[str]) -> None:
    """As the registry's submission leaves it."""
    connection.execute(
        """
        WITH leader AS (
            SELECT principal.no FROM principal JOIN person ON person.id = principal.person_id WHERE username = %s
        ), given AS (
            INSERT INTO receipt (document_id, principal_no, role, sent_by, sent_at, note)
            SELECT document.id, leader.no, 'direction', registered_by, now(), '' FROM document, leader
            WHERE document.id = ANY(%s::uuid[])
        )
        UPDATE document SET readers = readers || leader.no, passed_on_at = now() FROM leader
        WHERE document.id = ANY(%s::uuid[])
        """,
        [LEADER, documents, documents],
    )


def _counts(connection: "psycopg.Connection[tuple[object, ...]]") -> dict[str, int]:
    counted: dict[str, int] = {}
    for table in TABLES:
        row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
        assert row
        assert isinstance(row[0], int)
        counted[table] = row[0]
    return counted


def _direct(office: Office, document: str, body: bytes) -> float:
    """Seconds until the answer is read whole; everything is committed then."""
    path = f"/api/v1/documents/{document}/directions"
    cookie = office.cookie(LEADER)
    with Wire(office.port) as wire:
        before = time.monotonic()
        answer = wire.ask(
            request("POST", path, cookie=cookie, body=body, headers="Content-Type: application/json\r\n")
        )
        spent = time.monotonic() - before
    assert answer.status == 201, answer
    return spent
