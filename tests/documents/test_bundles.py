"""Folders and archives: every name of a file finds it, nothing outside is reached, and no bomb goes off."""

import io
import os
import stat
import struct
import tracemalloc
import unicodedata
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docflow.core.errors import Invalid
from docflow.documents.bundles import Archive, Bundle, Directory, Entry, Folder, open_bundle
from docflow.documents.bundles.names import path_within, shown, spellings_of
from docflow.documents.errors import SourceNotUsable
from tests.documents.manifesting import zip_of, zip_of_raw

LONG = "Quyết định về việc phê duyệt đề án cải cách hành chính ".strip()


def archive(path: Path, content: bytes) -> Archive:
    (path / "a.zip").write_bytes(content)
    return Archive(path / "a.zip")


def whole(bundle: Bundle, entry: Entry) -> bytes:
    return b"".join(bundle.read(entry))


def faults_of(bundle: Bundle) -> dict[str, str | None]:
    return {entry.path: entry.fault for entry in bundle.entries}


def code_of(refused: "pytest.ExceptionInfo[Invalid]") -> str:
    return refused.value.fields[0].code


def test_a_folder_gives_every_file_in_the_order_of_paths(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    for name in ("b/2.txt", "b/1.txt", "a.txt", "Thumbs.db", "~$a.docx", ".DS_Store"):
        (tmp_path / name).write_text(name)
    folder = Folder(tmp_path, but=[tmp_path / "a.txt"])
    assert [entry.path for entry in folder.entries] == ["b/1.txt", "b/2.txt"]
    assert whole(folder, folder.entries[0]) == b"b/1.txt"


def test_links_and_devices_are_told_and_never_followed(tmp_path: Path) -> None:
    outside = tmp_path / "secret.txt"
    outside.write_text("secret")
    root = tmp_path / "in"
    root.mkdir()
    (root / "link.txt").symlink_to(outside)
    (root / "folder").symlink_to(tmp_path)
    (root / "dangling").symlink_to("nowhere")
    os.mkfifo(root / "pipe")
    folder = Folder(root)
    assert faults_of(folder) == {
        "dangling": "import_file_link",
        "folder": "import_file_link",
        "link.txt": "import_file_link",
        "pipe": "import_file_device",
    }
    assert Directory(folder.entries).get("link.txt").fault == "import_file_link"
    with pytest.raises(Invalid) as refused:
        whole(folder, folder.entries[2])
    assert code_of(refused) == "import_file_link"


def test_a_link_that_takes_the_place_of_a_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("12345")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("12345")
    folder = Folder(tmp_path / "in")
    (tmp_path / "in" / "a.txt").unlink()
    (tmp_path / "in" / "a.txt").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(Invalid) as refused:
        whole(folder, folder.entries[0])
    assert code_of(refused) == "import_file_unreadable"


@pytest.mark.parametrize("change", ["before", "while", "same size", "gone", "shorter"])
def test_a_file_that_changes_is_refused(tmp_path: Path, change: str) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(b"x" * 600_000)
    folder = Folder(tmp_path)
    chunks = folder.read(folder.entries[0])
    if change == "before":
        file.write_bytes(b"x" * 600_001)
    elif change == "gone":
        file.unlink()
    else:
        assert len(next(chunks)) == 256 * 1024
        if change == "while":
            with file.open("ab") as out:
                out.write(b"more")
        elif change == "shorter":
            os.truncate(file, 10)
        else:
            status = file.stat()
            file.write_bytes(b"y" * 600_000)
            os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    with pytest.raises(Invalid) as refused:
        list(chunks)
    assert code_of(refused) == "import_file_changed"


def test_a_folder_too_deep_or_with_too_many_files_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / "deep"
    deep.joinpath(*("d" for _ in range(34))).mkdir(parents=True)
    with pytest.raises(SourceNotUsable) as refused:
        Folder(deep)
    assert code_of(refused) == "import_source_too_deep"
    monkeypatch.setattr("docflow.documents.bundles.folder.MAX_ENTRIES", 2)
    for number in range(3):
        (tmp_path / f"{number}.txt").write_text("x")
    with pytest.raises(SourceNotUsable) as many:
        Folder(tmp_path)
    assert code_of(many) == "import_source_too_many"


@pytest.mark.parametrize(
    ("on_disk", "in_manifest"),
    [
        ("Quyết định.pdf", unicodedata.normalize("NFD", "Quyết định.pdf")),
        (unicodedata.normalize("NFD", "Quyết định.pdf"), "Quyết định.pdf"),
        ("Quyết định.pdf", "QUYẾT ĐỊNH.PDF"),
        ("\u202eQuyết định\u200f.pdf", "Quyết định.pdf"),
        ("Quyết định.pdf", "\u200eQuyết  định.pdf"),
        ("Quyết\x07 định.pdf", "Quyết định.pdf"),
        ("sub/Quyết định.pdf", "sub\\Quyết định.pdf"),
        ("sub/Quyết định.pdf", "./sub//Quyết định.pdf"),
        ("Ch\u1ec9 th\u1ecb.pdf", "Chỉ thị.pdf"),
        (f"{LONG}.pdf", f"{LONG}.pdf"),
    ],
)
def test_a_name_written_by_another_system_finds_its_file(
    tmp_path: Path, on_disk: str, in_manifest: str
) -> None:
    file = tmp_path / on_disk
    file.parent.mkdir(exist_ok=True)
    file.write_text("x")
    folder = Folder(tmp_path)
    assert Directory(folder.entries).get(in_manifest) is folder.entries[0]


def test_names_in_a_legacy_encoding_on_disk_find_their_files(tmp_path: Path) -> None:
    name = unicodedata.normalize("NFD", "Chi\u0309 thi\u0323").encode("cp1258")
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name + b".pdf"))).write_text("x")
    folder = Folder(tmp_path)
    assert folder.entries[0].path == "Chỉ thị.pdf"
    assert Directory(folder.entries).get("Chỉ thị.pdf") is folder.entries[0]


