"""Facts of documents that can go wrong."""

from docflow.core.errors import Conflict, DocflowError, Invalid


class DuplicateSuspected(Conflict):
    """The same number, symbol and issuer, or the same bytes, are registered already (domain §1.5).

    ``duplicates`` names the first ones; the request repeated with ``confirm_duplicate`` registers all the same.
    """

    code = "duplicate_suspected"


class IssuedNeverEdited(Conflict):
    """An issued document is corrected, replaced or recalled by another one, never edited (domain §1.2)."""

    code = "issued_never_edited"


class NumberAlreadyTaken(Conflict):
    """The register has this number; the database's last word."""

    code = "number_already_taken"


class NothingToAcknowledge(Conflict):
    """No receipt of the actor or their units waits."""

    code = "nothing_to_acknowledge"


class KindCodeTaken(Conflict):
    """There is a kind with this code or symbol."""

    code = "kind_code_taken"


class ManifestNotUsable(Invalid):
    """The manifest of an import cannot be understood as a whole; nothing was imported."""

    code = "manifest_not_usable"


class SourceNotUsable(Invalid):
    """The folder or archive of an import cannot be used as a whole; nothing was imported."""

    code = "source_not_usable"


class ImportNotPossible(Invalid):
    """An import cannot be begun or gone on with in the name of this person."""

    code = "import_not_possible"


class RowImported(Conflict):
    """The row was imported before, as ``number``: the same import twice changes nothing."""

    code = "row_imported"


CONSTRAINTS: dict[str, type[DocflowError]] = {
    "uq_document_register_number": NumberAlreadyTaken,
    "pk_register_entry": NumberAlreadyTaken,
    "pk_document_kind": KindCodeTaken,
    "uq_document_kind_symbol": KindCodeTaken,
}
