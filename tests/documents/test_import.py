"""``docflow import``: every row is registered once, in order, or refused with its reason."""

import asyncio
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import func, select, text, update

from docflow.accounts.models import Person
from docflow.audit.models import AuditEvent
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.core.messages import Language
from docflow.documents.models import Register, Source
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
    today,
    until_filed,
)
from tests.documents.manifesting import TITLES, csv_of, xlsx_of, zip_of
from tests.unchanged import unchanged

Said = pytest.CaptureFixture[str]


async def test_a_folder_is_registered_in_the_order_of_its_manifest(
    settings: Settings, sessions: Sessions, store: ObjectStore, tmp_path: Path, capsys: Said
) -> None:
    source = folder_of(tmp_path / "in", 3)
    (source / "phụ lục").mkdir()
    (source / "phụ lục" / "a.txt").write_text("Phụ lục A")
    (source / "phụ lục" / "b.txt").write_text("Phụ lục B")
    rows = [(*letter(number), "phụ lục/b.txt; phụ lục/a.txt" if number == 2 else "") for number in (3, 2, 1)]
    (source / "manifest.csv").write_bytes(csv_of(*rows, titles=(*TITLES, "Phụ lục")))
    assert await run(settings, source) == 0
    documents = await filed(sessions)
    assert [one.document.symbol for one in documents] == ["3/QĐ-UBND", "2/QĐ-UBND", "1/QĐ-UBND"]
    assert [one.document.register_number for one in documents] == [1, 2, 3]
    assert [file.filename for file in documents[1].files] == ["2.txt", "b.txt", "a.txt"]
    assert {one.document.source for one in documents} == {Source.IMPORT}
    assert [(row.line, row.manifest) for row in await rows_imported(sessions)] == [
        (line, "manifest.csv") for line in (2, 3, 4)
    ]
    for one in documents:
        for file in one.files:
            assert (await store.checksum(file.object_key)).sha256 == file.sha256.hex()
    async with sessions() as session:
        registered = AuditEvent.tag == Tag.DOCUMENT_REGISTERED
        events = (await session.scalars(select(AuditEvent).where(registered))).all()
        jobs = await session.scalar(text("SELECT count(*) FROM procrastinate_jobs"))
    assert [(event.actor_name, event.address) for event in events] == [("Phạm Thị Hoài An", "import")] * 3
    assert jobs == 5
    said = capsys.readouterr().out
    assert "Đã đăng ký: 3" in said
    assert "01-03" in said


@pytest.mark.parametrize("packed", ["folder", "zip", "zip of a folder", "xlsx in a zip"])
async def test_the_same_import_twice_changes_nothing_however_it_is_packed(
    settings: Settings, sessions: Sessions, store: ObjectStore, tmp_path: Path, capsys: Said, packed: str
) -> None:
    source = folder_of(tmp_path / "in", 2)
    assert await run(settings, source) == 0
    again = source
    files = {path.name: path.read_bytes() for path in source.iterdir()}
    if packed == "xlsx in a zip":
        del files["manifest.csv"]
        titles = ("File", "Subject", "Issuer", "Issued on", "Symbol")
        files["manifest.xlsx"] = xlsx_of(
            *[
                (name, subject, issuer, clock.today(), symbol)
                for symbol, _, issuer, subject, name in (letter(1), letter(2))
            ],
            titles=titles,
        )
    if packed != "folder":
        again = tmp_path / "again.zip"
        top = "Hồ sơ/" if packed == "zip of a folder" else ""
        again.write_bytes(zip_of({f"{top}{name}": content for name, content in files.items()}))
    capsys.readouterr()
    async with unchanged(sessions, store):
        assert await run(settings, again, report=tmp_path / "report.csv") == 0
    assert "Đã có từ trước: 2" in capsys.readouterr().out
    assert [row[3:5] for row in report_of(tmp_path / "report.csv")] == [
        ["Đã có từ trước", "01"],
        ["Đã có từ trước", "02"],
    ]


