"""Documents by the ten thousand: 200 syllables each, Zipf-distributed, read by five of 1,000 units."""

from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from tests.benchmarks.crowd import Crowd
from tests.benchmarks.servers import Office, progress
from tests.benchmarks.syllables import make, number_of

UNITS = 1_000
CLERK_UNIT = "H99.03"
LEADER_UNIT = "H99"
REGISTRY = ("H99.24", "phuongct")
BATCH = 1_000

COLUMNS = (
    "direction", "unit_id", "register_id", "register_number", "registered_at", "registered_by", "arrived_on",
    "kind_code", "symbol", "symbol_key", "issued_on", "issuer", "issuer_key", "subject", "language", "note",
    "signer_name", "signer_post", "recipients", "urgency", "secrecy", "readers", "search_vector",
)  # fmt: skip


class Archive:
    """The generated documents of an office, as many as asked for so far."""

    def __init__(self, office: Office, crowd: Crowd) -> None:
        self._office = office
        self._crowd = crowd
        self._count = 0
        with psycopg.connect(office.owner_url) as connection:
            self._principals, self._clerk, self._leader = _readers(connection)
            self._same = _register(connection)

    def grow_to(self, count: int) -> None:
        """Add documents until there are so many, and bring the statistics up to date."""
        with psycopg.connect(self._office.owner_url, autocommit=True) as connection:
            while self._count < count:
                progress(f"documents: {self._count:,} of {count:,}")
                self._add(connection, min(10 * BATCH, count - self._count))
            connection.execute("VACUUM (ANALYZE) document")

    def _add(self, connection: "psycopg.Connection[Any]", count: int) -> None:
        readers = (self._principals, self._clerk, self._leader)
        firsts = range(self._count + 1, self._count + count + 1, BATCH)
        batches = self._crowd.run(make, [(first, BATCH, *readers) for first in firsts])
        into = sql.SQL("COPY document ({}) FROM STDIN").format(
            sql.SQL(", ").join(map(sql.Identifier, COLUMNS))
        )
        _, person_id, register_id = self._same
        connection.execute(
            """
            INSERT INTO register_entry (register_id, number, taken_at, taken_by)
            SELECT %s, number, now(), %s FROM generate_series(%s, %s) AS number
            """,
            [register_id, person_id, self._count + 1, self._count + len(firsts) * BATCH],
        )
        with connection.cursor() as cursor, cursor.copy(into) as copy:
            for row in (row for batch in batches for row in batch):
                copy.write_row(self._whole(*row))
        self._count += count

    def _whole(
        self, number: int, at: datetime, subject: str, readers: list[int], vector: str
    ) -> tuple[Any, ...]:
        unit_id, person_id, register_id = self._same
        symbol, issuer = number_of(number), "Sở Tài chính"
        filed = ("incoming", unit_id, register_id, number, at, person_id, at.date())
        issued = ("report", symbol, symbol, at.date(), issuer, issuer, subject, "vi", "")
        return (*filed, *issued, "Nguyễn Văn Ánh", "Giám đốc", "", "normal", 0, readers, vector)


def _readers(connection: "psycopg.Connection[Any]") -> tuple[list[int], int, int]:
    """Principals of 1,000 units, the clerk's among them, and the leader's; missing units are made."""
    connection.execute(
        """
        INSERT INTO unit (code, symbol, name_vi, name_en, kind_code, parent_id, valid_from)
        SELECT 'H99.B' || n, 'B' || n, 'Đơn vị ' || n, 'Unit ' || n, kind_code, parent_id, valid_from
        FROM unit, generate_series(1, %s - (SELECT count(*) FROM unit WHERE code <> %s)) AS n WHERE code = %s
        """,
        [UNITS, LEADER_UNIT, CLERK_UNIT],
    )
    connection.execute(
        """
        UPDATE unit SET lineage = (SELECT lineage FROM unit WHERE code = %s) || no
        WHERE code LIKE 'H99.B%%' AND lineage = '{}'
        """,
        [LEADER_UNIT],
    )
    connection.execute(
        """
        INSERT INTO principal (kind, unit_id) SELECT 'unit', id FROM unit
        WHERE id NOT IN (SELECT unit_id FROM principal WHERE unit_id IS NOT NULL)
        """
    )
    found = dict(connection.execute("SELECT code, p.no FROM unit JOIN principal p ON p.unit_id = unit.id"))
    leader = found.pop(LEADER_UNIT)
    return sorted(found.values()), found[CLERK_UNIT], leader


def _register(connection: "psycopg.Connection[Any]") -> tuple[UUID, UUID, UUID]:
    """Unit, registrar and register of the generated documents."""
    code, username = REGISTRY
    row = connection.execute(
        """
        INSERT INTO register (unit_id, direction, starts_on, ends_on)
        SELECT id, 'incoming', '2024-01-01', '2025-01-01' FROM unit WHERE code = %s
        RETURNING unit_id, (SELECT id FROM person WHERE username = %s), id
        """,
        [code, username],
    ).fetchone()
    assert row
    unit_id, person_id, register_id = row
    return unit_id, person_id, register_id
