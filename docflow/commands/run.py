"""``docflow run``: every part that has no server named in the environment, then web and worker, until Ctrl-C."""

import asyncio
import importlib
import os
from pathlib import Path
from threading import Thread

import click

from docflow.commands.ahead import WebAhead
from docflow.commands.servers import start_servers
from docflow.embedded import REGISTRY_ADDRESS, EmbeddedStack, ProcessGroup, StartFailed
from docflow.settings import Settings, SettingsNotValid, settings_from


def default_folder() -> Path:
    """Where data is kept by the XDG convention."""
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "docflow"


def stack_for(folder: Path, *, fast: bool = False) -> EmbeddedStack:
    """The servers that the environment does not name, kept in ``folder``."""
    bin_folder = os.environ.get("DOCFLOW_POSTGRES_BIN")
    return EmbeddedStack(
        folder,
        fast=fast,
        postgres_bin=Path(bin_folder) if bin_folder else None,
        want_postgres="DOCFLOW_DATABASE_URL" not in os.environ,
        want_s3="DOCFLOW_S3_ENDPOINT" not in os.environ,
        want_mail="DOCFLOW_SMTP_HOST" not in os.environ,
        want_mailbox="DOCFLOW_IMAP_HOST" not in os.environ,
    )


def house_environment(folder: Path) -> dict[str, str]:
    """The certificate that docflow signs exports with, made in ``folder`` when the environment names none."""
    from docflow.signatures.house import keep_house_certificate

    if "DOCFLOW_PROOF_CERTIFICATE" in os.environ:
        return {}
    container, passphrase = keep_house_certificate(folder)
    return {"DOCFLOW_PROOF_CERTIFICATE": str(container), "DOCFLOW_PROOF_PASSPHRASE": passphrase}


async def prepare(settings: Settings, *, sample: bool) -> None:
    """Schema, rights, bucket and kinds; the sample province when it is wanted and the database is empty."""
    from docflow.commands.set_up import set_up
    from docflow.core.db import create_engine, create_sessions
    from docflow.sample.loader import load_sample

    await set_up(settings)
    if sample:
        engine = create_engine(settings.database_url, connections=2)
        try:
            await load_sample(create_sessions(engine))
        finally:
            await engine.dispose()


def load_ahead() -> None:
    """Load what ``prepare`` needs while the servers start."""
    Thread(target=importlib.import_module, args=("docflow.commands.set_up",), daemon=True).start()


def run_stack(folder: Path | None, web: WebAhead) -> int:
    """Start, tell where everything is, wait. The exit status."""
    folder = (folder or default_folder()).absolute()
    load_ahead()
    try:
        with stack_for(folder) as stack:
            environment = {**os.environ, **stack.environment(), **house_environment(folder)}
            settings = settings_from(environment)
            sample = stack.postgres is not None
            asyncio.run(prepare(settings, sample=sample))
            with ProcessGroup() as servers:
                start_servers(servers, web, settings, environment)
                servers.watch(*stack.children())
                _tell(settings, folder, stack, sample=sample)
                exited = servers.wait()
    except (StartFailed, SettingsNotValid) as error:
        click.echo(f"docflow could not start: {error}", err=True)
        return 1
    if exited:
        click.echo(f"docflow stopped: {exited}", err=True)
        return 1
    click.echo("docflow has stopped.")
    return 0


def _tell(settings: Settings, folder: Path, stack: EmbeddedStack, *, sample: bool) -> None:
    from docflow.sample.loader import SAMPLE_PASSWORD, sample_sign_ins

    address = f"http://{settings.host}:{settings.port}"
    lines = [
        "docflow is running.",
        f"  API          {address}/api/v1",
        f"  description  {address}/api/docs",
        f"  data         {folder}",
    ]
    if stack.mail is not None:
        lines.append(f"  sent mail    {stack.mail_url}  (captured: nothing leaves this machine)")
        if settings.imap_username == REGISTRY_ADDRESS:
            where = f"SMTP {stack.mail.smtp_host}:{stack.mail.smtp_port}"
            lines.append(f"  registry     what is sent to {REGISTRY_ADDRESS} ({where}) becomes a draft")
    if sample:
        lines.append(f"  sign-ins     password “{SAMPLE_PASSWORD}” for each of")
        lines.extend(f"    {username:<11} {who}" for username, who in sample_sign_ins())
    lines.append("Ctrl-C stops everything.")
    click.echo("\n".join(lines))
