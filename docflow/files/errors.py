"""Facts of files that can go wrong."""

from docflow.core.errors import Invalid, NotFound, Unavailable


class FileMissing(Invalid):
    """The form came without its file."""

    code = "file_missing"


class FileEmpty(Invalid):
    """The file has no bytes."""

    code = "file_empty"


class StoreDown(Unavailable):
    """The object store does not answer."""

    code = "store_down"


class PreviewUnavailable(NotFound):
    """No page of the file can be shown as a picture. ``reason`` is ``not_drawn`` for a type that never is."""

    code = "preview_unavailable"


class PageMissing(NotFound):
    """The file has no such ``page``."""

    code = "page_missing"
