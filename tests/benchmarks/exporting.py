"""C3: a dossier of 1,000 documents of 200 KB as one archive over HTTP, beside reading the same objects from S3."""

import http.client
import json
from collections.abc import Iterator
from typing import Any

import psycopg

from tests.benchmarks.clients import SMALL_FILE_BYTES, export, get_all, register_so_many
from tests.benchmarks.crowd import Crowd
from tests.benchmarks.figures import MIB, percentile
from tests.benchmarks.options import Options
from tests.benchmarks.servers import Memory, Office, progress
from tests.benchmarks.table import Row
from tests.benchmarks.uploads import s3_of, turns
from tests.benchmarks.wire import HOST

CLERK = "datcv"
WRITERS = 4
AT_ONCE = 100
"""Documents that are put into the dossier by one request."""
YEAR = 2026

_OBJECTS = """
SELECT file.object_key FROM dossier_document AS inside
JOIN document_file ON document_file.document_id = inside.document_id JOIN file ON file.id = document_file.file_id
WHERE inside.dossier_id = %s ORDER BY file.object_key
"""


def measure(options: Options, office: Office, crowd: Crowd) -> Iterator[Row]:
    """Fill a dossier, then export it and read its objects by turns."""
    count, cookie, s3 = options.exported_documents, office.cookie(CLERK), s3_of(office)
    dossier = _dossier(office, crowd, count)
    with psycopg.connect(office.owner_url) as connection:
        keys = [key for (key,) in connection.execute(_OBJECTS, [dossier])]
    assert len(keys) == count, f"{len(keys)} objects of {count} documents"
    path = f"/api/v1/dossiers/{dossier}/export.zip"
    grown: list[int] = []
    sizes: list[int] = []

    def ours(_: int) -> float:
        with Memory(office.web_pid) as memory:
            ((spent, size),) = crowd.run(export, [(office.port, cookie, path)])
        grown.append(memory.growth)
        sizes.append(size)
        return spent

    def theirs(_: int) -> float:
        (spent,) = crowd.run(get_all, [(s3, keys)])
        return spent

    mine, limit = turns(options, "C3", ours, theirs)
    size = count * SMALL_FILE_BYTES
    assert min(sizes) > size, "an archive is smaller than its files"
    what = f"export of {count:,} documents of 200 KB over HTTP"
    per_document = percentile(mine, 50) / count * 1000
    yield Row(
        target="C3",
        what=f"{what}, {per_document:.1f} ms a document",
        figure=f"{size / MIB / percentile(mine, 50):.1f} MiB/s",
        limit=f"reading the objects: {size / MIB / percentile(limit, 50):.1f} MiB/s",
        ratio=percentile(limit, 50) / percentile(mine, 50),
        times=mine,
    )
    yield Row(
        target="C3",
        what="memory of the web process during it, above idle",
        figure=f"+{max(grown) / MIB:.0f} MiB at most",
        runs=len(grown),
    )


def _dossier(office: Office, crowd: Crowd, count: int) -> str:
    """A dossier with so many documents, all registered over HTTP."""
    progress(f"C3 registering {count:,} documents")
    cookie = office.cookie(CLERK)
    share, rest = divmod(count, WRITERS)
    orders = [(share + (writer < rest), office.port, cookie, f"hồ sơ {writer}") for writer in range(WRITERS)]
    ids = [one for made in crowd.run(register_so_many, orders) for one in made]
    with psycopg.connect(office.owner_url) as connection:
        row = connection.execute("SELECT id FROM unit WHERE symbol = 'SNV'").fetchone()
        assert row
    heading = {
        "unit_id": str(row[0]),
        "year": YEAR,
        "code": "01.BM",
        "title": "Hồ sơ đo kiểm",
        "retention": "years_70",
    }
    under = _post(office, "/api/v1/dossier-headings", heading)
    dossier: str = _post(office, "/api/v1/dossiers", {"heading_id": under["id"]})["id"]
    for first in range(0, count, AT_ONCE):
        chosen = {"document_ids": ids[first : first + AT_ONCE]}
        _post(office, f"/api/v1/dossiers/{dossier}/documents", chosen)
    return dossier


def _post(office: Office, path: str, body: dict[str, Any]) -> Any:
    connection = http.client.HTTPConnection(HOST, office.port, timeout=120)
    headers = {"Content-Type": "application/json", "Cookie": office.cookie(CLERK)}
    connection.request("POST", path, json.dumps(body), headers)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    assert answer.status < 300, (answer.status, content[:500])
    return json.loads(content)
