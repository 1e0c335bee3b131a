"""A chapter: numbers that are kept and voided, and the three legal registers on paper."""

import os
import subprocess
import sys
from datetime import timedelta
from typing import Any

from docflow.core import clock
from docflow.demo.people import Desk
from docflow.demo.story.scene import CLERK, HOME_AFFAIRS, STRANGER, Scene
from docflow.demo.telling import NotAsExpected, expect, expect_equal

MAGIC = {"xlsx": b"PK\x03\x04", "docx": b"PK\x03\x04", "pdf": b"%PDF-"}


def tell(scene: Scene) -> None:
    """Reserve, void, print, and compare a print with the data."""
    scene.teller.chapter("10. The registers")
    clerk, home = scene.desk(CLERK), scene.desk(HOME_AFFAIRS)
    incoming, outgoing = _book(clerk, "incoming"), _book(home, "outgoing")
    _keep_and_void(scene, home, outgoing)
    with scene.teller.step("The three registers are printed as XLSX, DOCX and PDF, each with a checksum."):
        prints = (
            (clerk, f"/registers/{incoming['id']}/prints"),
            (home, f"/registers/{outgoing['id']}/prints"),
            (clerk, f"/registers/{incoming['id']}/follow-up-prints"),
        )
        codes = [[_printed(desk, path, kind) for kind in MAGIC] for desk, path in prints]
        rows = clerk.get(f"/register-prints/{codes[0][0]}")["rows"]
        scene.teller.detail(
            f"incoming {rows} rows, outgoing, follow-up: nine files; codes {', '.join(codes[0])} …"
        )
        scene.desk(STRANGER).post(f"/registers/{incoming['id']}/prints", {"format": "pdf"}, expected=404)
    with scene.teller.step(
        "docflow verify compares a print with the data: unchanged; after a correction it names the row."
    ):
        code = codes[0][2]
        expect("unchanged" in _verify(scene, code, 0), "the print agrees with the data")
        directive = clerk.get(f"/documents/{scene.document_id}")
        clerk.patch(f"/documents/{directive['id']}", {"note": "Đã nhận bản giấy."}, of=directive)
        told = _verify(scene, code, 1)
        expect("1 rows changed since: numbers 01" in told, f"the row that changed: {told}")
        scene.teller.detail(told.strip().splitlines()[-1])


def _keep_and_void(scene: Scene, home: Desk, book: dict[str, Any]) -> None:
    with scene.teller.step(f"{home.name} keeps two numbers for papers that follow, and voids one of them."):
        until = (clock.today() + timedelta(days=5)).isoformat()
        kept = home.post(
            f"/registers/{book['id']}/reservations",
            {"count": 2, "reserved_for": "Tờ trình ký sau", "until": until},
        )
        numbers = [row["number"] for row in kept]
        home.post(
            f"/registers/{book['id']}/entries/{numbers[-1]}/void", {"reason": "Không ban hành"}, expected=200
        )
        entries = {row["number"]: row for row in home.get(f"/registers/{book['id']}/entries")["items"]}
        expect(entries[numbers[-1]]["voided_at"] is not None, "the number stays in the register, void")
        scene.teller.detail(f"numbers {', '.join(numbers)}; {numbers[-1]} stays, struck through")


def _book(desk: Desk, direction: str) -> dict[str, Any]:
    """The running general book of the desk's own unit."""
    unit_id = desk.me["roles"][0]["unit_id"]
    for book in desk.get("/registers"):
        if (book["unit_id"], book["direction"]) == (unit_id, direction) and not book["is_secret"]:
            found: dict[str, Any] = book
            return found
    raise NotAsExpected(f"{desk.name} has no {direction} register")


def _printed(desk: Desk, path: str, kind: str) -> str:
    """The code of a print whose bytes are of the kind."""
    answer = desk.http.post(f"/api/v1{path}", json={"format": kind})
    expect_equal(answer.status_code, 201, f"the answer to printing as {kind}")
    expect(answer.content.startswith(MAGIC[kind]), f"the bytes of a {kind}")
    return answer.headers["location"].rpartition("/")[2]


def _verify(scene: Scene, code: str, status: int) -> str:
    """What ``docflow verify --print`` says of a code."""
    command = [sys.executable, "-m", "docflow.cli", "verify", "--print", code]
    done = subprocess.run(  # noqa: S603  (our own program)
        command,
        env={**os.environ, **scene.environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    expect_equal(done.returncode, status, f"the exit status of docflow verify: {done.stderr[-400:]}")
    return done.stdout
