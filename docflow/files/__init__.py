"""Files: metadata and checksums of stored bytes, their text; the only caller of ``storage``.

Words: a *file* is one immutable stored object and what is known of it; a new version is a new file.
Knows nothing of documents: whoever owns a file decides who may see it.
"""
