"""Files of others in the tree are byte for byte what their lock says (tools/vendor_swagger_ui.py)."""

import hashlib
import json
import re
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, assert_none
from tools.vendor_swagger_ui import FILES, LOCK, NotVendored, contents_of, integrity_of

STATIC = ROOT / "docflow" / "web" / "static"
SWAGGER_UI = STATIC / "swagger-ui"


def not_as_locked(folder: Path) -> list[str]:
    """Files that differ from the lock, are missing, or are there without being in it."""
    hashes: dict[str, str] = json.loads((folder / LOCK).read_text("utf-8"))["sha256"]
    present = {path.name for path in folder.iterdir()} - {LOCK}
    found = [f"{name} is in the folder but not in the lock" for name in sorted(present - set(hashes))]
    for name, digest in hashes.items():
        if name not in present:
            found.append(f"{name} is missing")
        elif hashlib.sha256((folder / name).read_bytes()).hexdigest() != digest:
            found.append(f"{name} is not as locked")
    return found


def test_every_vendored_file_is_as_locked() -> None:
    assert_none(not_as_locked(SWAGGER_UI))


def test_the_lock_names_the_files_that_the_tool_takes_and_their_licence() -> None:
    lock = json.loads((SWAGGER_UI / LOCK).read_text("utf-8"))
    assert sorted(lock["sha256"]) == sorted(FILES)
    assert lock["licence"] == "Apache-2.0"
    assert "Apache License" in (SWAGGER_UI / "LICENSE").read_text("utf-8")


def test_a_planted_change_is_seen(tmp_path: Path) -> None:
    for path in SWAGGER_UI.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "swagger-ui.css").write_text("body { display: none }", "utf-8")
    (tmp_path / "NOTICE").unlink()
    (tmp_path / "swagger-ui.js").write_text("", "utf-8")
    assert not_as_locked(tmp_path) == [
        "swagger-ui.js is in the folder but not in the lock",
        "NOTICE is missing",
        "swagger-ui.css is not as locked",
    ]


def test_the_documentation_page_loads_nothing_from_elsewhere_and_has_no_inline_script() -> None:
    page = (STATIC / "api-docs.html").read_text("utf-8")
    addresses = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert [address for address in addresses if not address.startswith(("/static/", "/api/", "data:"))] == []
    for address in addresses:
        if address.startswith("/static/"):
            assert (STATIC / address.removeprefix("/static/")).is_file(), address
    assert re.findall(r"<script[^>]*>\s*[^<\s]|<style|\sstyle=|\son\w+=", page) == []


def test_a_package_without_a_wanted_file_is_refused(tmp_path: Path) -> None:
    import tarfile

    tarball = tmp_path / "package.tgz"
    with tarfile.open(tarball, "w:gz") as package:
        package.add(SWAGGER_UI / "LICENSE", "package/LICENSE")
    with pytest.raises(NotVendored, match="NOTICE is not in the package"):
        contents_of(tarball)


def test_integrity_is_stated_as_the_registry_states_it() -> None:
    """The SHA-512 of no bytes, from FIPS 180-4's published vectors, in base64."""
    assert integrity_of(b"") == (
        "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg=="
    )