async def test_a_dry_run_says_the_numbers_and_writes_nothing(
    settings: Settings, sessions: Sessions, store: ObjectStore, tmp_path: Path, capsys: Said
) -> None:
    first = folder_of(tmp_path / "first", 2)
    assert await run(settings, first) == 0
    rows = [
        letter(4, file="missing.txt"),
        letter(5, symbol="3/QĐ-UBND", file="5.txt"),
        letter(6, file="6.txt"),
    ]
    source = folder_of(tmp_path / "in", 3, *rows)
    (source / "5.txt").write_text("another text")
    (source / "6.txt").write_text((source / "1.txt").read_text())
    report = tmp_path / "report.xlsx"
    async with unchanged(sessions, store):
        assert await run(settings, source, dry_run=True, report=report) == 1
    told = [(row[0], row[3], row[4]) for row in report_of(report)]
    assert told == [
        (2, "Đã có từ trước", "01"),
        (3, "Đã có từ trước", "02"),
        (4, "Sẽ được đăng ký", "03"),
        (5, "Bị từ chối", None),
        (6, "Nghi trùng, không đăng ký", None),
        (7, "Nghi trùng, không đăng ký", None),
    ]
    assert "chưa có gì được ghi" in capsys.readouterr().out
    before = await keys_of(store)
    assert await run(settings, source, report=report) == 1
    assert [(row[0], row[3] == "Đã đăng ký", row[4]) for row in report_of(report)][2] == (4, True, "03")
    assert [row[3] for row in report_of(report)[3:]] == [row[1] for row in told[3:]]
    assert await orphans(sessions, store, before) == set()


async def test_a_dry_run_in_an_empty_house_opens_no_book_and_counts_on(
    settings: Settings, sessions: Sessions, store: ObjectStore, tmp_path: Path, capsys: Said
) -> None:
    source = folder_of(tmp_path / "in", 3)
    async with unchanged(sessions, store):
        assert await run(settings, source, dry_run=True) == 0
    assert "01-03" in capsys.readouterr().out
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(Register)) == 0


REFUSED = [
    (letter(9, file="missing.txt"), "Tệp: Không có tệp “missing.txt”."),
    (letter(9, file="../1.txt"), "Tệp: “../1.txt” dẫn ra ngoài thư mục hoặc tệp ZIP được nhập."),
    (letter(9, file="/etc/passwd"), "Tệp: “/etc/passwd” dẫn ra ngoài thư mục hoặc tệp ZIP được nhập."),
    (
        letter(9, file="1.txt"),
        "Tệp: Tệp “1.txt” đã được nêu ở dòng 2. Dùng --confirm-duplicates nếu đúng là vậy.",
    ),
    (letter(9, file="empty.txt"), "Tệp: Tệp “empty.txt” rỗng."),
    (letter(9, file="large.txt"), "Tệp: Tệp lớn hơn 32 MiB."),
    (letter(9, file="link.txt"), "Tệp: “link.txt” là liên kết, không phải tệp."),
    (letter(9, issued_on="31/02/2024"), "Ngày ban hành: “31/02/2024” không phải ngày tháng"),
    (letter(9, issued_on="12/01/2099"), "Ngày đến không thể trước ngày ban hành."),
    (letter(9, subject="=cmd|' /C calc'!A0"), "Trích yếu: Ô chứa công thức; hãy thay bằng giá trị."),
    (letter(9, subject="x" * 501), "Trích yếu: Dài quá mức cho phép (500)."),
    (letter(9, subject="a\x07b"), "Trích yếu: Văn bản chứa ký tự không được phép"),
    (letter(9, symbol="05/HD-SNV"), "Ký hiệu có thể là nhiều loại (HD, HĐ); hãy chọn một."),
    (letter(9, symbol="11/5/2018"), "Số, ký hiệu: Đây là ngày tháng, không phải số, ký hiệu."),
    (letter(9, symbol="12/UBND-VX"), "Ký hiệu không cho biết loại văn bản; hãy chọn loại."),
    (letter(9)[:4], "Tệp: Thiếu trường này."),
]


