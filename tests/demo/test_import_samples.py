"""The sample folder is imported as it stands, by either of its manifests."""

from pathlib import Path

import pytest

import docflow
from docflow.core.db import Sessions
from docflow.settings import Settings
from storage import ObjectStore
from tests.documents.importing import filed, rows_imported, run
from tests.unchanged import unchanged

FOLDER = Path(next(iter(docflow.__path__))) / "demo" / "samples" / "import"


async def test_both_manifests_of_the_sample_folder_say_the_same(
    settings: Settings, sessions: Sessions, store: ObjectStore, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await run(settings, FOLDER, "lienttb", manifest="manifest.csv") == 0
    documents = [one.document for one in await filed(sessions)]
    assert [(one.symbol, one.kind_code) for one in documents] == [
        ("125/QĐ-UBND", "decision"),
        ("07/KH-STTTT", "plan"),
        ("312/UBND-TH", "official_letter"),
        ("02/HD-SKHĐT", "guideline"),
        ("15/GM-UBND", "invitation"),
    ]
    assert [len(one.files) for one in await filed(sessions)] == [3, 1, 1, 1, 1]
    assert [row.line for row in await rows_imported(sessions)] == [2, 3, 4, 5, 6]
    assert "Không có trong bảng kê" not in capsys.readouterr().out
    async with unchanged(sessions, store):
        assert await run(settings, FOLDER, "lienttb", manifest="manifest.xlsx") == 0
