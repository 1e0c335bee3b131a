"""Facts that can go wrong with dossiers."""

from docflow.core.errors import Conflict, DocflowError, Invalid


class HeadingTaken(Conflict):
    """The list of the unit for this year has the code already."""

    code = "heading_taken"


class HeadingWithdrawn(Conflict):
    """No dossier is opened under a heading that was withdrawn."""

    code = "heading_withdrawn"


class ListNotUsable(Invalid):
    """The table of a year's list cannot be read as a whole; nothing was changed."""

    code = "list_not_usable"


class DossierCodeTaken(Conflict):
    """Another dossier of the unit and year got the code first; nothing was changed."""

    code = "dossier_code_taken"


class DossierNotOpen(Conflict):
    """A dossier that was closed takes and gives no document."""

    code = "dossier_not_open"


class DossierNotClosed(Conflict):
    """Only a closed dossier is reopened or handed over."""

    code = "dossier_not_closed"


class DossierHandedOver(Conflict):
    """It is in the archive: first the archivist has to return it."""

    code = "dossier_handed_over"


class DossierNotHandedOver(Conflict):
    """It is not in the archive."""

    code = "dossier_not_handed_over"


class DossierProposed(Conflict):
    """It was offered to the archive, which has not decided yet."""

    code = "dossier_proposed"


class DossierNotProposed(Conflict):
    """It was not offered to the archive."""

    code = "dossier_not_proposed"


class WorkOpen(Conflict):
    """Documents of the dossier still wait with somebody. ``documents`` names the first that the asker sees; the request
    repeated with ``confirm`` closes all the same."""

    code = "dossier_work_open"


class ExportIncomplete(Conflict):
    """A file that belongs into the export is not in the store; ``document`` and ``file`` say which. Nothing was sent."""

    code = "dossier_export_incomplete"


CONSTRAINTS: dict[str, type[DocflowError]] = {
    "uq_dossier_heading_unit_id_year_code": HeadingTaken,
    "uq_dossier_unit_id_year_code": DossierCodeTaken,
}
