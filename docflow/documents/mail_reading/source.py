"""The bytes of a mail, and what ends its reading."""

from mmap import mmap

from docflow.documents.mail_reading.terms import MailFault

Bytes = bytes | mmap
"""A mail whole: mapped from its file, so that it is never held in memory as a copy."""


class Unreadable(Exception):
    """The mail is not read further, for this reason."""

    def __init__(self, fault: MailFault) -> None:
        super().__init__(fault.value)
        self.fault = fault
