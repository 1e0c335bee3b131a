"""Settings: frozen, read once from the environment by whoever starts a process.

Every variable is named ``DOCFLOW_…`` and listed in the README; an unknown one with that prefix is refused,
so that a misspelt setting is noticed at start and not in production.
"""

from collections.abc import Mapping
from ipaddress import ip_network
from typing import Annotated, Literal, get_type_hints
from urllib.parse import urlsplit

import msgspec


class SettingsNotValid(ValueError):
    """The environment holds a setting that is unknown, missing or malformed."""


Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]
Some = Annotated[int, msgspec.Meta(ge=1)]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What one process is told. Sizes in bytes, durations with their unit in the name."""

    database_url: str
    """The application's role: may write rows, may not change tables or the audit trail."""
    migration_database_url: str = ""
    """The owner's role, for ``docflow migrate`` alone; empty: the application's role."""
    s3_endpoint: str
    s3_access_key: str
    s3_secret_key: str
    s3_bucket: str = "docflow"
    s3_region: str = "us-east-1"
    s3_secure: bool = False
    smtp_host: str
    smtp_port: Port = 25
    smtp_username: str = ""
    smtp_password: str = ""
    smtp_tls: Literal["none", "starttls", "tls"] = "none"
    imap_host: str = ""
    """Where mails to the registry lie; none: no mail is fetched."""
    imap_port: int = 143
    imap_username: str = ""
    imap_password: str = ""
    imap_tls: Literal["none", "starttls", "tls"] = "none"
    imap_folder: str = "INBOX"
    imap_unit: str = ""
    """Code of the unit whose registry gets them."""
    imap_max_bytes: int = 100 * 1024**2
    """A larger mail is set aside with its headers and stays on the server."""
    mail_from: str = "docflow@localhost.localdomain"
    """Sender of every mail; calendar organizers share its domain."""
    public_url: str = ""
    """Where people reach docflow: links in mails, cookie security and the origin check follow it. Where it listens,
    when it is not set."""
    host: str = "127.0.0.1"
    port: Port = 8000
    trusted_proxies: str = "127.0.0.1"
    """Addresses and networks, between commas, whose word on where a request comes from is taken."""
    web_processes: Some = 1
    database_connections: Some = 10
    """Connections per process."""
    max_upload_bytes: Some = 2 * 1024**3
    session_hours: Some = 12
    """How long a sign-in lasts without being used."""
    mail_attachment_bytes: Some = 10 * 1024**2
    """A larger issued document goes out by a personal link instead of with the mail."""
    link_days: Some = 30
    """How long a personal link to an issued document opens it."""
    working_copy_hours: Some = 8
    """How long somebody has the text of a manuscript to work on when it is checked out."""
    orphan_grace_hours: Some = 24
    """An object without a row is swept when it is older than this."""
    object_lock: Literal["off", "governance", "compliance"] = "off"
    """Whether originals are locked in the store until their retention is over, and whether an administrator of the
    store may lift that."""
    object_lock_years: Some = 5
    """A lock reaches no further, and is extended as time passes."""
    tesseract: str = "tesseract"
    office: str = "soffice"
    """The program that recognises text in pictures, by name or path; empty: none is used."""
    trust_roots: str = ""
    """A folder or file of certificates (PEM or DER) that signatures must lead to, those in between, and CRLs; empty:
    nobody is trusted."""
    signature_fetching: bool = False
    """Whether revocation lists that trusted certificates name may be fetched from the network."""
    timestamp_url: str = ""
    """A time stamping authority (RFC 3161) asked at every signature; empty: none."""
    pkcs11_module: str = ""
    """The library that reaches the tokens people sign with; empty: keys are in PKCS#12 containers alone."""
    proof_certificate: str = ""
    """A PKCS#12 container that docflow itself signs with, such as exports of a trail; empty: it signs nothing."""
    proof_passphrase: str = ""
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    def __post_init__(self) -> None:
        if not self.public_url:
            msgspec.structs.force_setattr(self, "public_url", f"http://{self.host}:{self.port}")
        for network in filter(None, map(str.strip, self.trusted_proxies.split(","))):
            ip_network(network)
        if self.imap_host and not self.imap_unit:
            raise ValueError("imap_host needs imap_unit, the unit whose registry gets the mails")

    @property
    def secure(self) -> bool:
        """Whether people reach docflow over TLS."""
        return urlsplit(self.public_url).scheme == "https"


PREFIX = "DOCFLOW_"
FOR_THE_STARTER = frozenset({"ADMIN_PASSWORD", "DATA_DIR", "POSTGRES_BIN"})
"""Read by the commands themselves, not part of what a process is told."""


def settings_from(environment: Mapping[str, str]) -> Settings:
    """Settings from environment variables. Raises SettingsNotValid naming every variable that is wrong."""
    given = {
        name.removeprefix(PREFIX): value
        for name, value in environment.items()
        if name.startswith(PREFIX) and name.removeprefix(PREFIX) not in FOR_THE_STARTER
    }
    known = {field.upper() for field in Settings.__struct_fields__}
    unknown = sorted(PREFIX + name for name in set(given) - known)
    if unknown:
        raise SettingsNotValid(f"unknown settings: {', '.join(unknown)}")
    missing = [
        PREFIX + field.name.upper()
        for field in msgspec.structs.fields(Settings)
        if field.required and not given.get(field.name.upper())
    ]
    if missing:
        raise SettingsNotValid(f"missing settings: {', '.join(missing)}")
    wrong = [
        f"{PREFIX}{name}: {said}" for name, value in given.items() if (said := _wrong(name.lower(), value))
    ]
    if wrong:
        raise SettingsNotValid(f"malformed settings: {'; '.join(wrong)}")
    try:
        return msgspec.convert({name.lower(): value for name, value in given.items()}, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsNotValid(f"malformed settings: {error}") from error


def _wrong(field: str, value: str) -> str | None:
    """What is wrong with the value of one setting."""
    try:
        msgspec.convert(value, get_type_hints(Settings, include_extras=True)[field], strict=False)
    except msgspec.ValidationError as error:
        return str(error)
    return None
