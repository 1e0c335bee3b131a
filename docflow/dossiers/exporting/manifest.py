"""The manifest of an exported dossier: every entry with size and checksum, as JSON and for ``sha256sum -c``. Pure."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import msgspec

FORMAT, VERSION = "docflow-dossier", 1
JSON_NAME, SUMS_NAME = "manifest.json", "manifest.sha256"


class ManifestEntry(msgspec.Struct, frozen=True):
    """A file of the archive. ``size`` in bytes, ``sha256`` in hexadecimal."""

    path: str
    size: int
    sha256: str


def manifest_json(head: dict[str, Any], documents: Sequence[Any], entries: Sequence[ManifestEntry]) -> bytes:
    """``manifest.json``: what was exported, by whom and when; the documents in their order; every other entry."""
    whole = {"format": FORMAT, "version": VERSION, **head, "documents": documents, "entries": entries}
    return msgspec.json.format(msgspec.json.encode(whole), indent=2) + b"\n"


def manifest_sums(entries: Sequence[ManifestEntry], manifest: bytes) -> bytes:
    """``manifest.sha256``: the lines that ``sha256sum -c`` reads in the unpacked folder, ``manifest.json`` last.

    No path needs the escapes of that format: names in the archive hold neither a backslash nor a line end.
    """
    lines = [f"{entry.sha256}  {entry.path}\n" for entry in entries]
    return "".join([*lines, f"{sha256(manifest).hexdigest()}  {JSON_NAME}\n"]).encode()
