"""A chapter: what the directive cites, and what cites it."""

from pathlib import Path
from typing import Any

from docflow.demo.people import Desk
from docflow.demo.story.scene import CLERK, HOME_AFFAIRS, STRANGER, Scene, await_fact
from docflow.demo.telling import expect, expect_equal

DECISION = "711-QĐ/TU"
WORDS = "Quyết định số 711-QĐ/TU về sắp xếp tổ chức bộ máy. Nơi nhận: các cơ quan trong tỉnh."
CITED = {
    "39-NQ/TW": "2015-04-17",
    "711-QĐ/TU": "2018-05-11",
    "4651/KH-UBND": "2018-10-02",
    "45/BC-SNV": "2020-05-26",
}
"""What the sample directive names, and of which day."""


def tell(scene: Scene) -> None:
    """Citations are found, a cited document comes in later, and the way is followed back."""
    if scene.own_file:  # nothing is known of its words
        return
    teller = scene.teller
    teller.chapter("9. What it cites")
    clerk = scene.desk(CLERK)
    with teller.step(
        "The directive's citations were found in its text, each with its date; none is in the registry yet."
    ):
        citations = _citations(scene, clerk)
        named = {(one["written"], one["issued_on"]) for one in citations}
        expect(named >= CITED.items(), f"the citations, each with its day: {named}")
        for one in citations:
            if one["place"] == "text":
                expect_equal(one["link"], "not_here", f"where {one['written']} leads")
                day = one["issued_on"] or "no date"
                teller.detail(f"{one['written']} of {day}, {one['issuer'] or 'no issuer'}: {one['relation']}")
    _follow(scene, clerk)


def _follow(scene: Scene, clerk: Desk) -> None:
    teller = scene.teller
    with teller.step(
        f"The decision {DECISION} of 2018 comes in late, and the directive leads to it from that moment."
    ):
        decision = clerk.upload("/documents/incoming", _paper(scene), _fields())
        link = next(
            one for one in _citations(scene, clerk) if one["written"] == DECISION and one["issued_on"]
        )
        expect_equal(link["link"], "resolved", "where the citation leads now")
        expect_equal([row["id"] for row in link["documents"]], [decision["id"]], "the document that is cited")
        teller.detail(f"arrival number {decision['number']}, entered late: {decision['late_reason']}")
    with teller.step("And back: the decision tells who cites it, to each reader only what they may see."):
        citing = [
            row["document"]["id"] for row in clerk.get(f"/documents/{decision['id']}/cited-by")["items"]
        ]
        expect(scene.document_id in citing, "the directive is among those that cite the decision")
        clerk.get(f"/documents/{decision['id']}")
        stranger, home = scene.desk(STRANGER), scene.desk(HOME_AFFAIRS)
        stranger.get(f"/documents/{decision['id']}/cited-by", expected=404)
        hidden = next(
            one for one in _citations(scene, home) if one["written"] == DECISION and one["issued_on"]
        )
        expect_equal(
            (hidden["link"], hidden["documents"]), ("not_here", []), "what home affairs is told of it"
        )
        teller.detail(
            f"{len(citing)} documents cite it; home affairs, which did not get it, is told nothing of it"
        )


def _citations(scene: Scene, desk: Desk) -> list[dict[str, Any]]:
    def found() -> list[dict[str, Any]] | None:
        rows: list[dict[str, Any]] = desk.get(f"/documents/{scene.document_id}/citations", limit=200)["items"]
        return rows if len({row["written"] for row in rows}) >= len(CITED) else None

    cited: list[dict[str, Any]] = await_fact(found, lambda: "the citations of the directive")
    return cited


def _paper(scene: Scene) -> Path:
    paper = scene.mail_folder.parent / "quyet-dinh-711.txt"
    paper.write_text(WORDS, "utf-8")
    return paper


def _fields() -> dict[str, str]:
    return {
        "symbol": DECISION,
        "issued_on": CITED[DECISION],
        "arrived_on": "2018-05-14",
        "late_reason": "Bổ sung văn bản còn thiếu theo rà soát hồ sơ",
        "issuer": "Tỉnh ủy Trường Giang",
        "subject": "Về việc sắp xếp tổ chức bộ máy của tỉnh",
        "signer_name": "Trần Quốc Vượng",
    }
