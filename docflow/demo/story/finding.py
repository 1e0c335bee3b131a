"""A chapter: those who may see the directive find it; its trail tells the whole story."""

import re
from datetime import datetime
from itertools import pairwise
from typing import Any

from docflow.core.clock import LOCAL_ZONE
from docflow.core.text import fold
from docflow.demo.story.scene import CLERK, HOME_AFFAIRS, LEAD_UNIT, LEADER, STRANGER, Scene
from docflow.demo.telling import expect, expect_equal

STORY = (
    "document:registered",
    "document:routed",
    "document:directed",
    "task:accepted",
    "task:reported",
    "task:returned",
    "task:completed",
)


def tell(scene: Scene) -> None:
    """Search and trail."""
    teller = scene.teller
    teller.chapter("11. Finding it again")
    filed = [scene.facts["directive"], *scene.facts["filed"]]
    _share(scene, filed[1:])
    with teller.step(
        "Each paper, by whichever way it came, is found by five kinds of query in three roles; a stranger finds none."
    ):
        for document in filed:
            for words in queries_for(document):
                for username in (CLERK, LEADER, HOME_AFFAIRS):
                    found = scene.find(scene.desk(username), words)
                    expect(document["id"] in found, f"{username} finds {document['symbol']} by “{words}”")
                expect_equal(
                    scene.find(scene.desk(STRANGER), words), [], f"what a stranger finds by “{words}”"
                )
            teller.detail(f"{document['symbol']}: " + " · ".join(queries_for(document)))
    if not scene.own_file:
        _look_closer(scene)
    with teller.step("The original comes back byte for byte, and in part."):
        _download(scene)
    with teller.step("The trail of the document tells the whole story in order."):
        events = scene.desk(CLERK).get(f"/documents/{scene.document_id}/trail", limit=200)["items"]
        tags = [event["tag"] for event in events]
        places = [tags.index(tag) for tag in STORY]
        expect(all(first < second for first, second in pairwise(places)), f"the order of the story: {tags}")
        expect("meeting:scheduled" in tags and "meeting:cancelled" in tags, "the meeting about it is in it")
        expect("document:read" in tags and "document:downloaded" in tags, "reads and downloads are in it")
        for event in events:
            if event["tag"] in STORY:
                happened = datetime.fromisoformat(event["happened_at"]).astimezone(LOCAL_ZONE)
                teller.detail(f"{happened:%H:%M:%S} {event['actor_name']}: {event['tag']}")


def queries_for(document: dict[str, Any]) -> list[str]:
    """Words with other accents, a phrase, a beginning with an exclusion, the number, and a part of it."""
    words = document["subject"].split()
    number = document["symbol"]
    return [
        fold(document["subject"]),
        f'"{" ".join(words[:4])}"',
        f"{words[2][:-1]}* -ngansach",
        number,
        re.match("[0-9]+", number)[0],  # type: ignore[index]
    ]


def _share(scene: Scene, documents: list[dict[str, Any]]) -> None:
    """Give what was filed to the leader and to home affairs, so that three roles may see it."""
    leader, unit = scene.desk(LEADER).me["id"], scene.unit(LEAD_UNIT)["id"]
    for document in documents:
        scene.desk(CLERK).post(
            f"/documents/{document['id']}/routes",
            {"role": "information", "person_ids": [leader], "unit_ids": [unit]},
        )


def _look_closer(scene: Scene) -> None:
    """Excerpts, facets, near misses, a kept search, an export: the same rule for each."""
    teller, clerk, stranger = scene.teller, scene.desk(CLERK), scene.desk(STRANGER)
    with teller.step(
        "Each hit shows where; facets count; a near miss is mended; nothing of it reaches a stranger."
    ):
        page = clerk.get("/documents", q='"cải cách hành chính"', sort="relevance")
        hit = next(row for row in page["items"] if row["id"] == scene.document_id)
        shown = hit["excerpts"][0]["html"]
        expect("<mark>" in shown, "the words are marked in the excerpt")
        teller.detail(shown)
        facets = {one["facet"]: one for one in clerk.get("/documents/facets", q="711")["facets"]}
        kinds = {one["name"]: one["count"] for one in facets["kind"]["values"]}
        expect(
            kinds.get("Chỉ thị", 0) + kinds.get("Directive", 0) >= 1,
            f"the facets count the directive: {kinds}",
        )
        teller.detail(", ".join(f"{name} {count}" for name, count in kinds.items()))
        miss = clerk.get("/documents", q="711-QĐ/TUU")["suggestion"]
        teller.detail(f"“711-QĐ/TUU”: did you mean {miss}?")
        expect_equal(miss, "711-QĐ/TU", "the near miss, mended")
        expect_equal(
            stranger.get("/documents", q="711-QĐ/TUU")["suggestion"], None, "what a stranger is told"
        )
        expect_equal(
            stranger.get("/documents/facets", q="711")["total"]["value"], 0, "what a stranger counts"
        )


def _download(scene: Scene) -> None:
    clerk = scene.desk(CLERK)
    file = scene.facts["directive"]["files"][0]
    path = f"/api/v1/documents/{scene.document_id}/files/{file['id']}/content"
    original = scene.directive.read_bytes()
    expect(clerk.http.get(path).content == original, "the downloaded bytes are the uploaded ones")
    part = clerk.http.get(path, headers={"Range": "bytes=10-99"})
    expect_equal((part.status_code, part.content), (206, original[10:100]), "a range of the file")
