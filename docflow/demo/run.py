"""``docflow demo``: a stack in a temporary folder, the story on it, and a verdict."""

import asyncio
import os
import shutil
import socket
import tempfile
from pathlib import Path

import click

from docflow.commands.ahead import WebAhead
from docflow.commands.run import house_environment, load_ahead, prepare
from docflow.commands.servers import start_servers
from docflow.demo.people import Desks
from docflow.demo.story import tell
from docflow.demo.story.scene import SAMPLES, Scene
from docflow.demo.telling import Teller
from docflow.embedded import EmbeddedStack, ProcessGroup
from docflow.sample.loader import SAMPLE_PASSWORD
from docflow.settings import settings_from


def run_demo(document: Path | None, keep: Path | None = None) -> int:
    """Start, tell, stop; 0 when every step was as expected. What the story prints is put into ``keep``."""
    folder = Path(tempfile.mkdtemp(prefix="docflow-demo-"))
    teller = Teller(click.echo)
    failed = False
    try:
        with WebAhead(folder / "web.log") as web:
            _perform(folder, teller, document, keep, web)
    except Exception as error:  # whatever it was, the last line has to tell that it failed
        failed = True
        if not teller.failures:
            teller.failures = 1
            click.echo(f"could not start: {error}", err=True)
        _show_logs(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    click.echo(f"\ndemo: {teller.steps} steps, {teller.failures} failures")
    return 1 if failed else 0


def _perform(folder: Path, teller: Teller, document: Path | None, keep: Path | None, web: WebAhead) -> None:
    click.echo("Starting PostgreSQL, an S3 server, a mail catcher, web and worker in a temporary folder …")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("DOCFLOW_")}
    port = _free_port()
    load_ahead()
    with EmbeddedStack(folder, fast=True) as stack:
        environment = {
            **inherited,
            **stack.environment(),
            **house_environment(folder),
            "DOCFLOW_PORT": str(port),
            "DOCFLOW_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "DOCFLOW_MAIL_FROM": "docflow@truonggiang.example",
        }
        settings = settings_from(environment)
        asyncio.run(prepare(settings, sample=True))
        with ProcessGroup() as group:
            start_servers(group, web, settings, environment, logs=folder)
            with Desks(settings.public_url, SAMPLE_PASSWORD) as desks:
                tell(
                    Scene(
                        teller,
                        desks,
                        stack.mail_folder,
                        document or SAMPLES / "chi-thi.pdf",
                        document is not None,
                        environment,
                        keep,
                    )
                )


def _show_logs(folder: Path) -> None:
    """What web and worker said last, before the folder goes."""
    for log in (folder / "web.log", folder / "worker.log"):
        if log.exists():
            last = log.read_text("utf-8", "replace").splitlines()[-20:]
            click.echo("\n".join([f"--- {log.name}", *last]), err=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
