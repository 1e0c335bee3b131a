"""Bring a database up to date, and give the application's role its rights: no more than it needs."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from alembic import command
from alembic.config import Config
from psycopg import sql
from sqlalchemy import Connection, MetaData, create_engine, text

from docflow.core.db import Base, sqlalchemy_url

APPEND_ONLY = ("audit_event", "audit_seal", "audit_sealed_event")
"""Tables that the application's role may read and add to, and nothing else."""


def tables() -> MetaData:
    """Every table of every capability."""
    import docflow.accounts.models
    import docflow.audit.models
    import docflow.core.ticks
    import docflow.documents.models
    import docflow.dossiers.models
    import docflow.files.models
    import docflow.issuing.models
    import docflow.meetings.models
    import docflow.notifications.models
    import docflow.retention.models
    import docflow.signatures.models
    import docflow.tasks.models
    import docflow.web.idempotency  # noqa: F401

    return Base.metadata


def migrate(owner_url: str, app_url: str) -> None:
    """Upgrade to the newest revision as the owner, then grant rights to the role in ``app_url``.

    Safe to run by several processes at once: an advisory lock lets one at a time through.
    """
    engine = create_engine(sqlalchemy_url(owner_url), connect_args={"connect_timeout": 5})
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(hashtext('docflow.migrations'))"))
            connection.commit()
            config = Config()
            config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
            config.set_main_option("path_separator", "os")
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            grant(connection, unquote(urlsplit(app_url).username or ""))
            connection.commit()
    finally:
        engine.dispose()


def grant(connection: Connection, role: str) -> None:
    """Rights of the application's role. The owner itself needs none."""
    owner = connection.scalar(text("SELECT current_user"))
    if not role or role == owner:
        return
    name = sql.Identifier(role).as_string()
    for statement in (
        f"GRANT USAGE ON SCHEMA public TO {name}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {name}",
        f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {name}",
        *(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {name}" for table in APPEND_ONLY),
        f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {name}",
    ):
        connection.execute(text(statement))
