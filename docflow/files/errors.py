"""Facts of files that can go wrong."""

from docflow.core.errors import Invalid, Unavailable


class FileMissing(Invalid):
    """The form came without its file."""

    code = "file_missing"


class FileEmpty(Invalid):
    """The file has no bytes."""

    code = "file_empty"


class StoreDown(Unavailable):
    """The object store does not answer."""

    code = "store_down"
