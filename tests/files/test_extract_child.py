"""What the child that reads text has given up, and what becomes of one that turns against us."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from docflow.files.children import ChildLost, Children, Ended
from docflow.files.extraction import ExtractionLimits, ExtractionReason, Verdict, verdict_of

PLENTY = ExtractionLimits()


@pytest.fixture
async def children() -> AsyncIterator[Children]:
    """A warm process that finds the hostile works, because the tests lie beside the sources."""
    children = Children()
    yield children
    await children.close()


@pytest.fixture
def run(children: Children, tmp_path: Path) -> Callable[..., Any]:
    async def run(work: str, limits: ExtractionLimits = PLENTY, **arguments: Any) -> Ended:
        with (tmp_path / "nothing").open("w+b") as nothing:
            return await children.run(f"tests.files.hostile:{work}", nothing, limits, **arguments)

    return run


async def test_an_endless_child_is_ended_with_all_it_started(run: Callable[..., Any], tmp_path: Path) -> None:
    note = tmp_path / "pids"
    ended = await run("never_end", ExtractionLimits(wall_seconds=1), note=str(note))
    assert ended == Ended(b"until here\n", b"", None)
    assert verdict_of(ended) == Verdict(ExtractionReason.TIMEOUT)
    pids = [int(pid) for pid in note.read_text().split()]
    assert len(pids) == 2
    assert await _gone(*pids)


async def test_a_cancelled_extraction_leaves_no_child(run: Callable[..., Any], tmp_path: Path) -> None:
    note = tmp_path / "pids"
    running = asyncio.create_task(run("never_end", note=str(note)))
    assert await _comes_true(lambda: note.exists() and len(note.read_text().split()) == 2)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await _gone(*map(int, note.read_text().split()))


async def test_children_die_with_the_process_that_keeps_them_and_the_next_gets_another(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    note = tmp_path / "pids"
    running = asyncio.create_task(run("outlive_the_parent", note=str(note)))
    assert await _comes_true(lambda: note.exists() and note.read_text().endswith(" "))
    child, warm = map(int, note.read_text().split())
    os.kill(warm, signal.SIGKILL)
    with pytest.raises(ChildLost):
        await running
    assert await _gone(child, warm)
    assert (await run("tell_the_parent")).exit_code == 0


async def test_everything_ends_when_whoever_started_it_is_killed(tmp_path: Path) -> None:
    note = tmp_path / "pids"
    code = (
        "import asyncio, sys\n"
        "from docflow.files.children import Children\n"
        "from docflow.files.extract_terms import ExtractionLimits\n"
        "async def main():\n"
        "    with open(sys.argv[1] + '-nothing', 'w+b') as nothing:\n"
        "        await Children().run('tests.files.hostile:outlive_the_parent', nothing, ExtractionLimits(),"
        " note=sys.argv[1])\n"
        "asyncio.run(main())"
    )
    command = [os.sys.executable, "-c", code, str(note)]  # type: ignore[attr-defined]
    owner = await asyncio.create_subprocess_exec(*command, cwd=Path(__file__).parents[2])
    assert await _comes_true(lambda: note.exists() and note.read_text().endswith(" "))
    owner.kill()
    await owner.wait()
    assert await _gone(*map(int, note.read_text().split()))


async def test_the_child_can_open_start_and_reach_nothing(run: Callable[..., Any]) -> None:
    ended = await run("try_everything")
    environment, *answers = ended.written.decode().splitlines()
    assert environment in {"[] / True", "['LC_CTYPE'] / True"}
    assert answers == ["refused"] * 4
    assert verdict_of(ended) == Verdict(None)


async def test_a_child_that_writes_for_ever_is_cut_by_the_kernel(run: Callable[..., Any]) -> None:
    ended = await run("write_for_ever", ExtractionLimits(text_bytes=5000))
    assert ended.written == b"x" * 5000
    assert verdict_of(ended) == Verdict(ExtractionReason.CRASHED)


@pytest.mark.parametrize(
    "verdict",
    [
        "invented 12 - -\n",
        "- 12\n",
        "- - rich -\n",
        "- - - 1-\n",
        "- - macros,macros, -\n",
        f"- - - {'1,' * 20_000}1\n",
        "- - - -\nand more",
        "",
    ],
)
async def test_a_child_taken_over_cannot_hand_back_a_false_verdict(
    run: Callable[..., Any], verdict: str
) -> None:
    if len(verdict) > 1000:
        assert verdict_of(Ended(b"", verdict.encode(), 0)) == Verdict(ExtractionReason.CRASHED)
        return
    ended = await run("lie", verdict=verdict)
    assert (ended.written, ended.exit_code) == (b"\xff\x00ab", 0)
    assert verdict_of(ended) == Verdict(ExtractionReason.CRASHED)


def test_a_range_of_a_billion_pages_is_not_counted_out() -> None:
    assert len(verdict_of(Ended(b"", b"- - - 1-999999999\n", 0)).scanned) == PLENTY.pages + 1


async def test_a_child_that_crashed_leaves_its_successors_another_memory(run: Callable[..., Any]) -> None:
    first = (await run("tell_the_parent")).written
    assert (await run("tell_the_parent")).written == first
    assert verdict_of(await run("fall")).reason is ExtractionReason.CRASHED
    assert (await run("tell_the_parent")).written != first
    assert await _gone(int(first))


async def _gone(*pids: int) -> bool:
    return await _comes_true(lambda: not any(_running(pid) for pid in pids))


async def _comes_true(fact: Callable[[], bool]) -> bool:
    """Whether it is so within ten seconds."""
    for _ in range(1000):
        if fact():
            return True
        await asyncio.sleep(0.01)
    return False


def _running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