@pytest.mark.parametrize(("row", "reason"), REFUSED)
async def test_a_row_that_is_wrong_is_refused_and_leaves_nothing(
    settings: Settings,
    sessions: Sessions,
    store: ObjectStore,
    tmp_path: Path,
    row: tuple[str, ...],
    reason: str,
) -> None:
    source = folder_of(tmp_path / "in", 1, row)
    (source / "9.txt").write_text("another one")
    (source / "empty.txt").touch()
    with (source / "large.txt").open("wb") as out:
        out.truncate(33 * 1024 * 1024)
    (source / "link.txt").symlink_to("/etc/passwd")
    report = tmp_path / "report.csv"
    assert await run(settings, source, report=report) == 1
    told = next(line for line in report_of(report) if line[0] == "3")
    assert told[3] == "Bị từ chối"
    assert reason in told[5]
    assert not any(cell.startswith(("=", "+", "@", "-")) for cell in told)
    assert [one.document.symbol for one in await filed(sessions)] == ["1/QĐ-UBND"]
    async with unchanged(sessions, store):
        assert await run(settings, source) == 1


async def test_a_state_secret_is_refused_and_its_file_is_never_opened(
    settings: Settings, sessions: Sessions, store: ObjectStore, tmp_path: Path, capsys: Said
) -> None:
    source = folder_of(tmp_path / "in", 0)
    secret = source / "secret.txt"
    secret.write_text("x")
    secret.chmod(0o000)
    row = (*letter(1, file="secret.txt"), "Tối mật")
    (source / "manifest.csv").write_bytes(csv_of(row, titles=(*TITLES, "Độ mật")))
    opened = secret.stat().st_atime_ns
    async with unchanged(sessions, store):
        assert await run(settings, source) == 1
    assert secret.stat().st_atime_ns == opened
    assert "không được lưu tệp của văn bản mật" in capsys.readouterr().out


async def test_late_arrivals_need_a_reason_for_all_or_for_each(
    settings: Settings, sessions: Sessions, tmp_path: Path
) -> None:
    early = f"{clock.today() - timedelta(days=30):%d/%m/%Y}"
    titles = (*TITLES, "Ngày đến", "Lý do muộn")
    rows = [
        (*letter(1, issued_on=early), early, ""),
        (*letter(2, issued_on=early), early, "Bưu điện giao muộn"),
        (*letter(3), today(), ""),
    ]
    source = folder_of(tmp_path / "in", 3)
    (source / "manifest.csv").write_bytes(csv_of(*rows, titles=titles))
    report = tmp_path / "report.csv"
    assert await run(settings, source, report=report) == 1
    assert [row[3] for row in report_of(report)] == ["Bị từ chối", "Đã đăng ký", "Đã đăng ký"]
    assert await run(settings, source, late_reason="Chuyển từ sổ giấy", report=report) == 0
    assert [row[3] for row in report_of(report)] == ["Đã đăng ký", "Đã có từ trước", "Đã có từ trước"]
    reasons = {one.document.symbol: one.document.late_reason for one in await filed(sessions)}
    assert reasons == {
        "1/QĐ-UBND": "Chuyển từ sổ giấy",
        "2/QĐ-UBND": "Bưu điện giao muộn",
        "3/QĐ-UBND": None,
    }


async def test_what_seems_to_be_registered_is_named_and_taken_when_confirmed(
    settings: Settings, sessions: Sessions, store: ObjectStore, tmp_path: Path, capsys: Said
) -> None:
    assert await run(settings, folder_of(tmp_path / "first", 1)) == 0
    source = folder_of(tmp_path / "in", 1)
    (source / "manifest.csv").write_bytes(csv_of(letter(1, subject="Một trích yếu khác")))
    async with unchanged(sessions, store):
        assert await run(settings, source) == 1
    assert f"1/QĐ-UBND của UBND tỉnh, số đến 01/{clock.today().year}" in capsys.readouterr().out
    assert await run(settings, source, confirm_duplicates=True) == 0
    assert [one.document.register_number for one in await filed(sessions)] == [1, 2]


