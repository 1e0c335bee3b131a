"""Addresses of an object store, as an operator may write them."""

import pytest

from storage import StoreSettings


def settings(endpoint: str, *, secure: bool = False) -> StoreSettings:
    return StoreSettings(endpoint, "key", "very-secret", "objects", secure=secure)


@pytest.mark.parametrize(
    ("written", "secure", "endpoint", "encrypted"),
    [
        ("127.0.0.1:8333", False, "127.0.0.1:8333", False),
        ("s3.tinh.gov.vn", True, "s3.tinh.gov.vn", True),
        ("http://127.0.0.1:8333", True, "127.0.0.1:8333", False),
        ("https://s3.tinh.gov.vn/", False, "s3.tinh.gov.vn", True),
        ("[::1]:8333", False, "[::1]:8333", False),
    ],
)
def test_an_endpoint_is_host_and_port_or_an_address(
    written: str, secure: bool, endpoint: str, encrypted: bool
) -> None:
    read = settings(written, secure=secure)
    assert (read.endpoint, read.secure) == (endpoint, encrypted)


@pytest.mark.parametrize(
    "written",
    ["", "https://", "ftp://host", "host/path", "https://host/path", "http://user@host", "http://host?query"],
)
def test_anything_else_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="object store"):
        settings(written)


@pytest.mark.parametrize("bucket", ["", "ab", "Văn-bản", "Upper", "under_score", "-start", "x" * 64])
def test_a_bucket_that_s3_would_not_make_is_refused(bucket: str) -> None:
    with pytest.raises(ValueError, match="bucket"):
        StoreSettings("127.0.0.1:8333", "key", "secret", bucket)


def test_the_secret_is_not_shown() -> None:
    assert "very-secret" not in repr(settings("127.0.0.1:8333"))