@pytest.mark.parametrize(
    "name",
    [
        "../a.txt",
        "/etc/passwd",
        "C:\\Windows\\a.txt",
        "sub/../../a.txt",
        "..",
        "..\\a.txt",
        "\\\\host\\a",
        ".",
        "",
    ],
)
def test_a_path_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(Invalid) as refused:
        Directory(Folder(tmp_path).entries).get(name)
    assert code_of(refused) == "import_file_outside"


def test_a_missing_file_names_the_one_that_may_be_meant(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.docx").write_text("x")
    directory = Directory(Folder(tmp_path).entries)
    for name, hint in (("a.docx", " “sub/a.docx”?"), ("sub/a.pdf", " “sub/a.docx”?"), ("b.pdf", "")):
        with pytest.raises(Invalid) as refused:
            directory.get(name)
        assert code_of(refused) == "import_file_missing"
        assert refused.value.fields[0].facts["hint"] == hint


def test_two_files_that_look_alike_are_never_guessed_between(tmp_path: Path) -> None:
    for name in ("a.txt", "A.txt"):
        (tmp_path / name).write_text("x")
    directory = Directory(Folder(tmp_path).entries)
    assert directory.get("A.txt").path == "A.txt"
    (tmp_path / "a.txt").unlink()
    (tmp_path / "a\u200e.txt").write_text("x")
    directory = Directory(Folder(tmp_path).entries)
    with pytest.raises(Invalid) as refused:
        directory.get("a.TXT")
    assert code_of(refused) == "import_file_ambiguous"


def test_an_archive_is_read_where_it_lies(tmp_path: Path) -> None:
    name = (LONG + " ") * 7
    files = {"a/1.txt": b"one" * 100_000, f"{name[:300]}.pdf": b"two", "__MACOSX/a/._1.txt": b"x"}
    with_folder = io.BytesIO(zip_of(files))
    with zipfile.ZipFile(with_folder, "a") as more:
        more.mkdir("empty")
    packed = archive(tmp_path, with_folder.getvalue())
    assert {entry.path: whole(packed, entry) for entry in packed.entries} == {
        "a/1.txt": b"one" * 100_000,
        f"{name[:300]}.pdf": b"two",
    }
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip"]
    packed.close()


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("Chỉ thị.pdf".encode(), "Chỉ thị.pdf"),
        (unicodedata.normalize("NFD", "Chi\u0309 thi\u0323.pdf").encode("cp1258"), "Chỉ thị.pdf"),
        ("Quyê\u0301t đi\u0323nh.pdf".encode("cp1258"), "Quyết định.pdf"),
        ("café.txt".encode("cp437"), "café.txt"),
        (b"plain.txt", "plain.txt"),
    ],
)
def test_names_packed_without_saying_their_encoding_are_told_and_found(
    tmp_path: Path, raw: bytes, name: str
) -> None:
    packed = archive(tmp_path, zip_of_raw({raw: b"x"}))
    assert [entry.path for entry in packed.entries] == [name]
    assert Directory(packed.entries).get(name) is packed.entries[0]
    for spelling in spellings_of(raw):
        assert Directory(packed.entries).get(spelling) is packed.entries[0]
    packed.close()


