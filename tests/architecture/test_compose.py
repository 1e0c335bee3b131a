"""docker-compose.yml and the Dockerfile: valid by the specification's schema, pinned, without a secret, in step
with the settings. No container runs here; the same environment is given to the same code instead."""

import importlib.resources
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from docflow import __version__
from docflow.settings import settings_from
from tests.architecture.source import ROOT, assert_none
from tests.architecture.test_documentation import commands_of, settings_of

Compose = dict[str, Any]
OURS = "docflow:"
MAIL_PASSWORDS = {"DOCFLOW_IMAP_PASSWORD", "DOCFLOW_SMTP_PASSWORD"}
SECRET = re.compile(r"PASSWORD|SECRET|TOKEN")
VARIABLE = re.compile(r"\$\{(\w+)(?:(:-|:\?)([^}]*))?\}")


def compose_of(root: Path = ROOT) -> Compose:
    compose: Compose = yaml.safe_load((root / "docker-compose.yml").read_text("utf-8"))
    return compose


def interpolated(text: str, given: dict[str, str]) -> str:
    """As compose does it. Raises KeyError with the name of a required variable that is not given."""

    def value(match: re.Match[str]) -> str:
        name, sign, rest = match.groups()
        if given.get(name):
            return given[name]
        if sign != ":-":
            raise KeyError(name)
        return str(rest)

    return VARIABLE.sub(value, text)


def environments(compose: Compose) -> Iterator[tuple[str, str, str]]:
    """Service, variable and value as written."""
    for service, wanted in compose["services"].items():
        for name, value in wanted.get("environment", {}).items():
            yield service, name, str(value)


def required_variables(compose: Compose) -> set[str]:
    return {
        name
        for _, _, value in environments(compose)
        for name, sign, _ in VARIABLE.findall(value)
        if sign == ":?"
    }


def faults(compose: Compose) -> Iterator[str]:
    """Everything that the rules below find."""
    for service, wanted in compose["services"].items():
        yield from faults_of_the_image(service, wanted)
        yield from faults_of_health(compose, service, wanted)
        yield from faults_of_volumes(compose, service, wanted)
        yield from faults_of_exposure(service, wanted)
    yield from faults_of_secrets(compose)
    yield from faults_of_settings(compose)


def faults_of_the_image(service: str, wanted: Compose) -> Iterator[str]:
    _, _, tag = wanted.get("image", "").rpartition(":")
    if not re.search(r"\d", tag) or tag == "latest":
        yield f"{service}: its image is not pinned"


def faults_of_health(compose: Compose, service: str, wanted: Compose) -> Iterator[str]:
    """A service tells its health or runs once; what waits for another states what for."""
    runs_once = wanted.get("restart") == "no"
    if "healthcheck" not in wanted and not runs_once:
        yield f"{service}: no healthcheck"
    needs = wanted.get("depends_on", {})
    if not isinstance(needs, dict):
        yield f"{service}: depends_on without conditions"
        return
    for name, how in needs.items():
        once = compose["services"].get(name, {}).get("restart") == "no"
        if how["condition"] != ("service_completed_successfully" if once else "service_healthy"):
            yield f"{service}: does not wait for {name} to be ready"


def faults_of_volumes(compose: Compose, service: str, wanted: Compose) -> Iterator[str]:
    for volume in wanted.get("volumes", []):
        source, target, *mode = volume.split(":")
        if not source.startswith("."):
            if source not in compose.get("volumes", {}):
                yield f"{service}: the volume {source} is not declared"
        elif mode != ["ro"] or not (ROOT / source).is_file():
            yield f"{service}: {source} is not a file of the project, mounted read-only"
        if wanted["image"].startswith("postgres:") and target.startswith("/var/lib/postgresql/"):
            yield f"{service}: since PostgreSQL 18 the volume is /var/lib/postgresql"


def faults_of_exposure(service: str, wanted: Compose) -> Iterator[str]:
    for port in wanted.get("ports", []):
        if service != "web" or not str(port).startswith("127.0.0.1:"):
            yield f"{service}: only web is published, on the loopback"
    if wanted.get("cap_drop") != ["ALL"] or "no-new-privileges:true" not in wanted.get("security_opt", []):
        yield f"{service}: keeps privileges"
    if wanted["image"].startswith(OURS) and not wanted.get("read_only"):
        yield f"{service}: writes into its own image"
    if wanted.get("privileged") or wanted.get("network_mode") == "host":
        yield f"{service}: is not contained"


def faults_of_secrets(compose: Compose) -> Iterator[str]:
    """A secret is required from outside; only the passwords of mail servers may be empty."""
    for service, name, value in environments(compose):
        match = VARIABLE.fullmatch(secret_in(name, value))
        required = match and (match[2] == ":?" or (name in MAIL_PASSWORDS and match[3] == ""))
        if secret_in(name, value) and not required:
            yield f"{service}: {name} has a value or a default in the file"


def secret_in(name: str, value: str) -> str:
    """The part of a value that is secret: the password of an address, or all of it; mostly empty."""
    address = re.search(r"://[^:/@]+:(.*)@[^@]*$", value)
    if address:
        return address[1]
    return value if SECRET.search(name) else ""


def faults_of_settings(compose: Compose) -> Iterator[str]:
    known = settings_of(ROOT)
    for service, name, _ in environments(compose):
        if name.startswith("DOCFLOW_") and name not in known:
            yield f"{service}: {name} is no setting"
    for service, wanted in compose["services"].items():
        if wanted["image"].startswith(OURS) and wanted["command"][0] not in commands_of(ROOT):
            yield f"{service}: {wanted['command'][0]} is no command"


