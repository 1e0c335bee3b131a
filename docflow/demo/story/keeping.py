"""A chapter: one sheet tells the way of a paper, a dossier keeps its papers together, and the trail proves itself."""

import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile

from docflow.core import clock
from docflow.demo.people import Desk
from docflow.demo.story.scene import CLERK, HOME_AFFAIRS, SPECIALIST, STRANGER, Scene, await_fact
from docflow.demo.telling import expect, expect_equal


def tell(scene: Scene) -> None:
    """The sheet, the dossier as one archive, the signed trail, and the seals of it all."""
    scene.teller.chapter("12. The sheet, the dossier and the proof")
    _sheet(scene)
    _dossier(scene)
    _proof(scene)


def _sheet(scene: Scene) -> None:
    clerk, incoming = scene.desk(CLERK), scene.facts["filed"][0]
    path = f"/documents/{incoming['id']}/circulation"
    with scene.teller.step("One sheet tells the whole way of the plan in time order, and prints."):
        lines = clerk.get(path)["lines"]
        moments = [line["at"] for line in lines]
        expect_equal(moments, sorted(moments), "the order of the sheet")
        for format_, begins in (("pdf", b"%PDF-"), ("docx", b"PK"), ("xlsx", b"PK")):
            sheet = fetch(clerk, f"{path}/print", format=format_)
            expect_equal(sheet[: len(begins)], begins, format_)
            _keep(scene, f"phieu.{format_}", sheet)
        scene.teller.detail(f"{len(lines)} lines, from {lines[0]['what']} to {lines[-1]['what']}")


def _dossier(scene: Scene) -> None:
    clerk, keeper, stranger = scene.desk(HOME_AFFAIRS), scene.desk(SPECIALIST), scene.desk(STRANGER)
    papers = [scene.facts["filed"][0]["id"], *(one["id"] for one in scene.facts["answers"])]
    with scene.teller.step(
        f"{keeper.name} keeps the papers in a dossier of the year's list, and takes it away whole."
    ):
        unit = scene.unit("H99.02")["id"]
        heading = clerk.post(
            "/dossier-headings",
            {
                "unit_id": unit,
                "year": clock.today().year,
                "code": "02.CCHC",
                "title": "Thẩm định kế hoạch cải cách hành chính cấp huyện",
                "retention": "years_10",
            },
        )
        dossier = keeper.post("/dossiers", {"heading_id": heading["id"]})
        path = f"/dossiers/{dossier['id']}"
        keeper.post(f"{path}/documents", {"document_ids": papers}, 200)
        stranger.get(path, expected=404)
        content = fetch(keeper, f"{path}/export.zip")
        _keep(scene, "ho-so.zip", content)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            expect_equal(archive.testzip(), None, "what is broken in the archive")
            sums = archive.read("manifest.sha256").decode().splitlines()
            for line in sums:
                digest, _, name = line.partition("  ")
                expect_equal(hashlib.sha256(archive.read(name)).hexdigest(), digest, name)
            for name in archive.namelist():
                scene.teller.detail(name)


def _proof(scene: Scene) -> None:
    clerk, answer = scene.desk(HOME_AFFAIRS), scene.facts["answers"][0]
    with scene.teller.step(
        "The trail of the answer is taken away as a signed file, and every seal of the trail holds."
    ):
        told = json.loads(fetch(clerk, f"/documents/{answer['id']}/trail/export", format="json"))
        events = [event["tag"] for event in told["trail"]["events"]]
        for tag in ("manuscript:signed", "document:issued", "document:recalled", "document:replaced"):
            expect(tag in events, f"{tag} is in the trail")
        _keep(scene, "nhat-ky.pdf", fetch(clerk, f"/documents/{answer['id']}/trail/export", format="pdf"))
        said = await_fact(lambda: _verified(scene), lambda: "a seal of the trail")
        scene.teller.detail(f"{len(events)} events of the answer; {said}")


def _verified(scene: Scene) -> str | None:
    """What ``docflow audit verify`` says once something is sealed."""
    done = subprocess.run(
        [sys.executable, "-m", "docflow.cli", "audit", "verify"],
        env={**os.environ, **scene.environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    expect_equal((done.returncode, done.stderr), (0, ""), "faults of the trail")
    return None if " in 0 seals" in done.stdout else done.stdout.strip().partition(";")[0]


def fetch(desk: Desk, path: str, **query: str) -> bytes:
    """The bytes of a file under /api/v1."""
    answer = desk.http.get(f"/api/v1{path}", params=query)
    expect_equal(answer.status_code, 200, path)
    return answer.content


def _keep(scene: Scene, name: str, content: bytes) -> None:
    """Beside the user's own folder, when one was named for what the story makes."""
    if scene.keep is not None:
        (scene.keep / name).write_bytes(content)
