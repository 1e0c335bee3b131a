"""Bundles: a folder or a ZIP archive of documents that somebody hands over to be imported.

Hostile until shown otherwise: nothing outside a bundle is reached through it, and nothing of it is unpacked to disk.
"""

import zipfile
from collections.abc import Collection
from pathlib import Path

from docflow.documents.bundles.archive import Archive
from docflow.documents.bundles.entries import Bundle, Entry, not_usable
from docflow.documents.bundles.folder import Folder
from docflow.documents.bundles.names import Directory

__all__ = ["Archive", "Bundle", "Directory", "Entry", "Folder", "open_bundle"]


def open_bundle(source: Path, *, but: Collection[Path] = ()) -> Bundle:
    """The folder or ZIP archive at ``source``, without the files ``but``. Raises SourceNotUsable."""
    if source.is_dir():
        return Folder(source, but=but)
    if not source.is_file():
        raise not_usable("import_source_missing", name=source.name)
    if not zipfile.is_zipfile(source):
        raise not_usable("import_source_no_zip", name=source.name)
    return Archive(source)
