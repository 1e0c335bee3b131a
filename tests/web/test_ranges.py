"""Parts of files, conditions, and the headers of a download."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docflow.web.ranges import (
    ByteRange,
    Disposition,
    RangeNotSatisfiable,
    content_disposition,
    download_headers,
    file_etag,
    if_range_matches,
    not_modified,
    parse_range,
    requested_range,
    unsatisfiable_headers,
    validator_headers,
)

MODIFIED = datetime(2026, 3, 2, 8, 30, 15, 987654, tzinfo=UTC)
DATE = "Mon, 02 Mar 2026 08:30:15 GMT"
ETAG = file_etag("3f786850e387550fdab836ed7e6dc881de23001b")


@pytest.mark.parametrize(
    ("header", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-499", 0, 499),
        ("bytes=500-", 500, 999),
        ("bytes=-1", 999, 999),
        ("bytes=-2000", 0, 999),
        ("bytes=0-99999999999", 0, 999),
        ("bytes=999-", 999, 999),
        ("Bytes=5-6", 5, 6),
        ("bytes= 5-6 ,", 5, 6),
    ],
)
def test_one_range_is_served(header: str, first: int, last: int) -> None:
    assert parse_range(header, 1000) == ByteRange(first, last)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes=5-4",
        "bytes=--5",
        "bytes=0-1,3-4",
        "lines=0-5",
        "bytes=0x1-5",
        "bytes=١-٢",
        "bytes=+1-2",
        "bytes=1 - 2",
        "bytes=" + "9" * 5000 + "-",
    ],
)
def test_a_range_that_is_not_one_range_of_bytes_gets_the_whole_file(header: str | None) -> None:
    assert parse_range(header, 1000) is None


@pytest.mark.parametrize("header", ["bytes=1000-", "bytes=1000-2000", "bytes=-0", "bytes=9999999999-"])
def test_a_range_outside_the_file_is_refused_with_its_size(header: str) -> None:
    with pytest.raises(RangeNotSatisfiable) as refused:
        parse_range(header, 1000)
    assert refused.value.size == 1000
    assert unsatisfiable_headers(1000)["Content-Range"] == "bytes */1000"


def test_an_empty_file_has_no_part() -> None:
    assert parse_range("bytes=-5", 0) is None
    with pytest.raises(RangeNotSatisfiable):
        parse_range("bytes=0-", 0)


@given(st.text(st.sampled_from("bytes=0123456789-, \t"), max_size=30), st.integers(0, 10**12))
def test_any_range_served_lies_within_the_file(header: str, size: int) -> None:
    try:
        part = parse_range(header, size)
    except RangeNotSatisfiable:
        return
    if part is not None:
        assert 0 <= part.first <= part.last < size
        assert part.length >= 1


@given(st.binary(min_size=1, max_size=60), st.data())
def test_parts_that_follow_each_other_make_the_whole(content: bytes, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(content) - 1))
    head = b"" if cut == 0 else _bytes_of(parse_range(f"bytes=0-{cut - 1}", len(content)), content)
    tail = _bytes_of(parse_range(f"bytes={cut}-", len(content)), content)
    assert head + tail == content


def _bytes_of(part: ByteRange | None, content: bytes) -> bytes:
    assert part is not None
    return content[part.first : part.last + 1]


@pytest.mark.parametrize(
    ("if_range", "matches"),
    [
        (None, True),
        (ETAG, True),
        (f"W/{ETAG}", False),
        ('"other"', False),
        (f'{ETAG}, "other"', False),
        ("*", False),
        (DATE, True),
        ("Mon, 02 Mar 2026 08:30:16 GMT", False),
        ("Mon, 02 Mar 2026 08:30:14 GMT", False),
        ("yesterday", False),
        ("", False),
    ],
)
def test_a_range_is_served_only_of_the_file_that_the_client_began(
    if_range: str | None, matches: bool
) -> None:
    assert if_range_matches(if_range, ETAG, MODIFIED) is matches
    part = requested_range("bytes=0-4", if_range, size=10, etag=ETAG, modified_at=MODIFIED)
    assert part == (ByteRange(0, 4) if matches else None)


def test_a_range_outside_another_state_of_the_file_gets_the_whole() -> None:
    part = requested_range("bytes=99-", '"other"', size=10, etag=ETAG, modified_at=MODIFIED)
    assert part is None


@pytest.mark.parametrize(
    ("if_none_match", "if_modified_since", "fresh"),
    [
        (None, None, False),
        (ETAG, None, True),
        (f"W/{ETAG}", None, True),
        (f'"x", {ETAG}', None, True),
        ("*", None, True),
        ('"x"', None, False),
        ('"x"', DATE, False),
        ("garbage", DATE, False),
        (ETAG, "Mon, 02 Mar 2020 08:30:15 GMT", True),
        (None, DATE, True),
        (None, "Monday, 02-Mar-26 08:30:15 GMT", True),
        (None, "Mon Mar  2 08:30:15 2026", True),
        (None, "Mon, 02 Mar 2026 08:30:14 GMT", False),
        (None, "Tue, 03 Mar 2026 00:00:00 GMT", True),
        (None, "not a date", False),
        (None, "Mon, 99 Mar 2026 08:30:15 GMT", False),
    ],
)
def test_a_copy_that_is_still_good_is_not_sent_again(
    if_none_match: str | None, if_modified_since: str | None, fresh: bool
) -> None:
    assert not_modified(if_none_match, if_modified_since, ETAG, MODIFIED) is fresh


@given(
    st.text(max_size=60)
    | st.datetimes().map(lambda moment: format_datetime(moment.replace(tzinfo=UTC), usegmt=True))
)
def test_any_date_header_is_judged_without_failing(header: str) -> None:
    assert not_modified(None, header, ETAG, MODIFIED) in {True, False}
    assert if_range_matches(header, ETAG, MODIFIED) in {True, False}


def test_what_a_304_says_makes_the_next_request_fresh() -> None:
    said = validator_headers(ETAG, MODIFIED.astimezone())
    assert said["Last-Modified"] == DATE
    assert said["Cache-Control"] == "private, no-cache"
    assert not_modified(said["ETag"], None, ETAG, MODIFIED)
    assert not_modified(None, said["Last-Modified"], ETAG, MODIFIED)
    assert not not_modified(None, said["Last-Modified"], ETAG, MODIFIED + timedelta(seconds=1))


def _download(**changed: object) -> dict[str, str]:
    facts: dict[str, object] = {
        "filename": "a.pdf",
        "media_type": "application/pdf",
        "size": 1000,
        "etag": ETAG,
        "modified_at": MODIFIED,
    }
    return download_headers(**(facts | changed))  # type: ignore[arg-type]


def test_a_whole_file_is_described() -> None:
    headers = _download()
    assert headers["Content-Length"] == "1000"
    assert headers["Content-Type"] == "application/pdf"
    assert headers["Accept-Ranges"] == "bytes"
    assert headers["ETag"] == ETAG
    assert "Content-Range" not in headers


def test_a_part_is_described_by_its_place_in_the_whole() -> None:
    headers = _download(part=ByteRange(10, 19))
    assert headers["Content-Length"] == "10"
    assert headers["Content-Range"] == "bytes 10-19/1000"


@pytest.mark.parametrize("disposition", list(Disposition))
@pytest.mark.parametrize("media_type", ["application/pdf", "text/plain", "text/html", "image/svg+xml"])
def test_a_file_can_never_act_as_a_page_of_ours(media_type: str, disposition: Disposition) -> None:
    headers = _download(media_type=media_type, disposition=disposition)
    policy = headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "script" not in policy
    shown_pdf = media_type == "application/pdf" and disposition is Disposition.INLINE
    assert ("sandbox" in policy) is not shown_pdf


def test_plain_text_says_its_encoding() -> None:
    assert _download(media_type="text/plain")["Content-Type"] == "text/plain; charset=utf-8"


def test_a_vietnamese_name_is_sent_twice() -> None:
    assert content_disposition("Quyết định 711.pdf", Disposition.ATTACHMENT) == (
        'attachment; filename="Quyet dinh 711.pdf"; '
        "filename*=UTF-8''Quy%E1%BA%BFt%20%C4%91%E1%BB%8Bnh%20711.pdf"
    )


def test_a_plain_name_is_sent_once() -> None:
    assert content_disposition("a b.pdf", Disposition.INLINE) == 'inline; filename="a b.pdf"'


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80))
def test_no_name_breaks_out_of_its_header(name: str) -> None:
    header = content_disposition(name, Disposition.ATTACHMENT)
    match = re.fullmatch(
        r'attachment; filename="[ !#$&-\[\]-~]*"(?:; filename\*=UTF-8\'\'(?P<full>[A-Za-z0-9!#$&+.^_`|~%-]+))?',
        header,
    )
    assert match is not None
    if match["full"] is not None:
        assert unquote(match["full"]) == name
