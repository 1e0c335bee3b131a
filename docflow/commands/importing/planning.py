"""From a bundle and its manifest to what is to be done, row by row, before anything is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from docflow.commands.importing.asking import Asked, Books
from docflow.commands.importing.finding import find_manifest, is_manifest
from docflow.core.errors import FieldError, Invalid
from docflow.core.messages import Language
from docflow.documents.bundles import Bundle, Directory, Entry
from docflow.documents.bundles.names import shown
from docflow.documents.manifests import Column, Manifest, ManifestRow, read_manifest
from docflow.documents.manifests.cells import CellWrong
from docflow.documents.manifests.kinds import Kind, kind_called
from docflow.documents.schemas import RegisterIncoming
from docflow.files.uploads import form_as
from docflow.web.form_errors import FileTooLarge


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
        found = find_manifest(bundle, asked)
        if found is None:
            return Plan("", {}, (), tuple(bundle.entries))
        manifest = read_manifest(found.content, ignore_unknown=asked.ignore_unknown, language=language)
        directory = Directory([one for one in bundle.entries if one is not found.entry], found.within)
        rows = tuple(self._planned(row, directory) for row in manifest.rows)
        beside = tuple(
            one
            for one in bundle.entries
            if one.place not in self._named and one is not found.entry and not is_manifest(one, found.within)
        )
        return Plan(found.name, manifest.headings, rows, beside, _ignored(manifest))

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