@pytest.mark.parametrize(
    "name", ["../evil.txt", "/evil.txt", "a/../../evil.txt", "C:\\evil.txt", "..\\evil.txt"]
)
def test_an_entry_that_leads_out_is_told_and_can_be_named_by_nobody(tmp_path: Path, name: str) -> None:
    packed = archive(tmp_path, zip_of_raw({name.encode(): b"x", b"a.txt": b"y"}))
    assert [entry.fault for entry in packed.entries] == ["import_file_outside", None]
    with pytest.raises(Invalid):
        Directory(packed.entries).get(name)
    with pytest.raises(Invalid) as refused:
        whole(packed, packed.entries[0])
    assert code_of(refused) == "import_file_outside"
    packed.close()


def test_links_devices_encrypted_and_oddly_packed_entries_are_told(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, mode in (("link", stat.S_IFLNK), ("pipe", stat.S_IFIFO), ("device", stat.S_IFBLK)):
            info = zipfile.ZipInfo(name)
            info.create_system, info.external_attr = 3, (mode | 0o777) << 16
            made.writestr(info, "/etc/passwd")
        made.writestr("bzip2", b"x" * 100, zipfile.ZIP_BZIP2)
        made.writestr("lzma", b"x" * 100, zipfile.ZIP_LZMA)
    packed = archive(tmp_path, out.getvalue())
    assert faults_of(packed) == {
        "link": "import_file_link",
        "pipe": "import_file_device",
        "device": "import_file_device",
        "bzip2": "import_file_method",
        "lzma": "import_file_method",
    }
    packed.close()
    encrypted = archive(tmp_path, zip_of_raw({b"a.txt": b"x"}, flags=1))
    assert faults_of(encrypted) == {"a.txt": "import_file_encrypted"}
    encrypted.close()


def test_the_same_name_twice_in_an_archive_is_ambiguous(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        content = zip_of([("a.txt", b"1"), ("a.txt", b"2")])
    packed = archive(tmp_path, content)
    with pytest.raises(Invalid) as refused:
        Directory(packed.entries).get("a.txt")
    assert code_of(refused) == "import_file_ambiguous"
    packed.close()


def test_a_bomb_by_its_ratio_is_told_and_its_neighbours_are_read(tmp_path: Path) -> None:
    packed = archive(tmp_path, zip_of({"bomb.bin": bytes(8 * 1024 * 1024), "a.txt": b"fine"}))
    assert faults_of(packed) == {"bomb.bin": "import_file_bomb", "a.txt": None}
    assert whole(packed, packed.entries[1]) == b"fine"
    packed.close()


def patched(content: bytes, at: int, value: bytes) -> bytes:
    return content[:at] + value + content[at + len(value) :]


def test_bombs_of_shared_bytes_or_of_claims_are_refused_altogether(tmp_path: Path) -> None:
    two = zip_of_raw({b"a.txt": b"x" * 1000, b"b.txt": b"y" * 1000})
    directory = two.index(b"PK\x01\x02")
    second = two.index(b"PK\x01\x02", directory + 1)
    overlapping = patched(two, second + 42, struct.pack("<I", 10))
    claiming = patched(two, directory + 24, struct.pack("<I", 0xFFFFFFF0))
    for content in (overlapping, claiming):
        with pytest.raises(SourceNotUsable) as refused:
            archive(tmp_path, content)
        assert code_of(refused) == "import_zip_bomb"


def test_a_size_that_lies_gives_no_more_bytes_than_it_says(tmp_path: Path) -> None:
    content = zip_of({"a.bin": bytes(3_000_000)})
    directory = content.index(b"PK\x01\x02")
    packed = archive(tmp_path, patched(content, directory + 24, struct.pack("<I", 1000)))
    with pytest.raises(Invalid) as refused:
        whole(packed, packed.entries[0])
    assert code_of(refused) == "import_file_damaged"
    packed.close()


def test_a_damaged_entry_is_refused_and_the_rest_is_read(tmp_path: Path) -> None:
    content = zip_of_raw({b"a.txt": b"x" * 1000, b"b.txt": b"y" * 1000})
    packed = archive(tmp_path, content.replace(b"x" * 1000, b"x" * 999 + b"z"))
    with pytest.raises(Invalid) as refused:
        whole(packed, packed.entries[0])
    assert code_of(refused) == "import_file_damaged"
    assert whole(packed, packed.entries[1]) == b"y" * 1000
    packed.close()


def test_an_archive_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    packed = archive(tmp_path, zip_of({"a.txt": b"fine"}))
    with (tmp_path / "a.zip").open("ab") as out:
        out.write(b"more")
    with pytest.raises(Invalid) as refused:
        whole(packed, packed.entries[0])
    assert code_of(refused) == "import_file_changed"
    packed.close()


def test_an_archive_in_an_archive_is_a_file_like_any_other(tmp_path: Path) -> None:
    inner = zip_of({"manifest.csv": b"x", "a.txt": b"y"})
    packed = archive(tmp_path, zip_of({"inner.zip": inner}))
    assert {entry.path: whole(packed, entry) for entry in packed.entries} == {"inner.zip": inner}
    packed.close()


def test_a_directory_of_absurd_size_is_not_loaded(tmp_path: Path) -> None:
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 1, 1, 60 * 1024 * 1024, 0, 0)
    with (tmp_path / "a.zip").open("wb") as out:
        out.truncate(60 * 1024 * 1024)
        out.seek(0, os.SEEK_END)
        out.write(end)
    tracemalloc.start()
    try:
        with pytest.raises(SourceNotUsable) as refused:
            open_bundle(tmp_path / "a.zip")
        assert tracemalloc.get_traced_memory()[1] < 5 * 1024 * 1024
    finally:
        tracemalloc.stop()
    assert code_of(refused) == "import_zip_broken"


def test_what_is_neither_folder_nor_archive_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "a.rar").write_bytes(b"Rar!\x1a\x07")
    for name, code in (("a.rar", "import_source_no_zip"), ("nothing", "import_source_missing")):
        with pytest.raises(SourceNotUsable) as refused:
            open_bundle(tmp_path / name)
        assert code_of(refused) == code


