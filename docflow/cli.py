"""The command line. Settings come from the environment; each command says what it does and ends with a status."""

import asyncio
import io
import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

import docflow
from docflow.settings import Settings, SettingsNotValid, settings_from


class Words(click.ClickException):
    """A failure told in one line."""


def _settings() -> Settings:
    try:
        return settings_from(os.environ)
    except SettingsNotValid as error:
        raise Words(str(error)) from error


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(docflow.__version__, message="%(version)s")
def main() -> None:
    """docflow: documents, tasks and video meetings of a provincial government."""


@main.command()
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="DOCFLOW_DATA_DIR",
    help="Where the data is kept; by default under XDG_DATA_HOME.",
)
def run(data_dir: Path | None) -> None:
    """Start everything that has no server named: database, store, mail capture, web and worker."""
    from docflow.commands.ahead import WebAhead

    with WebAhead() as web:
        from docflow.commands.run import run_stack

        sys.exit(run_stack(data_dir, web))


@main.command()
@click.option(
    "--file",
    "document",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A document of your own (PDF, DOCX or plain text) instead of the sample directive.",
)
@click.option(
    "--keep",
    type=click.Path(path_type=Path, exists=True, file_okay=False, writable=True),
    help="A folder for the sheets and archives that are made, to look at them.",
)
def demo(document: Path | None, keep: Path | None) -> None:
    """Do the main job through the HTTP API as its different users and tell each step."""
    from docflow.demo.run import run_demo

    sys.exit(run_demo(document, keep))


@main.command()
def web() -> None:
    """Serve the API."""
    import uvicorn

    settings = _settings()
    uvicorn.run(
        "docflow.app:from_environment",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.web_processes,
        loop="uvloop" if sys.platform != "win32" else "auto",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
        # An answer under way may end; an open stream may not keep the process alive.
        timeout_graceful_shutdown=3,
    )


@main.command()
@click.option("--concurrency", default=2, show_default=True, help="Jobs at once.")
def worker(concurrency: int) -> None:
    """Run background work: text of files, mail, clean-up. Any number of workers may run."""
    from docflow.worker import work

    asyncio.run(work(_settings(), concurrency=concurrency))


@main.command()
def migrate() -> None:
    """Bring the database up to date, give the application's role its rights, make the bucket."""
    from docflow.commands.set_up import set_up

    settings = _settings()
    asyncio.run(set_up(settings))
    click.echo("database and store are up to date")


@main.command("create-admin")
@click.option("--username", prompt=True)
@click.option("--name", "full_name", prompt="Full name")
@click.option("--email", prompt=True)
@click.option("--unit-name", prompt="Name of the top unit (used when there is none yet)", default="UBND tỉnh")
@click.password_option(envvar="DOCFLOW_ADMIN_PASSWORD", help="Asked for, or from DOCFLOW_ADMIN_PASSWORD.")
def create_admin(username: str, full_name: str, email: str, unit_name: str, password: str) -> None:
    """Make the first administrator, and the top unit when there is none."""
    from docflow.commands.set_up import NotPossible, add_administrator

    settings = _settings()
    facts = {"username": username, "full_name": full_name, "email": email, "unit_name": unit_name}
    try:
        asyncio.run(add_administrator(settings, **facts, password=password))
    except NotPossible as error:
        raise Words(str(error)) from error
    click.echo(f"{username} can sign in")


@main.command("import")
@click.argument("source", type=click.Path(path_type=Path, exists=True))
@click.option("--as", "username", required=True, metavar="USERNAME", help="In whose name.")
@click.option(
    "--unit", metavar="CODE", help="In whose registers; needed by who keeps several units' registers."
)
@click.option(
    "--manifest", metavar="FILE", help="The manifest; by default manifest.csv or manifest.xlsx in SOURCE."
)
@click.option("--dry-run", is_flag=True, help="Say what would become of each row; write nothing.")
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.csv|.xlsx",
    help="A row for each row.",
)
@click.option("--confirm-duplicates", is_flag=True, help="Register what seems to be registered already.")
@click.option("--late-reason", default="", metavar="TEXT", help="Why those are late that are late.")
@click.option("--drafts", is_flag=True, help="Make drafts of files that no row describes.")
@click.option("--ignore-unknown", is_flag=True, help="Leave columns out that nobody knows.")
@click.option("--stop-on-error", is_flag=True, help="End at the first row that is refused.")
@click.option("--language", type=click.Choice(["vi", "en"]), help="By default that of USERNAME.")
def import_(source: Path, report: Path | None, language: str | None, **asked: Any) -> None:
    """Register the documents of a folder or ZIP archive with their manifest (CSV or XLSX).

    Run again, it goes on where it was interrupted, and changes nothing when all is done. Exit status: 0 all done,
    1 some rows were refused, 2 it could not start.
    """
    from docflow.commands.import_documents import import_documents
    from docflow.commands.importing.asking import Asked
    from docflow.commands.importing.outcomes import FORMATS
    from docflow.core.messages import Language

    if report is not None and report.suffix.lower() not in FORMATS:
        raise click.BadParameter("a report is a .csv or .xlsx file", param_hint="--report")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # an import does not end because a terminal lacks a letter
    wanted = Asked(source=source, report=report, language=Language(language) if language else None, **asked)
    try:
        sys.exit(asyncio.run(import_documents(_settings(), wanted)))
    except KeyboardInterrupt:
        sys.exit(1)


@main.command()
@click.option(
    "--sweep",
    is_flag=True,
    help="Also delete what is past the grace time: objects without a row, unfinished uploads.",
)
@click.option(
    "--print",
    "written",
    metavar="CODE|CHECKSUM",
    help="Only this: does the printed register that somebody holds in hand still agree with the data?",
)
def verify(sweep: bool, written: str | None) -> None:
    """Re-read every stored file against its checksum, look for objects without a row, compare printed registers."""
    from docflow.commands.verify import verify_sheet, verify_store

    settings = _settings()
    if written is not None:
        sys.exit(asyncio.run(verify_sheet(settings, written)))
    faults = asyncio.run(verify_store(settings, sweep, timedelta(hours=settings.orphan_grace_hours)))
    sys.exit(1 if faults else 0)


@main.command()
@click.argument("numbers", nargs=-1, type=int)
@click.option("--requeue", is_flag=True, help="Queue them again: those with NUMBERS, or all.")
def letters(numbers: tuple[int, ...], requeue: bool) -> None:
    """List the letters that were given up; with --requeue let them be tried for another five days."""
    from docflow.commands.letters import tell_letters

    settings = _settings()
    sys.exit(1 if asyncio.run(tell_letters(settings, numbers, requeue=requeue)) else 0)


@main.group()
def audit() -> None:
    """The trail of everything that was done."""


@audit.command("verify")
@click.option(
    "--witness", metavar="NO:DIGEST", help="A seal's digest that was written down earlier; compared as well."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def verify_trail_(witness: str | None, as_json: bool) -> None:
    """Hold the trail against its seals: names every event that was changed, removed or inserted.

    Exit status: 0 nothing is wrong, 1 something is.
    """
    from docflow.commands.audit import read_witness, verify_trail

    try:
        wanted = read_witness(witness) if witness else None
    except ValueError as error:
        raise click.BadParameter("a number, a colon and 64 hex digits", param_hint="--witness") from error
    sys.exit(1 if asyncio.run(verify_trail(_settings(), wanted, as_json=as_json)) else 0)


if __name__ == "__main__":
    main()
