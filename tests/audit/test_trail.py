"""The trail only grows, tells a document's story in order, and keeps refusals."""

from tests.conftest import SignIn
from tests.documents.registering import DOCUMENTS, register


async def test_a_documents_trail_tells_its_story_in_order(sign_in: SignIn) -> None:
    clerk = await sign_in("anpth")
    document = await register(clerk)
    await clerk.get(f"{DOCUMENTS}/{document['id']}")
    events = (await clerk.get(f"{DOCUMENTS}/{document['id']}/trail")).json()["items"]
    assert [event["tag"] for event in events] == ["document:registered", "document:read"]
    assert {event["actor_name"] for event in events} == {"Phạm Thị Hoài An"}
