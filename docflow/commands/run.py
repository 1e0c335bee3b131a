"""``docflow run``: every part that has no server named in the environment, then web and worker, until Ctrl-C."""

import asyncio
import os
import sys
from pathlib import Path

import click

from docflow.commands.set_up import set_up
from docflow.core.db import create_engine, create_sessions
from docflow.embedded import EmbeddedStack, ProcessGroup
from docflow.sample.loader import SAMPLE_PASSWORD, load_sample, sample_sign_ins
from docflow.settings import Settings, settings_from

LISTEN = "127.0.0.1"


def default_folder() -> Path:
    """Where data is kept by the XDG convention."""
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "docflow"


def run_stack(folder: Path | None) -> int:
    """Start, tell where everything is, wait. The exit status."""
    folder = folder or default_folder()
    given = {name: value for name, value in os.environ.items() if name.startswith("DOCFLOW_")}
    stack = EmbeddedStack(
        folder,
        postgres_bin=Path(bin_) if (bin_ := given.get("DOCFLOW_POSTGRES_BIN")) else None,
        want_postgres="DOCFLOW_DATABASE_URL" not in given,
        want_s3="DOCFLOW_S3_ENDPOINT" not in given,
        want_mail="DOCFLOW_SMTP_HOST" not in given,
    )
    with stack:
        environment = {**os.environ, **stack.environment()}
        settings = settings_from(environment)
        embedded_database = "DOCFLOW_DATABASE_URL" not in given
        asyncio.run(_prepare(settings, sample=embedded_database))
        with ProcessGroup() as group:
            group.start("web", [sys.executable, "-m", "docflow.cli", "web"], environment)
            group.start("worker", [sys.executable, "-m", "docflow.cli", "worker"], environment)
            _tell(settings, folder, stack, sample=embedded_database)
            return group.wait()


async def _prepare(settings: Settings, *, sample: bool) -> None:
    await set_up(settings)
    if sample:
        engine = create_engine(settings.database_url, connections=2)
        try:
            await load_sample(create_sessions(engine))
        finally:
            await engine.dispose()


def _tell(settings: Settings, folder: Path, stack: EmbeddedStack, *, sample: bool) -> None:
    address = f"http://{settings.host}:{settings.port}"
    lines = [
        "docflow is running.",
        f"  API          {address}/api/v1",
        f"  description  {address}/api/docs",
        f"  data         {folder}",
    ]
    if stack.mail_url:
        lines.append(f"  sent mail    {stack.mail_url}  (captured, nothing leaves this machine)")
    if sample:
        lines.append(f"  sign-ins     password “{SAMPLE_PASSWORD}” for each of")
        lines.extend(f"    {username:<12} {who}" for username, who in sample_sign_ins())
    lines.append("Ctrl-C stops everything.")
    click.echo("\n".join(lines))
