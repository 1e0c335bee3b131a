"""A POST with an Idempotency-Key happens once, however often it is sent."""

import asyncio
from typing import Any

import httpx
from sqlalchemy import func, select, text, update

from docflow.core.db import Sessions, transaction
from docflow.documents.models import Document, Register
from docflow.web.idempotency import KeptAnswer, forget_old
from storage import ObjectStore
from tests.conftest import SignIn
from tests.documents.registering import DOCUMENTS, INCOMING, incoming, paper, register, unit_id
from tests.unchanged import unchanged

KEY = {"Idempotency-Key": "7f9c2ba4"}


async def how_many(sessions: Sessions) -> tuple[int, list[int]]:
    """Documents, and the last numbers of all registers."""
    async with sessions() as session:
        documents = await session.scalar(select(func.count()).select_from(Document)) or 0
        return documents, list(await session.scalars(select(Register.last_number)))


def same(one: httpx.Response, other: httpx.Response) -> bool:
    """The same answer in everything that a client acts on."""

    def told(answer: httpx.Response) -> tuple[Any, ...]:
        kept = [answer.headers.get(name) for name in ("etag", "location", "content-type", "content-length")]
        return answer.status_code, answer.content, *kept

    return told(one) == told(other)


async def test_a_retry_gets_the_first_answer_and_nothing_happens_twice(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    clerk = await sign_in("anpth")
    first = await clerk.post(INCOMING, data=incoming(), files=paper(), headers=KEY)
    assert first.status_code == 201, first.text
    async with unchanged(sessions, store):
        again = await clerk.post(INCOMING, data=incoming(), files=paper(), headers=KEY)
        assert same(first, again)
        assert again.headers["idempotency-replayed"] == "true"
        assert again.headers["etag"] == '"1"'
        assert again.headers["location"] == f"{DOCUMENTS}/{first.json()['id']}"
    assert await how_many(sessions) == (1, [1])


async def test_the_same_for_a_json_body(sign_in: SignIn, sessions: Sessions, store: ObjectStore) -> None:
    clerk = await sign_in("anpth")
    document = await register(clerk)
    address = f"{DOCUMENTS}/{document['id']}/routes"
    body = {"unit_ids": [await unit_id(sessions, "SNV")]}
    first = await clerk.post(address, json=body, headers=KEY)
    assert first.status_code == 201
    async with unchanged(sessions, store):
        assert same(first, await clerk.post(address, json=body, headers=KEY))


async def test_a_key_used_for_another_request_is_refused(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    clerk = await sign_in("anpth")
    document = await register(clerk)
    address = f"{DOCUMENTS}/{document['id']}/routes"
    body = {"unit_ids": [await unit_id(sessions, "SNV")]}
    await clerk.post(address, json=body, headers=KEY)
    async with unchanged(sessions, store):
        other_body = await clerk.post(address, json={**body, "note": "Khác"}, headers=KEY)
        other_address = await clerk.post(f"{DOCUMENTS}/{document['id']}/acknowledgement", headers=KEY)
        other_upload = await clerk.post(INCOMING, data=incoming(), files=paper(), headers=KEY)
        for answer in (other_body, other_address, other_upload):
            assert answer.status_code == 422
            assert [one["code"] for one in answer.json()["errors"]] == ["idempotency_key_reused"]


async def test_a_key_has_a_length(sign_in: SignIn, sessions: Sessions, store: ObjectStore) -> None:
    clerk = await sign_in("anpth")
    async with unchanged(sessions, store):
        for key in ("", "k" * 201):
            answer = await clerk.post(
                INCOMING, data=incoming(), files=paper(), headers={"Idempotency-Key": key}
            )
            assert answer.status_code == 422
            assert [one["code"] for one in answer.json()["errors"]] == ["idempotency_key_length"]
    kept = await register(clerk, headers={"Idempotency-Key": "k" * 200})
    assert kept["number"] == "01"


async def test_two_at_once_have_one_effect_and_one_answer(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    clerk = await sign_in("anpth")
    keys_before = {item.key async for item in store.list_objects()}
    answers = await asyncio.gather(
        *(clerk.post(INCOMING, data=incoming(), files=paper(), headers=KEY) for _ in range(6))
    )
    assert all(same(answers[0], answer) for answer in answers), [answer.text for answer in answers]
    assert answers[0].status_code == 201
    assert await how_many(sessions) == (1, [1])
    assert len({item.key async for item in store.list_objects()} - keys_before) == 1


async def test_a_retry_while_the_first_attempt_is_still_at_work_gets_its_answer(
    sign_in: SignIn, sessions: Sessions
) -> None:
    """The retry finds no kept answer at its start, and at its end the document of its own first attempt."""
    clerk = await sign_in("anpth")
    arrived, go_on = asyncio.Event(), asyncio.Event()

    async def slow_body(request: httpx.Request) -> None:
        whole = b"".join([piece async for piece in request.stream])  # type: ignore[union-attr]

        async def pieces() -> Any:
            yield whole[:10]
            arrived.set()
            await go_on.wait()
            yield whole[10:]

        request.stream = Pieces(pieces)

    slow = asyncio.create_task(
        _with_hook(clerk, slow_body).post(INCOMING, data=incoming(), files=paper(), headers=KEY)
    )
    await arrived.wait()
    first = await clerk.post(INCOMING, data=incoming(), files=paper(), headers=KEY)
    go_on.set()
    assert first.status_code == 201
    assert same(first, await slow)
    assert await how_many(sessions) == (1, [1])


class Pieces(httpx.AsyncByteStream):
    def __init__(self, pieces: Any) -> None:
        self._pieces = pieces

    async def __aiter__(self) -> Any:
        async for piece in self._pieces():
            yield piece


def _with_hook(client: httpx.AsyncClient, hook: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=client._transport,
        base_url=client.base_url,
        cookies=client.cookies,
        event_hooks={"request": [hook]},
    )


async def test_a_failure_is_not_kept_so_the_mended_request_may_use_its_key(sign_in: SignIn) -> None:
    clerk = await sign_in("anpth")
    refused = await clerk.post(INCOMING, data=incoming(subject=" "), files=paper(), headers=KEY)
    assert refused.status_code == 422
    assert (await register(clerk, headers=KEY))["number"] == "01"


async def test_the_keys_of_two_people_are_two_keys(sign_in: SignIn) -> None:
    one, other = await sign_in("anpth"), await sign_in("datcv")
    first = await register(one, headers=KEY)
    second = await register(other, headers=KEY)
    assert first["id"] != second["id"]


async def test_answers_are_forgotten_after_two_days(sign_in: SignIn, sessions: Sessions) -> None:
    clerk = await sign_in("anpth")
    await register(clerk, headers=KEY)
    async with transaction(sessions) as session:
        await forget_old(session)
        assert await session.scalar(select(func.count()).select_from(KeptAnswer)) == 1
        await session.execute(
            update(KeptAnswer).values(answered_at=KeptAnswer.answered_at - text("interval '49 hours'"))
        )
        await forget_old(session)
        assert await session.scalar(select(func.count()).select_from(KeptAnswer)) == 0