def test_the_file_is_valid_by_the_specification() -> None:
    schemas = importlib.resources.files("check_jsonschema") / "builtin_schemas" / "vendor"
    schema = json.loads((schemas / "compose-spec.json").read_text("utf-8"))
    jsonschema.Draft7Validator.check_schema(schema)
    found = jsonschema.Draft7Validator(schema).iter_errors(compose_of())
    assert_none(f"{error.json_path}: {error.message}" for error in found)


def test_the_file_keeps_the_rules() -> None:
    assert_none(faults(compose_of()))


def test_the_stack_has_everything_that_docflow_needs() -> None:
    assert set(compose_of()["services"]) == {"postgres", "minio", "mail", "migrate", "web", "worker"}


def test_without_its_secrets_the_stack_does_not_start() -> None:
    compose = compose_of()
    assert required_variables(compose) == {
        "POSTGRES_PASSWORD",
        "DOCFLOW_DB_OWNER_PASSWORD",
        "DOCFLOW_DB_PASSWORD",
        "DOCFLOW_S3_SECRET_KEY",
    }
    with pytest.raises(KeyError, match="DOCFLOW_DB_PASSWORD"):
        interpolated(compose["services"]["web"]["environment"]["DOCFLOW_DATABASE_URL"], {})


@pytest.mark.parametrize("service", ["migrate", "web", "worker"])
def test_the_environment_of_each_service_is_accepted_by_the_program(service: str) -> None:
    compose = compose_of()
    given = {name: f"secret-of-{name.lower()}" for name in required_variables(compose)}
    written = compose["services"][service]["environment"]
    settings = settings_from({name: interpolated(str(value), given) for name, value in written.items()})
    assert (
        settings.database_url
        == "postgresql://docflow_app:secret-of-docflow_db_password@postgres:5432/docflow"
    )
    assert settings.s3_secret_key == compose_secret_of_the_store(compose, given)
    assert (settings.smtp_host, settings.s3_endpoint) == ("mail", "minio:9000")
    owns = settings.migration_database_url.startswith(
        "postgresql://docflow_owner:secret-of-docflow_db_owner_"
    )
    assert owns == (service == "migrate")


def compose_secret_of_the_store(compose: Compose, given: dict[str, str]) -> str:
    return interpolated(compose["services"]["minio"]["environment"]["MINIO_ROOT_PASSWORD"], given)


@pytest.mark.parametrize(
    ("service", "key", "value"),
    [
        ("minio", "image", "quay.io/minio/minio:latest"),
        ("mail", "image", "axllent/mailpit"),
        ("worker", "healthcheck", None),
        ("web", "depends_on", ["migrate"]),
        ("web", "depends_on", {"migrate": {"condition": "service_started"}}),
        ("postgres", "volumes", ["postgres-data:/var/lib/postgresql/data"]),
        ("minio", "volumes", ["elsewhere:/data"]),
        ("web", "volumes", ["./docflow:/opt/docflow/app/docflow"]),
        ("postgres", "ports", ["127.0.0.1:5432:5432"]),
        ("web", "ports", ["8000:8000"]),
        ("web", "read_only", False),
        ("web", "cap_drop", []),
        ("web", "command", ["serve"]),
        ("web", "environment", {"DOCFLOW_COLOUR": "red"}),
        ("web", "environment", {"DOCFLOW_S3_SECRET_KEY": "minioadmin"}),
        ("web", "environment", {"DOCFLOW_S3_SECRET_KEY": "${DOCFLOW_S3_SECRET_KEY:-minioadmin}"}),
        ("web", "environment", {"DOCFLOW_DATABASE_URL": "postgresql://docflow:docflow@postgres/docflow"}),
        (
            "web",
            "environment",
            {"DOCFLOW_DATABASE_URL": "postgresql://a:${DOCFLOW_DB_PASSWORD:-x}@postgres/a"},
        ),
    ],
)
def test_a_planted_fault_is_seen(service: str, key: str, value: object) -> None:
    compose = compose_of()
    if value is None:
        del compose["services"][service][key]
    else:
        compose["services"][service][key] = value
    assert len(list(faults(compose))) == 1


def test_the_image_is_built_from_the_lock_and_runs_as_nobody_special() -> None:
    text = (ROOT / "Dockerfile").read_text("utf-8")
    bases = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
    assert bases == ["python:3.11-slim-bookworm", "python:3.11-slim-bookworm"]
    assert "--require-hashes --requirement requirements.txt" in text
    last_stage = text.rpartition("\nFROM ")[2]
    assert re.search(r"^USER 10001:10001$", last_stage, re.MULTILINE)
    assert re.search(r'^ENTRYPOINT \["docflow"\]$', last_stage, re.MULTILINE)


def test_whatever_the_image_copies_is_given_to_the_builder() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    names = {name for line in copied for name in line.split()}
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert names == {line.removeprefix("!") for line in ignored if line.startswith("!")}
    assert_none(f"{name} is not there" for name in sorted(names) if not (ROOT / name).exists())


def test_compose_names_the_version_of_the_project() -> None:
    images = {
        wanted["image"] for wanted in compose_of()["services"].values() if wanted["image"].startswith(OURS)
    }
    assert images == {OURS + __version__}
