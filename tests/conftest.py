"""Fixtures of the whole suite: one real PostgreSQL, S3 and mail server per test process, one database per test."""

import asyncio
import glob
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from litestar import Litestar
from sqlalchemy.ext.asyncio import AsyncEngine

from docflow.access.actor import Actor
from docflow.accounts.queries import find_actor
from docflow.app import create_app, file_store_of, open_store, postman_of
from docflow.commands.set_up import set_up
from docflow.core.db import Sessions, create_engine, create_sessions, transaction
from docflow.embedded import EmbeddedStack
from docflow.files.service import FileStore
from docflow.notifications.service import Postman
from docflow.sample.loader import SAMPLE_PASSWORD, load_sample
from docflow.settings import Settings, settings_from
from docflow.worker import jobs_of
from storage import ObjectStore
from tests.files.papers import CHILDREN

Client = httpx.AsyncClient
SignIn = Callable[[str], Awaitable[Client]]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """``@pytest.mark.debian("program", "/a/file/*")``: without one of them the test is left out, in CI it fails."""
    for mark in item.iter_markers("debian"):
        needed = [str(proof) for proof in mark.args]
        missing = [proof for proof in needed if not (glob.glob(proof) or shutil.which(proof))]
        if missing and os.environ.get("CI"):
            pytest.fail(f"needs {', '.join(missing)}: see tools/debian_packages.sh")
        if missing:
            pytest.skip(f"needs {', '.join(missing)}: see tools/debian_packages.sh")


@dataclass(frozen=True)
class Template:
    """The database that every test's own is copied from: migrated, with the sample province."""

    name: str
    stack: EmbeddedStack

    def settings_for(self, database: str) -> Settings:
        """Settings of a process on ``database``."""
        environment = dict(self.stack.environment())
        for name in ("DOCFLOW_DATABASE_URL", "DOCFLOW_MIGRATION_DATABASE_URL"):
            base, _, _ = environment[name].rpartition("/")
            environment[name] = f"{base}/{database}"
        return settings_from({**environment, "DOCFLOW_MAX_UPLOAD_BYTES": str(32 * 1024 * 1024)})


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStack]:
    with EmbeddedStack(tmp_path_factory.mktemp("stack"), fast=True) as running:
        yield running


@pytest.fixture(scope="session")
async def template(stack: EmbeddedStack) -> Template:
    template = Template("template_docflow", stack)
    assert stack.postgres is not None
    stack.postgres.create_database(template.name)
    settings = template.settings_for(template.name)
    await set_up(settings)
    engine = create_engine(settings.database_url, connections=2)
    await load_sample(create_sessions(engine))
    await engine.dispose()
    return template


@pytest.fixture
async def settings(template: Template) -> Settings:
    """Settings on a fresh copy of the sample province."""
    name = f"test_{uuid4().hex[:12]}"
    assert template.stack.postgres is not None
    await asyncio.to_thread(template.stack.postgres.create_database, name, template.name)
    return template.settings_for(name)


@pytest.fixture
async def engine(settings: Settings) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(settings.database_url, connections=20)
    yield engine
    await engine.dispose()


@pytest.fixture
def sessions(engine: AsyncEngine) -> Sessions:
    return create_sessions(engine)


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[ObjectStore]:
    """The bucket, which the tests of one process share."""
    store = open_store(settings)
    await store.ensure_bucket()
    yield store
    await store.close()


@pytest.fixture
def file_store(store: ObjectStore, settings: Settings) -> FileStore:
    return replace(file_store_of(settings, store), children=CHILDREN)


@pytest.fixture
def postman(settings: Settings) -> Postman:
    return postman_of(settings)


@pytest.fixture
async def app(settings: Settings, store: ObjectStore) -> AsyncIterator[Litestar]:
    """The application, in this process."""
    app = create_app(settings)
    started, ended = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        # In a task of its own: fixtures may be set up and torn down in different ones.
        async with app.lifespan():
            started.set()
            await ended.wait()

    life = asyncio.create_task(live())
    await started.wait()
    yield app
    ended.set()
    await life


@pytest.fixture
async def client(app: Litestar) -> AsyncIterator[Client]:
    """Nobody's client; ``sign_in`` makes signed-in ones on the same application."""
    async with _client(app) as client:
        yield client


@pytest.fixture
async def sign_in(app: Litestar) -> AsyncIterator[SignIn]:
    """Sign somebody of the sample province in: ``clerk = await sign_in("...")``."""
    async with AsyncExitStack() as opened:

        async def sign_in(username: str) -> Client:
            client = await opened.enter_async_context(_client(app))
            body = {"username": username, "password": SAMPLE_PASSWORD}
            answer = await client.post("/api/v1/session", json=body)
            assert answer.status_code == 201, answer.text
            return client

        yield sign_in


def _client(app: Litestar) -> Client:
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000")


@pytest.fixture
def actor_of(sessions: Sessions) -> Callable[[str], Awaitable[Actor]]:
    """The actor of somebody of the sample province, for tests of verbs."""

    async def actor_of(username: str) -> Actor:
        from sqlalchemy import select

        from docflow.accounts.models import Person

        async with sessions() as session:
            person_id = await session.scalar(select(Person.id).where(Person.username == username))
            assert person_id is not None, username
            actor = await find_actor(session, person_id)
            assert actor is not None
            return actor

    return actor_of


@pytest.fixture
def work(sessions: Sessions, settings: Settings, file_store: FileStore) -> Callable[[], Awaitable[None]]:
    """Run every job that waits in the queue, as a worker would, until none is left."""
    from sqlalchemy import text

    async def work() -> None:
        jobs = jobs_of(settings, sessions, file_store)
        while True:
            async with transaction(sessions) as session:
                row = (
                    await session.execute(
                        text(
                            "DELETE FROM procrastinate_jobs WHERE id = (SELECT min(id) FROM procrastinate_jobs)"
                            " RETURNING task_name, args"
                        )
                    )
                ).one_or_none()
            if row is None:
                return
            await jobs[row.task_name](**row.args)

    return work


@pytest.fixture
def samples() -> Path:
    """The sample directives."""
    return Path(__file__).parent.parent / "docflow" / "demo" / "samples"
