"""What clients do, each in a process of its own. Light: it is imported once per process."""

import http.client
import io
import os
import time
from typing import BinaryIO, cast

import psycopg
from minio import Minio

from tests.benchmarks.crowd import Load, keep_doing, wait_for
from tests.benchmarks.figures import MIB
from tests.benchmarks.wire import FORM_END, HOST, Wire, form_start, request, upload_head
from tests.files.papers import pdf_with

REGISTER = "/api/v1/documents/incoming"
PART_BYTES = 8 * MIB
PIECE_BYTES = 256 * 1024
SMALL_FILE_BYTES = 200_000
INSERT = "INSERT INTO bench_row (object_key, written_at) VALUES (%s, now())"
EXPORT_PATIENCE_S = 600
PAGES = 10
LINES = 40

S3 = tuple[str, str, str, str]
"""Endpoint, access key, secret key, bucket."""


class Content:
    """So many bytes that nobody can compress, as a stream: ``read(n)`` gives exactly n until the end."""

    def __init__(self, size: int) -> None:
        self._left = size
        self._block = os.urandom(PART_BYTES)

    def read(self, size: int) -> bytes:
        taken = min(size, self._left)
        self._left -= taken
        if taken <= PART_BYTES:
            return self._block[:taken]
        return self._block + self._block[: taken - PART_BYTES]


def fields_of(name: str) -> dict[str, str]:
    """What a clerk fills in; ``name`` keeps it from being taken for a duplicate."""
    return {
        "symbol": "45/BC-SNV",
        "issued_on": "2026-01-05",
        "issuer": f"Sở Nội vụ {name}",
        "subject": f"Kết quả rà soát Chỉ số cải cách hành chính, {name}",
        "signer_name": "Lê Thị Hồng Hạnh",
    }


def sdk(s3: S3) -> tuple[Minio, str]:
    """A client of the SDK and the bucket."""
    endpoint, access_key, secret_key, bucket = s3
    return Minio(
        endpoint, access_key=access_key, secret_key=secret_key, secure=False, region="us-east-1"
    ), bucket


def upload(start_at: float, port: int, cookie: str, size: int, name: str) -> tuple[float, str]:
    """Register a document of ``size`` bytes through the API: seconds, and the path of its file."""
    content = Content(size)
    start = form_start(fields_of(name), f"{name}.bin", "application/octet-stream")
    pieces = memoryview(content.read(min(size, PART_BYTES)))
    with Wire(port) as wire:
        wait_for(start_at)
        before = time.monotonic()
        wire.send(upload_head(REGISTER, cookie, len(start) + size + len(FORM_END)) + start)
        for sent in range(0, size, PIECE_BYTES):
            at = sent % PART_BYTES
            wire.send(pieces[at : at + min(PIECE_BYTES, size - sent)])
        wire.send(FORM_END)
        answer = wire.answer()
        spent = time.monotonic() - before
    assert answer.status == 201, answer
    document = answer.json()
    return spent, f"/api/v1/documents/{document['id']}/files/{document['files'][0]['id']}/content"


def put(start_at: float, s3: S3, size: int, key: str) -> float:
    """The same bytes straight from the SDK: length unknown, one part at a time. Seconds."""
    client, bucket = sdk(s3)
    content = cast(BinaryIO, Content(size))
    wait_for(start_at)
    before = time.monotonic()
    client.put_object(bucket, key, content, length=-1, part_size=PART_BYTES, num_parallel_uploads=1)
    return time.monotonic() - before


def download(start_at: float, port: int, cookie: str, path: str, first: int, length: int) -> float:
    """GET a file, or ``length`` bytes of it from ``first``, through the API. Seconds."""
    ranged = f"Range: bytes={first}-{first + length - 1}\r\n" if first else ""
    with Wire(port) as wire:
        wait_for(start_at)
        before = time.monotonic()
        wire.send(request("GET", path, cookie=cookie, headers=ranged))
        answer, received = wire.count()
        spent = time.monotonic() - before
    assert (answer.status, received) == (206 if first else 200, length), answer
    return spent


def get(start_at: float, s3: S3, key: str, first: int, length: int) -> float:
    """The same bytes straight from the SDK. Seconds."""
    client, bucket = sdk(s3)
    wait_for(start_at)
    before = time.monotonic()
    response = client.get_object(bucket, key, offset=first, length=length)
    received = sum(len(chunk) for chunk in response.stream(MIB))
    response.release_conn()
    assert received == length
    return time.monotonic() - before


