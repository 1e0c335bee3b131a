"""Bring swagger-ui into the tree, so that the API's page works offline and installing needs no node.

    python -m tools.vendor_swagger_ui            the locked version again
    python -m tools.vendor_swagger_ui 5.35.0     another version; the lock follows

Needs ``npm``, which only downloads: no script of the package is run. The tarball must have the SHA-512 that
the registry states and, for the locked version, the one in the lock. Only the files named here are taken.
"""

import base64
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

PACKAGE = "swagger-ui-dist"
LICENCE = "Apache-2.0"
FILES = ("LICENSE", "NOTICE", "swagger-ui-bundle.js", "swagger-ui-bundle.js.LICENSE.txt", "swagger-ui.css")
HERE = Path(__file__).parents[1] / "docflow" / "web" / "static" / "swagger-ui"
LOCK = "lock.json"


class NotVendored(Exception):
    """What was downloaded is not what was asked for; nothing was written."""


def npm(*arguments: str, cwd: Path) -> Any:
    """The JSON answer of one npm command."""
    answer = subprocess.run(["npm", *arguments, "--json"], cwd=cwd, check=True, capture_output=True)
    return json.loads(answer.stdout)


def integrity_of(tarball: bytes) -> str:
    """Subresource integrity, as the registry states it: ``sha512-`` and base64."""
    return "sha512-" + base64.b64encode(hashlib.sha512(tarball).digest()).decode()


def contents_of(tarball: Path) -> dict[str, bytes]:
    """The wanted files of a package. Raises NotVendored when one is missing or is not a plain file."""
    wanted: dict[str, bytes] = {}
    with tarfile.open(tarball) as package:
        for name in FILES:
            try:
                member = package.extractfile(f"package/{name}")
            except KeyError as error:
                raise NotVendored(f"{name} is not in the package") from error
            if member is None:
                raise NotVendored(f"{name} is not a plain file")
            wanted[name] = member.read()
    return wanted


def download(version: str, locked: dict[str, Any], folder: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The new lock and the files. Raises NotVendored when integrity or licence is not as stated."""
    stated = npm("view", f"{PACKAGE}@{version}", "version", "license", "dist.integrity", cwd=folder)
    tarball = folder / npm("pack", f"{PACKAGE}@{version}", "--ignore-scripts", cwd=folder)[0]["filename"]
    integrity = integrity_of(tarball.read_bytes())
    if integrity != stated["dist.integrity"]:
        raise NotVendored(f"the download has {integrity}, the registry states {stated['dist.integrity']}")
    if stated["version"] == locked.get("version") and integrity != locked["integrity"]:
        raise NotVendored(f"the download has {integrity}, the lock says {locked['integrity']}")
    if stated["license"] != LICENCE:
        raise NotVendored(f"the licence is now {stated['license']}: read it first")
    contents = contents_of(tarball)
    lock = {
        "package": PACKAGE,
        "version": stated["version"],
        "licence": LICENCE,
        "integrity": integrity,
        "sha256": {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()},
    }
    return lock, contents


def main(arguments: list[str]) -> int:
    """Exit status 0 when the folder holds the version asked for."""
    lock_file = HERE / LOCK
    locked = json.loads(lock_file.read_text("utf-8")) if lock_file.exists() else {}
    version = arguments[0] if arguments else locked.get("version", "latest")
    try:
        with tempfile.TemporaryDirectory() as folder:
            lock, contents = download(version, locked, Path(folder))
    except (NotVendored, subprocess.CalledProcessError) as error:
        print(f"swagger-ui was not changed: {error}", file=sys.stderr)
        return 1
    HERE.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (HERE / name).write_bytes(content)
    lock_file.write_text(json.dumps(lock, indent=2) + "\n", "utf-8")
    print(f"{PACKAGE} {lock['version']}: {len(contents)} files, {sum(map(len, contents.values())):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
