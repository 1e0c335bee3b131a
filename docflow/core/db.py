"""The database: declarative base, engine, and the only place that commits.

One request or one job is one transaction. ``transaction`` is that for jobs and commands;
``web.transaction`` is that for requests. Verbs and queries are given a session and never commit.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from psycopg import errors as pg
from sqlalchemy import CheckConstraint, Date, DateTime, Dialect, Identity, Integer, MetaData, Text, text
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.types import TypeDecorator

from docflow.core.errors import Conflict, DocflowError, FieldError, Invalid, Stale, Unavailable

Sessions = async_sessionmaker[AsyncSession]

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

Key = Annotated[UUID, mapped_column(primary_key=True, server_default=text("uuidv7()"))]
"""A primary key made by the database, ordered by time."""
No = Annotated[int, mapped_column(Integer, Identity(always=True), unique=True)]
"""A small integer made by the database beside the key, for arrays and exclusion constraints."""
Moment = Annotated[datetime, mapped_column(DateTime(timezone=True))]
Day = Annotated[date, mapped_column(Date)]


class Base(DeclarativeBase):
    """Root of every table."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012  (SQLAlchemy reads it as a plain attribute)
        str: Text(),
        datetime: DateTime(timezone=True),
        date: Date(),
    }


class Word(TypeDecorator[Any]):
    """A StrEnum stored as text; the table adds a named check with ``one_of``."""

    impl = Text
    cache_ok = True

    def __init__(self, enum: type[StrEnum]) -> None:
        super().__init__()
        self.enum = enum

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else self.enum(value).value

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[str | None], StrEnum | None]:
        # A look-up in a table: one call in C for each value that is read, where process_result_value takes four.
        words: dict[str | None, StrEnum | None] = {word.value: word for word in self.enum}
        return (words | {None: None}).__getitem__


def one_of(column: str, enum: type[StrEnum]) -> CheckConstraint:
    """A named check: ``column`` holds a word of ``enum``."""
    words = ", ".join(f"'{word.value}'" for word in enum)
    return CheckConstraint(f"{column} IN ({words})", name=column)


def sqlalchemy_url(url: str) -> str:
    """A libpq URL as SQLAlchemy's, on psycopg 3."""
    scheme, _, rest = url.partition("://")
    return f"postgresql+psycopg://{rest}" if scheme in {"postgresql", "postgres"} else url


def create_engine(url: str, *, connections: int = 10) -> AsyncEngine:
    """An engine whose sessions run in UTC without the just-in-time compiler, which only costs at our sizes."""
    return create_async_engine(
        sqlalchemy_url(url),
        pool_size=connections,
        max_overflow=0,
        pool_timeout=10,
        connect_args={"options": "-c timezone=UTC -c jit=off", "connect_timeout": 5},
    )


def create_sessions(engine: AsyncEngine) -> Sessions:
    return async_sessionmaker(engine, expire_on_commit=False, autoflush=False)


@asynccontextmanager
async def transaction(sessions: Sessions) -> AsyncIterator[AsyncSession]:
    """One unit of work of a job or a command: commits at the end of the block, rolls back on any error."""
    async with sessions() as session:
        try:
            yield session
            await session.commit()
        except SQLAlchemyError as error:
            await session.rollback()
            raise fact_of(error) from error


def fact_of(error: SQLAlchemyError, constraints: Mapping[str, type[DocflowError]] | None = None) -> Exception:
    """The domain error behind a database error: by the name of the constraint, or the kind of failure."""
    if isinstance(error, StaleDataError):
        return Stale()
    if isinstance(error, PoolTimeout):
        return Unavailable(part="database")
    if not isinstance(error, DBAPIError):
        return error
    cause = error.orig
    if isinstance(error, IntegrityError) and isinstance(cause, pg.Error):
        fact = (constraints or {}).get(cause.diag.constraint_name or "")
        return fact() if fact else error
    if isinstance(cause, pg.DataError) and cause.sqlstate is None:
        # The driver's own refusal: a NUL in a text that came past the schemas, as in a query.
        return Invalid(FieldError("", "text_not_allowed"))
    if isinstance(cause, (pg.SerializationFailure, pg.DeadlockDetected)):
        return Conflict()
    if error.connection_invalidated or isinstance(
        cause, (pg.OperationalError, pg.AdminShutdown, pg.CannotConnectNow)
    ):
        return Unavailable(part="database")
    return error


def require_version(current: int, expected: int) -> None:
    """Optimistic editing: raises Stale when the thing is no longer the one the caller read."""
    if current != expected:
        raise Stale(current_version=current)