def register(start_at: float, seconds: float, port: int, cookie: str, writer: str) -> Load:
    """Register one document after the other, each with bytes and fields of its own."""
    file = bytearray(b"%PDF-1.7\n" + os.urandom(SMALL_FILE_BYTES - 9))
    done = 0
    with Wire(port) as wire:

        def step() -> str | None:
            nonlocal done
            done += 1
            fields = fields_of(f"{writer}, số {done}") | {"symbol": f"{done}/BC-SNV"}
            file[1000:1008] = done.to_bytes(8, "big")
            body = form_start(fields, "bao-cao.pdf", "application/pdf") + bytes(file) + FORM_END
            answer = wire.ask(upload_head(REGISTER, cookie, len(body)) + body)
            return None if answer.status == 201 else f"{answer.status} {answer.body[:300]!r}"

        return keep_doing(start_at, seconds, step)


def register_so_many(start_at: float, count: int, port: int, cookie: str, writer: str) -> list[str]:
    """Register so many documents of their own; their ids."""
    file = bytearray(b"%PDF-1.7\n" + os.urandom(SMALL_FILE_BYTES - 9))
    ids: list[str] = []
    wait_for(start_at)
    with Wire(port) as wire:
        for number in range(1, count + 1):
            fields = fields_of(f"{writer}, số {number}") | {"symbol": f"{number}/BC-SNV"}
            file[1000:1008] = number.to_bytes(8, "big")
            body = form_start(fields, "bao-cao.pdf", "application/pdf") + bytes(file) + FORM_END
            answer = wire.ask(upload_head(REGISTER, cookie, len(body)) + body)
            assert answer.status == 201, answer
            ids.append(answer.json()["id"])
    return ids


def export(start_at: float, port: int, cookie: str, path: str) -> tuple[float, int]:
    """GET an archive to its end; seconds and bytes. Raises IncompleteRead for one that breaks off."""
    buffer = bytearray(MIB)
    connection = http.client.HTTPConnection(HOST, port, timeout=EXPORT_PATIENCE_S)
    wait_for(start_at)
    before = time.monotonic()
    connection.request("GET", path, headers={"Cookie": cookie})
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    size = 0
    while received := answer.readinto(buffer):
        size += received
    spent = time.monotonic() - before
    connection.close()
    return spent, size


def get_all(start_at: float, s3: S3, keys: list[str]) -> float:
    """Read objects whole, one after the other, straight from the SDK. Seconds."""
    client, bucket = sdk(s3)
    wait_for(start_at)
    before = time.monotonic()
    for key in keys:
        response = client.get_object(bucket, key)
        for _ in response.stream(MIB):
            pass
        response.release_conn()
    return time.monotonic() - before


def put_and_commit(start_at: float, seconds: float, s3: S3, database_url: str, writer: str) -> Load:
    """The least that could be done: the bytes into the store, one row into the database, committed."""
    client, bucket = sdk(s3)
    file = bytearray(os.urandom(SMALL_FILE_BYTES))
    done = 0
    with psycopg.connect(database_url) as connection:

        def step() -> None:
            nonlocal done
            done += 1
            file[1000:1008] = done.to_bytes(8, "big")
            key = f"bench/{writer}/{done}"
            client.put_object(bucket, key, io.BytesIO(file), SMALL_FILE_BYTES)
            connection.execute(INSERT, [key])
            connection.commit()

        return keep_doing(start_at, seconds, step)


def paper(name: str) -> bytes:
    """A PDF of ten pages of Latin text; ``name`` is a word of the last."""
    page = "\n".join(f"cai cach hanh chinh dong {line} quan ly van ban va dieu hanh" for line in range(LINES))
    return pdf_with(*[page] * (PAGES - 1), f"{page}\n{name}")


def register_papers(start_at: float, seconds: float, port: int, cookie: str, writer: str) -> Load:
    """Register one such PDF after the other."""
    done = 0
    with Wire(port) as wire:

        def step() -> str | None:
            nonlocal done
            done += 1
            answer = register_paper(wire, cookie, f"{writer}x{done}")
            return None if answer == 201 else str(answer)

        return keep_doing(start_at, seconds, step)


def register_paper(wire: Wire, cookie: str, word: str) -> int:
    """Register a PDF in which ``word`` stands; the status."""
    fields = fields_of(word) | {"issuer": "Sở Nội vụ", "subject": "Báo cáo", "symbol": "45/BC-SNV"}
    fields["confirm_duplicate"] = "true"
    body = form_start(fields, "bao-cao.pdf", "application/pdf") + paper(word) + FORM_END
    return wire.ask(upload_head(REGISTER, cookie, len(body)) + body).status
