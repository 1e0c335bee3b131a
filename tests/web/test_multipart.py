"""Forms with a file, read while they arrive."""

import random
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from litestar.exceptions import InternalServerException

from docflow.web.form_errors import (
    BodyBroken,
    ClientGone,
    FieldNotText,
    FieldRepeated,
    FieldTooLarge,
    FileTooLarge,
    NotMultipart,
    TooManyFields,
    TooManyFiles,
    in_words,
)
from docflow.web.multipart import FilePart, Form, FormLimits, FormReader, boundary_of

BOUNDARY = b"----WebKitFormBoundary7MA4YWxkTrZu0gW"
CONTENT_TYPE = b"multipart/form-data; boundary=" + BOUNDARY
LIMITS = FormLimits(file_bytes=1024 * 1024, files=2, field_bytes=1000, fields=5)


class Shelf:
    """Keeps what arrives, and how each file ended."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}
        self.ends: list[BaseException | None] = []
        self.log: list[str] = []

    @asynccontextmanager
    async def place(self, part: FilePart) -> AsyncIterator["_Slot"]:
        self.contents[part.name] = b""
        self.log.append(f"open {part.name}")
        try:
            yield _Slot(self, part.name)
        except BaseException as error:
            self.ends.append(error)
            raise
        self.ends.append(None)
        self.log.append(f"close {part.name}")


class _Slot:
    def __init__(self, shelf: Shelf, name: str) -> None:
        self._shelf = shelf
        self._name = name

    async def write(self, chunk: bytes, /) -> None:
        self._shelf.contents[self._name] += chunk


def part(headers: str | bytes, content: bytes) -> bytes:
    raw = headers.encode() if isinstance(headers, str) else headers
    return b"--" + BOUNDARY + b"\r\n" + raw + b"\r\n\r\n" + content + b"\r\n"


def field(name: str, content: bytes) -> bytes:
    return part(f'Content-Disposition: form-data; name="{name}"', content)


def file(name: str, filename: str, content: bytes, content_type: str = "application/pdf") -> bytes:
    return part(
        f'Content-Disposition: form-data; name="{name}"; filename="{filename}"\r\nContent-Type: {content_type}',
        content,
    )


def body(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--" + BOUNDARY + b"--\r\n"


async def chunks(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def read(raw: bytes, *, limits: FormLimits = LIMITS, size: int = 64 * 1024) -> tuple[Form, Shelf]:
    shelf = Shelf()
    pieces = (raw[i : i + size] for i in range(0, len(raw), size))
    form = await FormReader(CONTENT_TYPE, limits).read(chunks(pieces), shelf.place)
    return form, shelf


async def test_fields_and_a_file_are_read_in_either_order() -> None:
    subject, pdf = field("subject", "Chỉ thị về cải cách".encode()), file("file", "a.pdf", b"%PDF-1.7\r\n")
    for raw in (body(subject, pdf), body(pdf, subject)):
        form, shelf = await read(raw)
        assert form.fields == {"subject": "Chỉ thị về cải cách"}
        assert form.files == {"file": FilePart("file", "a.pdf", "application/pdf")}
        assert shelf.contents == {"file": b"%PDF-1.7\r\n"}
        assert shelf.ends == [None]


async def test_a_body_cut_at_every_place_reads_the_same() -> None:
    content = b"\r\n--" + BOUNDARY[:-1] + b"\r\r\n--" + b"tail\r"
    raw = body(field("a", b"\r\n"), file("f", "a.bin", content), field("b", b""))
    for size in range(1, len(raw) + 1):
        form, shelf = await read(raw, size=size)
        assert form.fields == {"a": "\r\n", "b": ""}
        assert shelf.contents == {"f": content}


alphabet = st.sampled_from(
    [b"\r", b"\n", b"-", b"\r\n--", BOUNDARY[:10], BOUNDARY[10:], b"a", b"\0", b"\xff"]
)


@settings(max_examples=200, deadline=None)
@given(
    content=st.lists(alphabet, max_size=40).map(b"".join),
    text=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40),
    seed=st.integers(0, 1_000_000),
)
async def test_any_content_arrives_unchanged_however_it_is_cut(content: bytes, text: str, seed: int) -> None:
    if b"\r\n--" + BOUNDARY in b"\r\n" + content + b"\r\n":
        content = content.replace(BOUNDARY, b"")
    raw = body(file("f", "a.bin", content), field("t", text.encode()))
    cut = random.Random(seed)
    pieces, at = [], 0
    while at < len(raw):
        step = cut.randint(1, 60)
        pieces.append(raw[at : at + step])
        at += step
    shelf = Shelf()
    form = await FormReader(CONTENT_TYPE, LIMITS).read(chunks(pieces), shelf.place)
    assert (form.fields, shelf.contents) == ({"t": text}, {"f": content})


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 400), st.integers(0, 3))
async def test_a_damaged_body_is_refused_by_name_or_read(junk: bytes, at: int, dropped: int) -> None:
    raw = body(field("a", b"1"), file("f", "a.pdf", b"2"))
    damaged = raw[:at] + junk + raw[at + dropped :]
    known = (BodyBroken, FieldTooLarge, FieldNotText, FieldRepeated, TooManyFields, TooManyFiles)
    try:
        form, shelf = await read(damaged, size=50)
    except known:
        return
    assert set(shelf.contents) == set(form.files)
    assert set(shelf.ends) <= {None}


async def test_bytes_are_handed_over_before_the_next_are_asked_for() -> None:
    shelf = Shelf()
    raw = body(file("f", "a.pdf", b"x" * 5000))
    seen: list[int] = []

    async def stream() -> AsyncIterator[bytes]:
        for i in range(0, len(raw), 1000):
            seen.append(len(shelf.contents.get("f", b"")))
            yield raw[i : i + 1000]

    await FormReader(CONTENT_TYPE, LIMITS).read(stream(), shelf.place)
    assert seen[0] == 0
    assert all(later - earlier > 800 for earlier, later in pairwise(seen[:5]))


async def test_a_file_is_finished_before_the_next_one_opens() -> None:
    _, shelf = await read(body(file("a", "a.pdf", b"1"), field("t", b""), file("b", "b.pdf", b"2")))
    assert shelf.log == ["open a", "close a", "open b", "close b"]
    assert shelf.contents == {"a": b"1", "b": b"2"}


async def test_a_file_over_the_limit_is_refused_at_the_first_byte_too_many() -> None:
    shelf = Shelf()
    taken = 0

    async def stream() -> AsyncIterator[bytes]:
        nonlocal taken
        yield file("f", "a.pdf", b"")[:-2]
        while True:
            taken += 1000
            yield b"x" * 1000

    with pytest.raises(FileTooLarge) as refused:
        await FormReader(CONTENT_TYPE, FormLimits(file_bytes=10_000)).read(stream(), shelf.place)
    assert taken == 11_000
    assert refused.value.facts == {"limit_bytes": 10_000, "limit": "9.77 KiB"}
    assert [type(end) for end in shelf.ends] == [FileTooLarge]


async def test_a_file_of_exactly_the_limit_is_taken() -> None:
    _, shelf = await read(body(file("f", "a.pdf", b"x" * 1000)), limits=FormLimits(file_bytes=1000))
    assert len(shelf.contents["f"]) == 1000


def test_an_announced_length_that_cannot_fit_is_refused_unread() -> None:
    reader = FormReader(CONTENT_TYPE, LIMITS)
    reader.refuse_announced(None)
    reader.refuse_announced(LIMITS.body_bytes)
    with pytest.raises(FileTooLarge):
        reader.refuse_announced(LIMITS.body_bytes + 1)


async def test_the_largest_form_within_the_limits_is_not_longer_than_announced() -> None:
    fields = [field(f"field-{i}", b"x" * LIMITS.field_bytes) for i in range(LIMITS.fields)]
    files = [file(f"file-{i}", "n" * 200 + ".pdf", b"x" * LIMITS.file_bytes) for i in range(LIMITS.files)]
    raw = body(*fields, *files)
    form, _ = await read(raw)
    assert (len(form.fields), len(form.files)) == (5, 2)
    FormReader(CONTENT_TYPE, LIMITS).refuse_announced(len(raw))


async def test_a_text_over_the_limit_is_refused_by_name() -> None:
    await read(body(field("subject", b"x" * 1000)))
    with pytest.raises(FieldTooLarge) as refused:
        await read(body(field("subject", b"x" * 1001)))
    assert refused.value.fields[0].pointer == "/subject"


async def test_more_fields_than_allowed_are_refused() -> None:
    await read(body(*(field(f"f{i}", b"") for i in range(5)), file("f", "a.pdf", b"")))
    with pytest.raises(TooManyFields):
        await read(body(*(field(f"f{i}", b"") for i in range(6))))


async def test_more_files_than_allowed_are_refused() -> None:
    with pytest.raises(TooManyFiles):
        await read(body(*(file(f"f{i}", "a.pdf", b"1") for i in range(3))))


@pytest.mark.parametrize(
    "raw",
    [
        body(field("a", b"1"), field("a", b"2")),
        body(file("a", "x.pdf", b"1"), file("a", "y.pdf", b"2")),
        body(file("a", "x.pdf", b"1"), field("a", b"2")),
    ],
)
async def test_a_name_used_twice_is_refused(raw: bytes) -> None:
    with pytest.raises(FieldRepeated) as refused:
        await read(raw)
    assert refused.value.fields[0].pointer == "/a"


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a\0b", "Quyết".encode("utf-16"), b"\xc3"])
async def test_a_field_that_is_not_text_is_refused(content: bytes) -> None:
    with pytest.raises(FieldNotText) as refused:
        await read(body(field("the/subject", content)))
    assert refused.value.fields[0].pointer == "/the~1subject"


@pytest.mark.parametrize(
    "content_type", ["", "application/json", "multipart/mixed; boundary=x", "text/plain"]
)
def test_another_content_type_is_refused(content_type: str) -> None:
    with pytest.raises(NotMultipart):
        FormReader(content_type, LIMITS)


@pytest.mark.parametrize(
    "content_type",
    ["multipart/form-data", "multipart/form-data; boundary=", f"multipart/form-data; boundary={'x' * 257}"],
)
def test_a_content_type_without_a_usable_boundary_is_refused(content_type: str) -> None:
    with pytest.raises(BodyBroken):
        FormReader(content_type, LIMITS)


def test_the_boundary_is_read_quoted_and_in_any_case() -> None:
    assert boundary_of('Multipart/Form-Data; charset=utf-8; Boundary="a b:c"') == b"a b:c"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"--" + BOUNDARY,
        body(field("a", b"1"))[:-6],
        file("f", "a.pdf", b"half a fi"),
        b"not a form at all",
        b'{"subject": "json"}',
        b"--another\r\n\r\n--another--\r\n",
        body(part("Content-Disposition: form-data", b"unnamed")),
        body(part('Content-Disposition: form-data; name=""', b"unnamed")),
        body(part('Content-Disposition: attachment; name="a"', b"")),
        body(part("Content-Type: text/plain", b"no disposition")),
        body(part("Content-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=b", b"")),
        body(part("Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: base64", b"YQ==")),
        body(part(b'Content-Disposition: form-data; name="\xff"', b"")),
        body(part('Bad Header: x\r\nContent-Disposition: form-data; name="a"', b"")),
        body(part('Content-Disposition: form-data; name="a"\r\n' + "x: y\r\n" * 20 + "z: y", b"")),
        body(part('Content-Disposition: form-data; name="a"\r\nx: ' + "y" * 9000, b"")),
        body(
            part('Content-Disposition: form-data; name="a"\r\nx: ' + "y" * 5000 + "\r\nz: " + "y" * 5000, b"")
        ),
    ],
)
async def test_a_broken_body_is_refused(raw: bytes) -> None:
    with pytest.raises(BodyBroken):
        await read(raw)


async def test_an_open_file_is_left_with_the_error_when_the_body_ends_early() -> None:
    shelf = Shelf()
    raw = file("f", "a.pdf", b"half")
    with pytest.raises(BodyBroken):
        await FormReader(CONTENT_TYPE, LIMITS).read(chunks([raw]), shelf.place)
    assert [type(end) for end in shelf.ends] == [BodyBroken]


@pytest.mark.parametrize("start", [b"", body(field("a", b"1"))])
async def test_endless_bytes_around_the_parts_are_refused(start: bytes) -> None:
    async def stream() -> AsyncIterator[bytes]:
        yield start
        while True:
            yield b"\r\n" * 500

    with pytest.raises(BodyBroken, match="between the parts"):
        await FormReader(CONTENT_TYPE, LIMITS).read(stream(), Shelf().place)


async def test_a_short_epilogue_is_ignored() -> None:
    form, _ = await read(body(field("a", b"1")) + b"see you")
    assert form.fields == {"a": "1"}


async def test_an_empty_form_has_nothing_in_it() -> None:
    form, _ = await read(b"--" + BOUNDARY + b"--\r\n")
    assert form == Form({}, {})


async def test_a_client_that_hangs_up_is_told_apart_from_a_broken_body() -> None:
    shelf = Shelf()

    async def stream() -> AsyncIterator[bytes]:
        yield file("f", "a.pdf", b"half of the file")[:-8]
        raise InternalServerException("client disconnected prematurely")

    with pytest.raises(ClientGone):
        await FormReader(CONTENT_TYPE, LIMITS).read(stream(), shelf.place)
    assert [type(end) for end in shelf.ends] == [ClientGone]


async def test_a_failure_of_the_store_is_passed_on_and_ends_the_reading() -> None:
    asked = 0

    async def stream() -> AsyncIterator[bytes]:
        nonlocal asked
        for piece in (file("f", "a.pdf", b"x" * 10), b"y" * 10, b"z" * 10):
            asked += 1
            yield piece

    class Full:
        async def write(self, chunk: bytes, /) -> None:
            raise InternalServerException("the disk is full")

    @asynccontextmanager
    async def place(_: FilePart) -> AsyncIterator[Any]:
        yield Full()

    with pytest.raises(InternalServerException, match="disk is full"):
        await FormReader(CONTENT_TYPE, LIMITS).read(stream(), place)
    assert asked == 1


async def test_a_file_input_left_empty_is_no_file() -> None:
    form, shelf = await read(body(file("f", "", b"", "application/octet-stream"), field("a", b"1")))
    assert form == Form({"a": "1"}, {})
    assert shelf.log == []


async def test_a_file_without_a_name_but_with_bytes_is_a_file() -> None:
    form, shelf = await read(body(file("f", "", b"bytes")))
    assert form.files["f"].filename == "unnamed"
    assert shelf.contents == {"f": b"bytes"}


async def test_an_empty_file_with_a_name_is_a_file_of_no_bytes() -> None:
    form, shelf = await read(body(file("f", "a.pdf", b"")))
    assert form.files["f"].filename == "a.pdf"
    assert (shelf.contents, shelf.ends) == ({"f": b""}, [None])


def test_sizes_are_told_as_people_read_them() -> None:
    assert [in_words(n) for n in (999, 64 * 1024, 20 << 20, 3 << 29)] == [
        "999 B",
        "64 KiB",
        "20 MiB",
        "1.5 GiB",
    ]
