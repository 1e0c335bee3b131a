"""The row of an import: what makes it the same, where it goes, and what its files must be."""

import asyncio
import hashlib
import shutil
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import insert, text

from docflow.access.actor import Actor
from docflow.access.roles import Role
from docflow.accounts.models import RoleHeld
from docflow.commands.importing.outcomes import ranges
from docflow.commands.importing.staging import ROWS_AHEAD, ahead, digest_of, store_entries, unbroken
from docflow.core.db import Sessions, transaction
from docflow.core.errors import Conflict, Invalid
from docflow.documents.bundles import Folder
from docflow.documents.errors import RowImported
from docflow.documents.schemas import RegisterIncoming
from docflow.documents.service.importing import Known, Place, find_imported, import_row, row_key
from docflow.files.service import FileStore
from docflow.settings import Settings
from storage import ObjectStore
from tests.documents.importing import (
    CLERK,
    filed,
    folder_of,
    keys_of,
    letter,
    orphans,
    report_of,
    rows_imported,
    run,
    until_filed,
)
from tests.documents.manifesting import TITLES, csv_of
from tests.documents.registering import received, to_register, unit_id
from tests.unchanged import unchanged

ActorOf = Callable[[str], Awaitable[Actor]]
Said = pytest.CaptureFixture[str]
PLACE = Place("manifest.csv", 2)


def test_the_key_is_over_facts_and_bytes_and_nothing_else() -> None:
    def key(*digests: bytes, **said: object) -> bytes:
        return row_key(to_register(**{"issued_on": date(2024, 1, 12), **said}), digests or (b"1" * 32,))

    same = key()
    assert key(late_reason="muộn") == key(confirm_duplicate=True) == key(unit_id=None) == same
    others = [
        key(symbol="06/CT-UBND"),
        key(issued_on=date(2024, 1, 13)),
        key(arrived_on=date(2024, 1, 13)),
        key(subject="Khác"),
        key(note="x"),
        key(kind="directive"),
        key(b"2" * 32),
        key(b"1" * 32, b"2" * 32),
        key(b"2" * 32, b"1" * 32),
    ]
    assert len({same, *others}) == len(others) + 1


def test_the_key_of_a_row_stays_what_it_is_from_release_to_release() -> None:
    data = RegisterIncoming(
        symbol="05/CT-UBND", issued_on=date(2024, 1, 12), issuer="UBND tỉnh", subject="Về việc số hóa"
    )
    told = '{"issued_on":"2024-01-12","issuer":"UBND tỉnh","subject":"Về việc số hóa","symbol":"05/CT-UBND"}'
    wanted = hashlib.sha256(b"docflow-import-1\n" + told.encode() + b"1" * 32).digest()
    assert row_key(data, [b"1" * 32]) == wanted


async def test_a_row_is_registered_once_and_a_void_number_is_said_so(
    sessions: Sessions, actor_of: ActorOf
) -> None:
    actor = await actor_of(CLERK)
    files, data = [received(1), received(2)], to_register()
    async with transaction(sessions) as session:
        document = await import_row(session, actor, data, PLACE, files)
    with pytest.raises(RowImported) as known:
        async with transaction(sessions) as session:
            await import_row(session, actor, data, PLACE, files)
    assert known.value.facts == {"number": "01", "is_void": False}
    async with transaction(sessions) as session:
        await session.execute(text("UPDATE document SET voided_at = now()"))
    key = row_key(data, [file.sha256 for file in files])
    async with sessions() as session:
        assert await find_imported(session, actor, document.unit_id, key) == Known("01", is_void=True)
        other = await actor_of("datcv")
        assert await find_imported(session, other, document.unit_id, key) == Known("", is_void=False)
        assert await find_imported(session, actor, document.unit_id, b"x" * 32) is None


async def test_a_row_that_fails_after_its_number_leaves_no_trace(
    sessions: Sessions, actor_of: ActorOf, store: ObjectStore
) -> None:
    actor = await actor_of(CLERK)
    async with unchanged(sessions, store):
        with pytest.raises(Conflict):
            async with transaction(sessions) as session:
                await import_row(session, actor, to_register(), PLACE, [received(1)])
                raise Conflict


async def test_two_transactions_with_the_same_row_register_it_once(
    sessions: Sessions, actor_of: ActorOf
) -> None:
    actor = await actor_of(CLERK)

    async def once(number: int) -> str:
        file = received(7)
        try:
            async with transaction(sessions) as session:
                document = await import_row(session, actor, to_register(), Place("m", number), [file])
                await asyncio.sleep(0.05)
                return f"{document.register_number}"
        except RowImported as error:
            return f"already {error.facts['number']}"

    told = await asyncio.gather(*map(once, range(4)))
    assert sorted(told) == ["1", "already 01", "already 01", "already 01"]
    assert len(await rows_imported(sessions)) == 1


