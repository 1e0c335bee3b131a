"""Documents by the ten thousand: 200 syllables each, Zipf-distributed, read by five of 1,000 units."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from docflow.core.text import fold
from tests.benchmarks.crowd import Crowd
from tests.benchmarks.servers import Office, progress
from tests.benchmarks.syllables import Made, Readers, make, number_of

UNITS = 1_000
CLERK_UNIT = "H99.03"
LEADER_UNIT = "H99"
WIDEST = "anhmtn"
OLD_UNIT = "H99.B1"
REGISTRY = ("H99.24", "phuongct")
BATCH = 2_500
AT_ONCE = 2
WITHOUT_INDEXES = 50_000
"""From so many new documents on it is faster to build the indexes anew."""

DOCUMENT = (
    "id", "direction", "unit_id", "register_id", "register_number", "registered_at", "registered_by", "arrived_on",
    "kind_code", "symbol", "symbol_key", "issued_on", "issuer", "issuer_key", "subject", "language", "note",
    "signer_name", "signer_key", "signer_post", "recipients", "urgency", "due_on", "secrecy", "readers",
    "search_vector", "exact_words", "touched_at", "cited",
)  # fmt: skip
FILE = ("id", "object_key", "filename", "media_type", "size", "sha256", "stored_at", "text_status")
VERSION = ("document_id", "file_id", "version", "added_by", "added_at", "note")
TEXT = ("file_id", "content")


class Archive:
    """The generated documents of an office, as many as asked for so far."""

    def __init__(self, office: Office, crowd: Crowd) -> None:
        self._office = office
        self._crowd = crowd
        self._count = 0
        with psycopg.connect(office.owner_url) as connection:
            self._readers = _readers(connection)
            self._same = _register(connection)

    @property
    def old_reader(self) -> int:
        """The principal of a unit that reads the same old documents however many there are."""
        return self._readers.old

    def grow_to(self, count: int) -> None:
        """Add documents until there are so many, and bring the statistics up to date."""
        with psycopg.connect(self._office.owner_url, autocommit=True) as connection:
            connection.execute("SET synchronous_commit = off")
            indexes = _drop_indexes(connection) if count - self._count >= WITHOUT_INDEXES else []
            while self._count < count:
                progress(f"documents: {self._count:,} of {count:,}")
                self._add(connection, min(AT_ONCE * BATCH, count - self._count))
            connection.execute("SET maintenance_work_mem = '1GB'")
            for index in indexes:
                progress(f"index: {index.partition(' ON ')[0]}")
                connection.execute(index)
            connection.execute("VACUUM (ANALYZE) document")
            connection.execute("VACUUM (ANALYZE) document_file, file, file_text")

    def _add(self, connection: "psycopg.Connection[Any]", count: int) -> None:
        unit_id, person_id, register_id = self._same
        firsts = range(self._count + 1, self._count + count + 1, BATCH)
        orders = [
            (first, min(BATCH, self._count + count + 1 - first), self._readers, register_id, unit_id)
            for first in firsts
        ]
        made = [one for batch in self._crowd.run(make, orders) for one in batch]
        connection.execute(
            """
            INSERT INTO register_entry (register_id, number, taken_at, taken_by)
            SELECT %s, number, now(), %s FROM generate_series(%s::int, %s::int) AS number
            """,
            [register_id, person_id, self._count + 1, self._count + count],
        )
        with connection.transaction():
            _copy(connection, "document", DOCUMENT, (self._document(one) for one in made))
            _copy(connection, "file", FILE, map(_file, made))
            _copy(
                connection,
                "document_file",
                VERSION,
                ((one.id, one.id, 1, person_id, one.at, "") for one in made),
            )
            _copy(connection, "file_text", TEXT, ((one.id, one.text) for one in made))
        self._count += count

    def _document(self, one: Made) -> tuple[Any, ...]:
        unit_id, person_id, register_id = self._same
        symbol = number_of(one.number)
        filed = (one.id, "incoming", unit_id, register_id, one.number, one.at, person_id, one.at.date())
        issued = (
            one.kind,
            symbol,
            symbol.lower(),
            one.issued_on,
            one.issuer,
            fold(one.issuer),
            one.subject,
            "vi",
            "",
        )
        signed = (one.signer, fold(one.signer), "Giám đốc", "", one.urgency, one.due_on, 0, one.readers)
        return (*filed, *issued, *signed, one.vector, one.exact, one.at, [])


def _file(one: Made) -> tuple[Any, ...]:
    size = len(one.text.encode())
    digest = one.id.bytes * 2
    return (one.id, one.id.hex, "van-ban.txt", "text/plain", size, digest, one.at, "extracted")


def _copy(
    connection: "psycopg.Connection[Any]", table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]
) -> None:
    into = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor() as cursor, cursor.copy(into) as copy:
        for row in rows:
            copy.write_row(row)


def _drop_indexes(connection: "psycopg.Connection[Any]") -> list[str]:
    """Drop the indexes of documents that no constraint needs; what makes them again."""
    found = connection.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'document' AND indexname LIKE 'ix\\_%'"
    ).fetchall()
    for name, _ in found:
        connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    return [definition for _, definition in found]


def _readers(connection: "psycopg.Connection[Any]") -> Readers:
    """Principals of 1,000 units, the clerk's among them, and of the wide readers; missing units are made."""
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
    leader, old = found.pop(LEADER_UNIT), found.pop(OLD_UNIT)
    widest = connection.execute(
        "SELECT p.no FROM person JOIN principal p ON p.person_id = person.id WHERE username = %s", [WIDEST]
    ).fetchone()
    assert widest
    return Readers(sorted(found.values()), found[CLERK_UNIT], old, leader, widest[0])


def _register(connection: "psycopg.Connection[Any]") -> tuple[UUID, UUID, UUID]:
    """Unit, registrar and register of the generated documents."""
    code, username = REGISTRY
    row = connection.execute(
        """
        INSERT INTO register (unit_id, direction, title, starts_on, ends_on)
        SELECT id, 'incoming', 'Sổ thử', '2018-01-01', '2019-01-01' FROM unit WHERE code = %s
        RETURNING unit_id, (SELECT id FROM person WHERE username = %s), id
        """,
        [code, username],
    ).fetchone()
    assert row
    unit_id, person_id, register_id = row
    return unit_id, person_id, register_id
