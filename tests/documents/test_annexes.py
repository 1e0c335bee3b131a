"""Annexes: a document has files beside the first one, each with its own versions, and is found by the newest of all."""

from collections.abc import Awaitable, Callable

from docflow.core.db import Sessions, transaction
from docflow.documents.queries.files import latest_versions, list_newest
from docflow.documents.service.intake import register_incoming
from storage import ObjectStore
from tests.conftest import SignIn
from tests.documents.registering import DOCUMENTS, paper, received, register, to_register
from tests.documents.test_numbering import ActorOf
from tests.unchanged import unchanged


async def test_annexes_are_added_in_order_and_each_has_its_versions(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    clerk = await sign_in("anpth")
    document = await register(clerk)
    here = f"{DOCUMENTS}/{document['id']}/files"
    added = [(b"annex one", 1), (b"annex two", 2), (b"annex one again", 1), (b"the document again", 0)]
    for version, (content, annex) in enumerate(added, 1):
        answer = await clerk.post(
            here,
            data={"annex": str(annex)},
            files=paper(content, f"{version}.txt"),
            headers={"If-Match": f'"{version}"'},
        )
        assert answer.status_code == 201, answer.text
    shown = [(one["annex"], one["version"], one["filename"]) for one in answer.json()["files"]]
    assert shown == [
        (0, 2, "4.txt"),
        (0, 1, "chi-thi.txt"),
        (1, 2, "3.txt"),
        (1, 1, "1.txt"),
        (2, 1, "2.txt"),
    ]
    async with unchanged(sessions, store):
        for wrong, code in (("4", "annex_not_next"), ("-1", "field_not_valid"), ("x", "field_not_valid")):
            refused = await clerk.post(
                here, data={"annex": wrong}, files=paper(b"x"), headers={"If-Match": '"5"'}
            )
            assert refused.status_code == 422
            assert [(one["pointer"], one["code"]) for one in refused.json()["errors"]] == [("/annex", code)]


async def test_the_newest_text_of_every_annex_is_found_and_no_older_one(
    sign_in: SignIn, work: Callable[[], Awaitable[None]]
) -> None:
    clerk = await sign_in("anpth")
    document = await register(clerk, files=paper(b"original"))
    here = f"{DOCUMENTS}/{document['id']}/files"
    for version, (content, annex) in enumerate([(b"outdated", 1), (b"figures", 2), (b"renewed", 1)], 1):
        files, headers = paper(content), {"If-Match": f'"{version}"'}
        assert (
            await clerk.post(here, data={"annex": str(annex)}, files=files, headers=headers)
        ).status_code == 201
    await work()
    for q, found in (("original", 1), ("figures", 1), ("renewed", 1), ("outdated", 0)):
        answer = await clerk.get(DOCUMENTS, params={"q": q})
        assert len(answer.json()["items"]) == found, q


async def test_a_document_is_registered_with_its_annexes_at_once(
    sessions: Sessions, actor_of: ActorOf
) -> None:
    actor = await actor_of("anpth")
    annexes = [received(number) for number in (2, 3)]
    async with transaction(sessions) as session:
        document = await register_incoming(session, actor, to_register(), received(1), annexes=annexes)
    async with sessions() as session:
        assert await latest_versions(session, document.id) == {0: 1, 1: 1, 2: 1}
        assert [annex for annex, _ in await list_newest(session, document.id)] == [0, 1, 2]
