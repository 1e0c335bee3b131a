"""``docflow import --drafts``: what no row describes waits for a clerk, once."""

from pathlib import Path

import pytest
from sqlalchemy import select

from docflow.core.db import Sessions
from docflow.documents.models import Draft, DraftFile, Source
from docflow.files.models import File
from docflow.settings import Settings
from storage import ObjectStore
from tests.documents.importing import filed, folder_of, keys_of, orphans, run
from tests.documents.manifesting import zip_of
from tests.unchanged import unchanged

Said = pytest.CaptureFixture[str]


async def drafted(sessions: Sessions) -> list[tuple[Source, str, str]]:
    """Source, note and name of the file of each draft."""
    async with sessions() as session:
        rows = await session.execute(
            select(Draft.source, Draft.note, File.filename)
            .join(DraftFile, DraftFile.draft_id == Draft.id)
            .join(File, File.id == DraftFile.file_id)
            .order_by(Draft.id)
        )
        return [(row.source, row.note, row.filename) for row in rows]


async def test_files_without_a_manifest_become_drafts_once(
    settings: Settings, sessions: Sessions, store: ObjectStore, tmp_path: Path, capsys: Said
) -> None:
    source = tmp_path / "thư đến.zip"
    source.write_bytes(zip_of({"a.txt": b"one", "b/c.txt": b"two", "copy.txt": b"one", "empty.txt": b""}))
    before = await keys_of(store)
    async with unchanged(sessions, store):
        assert await run(settings, source, drafts=True, dry_run=True) == 1
    assert "Sẽ đưa vào dự thảo: 2" in capsys.readouterr().out
    assert await run(settings, source, drafts=True) == 1
    said = capsys.readouterr().out
    assert "Đã đưa vào dự thảo: 2" in said
    assert "empty.txt: Bị từ chối: Tệp “empty.txt” rỗng." in said
    expected = [(Source.IMPORT, "thư đến.zip", "a.txt"), (Source.IMPORT, "thư đến.zip", "c.txt")]
    assert await drafted(sessions) == expected
    assert await orphans(sessions, store, before) == set()
    async with unchanged(sessions, store):
        assert await run(settings, source, drafts=True) == 1
    assert "Đã có từ trước: 3" in capsys.readouterr().out


async def test_files_beside_a_manifest_become_drafts_after_its_rows(
    settings: Settings, sessions: Sessions, tmp_path: Path
) -> None:
    source = folder_of(tmp_path / "in", 2)
    (source / "quên.txt").write_text("x")
    assert await run(settings, source, drafts=True) == 0
    assert len(await filed(sessions)) == 2
    assert await drafted(sessions) == [(Source.IMPORT, "in", "quên.txt")]


async def test_drafts_need_a_unit_and_the_right_to_register_there(
    settings: Settings, sessions: Sessions, store: ObjectStore, tmp_path: Path, capsys: Said
) -> None:
    (tmp_path / "a.txt").write_text("x")
    async with unchanged(sessions, store):
        assert await run(settings, tmp_path, drafts=True, unit="H99.02") == 2
    assert "không phải đơn vị mà người nhập giữ sổ" in capsys.readouterr().err
