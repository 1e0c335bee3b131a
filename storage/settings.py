"""Where the object store is and how to sign in to it."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """Address and credentials of one bucket of an S3 server.

    `endpoint` is `host:port`, or an `http://` or `https://` address; an address decides `secure` itself and is
    kept without its scheme. The region is always set: signing then needs no question to the server.
    Raises ValueError when the endpoint carries a path, a query, a user, or another scheme.
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
        object.__setattr__(self, "endpoint", address.netloc)
        if has_scheme:
            object.__setattr__(self, "secure", address.scheme == "https")
