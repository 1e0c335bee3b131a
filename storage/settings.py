"""Where the object store is and how to sign in to it."""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """Address and credentials of one bucket of an S3 server.

    `endpoint` is `host:port`, or an `http://` or `https://` address; an address decides `secure` itself and is
    kept without its scheme. The region is always set: signing then needs no question to the server.
    Raises ValueError when the endpoint carries a path, a query, a user, or another scheme, or the bucket is not
    named as S3 wants it: 3 to 63 small letters, digits, dots and hyphens.
    """

    endpoint: str
    access_key: str
    secret_key: str = field(repr=False)
    bucket: str
    region: str = "us-east-1"
    secure: bool = False

    def __post_init__(self) -> None:
        has_scheme = "://" in self.endpoint
        address = urlsplit(self.endpoint if has_scheme else f"//{self.endpoint}")
        if address.scheme not in ("", "http", "https"):
            raise ValueError(f"an object store is reached by http or https, not by {address.scheme}")
        beside = address.path.strip("/") or address.query or address.fragment or address.username
        if not address.hostname or beside:
            raise ValueError(f"not an address of an object store, host:port is expected: {self.endpoint!r}")
        if not BUCKET_NAME.fullmatch(self.bucket):
            raise ValueError(f"not a name for a bucket of an object store: {self.bucket!r}")
        object.__setattr__(self, "endpoint", address.netloc)
        if has_scheme:
            object.__setattr__(self, "secure", address.scheme == "https")