async def test_a_clerk_of_two_units_names_the_unit_by_option_or_by_row(
    settings: Settings, sessions: Sessions, tmp_path: Path, capsys: Said
) -> None:
    home = await unit_id(sessions, "SNV")
    async with transaction(sessions) as session:
        person = await session.scalar(text("SELECT id FROM person WHERE username = 'anpth'"))
        held = {
            "person_id": person,
            "unit_id": home,
            "role": Role.REGISTRY_CLERK,
            "valid_from": date(2025, 7, 1),
        }
        await session.execute(insert(RoleHeld).values(held))
    rows = [(*letter(1), ""), (*letter(2), "SNV"), (*letter(3), "H99.01"), (*letter(4), "H99.03")]
    source = folder_of(tmp_path / "in", 4)
    (source / "manifest.csv").write_bytes(csv_of(*rows, titles=(*TITLES, "Đơn vị")))
    report = tmp_path / "report.csv"
    assert await run(settings, source, report=report) == 1
    told = report_of(report)
    assert [row[3] for row in told] == ["Bị từ chối", "Đã đăng ký", "Đã đăng ký", "Bị từ chối"]
    assert "Bạn giữ sổ của nhiều đơn vị; hãy chọn một đơn vị." in told[0][5]
    assert "“H99.03” không phải đơn vị mà người nhập giữ sổ (H99.01, H99.02)" in told[3][5]
    assert [row[4] for row in told[1:3]] == ["01", "01"]
    assert await run(settings, source, unit="H99.02", report=report) == 1
    assert [row[3:5] for row in report_of(report)] == [
        ["Đã đăng ký", "02"],
        ["Đã có từ trước", "01"],
        ["Đã có từ trước", "01"],
        ["Bị từ chối", ""],
    ]
    said = capsys.readouterr().out
    assert "H99.01 – Sổ đăng ký văn bản đến" in said
    assert "H99.02 – Sổ đăng ký văn bản đến" in said


async def test_a_missing_annex_refuses_the_row_and_stores_nothing(
    settings: Settings, sessions: Sessions, store: ObjectStore, tmp_path: Path, capsys: Said
) -> None:
    source = folder_of(tmp_path / "in", 1)
    rows = [(*letter(1), "1.txt"), (*letter(1), "gone.txt")]
    (source / "manifest.csv").write_bytes(csv_of(*rows, titles=(*TITLES, "Phụ lục")))
    async with unchanged(sessions, store):
        assert await run(settings, source) == 1
    said = capsys.readouterr().out
    assert "Phụ lục: Tệp “1.txt” được nêu hai lần trong cùng dòng." in said
    assert "Phụ lục: Không có tệp “gone.txt”." in said


async def test_a_file_that_changes_between_reading_and_storing_is_not_kept(
    file_store: FileStore, store: ObjectStore, tmp_path: Path
) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(name)
    folder = Folder(tmp_path)
    digests = [digest_of(folder, entry) for entry in folder.entries]
    before = await keys_of(store)
    with pytest.raises(Invalid) as refused:
        await store_entries(file_store, folder, folder.entries, [digests[0], b"another" * 4])
    assert refused.value.fields[0].code == "import_file_changed"
    (tmp_path / "b.txt").write_text("changed")
    with pytest.raises(Invalid):
        await store_entries(file_store, folder, folder.entries, digests)
    assert await keys_of(store) == before


async def test_work_ahead_is_bounded_in_order_and_undone_when_nobody_takes_it() -> None:
    at_work, most, undone = 0, 0, set()

    async def make(number: int) -> int:
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        await asyncio.sleep(0.001 * (number % 3))
        at_work -= 1
        return number

    async def undo(number: int) -> None:
        undone.add(number)

    made = [number async for number in ahead(range(30), make, undo)]
    assert made == list(range(30))
    assert 1 < most <= ROWS_AHEAD + 1
    assert undone == set()
    rest = ahead(range(30), make, undo)
    async for number in rest:
        if number == 4:
            break
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.01)
    await rest.aclose()
    assert undone == set(range(5, 5 + ROWS_AHEAD))


async def test_a_report_that_cannot_be_written_any_more_is_said_and_the_import_goes_on(
    settings: Settings, sessions: Sessions, tmp_path: Path, capsys: Said
) -> None:
    source = folder_of(tmp_path / "in", 20)
    (tmp_path / "reports").mkdir()
    running = asyncio.create_task(run(settings, source, report=tmp_path / "reports" / "report.csv"))
    await until_filed(sessions, 1)
    shutil.rmtree(tmp_path / "reports")
    assert await running == 1
    assert "Không ghi được báo cáo" in capsys.readouterr().err
    assert len(await filed(sessions)) == 20


async def test_a_manifest_may_lie_in_a_folder_of_its_own_beside_its_files_or_elsewhere(
    settings: Settings, sessions: Sessions, store: ObjectStore, tmp_path: Path, capsys: Said
) -> None:
    (tmp_path / "in").mkdir()
    inner = folder_of(tmp_path / "in" / "sub", 1)
    (tmp_path / "in" / "other.txt").write_text("x")
    before = await keys_of(store)
    for manifest in ("sub/manifest.csv", str(inner / "manifest.csv")):
        assert await run(settings, tmp_path / "in", manifest=manifest) == 0
    assert len(await filed(sessions)) == 1
    (inner / "manifest.csv").rename(tmp_path / "elsewhere.csv")
    assert await run(settings, tmp_path / "in", manifest=str(tmp_path / "elsewhere.csv")) == 1
    assert "Không có tệp “1.txt”. “sub/1.txt”?" in capsys.readouterr().out
    assert await orphans(sessions, store, before) == set()


def test_numbers_are_told_as_ranges() -> None:
    assert ranges([3, 1, 2, 2, 7, 12, 11]) == "01-03, 07, 11-12"


async def test_an_interruption_waits_for_the_row_that_is_being_registered() -> None:
    ended = []

    async def row() -> None:
        await asyncio.sleep(0.05)
        ended.append("committed")

    running = asyncio.create_task(unbroken(row()))
    await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert ended == ["committed"]
