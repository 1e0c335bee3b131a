"""A dossier as one ZIP: planned and checked first, then streamed document by document, proven by its manifest.

Words: a *plan* names every document and file that goes in; an *entry* is a file of the archive; the *manifest* lists
all entries with size and checksum. Layout: ``index.pdf`` (mục lục văn bản), a folder for each document in time order
with ``document.xml``, ``circulation.pdf`` and its files, ``document.xsd``, ``manifest.json``, ``manifest.sha256``.
"""
