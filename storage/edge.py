"""Where the SDK ends: its clients are made here, and its errors become this package's."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from xml.etree.ElementTree import ParseError

import certifi
import urllib3
from minio import Minio
from minio.error import InvalidResponseError, MinioException, S3Error

from storage.errors import BadRange, ObjectMissing, StoreError, StoreUnavailable
from storage.settings import StoreSettings

_MISSING = frozenset({"NoSuchKey", "NoSuchObject"})
_BAD_RANGE = frozenset({"InvalidRange", "416"})


def connect(
    settings: StoreSettings, *, connections: int, connect_seconds: float, read_seconds: float, retries: int
) -> tuple[Minio, urllib3.PoolManager]:
    """A client and its connections. Nothing is sent yet.

    `connections` are kept for reuse; more are opened when needed. With `retries` a request is repeated when the
    connection fails or the server says 500, 502, 503 or 504, after 0, 0.4, 0.8 … seconds; one that was sent and
    not answered only once, because every attempt may take `read_seconds`.
    """
    http = urllib3.PoolManager(
        maxsize=connections,
        timeout=urllib3.Timeout(connect=connect_seconds, read=read_seconds),
        retries=urllib3.Retry(
            total=retries, read=min(retries, 1), backoff_factor=0.2, status_forcelist=[500, 502, 503, 504]
        ),
        cert_reqs="CERT_REQUIRED",
        ca_certs=os.environ.get("SSL_CERT_FILE") or certifi.where(),
    )
    client = Minio(
        settings.endpoint,
        access_key=settings.access_key,
        secret_key=settings.secret_key,
        secure=settings.secure,
        region=settings.region,
        http_client=http,
    )
    return client, http


@contextmanager
def translated(about: str) -> Iterator[None]:
    """Turn errors of the SDK and of the network into StoreError; `about` is the key or bucket they concern."""
    try:
        yield
    except (MinioException, urllib3.exceptions.HTTPError, OSError, ParseError) as error:
        raise _told(error, about) from error


def _told(error: Exception, about: str) -> StoreError:
    code = _code(error)
    if code in _MISSING:
        return ObjectMissing(about)
    if code in _BAD_RANGE:
        return BadRange(about)
    return StoreUnavailable(f"{about}: {code or error}")


def _code(error: Exception) -> str | None:
    """S3's word for the error, or the HTTP status of an answer that is not S3's, or None."""
    if isinstance(error, S3Error):
        return error.code
    if isinstance(error, InvalidResponseError):
        return str(error._code)  # the SDK has no public name for it
    return None