async def test_the_same_row_twice_is_registered_once_even_when_duplicates_are_confirmed(
    settings: Settings, sessions: Sessions, store: ObjectStore, tmp_path: Path
) -> None:
    source = folder_of(tmp_path / "in", 2, letter(1))
    (source / "copy.txt").write_bytes((source / "2.txt").read_bytes())
    (source / "manifest.csv").write_bytes(csv_of(letter(1), letter(2), letter(1), letter(2, file="copy.txt")))
    before = await keys_of(store)
    report = tmp_path / "report.csv"
    assert await run(settings, source, confirm_duplicates=True, report=report) == 1
    assert [(row[3], row[5]) for row in report_of(report)][2:] == [
        ("Nghi trùng, không đăng ký", "Trùng hoàn toàn với dòng 2."),
        ("Nghi trùng, không đăng ký", "Trùng hoàn toàn với dòng 3."),
    ]
    assert len(await filed(sessions)) == 2
    assert await orphans(sessions, store, before) == set()


async def test_files_without_a_row_are_told(
    settings: Settings, sessions: Sessions, tmp_path: Path, capsys: Said
) -> None:
    source = folder_of(tmp_path / "in", 1)
    (source / "quên.txt").write_text("x")
    (source / "link").symlink_to("1.txt")
    (source / "Thumbs.db").write_text("x")
    assert await run(settings, source, report=source / "report.xlsx") == 0
    assert await run(settings, source, report=source / "report.xlsx") == 0
    said = capsys.readouterr().out
    assert "quên.txt: Không có trong bảng kê" in said
    assert "link: Không có trong bảng kê: “link” là liên kết, không phải tệp." in said
    assert "Không có trong bảng kê: 2" in said


async def test_the_report_is_harmless_in_a_spreadsheet(settings: Settings, tmp_path: Path) -> None:
    evil = "=HYPERLINK(1).txt"
    source = folder_of(tmp_path / "in", 0)
    (source / evil).write_text("x")
    (source / "@SUM(1).txt").write_text("y")
    (source / "manifest.csv").write_bytes(csv_of(letter(1, symbol="+1+1", file="@SUM(1).txt")))
    for name in ("report.csv", "report.xlsx"):
        assert await run(settings, source, report=tmp_path / name) == 1
        cells = [str(cell or "") for row in report_of(tmp_path / name) for cell in row]
        assert "'@SUM(1).txt" in cells
        assert not any(cell.startswith(("=", "+", "@")) for cell in cells)


async def test_messages_are_in_the_language_that_is_asked_for(
    settings: Settings, tmp_path: Path, capsys: Said
) -> None:
    source = folder_of(tmp_path / "in", 1, letter(2, file="missing.txt"))
    report = tmp_path / "report.csv"
    assert await run(settings, source, language=Language.EN, report=report) == 1
    out = capsys.readouterr().out
    assert "line 3: missing.txt: Refused: Tệp: There is no file “missing.txt”." in out
    assert report_of(report)[0][3] == "Registered"


