"""A chapter: a folder of papers with its manifest is registered by one command, and only once."""

import os
import subprocess
import sys
from typing import Any

from docflow.demo.people import Desk
from docflow.demo.story.scene import FINANCE, SAMPLES, Scene
from docflow.demo.telling import expect, expect_equal

FOLDER = SAMPLES / "import"
FILED = ("125/QĐ-UBND", "07/KH-STTTT", "312/UBND-TH", "02/HD-SKHĐT", "15/GM-UBND")


def tell(scene: Scene) -> None:
    """Rehearse, import, import once more."""
    teller, clerk = scene.teller, scene.desk(FINANCE)
    teller.chapter("9. A folder of papers")
    with teller.step(f"{clerk.name} gets five papers with a manifest and rehearses their import."):
        told = _import(scene, "--manifest", "manifest.csv", "--dry-run")
        expect("Sẽ được đăng ký: 5" in told, f"what would be registered: {told}")
        expect_equal(_filed(clerk), [], "what is registered after a rehearsal")
        teller.detail(told.strip().splitlines()[1])
    with teller.step("The import registers them in the order of the manifest, annexes included."):
        told = _import(scene, "--manifest", "manifest.csv")
        rows = _filed(clerk)
        expect_equal([row["symbol"] for row in rows], list(FILED), "the papers in the order of their numbers")
        first = clerk.get(f"/documents/{rows[0]['id']}")
        names = [file["filename"] for file in first["files"]]
        expect_equal(len(names), 3, "the decision and its two annexes")
        teller.detail(told.strip().splitlines()[-1])
        teller.detail(f"{FILED[0]}: {', '.join(sorted(names))}")
    with teller.step("The same rows as a spreadsheet in English: nothing is registered twice."):
        told = _import(scene, "--manifest", "manifest.xlsx")
        expect("Đã có từ trước: 5" in told, f"what was there already: {told}")
        expect_equal([row["id"] for row in _filed(clerk)], [row["id"] for row in rows], "the papers")
        teller.detail(told.strip().splitlines()[-1])


def _import(scene: Scene, *options: str) -> str:
    command = [sys.executable, "-m", "docflow.cli", "import", str(FOLDER), "--as", FINANCE, *options]
    done = subprocess.run(  # noqa: S603  (our own program)
        command,
        env={**os.environ, **scene.environment, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )
    expect_equal(done.returncode, 0, f"the exit status of docflow import: {done.stderr[-400:]}")
    return done.stdout


def _filed(clerk: Desk) -> list[dict[str, Any]]:
    """What came in with one of the numbers of the folder, oldest first."""
    rows: list[dict[str, Any]] = clerk.get("/documents", limit=200)["items"]
    return sorted((row for row in rows if row["symbol"] in FILED), key=lambda row: str(row["registered_at"]))
