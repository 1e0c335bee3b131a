"""Manifests: tables in CSV or XLSX that say what the documents of a folder or archive are, a row for each.

Pure: bytes go in, rows come out. Nothing in a table is executed, and what a program computed in it is not believed.
"""

from docflow.documents.manifests.columns import Column, columns_told
from docflow.documents.manifests.rows import Manifest, ManifestRow, read_manifest

__all__ = ["Column", "Manifest", "ManifestRow", "columns_told", "read_manifest"]