async def test_what_a_manifest_says_does_not_steer_the_terminal(
    settings: Settings, tmp_path: Path, capsys: Said
) -> None:
    source = folder_of(tmp_path / "in", 0, letter(1, issued_on="\x1b[2J\x07boo", file="\x1b]0;x\x07.txt"))
    assert await run(settings, source) == 1
    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("username", "asked", "said"),
    [
        ("nobody", {}, "Không có người dùng “nobody”."),
        ("maihtx", {}, "“maihtx” không giữ sổ của đơn vị nào."),
        ("khaitq", {}, "“khaitq” không giữ sổ của đơn vị nào."),
        (CLERK, {"unit": "H99.02"}, "không phải đơn vị mà người nhập giữ sổ (H99.01)"),
        (CLERK, {"unit": "nowhere"}, "không phải đơn vị mà người nhập giữ sổ (H99.01)"),
        (CLERK, {"manifest": "other.csv"}, "Không có bảng kê “other.csv”."),
        (CLERK, {"report": Path("/nowhere/at/all/report.csv")}, "Không ghi được báo cáo “report.csv”."),
    ],
)
async def test_an_import_that_cannot_begin_says_why_and_ends_with_2(
    settings: Settings,
    sessions: Sessions,
    store: ObjectStore,
    tmp_path: Path,
    capsys: Said,
    username: str,
    asked: dict[str, str],
    said: str,
) -> None:
    source = folder_of(tmp_path / "in", 1)
    async with unchanged(sessions, store):
        assert await run(settings, source, username, **asked) == 2
    assert said in capsys.readouterr().err


async def test_a_frozen_person_imports_nothing(
    settings: Settings, sessions: Sessions, store: ObjectStore, tmp_path: Path, capsys: Said
) -> None:
    async with transaction(sessions) as session:
        await session.execute(update(Person).where(Person.username == CLERK).values(frozen_at=clock.now()))
    source = folder_of(tmp_path / "in", 1)
    async with unchanged(sessions, store):
        assert await run(settings, source) == 2
    assert "đã bị khóa" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (csv_of(letter(1)).decode("utf-8-sig").encode("cp1258", "replace"), "không phải UTF-8"),
        (csv_of(letter(1), TITLES[::-1], letter(1)), "hai dòng tiêu đề khác nhau, ở dòng 1 và 3"),
        (csv_of(letter(1), titles=("Cột lạ", *TITLES[1:])), "Không rõ cột “Cột lạ”"),
        (b"", "Không thấy dòng tiêu đề"),
    ],
)
async def test_a_manifest_that_cannot_be_understood_registers_nothing(
    settings: Settings,
    sessions: Sessions,
    store: ObjectStore,
    tmp_path: Path,
    capsys: Said,
    content: bytes,
    said: str,
) -> None:
    source = folder_of(tmp_path / "in", 1)
    (source / "manifest.csv").write_bytes(content)
    async with unchanged(sessions, store):
        assert await run(settings, source) == 2
    assert said in capsys.readouterr().err


async def test_several_manifests_are_not_guessed_between_and_none_is_said_so(
    settings: Settings, tmp_path: Path, capsys: Said
) -> None:
    source = folder_of(tmp_path / "in", 1)
    (source / "Manifest.xlsx").write_bytes(xlsx_of(letter(1)))
    assert await run(settings, source) == 2
    assert "Có nhiều bảng kê" in capsys.readouterr().err
    assert await run(settings, source, manifest="Manifest.xlsx") == 0
    (source / "manifest.csv").unlink()
    (source / "Manifest.xlsx").rename(tmp_path / "elsewhere.xlsx")
    assert await run(settings, source) == 2
    assert "--drafts" in capsys.readouterr().err
    assert await run(settings, source, manifest=str(tmp_path / "elsewhere.xlsx")) == 0


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_an_archive_with_a_bomb_and_an_archive_in_it_registers_what_is_sound(
    settings: Settings, sessions: Sessions, tmp_path: Path
) -> None:
    long = "Quyết định phê duyệt " * 14 + ".txt"
    rows = [letter(1), letter(2, file="bomb.bin"), letter(3, file="inner.zip"), letter(4, file=long)]
    inner = zip_of({"manifest.csv": csv_of(letter(7)), "7.txt": b"seven"})
    files = {"1.txt": b"one", "bomb.bin": bytes(9_000_000), "inner.zip": inner, long: b"four"}
    source = tmp_path / "in.zip"
    source.write_bytes(zip_of({"manifest.csv": csv_of(*rows), **files}))
    report = tmp_path / "report.csv"
    assert await run(settings, source, report=report) == 1
    assert [row[3] for row in report_of(report)] == ["Đã đăng ký", "Bị từ chối", "Đã đăng ký", "Đã đăng ký"]
    documents = await filed(sessions)
    assert [one.files[0].media_type for one in documents][1] == "application/zip"
    assert len(documents[2].files[0].filename.encode()) <= 255
    assert documents[2].files[0].filename.endswith(".txt")
    assert names_in(tmp_path) == ["in.zip", "report.csv"]