def test_names_are_shown_on_one_line_and_not_too_long() -> None:
    assert shown("a\n\x1b[31mb\u202e.pdf") == "a\ufffd\ufffd[31mb\ufffd.pdf"
    long = shown("Đề án " * 60 + ".pdf")
    assert len(long) == 120
    assert long.endswith(".pdf")


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_no_name_leads_out_of_a_bundle(name: str) -> None:
    path = path_within(name)
    if path is not None:
        inside = os.path.normpath(os.path.join("/bundle", path))
        assert inside.startswith("/bundle/")
        assert path_within(path) == path


@settings(max_examples=100, deadline=None)
@given(st.binary(min_size=1, max_size=40))
def test_the_bytes_of_a_name_always_have_a_spelling(raw: bytes) -> None:
    spellings = spellings_of(raw)
    assert spellings
    assert all(unicodedata.is_normalized("NFC", one) for one in spellings)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_spoilt_archive_is_refused_or_read_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray(zip_of({"a.txt": b"one" * 50, "b/c.txt": b"two" * 50}))
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=6)):
        content[place] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "spoilt.zip"
    path.write_bytes(content)
    try:
        bundle = open_bundle(path)
    except SourceNotUsable:
        return
    for entry in bundle.entries:
        try:
            assert sum(map(len, bundle.read(entry))) <= entry.size
        except Invalid:
            continue
    bundle.close()


def test_many_missing_files_are_told_without_looking_through_all_others_for_each() -> None:
    entries = [Entry(place, f"f/{place}.txt", (f"f/{place}.txt",), 1) for place in range(20_000)]
    directory = Directory(entries)
    for number in range(20_000):
        with pytest.raises(Invalid) as refused:
            directory.get(f"{number}.pdf")
        assert refused.value.fields[0].facts["hint"] == f" “f/{number}.txt”?"
