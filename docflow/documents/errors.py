"""Facts of documents that can go wrong."""

from docflow.core.errors import Conflict, DocflowError, Invalid, TooMany


class DuplicateSuspected(Conflict):
    """The same number, symbol and issuer, or the same bytes, are registered already (domain §1.5).

    ``duplicates`` names the first ones; the request repeated with ``confirm_duplicate`` registers all the same.
    """

    code = "duplicate_suspected"


class IssuedNeverEdited(Conflict):
    """An issued document is corrected, replaced or recalled by another one, never edited (domain §1.2)."""

    code = "issued_never_edited"


class DocumentDestroyed(Conflict):
    """Its files were destroyed at the end of their term: nothing is added to it, and no copy of it can be sent."""

    code = "files_are_destroyed"


class NumberAlreadyTaken(Conflict):
    """The register has this number; the database's last word."""

    code = "number_already_taken"


class NothingToAcknowledge(Conflict):
    """No receipt of the actor or their units waits."""

    code = "nothing_to_acknowledge"


class ReceiptCompleted(Conflict):
    """The receipt is completed; nothing follows (domain §1.5)."""

    code = "receipt_completed"


class ReceiptClosed(Conflict):
    """The receipt was closed with the work that it belonged to."""

    code = "receipt_closed"


class ReceiptReturned(Conflict):
    """The receipt was returned, which is final: the document has to be given anew."""

    code = "receipt_returned"


class ReceiptRecalled(Conflict):
    """Whoever gave the document took it back."""

    code = "receipt_recalled"


class InformationNotReturned(Conflict):
    """What was given for information is not returned (domain §1.5)."""

    code = "information_not_returned"


class ReplyMissing(Conflict):
    """The receipt requires a reply, and is not completed without the document that replies (domain §1.5)."""

    code = "reply_missing"


class WithOthers(Conflict):
    """``count`` others still act on what was passed on to them: they finish first, or it is recalled from them."""

    code = "with_others"


class CycleOfForwards(Conflict):
    """The document came from ``name``, who has it open: it is returned to them, not passed on."""

    code = "cycle_of_forwards"


class NotToOneself(Conflict):
    """A receipt is not passed on to whoever holds it."""

    code = "not_to_oneself"


class EverybodyHasIt(Conflict):
    """Everybody named has the document open in this role already."""

    code = "everybody_has_it"


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


class NumberNotReserved(Conflict):
    """The number was not reserved in the book that covers the document."""

    code = "number_not_reserved"


class NumberVoided(Conflict):
    """The number is void: it stays in the register, struck through, and is given to nobody any more."""

    code = "number_voided"


class RegisterClosed(Conflict):
    """The book is closed: no number in it is given, reserved, used or voided."""

    code = "register_closed"


class RegisterNotOfToday(Conflict):
    """Today does not lie in the book's period; numbers are never given for another day."""

    code = "register_not_of_today"


class RegisterBusy(Conflict):
    """Other writers changed the register again and again meanwhile; nothing was changed."""

    code = "register_busy"


class TermOver(Conflict):
    """The book of the term has ended, and the next term's is not configured."""

    code = "term_over"


class BookOverlaps(Conflict):
    """Another book of the unit covers the same kind, or everything else, on the same days."""

    code = "book_overlaps"


class KindNumberedAlready(Conflict):
    """Documents of the kind have numbers in the unit's general book of that time: its series would begin twice."""

    code = "kind_numbered_already"


class RegisterInUse(Conflict):
    """Numbers were given in this book: only its title can change."""

    code = "register_in_use"


class RegisterStillRuns(Conflict):
    """A year's book is closed when the year is over (domain §1.2), unless its unit is no more."""

    code = "register_still_runs"


class ReservationsOpen(Conflict):
    """Reserved numbers wait: each is used or voided before the book is closed."""

    code = "reservations_open"


class DocumentVoided(Conflict):
    """The document's number was voided: it stays readable, and nothing is begun with it any more."""

    code = "document_voided"


class StubHasNoFiles(Conflict):
    """A state secret is a stub in the register; its files may not be stored in a networked system."""

    code = "stub_has_no_files"


class StubNotGivenOn(Conflict):
    """A state secret is handed over outside this system."""

    code = "stub_not_given_on"


class DraftClosed(Conflict):
    """The draft was registered or discarded already."""

    code = "draft_closed"


class DraftEmpty(Conflict):
    """The draft has no file that could be registered."""

    code = "draft_empty"


class MailNotSetAside(Conflict):
    """Only a mail that was set aside is settled or read again."""

    code = "mail_not_set_aside"


class MailboxUnitNotKnown(Conflict):
    """The unit that shall get the mails of the mailbox is unknown or has ended."""

    code = "mailbox_unit_not_known"


class SearchNameTaken(Conflict):
    """The person keeps a search with this name already."""

    code = "search_name_taken"


class TooManySearches(Conflict):
    """The person keeps as many searches as anybody may."""

    code = "too_many_searches"


class SearchNotUnderstood(Conflict):
    """A kept search holds what lists no longer know; it is to be kept anew."""

    code = "search_not_understood"


class ExportUnderWay(TooMany):
    """The person's last export is not done."""

    code = "export_under_way"


class WouldWiden(Conflict):
    """The change lets more people see it: ``people`` names the first, ``count`` says how many in all.

    Repeated with ``confirmation`` it is done, as long as it still lets see the same people.
    """

    code = "would_widen"


class UnitHoldsReceipt(Conflict):
    """The registering unit itself holds a receipt that stands: recall it before the document is for people alone."""

    code = "unit_holds_receipt"


class CommentWithdrawn(Conflict):
    """The comment was withdrawn already."""

    code = "comment_withdrawn"


CONSTRAINTS: dict[str, type[DocflowError]] = {
    "uq_document_register_number": NumberAlreadyTaken,
    "pk_register_entry": NumberAlreadyTaken,
    "uq_receipt_open": EverybodyHasIt,
    "uq_register_book": BookOverlaps,
    "pk_document_kind": KindCodeTaken,
    "uq_document_kind_symbol": KindCodeTaken,
    "uq_saved_search_person_id_name": SearchNameTaken,
}
