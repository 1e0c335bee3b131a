"""Finding the manifest of a bundle."""

import os
from dataclasses import dataclass
from pathlib import Path

from docflow.commands.importing.asking import Asked
from docflow.core.errors import Invalid
from docflow.documents.bundles import Bundle, Directory, Entry
from docflow.documents.bundles.entries import not_usable
from docflow.documents.bundles.names import shown
from docflow.documents.manifests.tables import MAX_BYTES, refused

MANIFEST_NAMES = ("manifest.csv", "manifest.xlsx")


@dataclass(frozen=True, slots=True)
class FoundManifest:
    """Its bytes and name, the folder in the bundle that its names begin in (empty, or ending in ``/``), and its entry
    when it is one of the bundle's."""

    content: bytes
    name: str
    within: str
    entry: Entry | None = None


def find_manifest(bundle: Bundle, asked: Asked) -> FoundManifest | None:
    """The manifest that was asked for: a file on disk, or one of the bundle.

    Otherwise it is called ``manifest.csv`` or ``manifest.xlsx`` and lies at the top, or in the only folder there is;
    None when there is none and drafts are made of everything. Raises SourceNotUsable and ManifestNotUsable.
    """
    top = _only_folder(bundle)
    if asked.manifest is not None:
        return _asked_for(bundle, asked.source, asked.manifest, top)
    called = [one for one in bundle.entries if is_manifest(one, top)]
    if len(called) > 1:
        raise not_usable("import_manifest_which", names=", ".join(shown(one.path) for one in called))
    if called:
        return _of_bundle(bundle, called[0])
    if asked.drafts:
        return None
    raise not_usable("import_manifest_none")


def is_manifest(entry: Entry, within: str) -> bool:
    """Whether it is called so; beside the one that is read, it is the same table once more and no document."""
    return entry.path.removeprefix(within).casefold() in MANIFEST_NAMES


def _asked_for(bundle: Bundle, source: Path, name: str, top: str) -> FoundManifest:
    on_disk = _on_disk(Path(name), source, top) if Path(name).is_file() else None
    try:
        in_bundle = _of_bundle(bundle, Directory(bundle.entries, top).get(name))
    except Invalid as error:
        if on_disk is None:
            raise not_usable("import_manifest_missing", name=shown(name)) from error
        return on_disk
    if on_disk is not None and on_disk.content != in_bundle.content:
        raise not_usable(
            "import_manifest_which", names=f"{shown(name)}, {shown(source.name)}/{in_bundle.name}"
        )
    return in_bundle


def _on_disk(path: Path, source: Path, top: str) -> FoundManifest:
    """Its names begin in its own folder when that lies in the source, which it then is no file of any more."""
    folder = os.path.relpath(os.path.realpath(path.parent), os.path.realpath(source))
    inside = source.is_dir() and folder.split(os.sep)[0] not in (os.curdir, os.pardir)
    within = f"{folder.replace(os.sep, '/')}/" if inside else top
    try:
        with path.open("rb") as opened:
            return FoundManifest(opened.read(MAX_BYTES + 1), shown(path.name), within)
    except OSError as error:
        raise not_usable("import_source_unreadable", name=shown(path.name)) from error


def _of_bundle(bundle: Bundle, entry: Entry) -> FoundManifest:
    if entry.fault:
        raise refused(entry.fault, name=shown(entry.path))
    if entry.size > MAX_BYTES:
        raise refused("manifest_too_large", limit=f"{MAX_BYTES // 1024**2} MiB")
    try:
        content = b"".join(bundle.read(entry))
    except Invalid as error:
        raise refused(error.fields[0].code, **error.fields[0].facts) from error
    folder = entry.path.rpartition("/")[0]
    return FoundManifest(content, shown(entry.path), f"{folder}/" if folder else "", entry)


def _only_folder(bundle: Bundle) -> str:
    """The folder that everything lies in, as when a folder was packed whole; else empty."""
    tops = {entry.path.partition("/")[0] if "/" in entry.path else "" for entry in bundle.entries}
    return f"{tops.pop()}/" if len(tops) == 1 and "" not in tops else ""
