"""PDF from a province's own layout, by the office program, in a child with a profile of its own and a limited time."""

import asyncio
import contextlib
import os
import shutil
import signal
import tempfile
from pathlib import Path

from docflow.issuing.errors import OfficeFailed, OfficeMissing

SECONDS = 60.0
MAX_PDF_BYTES = 64 * 1024 * 1024

_ITEM = '<item oor:path="/org.openoffice.Office.{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>'
_SETTINGS = (
    ("Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Writer/Content/Update", "Link", "0"),
)
"""No macro runs, nothing is fetched: a layout has neither by then, and this is the second lock."""

_at_once = asyncio.Semaphore(2)


async def pdf_of(office: str, docx: bytes) -> bytes:
    """The document as PDF. Raises OfficeMissing, and OfficeFailed when nothing comes of it in time."""
    program = shutil.which(office) if office else None
    if program is None:
        raise OfficeMissing(part="office")
    async with _at_once:
        with tempfile.TemporaryDirectory(prefix="docflow-letter-") as folder:
            return await _converted(program, Path(folder), docx)


async def _converted(program: str, folder: Path, docx: bytes) -> bytes:
    await asyncio.to_thread(_prepare, folder, docx)
    command = [
        *(
            "-env:UserInstallation=" + (folder / "profile").as_uri(),
            "--headless",
            "--norestore",
            "--nolockcheck",
        ),
        *("--convert-to", "pdf:writer_pdf_Export", "--outdir", str(folder), str(folder / "letter.docx")),
    ]
    child = await asyncio.create_subprocess_exec(
        program,
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=folder,
        env={"PATH": os.environ.get("PATH", ""), "HOME": str(folder), "LANG": "C.UTF-8"},
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(SECONDS):
            await child.wait()
    except TimeoutError:
        raise OfficeFailed(part="office") from None
    finally:
        # What it started goes with it, also when whoever asked is gone.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        await child.wait()
    made = folder / "letter.pdf"
    if child.returncode or not made.is_file() or made.stat().st_size > MAX_PDF_BYTES:
        raise OfficeFailed(part="office")
    return await asyncio.to_thread(made.read_bytes)


def _prepare(folder: Path, docx: bytes) -> None:
    (folder / "letter.docx").write_bytes(docx)
    user = folder / "profile" / "user"
    user.mkdir(parents=True)
    items = "".join(_ITEM.format(path=path, name=name, value=value) for path, name, value in _SETTINGS)
    (user / "registrymodifications.xcu").write_text(
        '<?xml version="1.0" encoding="UTF-8"?><oor:items xmlns:oor="http://openoffice.org/2001/registry">'
        f"{items}</oor:items>",
        "utf-8",
    )
