"""The archive itself: names, the ZIP as others read it, ZIP64, what is left of one that breaks off."""

import hashlib
import io
import struct
import subprocess
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from docflow.dossiers.exporting.archive import ArchiveStream, is_packed
from docflow.dossiers.exporting.manifest import ManifestEntry, manifest_json, manifest_sums
from docflow.dossiers.exporting.names import FILE_BYTES, FOLDER_BYTES, entry_name, folder_name

AT = datetime(2026, 11, 23, 1, 30, 10, tzinfo=UTC)
ZIP64_EXTRA, VERSION_OF_ZIP64 = b"\x01\x00", 45


def archive_of(*entries: tuple[str, bytes]) -> bytes:
    stream, out = ArchiveStream(), io.BytesIO()
    for path, content in entries:
        stream.open_entry(path, len(content), AT, packed=is_packed(path))
        for place in range(0, len(content), 1000):
            out.write(stream.write(content[place : place + 1000]))
        assert stream.end()[0] == len(content)
        out.write(stream.take())
    out.write(stream.finish())
    return out.getvalue()


def test_what_goes_in_comes_out_bit_by_bit() -> None:
    content = bytes(range(256)) * 100
    made = archive_of(
        ("001_05-CT/Chỉ thị.pdf", content), ("001_05-CT/document.xml", content), ("trống.txt", b"")
    )
    with zipfile.ZipFile(io.BytesIO(made)) as found:
        assert found.testzip() is None
        assert found.read("001_05-CT/Chỉ thị.pdf") == found.read("001_05-CT/document.xml") == content
        stored, packed, empty = found.infolist()
        assert (stored.compress_type, packed.compress_type) == (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
        assert all(info.flag_bits & 0x8 for info in (stored, packed, empty))
        assert (stored.flag_bits & 0x800, packed.flag_bits & 0x800) == (0x800, 0)
        assert stored.date_time == (2026, 11, 23, 8, 30, 10)


@pytest.mark.debian("unzip")
def test_the_usual_program_finds_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "made.zip"
    path.write_bytes(
        archive_of(*((f"{number:03d}_Số/tệp {number}.pdf", b"x" * number * 999) for number in range(9)))
    )
    assert subprocess.run(["unzip", "-tq", path], capture_output=True, check=False).returncode == 0


def test_a_large_entry_is_announced_and_described_in_64_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The very code of an entry of 4 GiB, with the border where a test can cross it."""
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 50_000)
    content = b"0123456789" * 10_000
    made = archive_of(("small.pdf", b"x"), ("large.pdf", content))
    monkeypatch.undo()
    with zipfile.ZipFile(io.BytesIO(made)) as found:
        small, large = found.infolist()
        assert found.read("large.pdf") == content
    assert (small.extract_version < VERSION_OF_ZIP64, large.extract_version) == (True, VERSION_OF_ZIP64)
    at = large.header_offset
    _, version, flags = struct.unpack_from("<4sHH", made, at)
    name, extra = struct.unpack_from("<HH", made, at + 26)
    assert (version, flags & 0x8, made[at + 30 + name :][:2], extra) == (
        VERSION_OF_ZIP64,
        0x8,
        ZIP64_EXTRA,
        20,
    )
    described = at + 30 + name + extra + len(content)
    mark, crc, packed, size = struct.unpack_from("<4sLQQ", made, described)
    assert (mark, crc, packed, size) == (b"PK\x07\x08", large.CRC, len(content), len(content))


def test_more_entries_than_16_bits_count_are_all_found() -> None:
    count = 65_600
    stream, out = ArchiveStream(), io.BytesIO()
    for number in range(count):
        stream.open_entry(f"{number}.pdf", 1, AT, packed=True)
        stream.write(b"x")
        stream.end()
        out.write(stream.take())
    out.write(stream.finish())
    with zipfile.ZipFile(out) as found:
        assert len(found.infolist()) == count


def test_an_archive_that_breaks_off_opens_nowhere() -> None:
    stream, out = ArchiveStream(), io.BytesIO()
    stream.open_entry("a.pdf", 100, AT, packed=True)
    out.write(stream.write(b"x" * 50))
    stream.abandon()
    stream.abandon()
    assert stream.take() == b""
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(out.getvalue()))


@pytest.mark.parametrize(
    ("hostile", "safe"),
    [
        ("../../etc/passwd", "_.._etc_passwd"),
        ("..\\..\\autoexec.bat", "_.._autoexec.bat"),
        ("C:\\Windows\\win.ini", "C__Windows_win.ini"),
        ("con", "_con"),
        ("NUL.txt", "_NUL.txt"),
        ("com1.pdf", "_com1.pdf"),
        ("lpt¹", "_lpt¹"),
        ("console.txt", "console.txt"),
        ('a<b>c:d"e|f?g*h.pdf', "a_b_c_d_e_f_g_h.pdf"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("tên.pdf. . ", "tên.pdf"),
        ("a\nb\\\r.txt", "ab_.txt"),
        ("...", "unnamed"),
        ("Quye\u0302\u0301t đi\u0323nh.docx", "Quyết định.docx"),
    ],
)
def test_hostile_names_are_harmless_on_every_system(hostile: str, safe: str) -> None:
    name = entry_name(hostile, set())
    assert not set(name) & set('<>:"/\\|?*\n\r')
    assert name.strip(". ") != ""
    assert not name.endswith((".", " "))
    assert name == safe or hostile.startswith("..")


def test_names_that_windows_takes_for_the_same_are_told_apart() -> None:
    taken: set[str] = set()
    names = ["a.pdf", "A.PDF", "a.pdf", "a (2).pdf", "DOCUMENT.XML", "document.xml"]
    made = [entry_name(name, taken) for name in names]
    assert len({name.casefold() for name in made}) == len(names)
    assert made[:3] == ["a.pdf", "A (2).PDF", "a (3).pdf"]


def test_long_names_are_cut_and_keep_their_extension() -> None:
    name = entry_name("Quyết định " * 60 + ".docx", set())
    assert len(name.encode()) <= FILE_BYTES
    assert name.endswith(".docx")
    folder = folder_name(7, 1000, "1234/QĐ-UBND " * 30)
    assert folder.startswith("0007_1234-QĐ-UBND")
    assert len(folder.encode()) <= FOLDER_BYTES + 5
    assert folder_name(1, 9, "05/CT-UBND") == "001_05-CT-UBND"


def test_the_sums_are_what_sha256sum_reads(tmp_path: Path) -> None:
    (tmp_path / "001_Số").mkdir()
    (tmp_path / "001_Số" / "tệp  hai.txt").write_bytes(b"hai\n")
    digest = hashlib.sha256(b"hai\n").hexdigest()
    entries = [ManifestEntry("001_Số/tệp  hai.txt", 4, digest)]
    manifest = manifest_json({"dossier": {"code": "01.TCCB"}}, [], entries)
    (tmp_path / "manifest.json").write_bytes(manifest)
    (tmp_path / "manifest.sha256").write_bytes(manifest_sums(entries, manifest))
    checked = subprocess.run(
        ["sha256sum", "--strict", "-c", "manifest.sha256"], cwd=tmp_path, capture_output=True, check=False
    )
    assert checked.returncode == 0, checked.stdout
