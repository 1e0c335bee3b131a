"""Facts of prints that can go wrong."""

from docflow.core.errors import Conflict, TooMany


class BookNotIncoming(Conflict):
    """Only what came in is followed up."""

    code = "book_not_incoming"


class PrintUnderWay(TooMany):
    """Another print of the same person is being made."""

    code = "print_under_way"
