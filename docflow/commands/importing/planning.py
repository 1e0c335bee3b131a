"""From a bundle and its manifest to what is to be done, row by row, before anything is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from docflow.commands.importing.asking import Asked, Books
from docflow.core.errors import FieldError, Invalid
from docflow.core.messages import Language
from docflow.documents.bundles import Bundle, Directory, Entry
from docflow.documents.bundles.entries import not_usable
from docflow.documents.bundles.names import shown
from docflow.documents.manifests import Column, Manifest, ManifestRow, read_manifest
from docflow.documents.manifests.cells import CellWrong
from docflow.documents.manifests.kinds import Kind, kind_called
from docflow.documents.manifests.tables import MAX_BYTES, refused
from docflow.documents.schemas import RegisterIncoming
from docflow.files.uploads import form_as
from docflow.web.form_errors import FileTooLarge

MANIFEST_NAMES = ("manifest.csv", "manifest.xlsx")


@dataclass(frozen=True, slots=True)
class Planned:
    """A row and what it means: ``data`` with ``entries``, the document first; or ``faults`` in their place."""

    row: ManifestRow
    data: RegisterIncoming | None = None
    unit_id: UUID | None = None
    entries: tuple[Entry, ...] = ()
    faults: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that an import is to do. ``beside``: entries that no row names, each with its fault if it has one."""

    manifest_name: str
    headings: Mapping[Column, str]
    rows: Sequence[Planned]
    beside: Sequence[Entry]
    ignored: Sequence[str] = ()


@dataclass(slots=True)
class Planner:
    """Gives each row its meaning: what the database knows was read before, so this asks nobody."""

    books: Books
    kinds: Sequence[Kind]
    unit_id: UUID | None
    max_bytes: int
    late_reason: str = ""
    confirm_duplicates: bool = False
    _named: dict[int, int] = field(default_factory=dict)
    """The line that named an entry first, by the entry's place."""

    def plan(self, bundle: Bundle, asked: Asked, language: Language) -> Plan:
        """Raises ManifestNotUsable and SourceNotUsable."""
        content, name, within, entry = find_manifest(bundle, asked.manifest, required=not asked.drafts)
        if content is None:
            return Plan("", {}, (), tuple(bundle.entries))
        manifest = read_manifest(content, ignore_unknown=asked.ignore_unknown, language=language)
        directory = Directory([one for one in bundle.entries if one is not entry], within)
        rows = tuple(self._planned(row, directory) for row in manifest.rows)
        beside = tuple(
            one
            for one in bundle.entries
            if one.place not in self._named and one is not entry and not _is_manifest(one, within)
        )
        return Plan(name, manifest.headings, rows, beside, _ignored(manifest))

    def _planned(self, row: ManifestRow, directory: Directory) -> Planned:
        faults = list(row.faults)
        data, unit_id = self._data(row, faults)
        entries = self._entries(row, directory, faults)
        if faults or data is None:
            return Planned(row, faults=tuple(faults))
        return Planned(row, data, unit_id, entries)

    def _data(
        self, row: ManifestRow, faults: list[FieldError]
    ) -> tuple[RegisterIncoming | None, UUID | None]:
        fields = dict(row.fields)
        unit_id = self.unit_id
        try:
            if row.unit:
                unit_id = self.books.called(row.unit)
        except CellWrong as wrong:
            faults.append(FieldError("/unit", wrong.code, dict(wrong.facts)))
        try:
            if row.kind:
                fields["kind"] = kind_called(row.kind, self.kinds)
        except CellWrong as wrong:
            faults.append(FieldError("/kind", wrong.code, dict(wrong.facts)))
        except ValueError:
            faults.append(FieldError("/kind", "text_not_allowed"))
        if unit_id is None and not row.unit:
            faults.append(FieldError("/unit", "unit_to_be_named"))
        fields.setdefault("late_reason", self.late_reason)
        if row.faults:
            # Fields that are missing or unclear would be told a second time.
            return None, None
        try:
            data = form_as(RegisterIncoming, fields)
        except Invalid as error:
            faults.extend(error.fields)
            return None, None
        data.unit_id = unit_id
        data.confirm_duplicate = self.confirm_duplicates
        return data, unit_id

    def _entries(self, row: ManifestRow, directory: Directory, faults: list[FieldError]) -> tuple[Entry, ...]:
        found: list[Entry] = []
        for column, name in (("file", row.file), *(("annexes", annex) for annex in row.annexes)):
            if not name:
                continue
            try:
                entry = directory.get(name)
            except Invalid as error:
                faults.extend(FieldError(f"/{column}", one.code, one.facts) for one in error.fields)
                continue
            if fault := self._fault(entry, row.line, found):
                faults.append(FieldError(f"/{column}", fault.code, fault.facts))
            self._named.setdefault(entry.place, row.line)
            found.append(entry)
        return tuple(found)

    def _fault(self, entry: Entry, line: int, before: Sequence[Entry]) -> FieldError | None:
        name = {"name": shown(entry.path)}
        if entry.fault:
            return FieldError("/file", entry.fault, name)
        if entry in before:
            return FieldError("/file", "import_file_twice", name)
        first = self._named.get(entry.place)
        if first is not None and not self.confirm_duplicates:
            return FieldError("/file", "import_file_named_before", {**name, "line": first})
        if entry.size == 0:
            return FieldError("/file", "import_file_empty", name)
        if entry.size > self.max_bytes:
            return FieldError("/file", "file_too_large", FileTooLarge(self.max_bytes).facts)
        return None


