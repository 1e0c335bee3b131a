"""An import that is killed anywhere and run again: every row once, in order, and nothing left but orphans to sweep."""

import asyncio
import os
import random
import signal
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from docflow.core.db import Sessions
from docflow.files.service import sweep
from docflow.settings import PREFIX, Settings
from storage import ObjectStore
from tests.documents.importing import CLERK, filed, folder_of, keys_of, letter, orphans, until_filed

ROWS = 40


async def begin(settings: Settings, source: Path) -> asyncio.subprocess.Process:
    """The command as people run it, in a process of its own."""
    given = {name: str(getattr(settings, name)) for name in settings.__struct_fields__}
    environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    environment |= {PREFIX + name.upper(): value for name, value in given.items() if value}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "docflow.cli", "import", str(source), "--as", CLERK),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGINT])
async def test_an_import_that_is_ended_at_random_points_registers_every_row_once_and_in_order(
    settings: Settings, sessions: Sessions, store: ObjectStore, tmp_path: Path, ending: signal.Signals
) -> None:
    source, chance = folder_of(tmp_path / "in", ROWS), random.Random(ending.value)
    before = await keys_of(store)
    for reached in (2, 17) if ending is signal.SIGKILL else (4,):
        process = await begin(settings, source)
        await until_filed(sessions, reached)
        await asyncio.sleep(chance.random() * 0.05)
        process.send_signal(ending)
        await process.communicate()
        assert process.returncode == (-9 if ending is signal.SIGKILL else 1)
        documents = await filed(sessions)
        assert [one.document.symbol for one in documents] == [letter(n + 1)[0] for n in range(len(documents))]
        assert len(documents) < ROWS
        if ending is signal.SIGINT:
            assert await orphans(sessions, store, before) == set()
    process = await begin(settings, source)
    _, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    documents = await filed(sessions)
    assert [one.document.register_number for one in documents] == list(range(1, ROWS + 1))
    assert [one.document.symbol for one in documents] == [letter(n)[0] for n in range(1, ROWS + 1)]
    for one in documents:
        assert (await store.checksum(one.files[0].object_key)).sha256 == one.files[0].sha256.hex()
    await sweep(sessions, store, timedelta(seconds=-60))
    assert await orphans(sessions, store, before) == set()
    assert {one.files[0].object_key for one in documents} <= await keys_of(store)
