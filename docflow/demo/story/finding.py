"""Chapter 5: those who may see the directive find it; its trail tells the whole story."""

from datetime import datetime
from itertools import pairwise

from docflow.core.clock import LOCAL_ZONE
from docflow.demo.story.scene import CLERK, HOME_AFFAIRS, LEADER, STRANGER, Scene
from docflow.demo.telling import expect, expect_equal

QUERIES = ("quyet dinh 711-QD/TU", "711", "cải cách hành chính", "cai cach")
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
    teller.chapter("5. Finding it again")
    with teller.step(
        "It is found with and without accents, by number and by words, by those who may see it."
    ):
        for words in QUERIES:
            for username in (CLERK, LEADER, HOME_AFFAIRS):
                expect(
                    scene.document_id in scene.find(scene.desk(username), words),
                    f"{username} finds “{words}”",
                )
            expect_equal(scene.find(scene.desk(STRANGER), words), [], f"what a stranger finds by “{words}”")
            teller.detail(f"“{words}”: clerk, vice-chairman and home affairs find it; a stranger does not")
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


def _download(scene: Scene) -> None:
    clerk = scene.desk(CLERK)
    file = scene.facts["directive"]["files"][0]
    path = f"/api/v1/documents/{scene.document_id}/files/{file['id']}/content"
    original = scene.directive.read_bytes()
    expect(clerk.http.get(path).content == original, "the downloaded bytes are the uploaded ones")
    part = clerk.http.get(path, headers={"Range": "bytes=10-99"})
    expect_equal((part.status_code, part.content), (206, original[10:100]), "a range of the file")