def _ignored(manifest: Manifest) -> list[str]:
    """Titles of columns that are read by nobody; the register gives its own numbers."""
    own = [manifest.headings[column] for column in (Column.ARRIVAL_NUMBER,) if column in manifest.headings]
    return [*own, *manifest.unknown]


def find_manifest(
    bundle: Bundle, asked: str | None, *, required: bool
) -> tuple[bytes | None, str, str, Entry | None]:
    """The manifest's bytes and name, the folder in the bundle that its names begin in, and its entry if it has one.

    One that is asked for is a file of its own, or one of the bundle. Otherwise it is called ``manifest.csv`` or
    ``manifest.xlsx`` and lies at the top, or in the only folder there is. Raises SourceNotUsable.
    """
    top = _only_folder(bundle)
    if asked is not None and Path(asked).is_file():
        return _bytes_of_file(Path(asked)), Path(asked).name, top, None
    if asked is not None:
        try:
            entry = Directory(bundle.entries, top).get(asked)
        except Invalid as error:
            raise not_usable("import_manifest_missing", name=shown(asked)) from error
        return _bytes_of(bundle, entry), shown(entry.path), _folder_of(entry), entry
    called = [one for one in bundle.entries if _is_manifest(one, top)]
    if len(called) > 1:
        raise not_usable("import_manifest_which", names=", ".join(shown(one.path) for one in called))
    if not called:
        if required:
            raise not_usable("import_manifest_none")
        return None, "", "", None
    return _bytes_of(bundle, called[0]), shown(called[0].path), _folder_of(called[0]), called[0]


def _is_manifest(entry: Entry, within: str) -> bool:
    """Whether it is called so; beside the one that is read, it is the same table once more and no document."""
    return entry.path.removeprefix(within).casefold() in MANIFEST_NAMES


def _only_folder(bundle: Bundle) -> str:
    """The folder that everything lies in, as when a folder was packed whole; else empty."""
    tops = {entry.path.partition("/")[0] if "/" in entry.path else "" for entry in bundle.entries}
    return f"{tops.pop()}/" if len(tops) == 1 and "" not in tops else ""


def _folder_of(entry: Entry) -> str:
    folder = entry.path.rpartition("/")[0]
    return f"{folder}/" if folder else ""


def _bytes_of(bundle: Bundle, entry: Entry) -> bytes:
    if entry.fault or entry.size > MAX_BYTES:
        raise refused(
            "manifest_too_large" if not entry.fault else entry.fault, limit="32 MiB", name=entry.path
        )
    try:
        return b"".join(bundle.read(entry))
    except Invalid as error:
        raise refused(error.fields[0].code, **error.fields[0].facts) from error


def _bytes_of_file(path: Path) -> bytes:
    try:
        with path.open("rb") as source:
            return source.read(MAX_BYTES + 1)
    except OSError as error:
        raise not_usable("import_source_unreadable", name=shown(path.name)) from error
