"""Facts of files that can go wrong."""

from docflow.core.clock import LOCAL_ZONE
from docflow.core.errors import Gone, Invalid, NotFound, Unavailable
from docflow.files.models import File


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


class FileDestroyed(Gone):
    """The file was destroyed at the end of its retention, ``destroyed_on`` a day, by a ``disposal``."""

    code = "file_destroyed"


def require_there(file: File) -> None:
    """Raise FileDestroyed for one that was."""
    if file.destroyed_at is not None:
        day = file.destroyed_at.astimezone(LOCAL_ZONE).date()
        raise FileDestroyed(destroyed_on=day.isoformat(), disposal=str(file.destroyed_by))
