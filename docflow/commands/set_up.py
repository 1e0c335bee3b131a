"""Setting up: the schema, the rights, the bucket, the kinds of the decree, the usual rules and terms of retention, the
first administrator."""

import asyncio

import msgspec

from docflow.accounts.service.first import add_first_administrator
from docflow.app import open_store
from docflow.core.db import create_engine, create_sessions
from docflow.core.errors import DocflowError, Invalid
from docflow.core.messages import Language, text_of
from docflow.documents.seed import load_kinds
from docflow.issuing.seed import load_rules
from docflow.migrations.run import migrate
from docflow.retention.seed import load_terms
from docflow.settings import Settings


async def set_up(settings: Settings) -> None:
    """What ``docflow migrate`` does; doing it again changes nothing."""
    owner = settings.migration_database_url or settings.database_url
    await asyncio.to_thread(migrate, owner, settings.database_url)
    store = open_store(settings)
    try:
        await store.ensure_bucket(lockable=settings.object_lock != "off")
    finally:
        await store.close()
    engine = create_engine(settings.database_url, connections=1)
    try:
        await load_kinds(create_sessions(engine))
        await load_terms(create_sessions(engine))
        await load_rules(create_sessions(engine))
    finally:
        await engine.dispose()


class NotPossible(Exception):
    """The administrator cannot be made; the message says why."""


async def add_administrator(
    settings: Settings, *, username: str, full_name: str, email: str, unit_name: str, password: str
) -> None:
    """What ``docflow create-admin`` does. Raises NotPossible."""
    engine = create_engine(settings.database_url, connections=1)
    try:
        await add_first_administrator(
            create_sessions(engine),
            username=username,
            full_name=full_name,
            email=email,
            unit_name=unit_name,
            password=password,
        )
    except Invalid as error:
        fields = [
            f"{field.pointer}: {text_of(field.code, Language.EN, **field.facts)}" for field in error.fields
        ]
        raise NotPossible("; ".join(fields)) from error
    except DocflowError as error:
        raise NotPossible(text_of(error.code, Language.EN, **error.facts)) from error
    except msgspec.ValidationError as error:
        raise NotPossible(str(error)) from error
    finally:
        await engine.dispose()
