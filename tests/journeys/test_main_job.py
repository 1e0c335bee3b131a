"""The main job over HTTP against running servers: the story that `make demo` tells, and how it fails."""

import subprocess
from pathlib import Path

from tests.journeys.servers import command, environment

SAMPLES = Path(__file__).parents[2] / "docflow" / "demo" / "samples"


def perform(tmp_path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command("demo", *words),
        env=environment({"TMPDIR": str(tmp_path)}),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def test_the_main_job_goes_as_the_story_says(tmp_path: Path) -> None:
    told = perform(tmp_path)
    assert told.returncode == 0, told.stdout[-3000:] + told.stderr[-3000:]
    *_, verdict = told.stdout.splitlines()
    assert verdict.endswith(" 0 failures")
    steps = int(verdict.split()[1])
    assert steps >= 25
    assert "arrival number 01" in told.stdout
    assert "01/BC-SNV" in told.stdout
    assert list(tmp_path.iterdir()) == [], "the temporary folder is gone"


def test_the_main_job_goes_with_a_document_of_ones_own(tmp_path: Path) -> None:
    """A Word file: the story by itself has a PDF."""
    told = perform(tmp_path, "--file", str(SAMPLES / "directive.docx"))
    assert told.returncode == 0, told.stdout[-3000:] + told.stderr[-3000:]
    assert "registers directive.docx" in told.stdout


def test_a_step_that_is_not_as_expected_ends_the_demo_with_status_1_and_is_named(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pdf"
    empty.write_bytes(b"")
    told = perform(tmp_path, "--file", str(empty))
    assert told.returncode == 1
    assert "NOT AS EXPECTED in step 1" in told.stdout
    assert "The file is empty." in told.stdout
    assert told.stdout.splitlines()[-1] == "demo: 1 steps, 1 failures"
