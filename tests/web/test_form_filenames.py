"""File names in forms, as browsers and other clients write them (RFC 7578 §4.2 and §5.1)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from docflow.web.multipart import FilePart, Form, FormLimits, FormReader


class _Nowhere:
    async def write(self, chunk: bytes, /) -> None:
        assert chunk


@asynccontextmanager
async def nowhere(_: FilePart) -> AsyncIterator[_Nowhere]:
    yield _Nowhere()


async def read(disposition: str | bytes) -> Form:
    raw = disposition.encode() if isinstance(disposition, str) else disposition

    async def stream() -> AsyncIterator[bytes]:
        yield b"--b\r\nContent-Disposition: form-data; " + raw + b"\r\n\r\n1\r\n--b--\r\n"

    reader = FormReader("multipart/form-data; boundary=b", FormLimits(file_bytes=1000))
    return await reader.read(stream(), nowhere)


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('name="f"; filename="Quyết định 711.pdf"', "Quyết định 711.pdf"),
        ('name="f"; filename="a; b.pdf"', "a; b.pdf"),
        ('name="f"; filename="a%22b%22.pdf"', 'a"b".pdf'),
        ('name="f"; filename="a\\"b.pdf"', 'a"b.pdf'),
        ("name=f; filename=plain.pdf", "plain.pdf"),
        ('name="f"; FILENAME="upper.pdf"', "upper.pdf"),
        ('name="f"; filename="C:\\fakepath\\a.pdf"', "a.pdf"),
        ("name=\"f\"; filename*=utf-8''Quy%E1%BA%BFt.pdf", "Quyết.pdf"),
        ("name=\"f\"; filename*=UTF-8'vi'Quy%E1%BA%BFt.pdf", "Quyết.pdf"),
        ('name="f"; filename="plain.pdf"; filename*=utf-8\'\'other.html', "plain.pdf"),
        ('name="f"; filename="Quyết.pdf"'.encode().decode("latin-1"), "Quyết.pdf"),
        (b'name="f"; filename="r\xe9sum\xe9.pdf"', "résumé.pdf"),
    ],
)
async def test_file_names_are_read_as_clients_write_them(disposition: str | bytes, name: str) -> None:
    form = await read(disposition)
    assert form.files["f"].filename == name


async def test_a_name_inside_quotes_is_not_taken_for_a_parameter() -> None:
    form = await read("name=\"a; filename*=utf-8''x\"")
    assert form == Form({"a; filename*=utf-8''x": "1"}, {})