async def test_two_imports_at_once_register_every_row_once(
    settings: Settings, sessions: Sessions, store: ObjectStore, tmp_path: Path
) -> None:
    source = folder_of(tmp_path / "in", 12)
    before = await keys_of(store)
    assert await asyncio.gather(*(run(settings, source) for _ in range(2))) == [0, 0]
    documents = await filed(sessions)
    assert sorted(one.document.symbol for one in documents) == sorted(
        letter(number)[0] for number in range(1, 13)
    )
    assert [one.document.register_number for one in documents] == list(range(1, 13))
    assert await orphans(sessions, store, before) == set()


async def test_an_interrupted_import_has_its_report_and_goes_on(
    settings: Settings, sessions: Sessions, store: ObjectStore, tmp_path: Path, capsys: Said
) -> None:
    source = folder_of(tmp_path / "in", 30)
    before, report = await keys_of(store), tmp_path / "report.csv"
    running = asyncio.create_task(run(settings, source, report=report))
    await until_filed(sessions, 3)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    told = [row[3] for row in report_of(report)]
    assert len(told) == 30
    assert "Chưa xử lý đến" in told
    assert "Chạy lại đúng lệnh này" in capsys.readouterr().out
    assert await orphans(sessions, store, before) == set()
    assert await run(settings, source, report=report) == 0
    assert [one.document.symbol for one in await filed(sessions)] == [letter(n)[0] for n in range(1, 31)]


async def test_rights_that_are_taken_away_meanwhile_end_the_import(
    settings: Settings, sessions: Sessions, store: ObjectStore, tmp_path: Path, capsys: Said
) -> None:
    source = folder_of(tmp_path / "in", 40)
    before = await keys_of(store)
    running = asyncio.create_task(run(settings, source))
    await until_filed(sessions, 1)
    async with transaction(sessions) as session:
        await session.execute(update(Person).where(Person.username == CLERK).values(frozen_at=clock.now()))
    assert await running == 1
    assert "đã bị khóa" in capsys.readouterr().out
    assert 0 < len(await filed(sessions)) < 40
    assert await orphans(sessions, store, before) == set()


async def test_a_store_that_is_down_ends_the_import_and_the_rows_are_not_refused(
    settings: Settings, sessions: Sessions, tmp_path: Path, capsys: Said
) -> None:
    source = folder_of(tmp_path / "in", 3)
    down = msgspec.structs.replace(settings, s3_endpoint="127.0.0.1:1")
    assert await run(down, source) == 1
    said = capsys.readouterr().out
    assert "Chưa xử lý đến: 3" in said
    assert "Kho lưu trữ văn bản không trả lời" in said
    assert await filed(sessions) == []


async def test_the_first_refusal_ends_an_import_that_is_told_to(
    settings: Settings, sessions: Sessions, store: ObjectStore, tmp_path: Path
) -> None:
    source = folder_of(tmp_path / "in", 12)
    rows = [letter(1), letter(2, issued_on="?"), *(letter(number) for number in range(3, 13))]
    (source / "manifest.csv").write_bytes(csv_of(*rows))
    before = await keys_of(store)
    assert await run(settings, source, stop_on_error=True) == 1
    assert [one.document.symbol for one in await filed(sessions)] == ["1/QĐ-UBND"]
    assert await orphans(sessions, store, before) == set()
