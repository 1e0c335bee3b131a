"""Reads one mail in a process that has given up almost everything (see ``docflow.files.warm``)."""

import mmap
import os
from hashlib import sha256

import msgspec

from docflow.documents.mail_reading.reading import read_headers, read_mail
from docflow.documents.mail_reading.source import Unreadable
from docflow.documents.mail_reading.terms import MailFault, MailLimits, MailSaid
from docflow.files.extract_child import contain, give_up_the_rest
from docflow.files.extract_terms import ExtractionLimits


def read(limits: ExtractionLimits, parent: int, *, fault: str = "") -> None:
    """The work of one child: the mail comes on standard input, what it says goes to standard output as JSON.

    ``fault``: only the headers are read, for a mail that is set aside for this reason anyhow.
    """
    contain(limits)
    source = mmap.mmap(0, 0, access=mmap.ACCESS_READ)
    give_up_the_rest(parent)
    said = msgspec.json.encode(said_by(source, MailFault(fault) if fault else None))
    while said:
        said = said[os.write(1, said) :]


def said_by(source: mmap.mmap | bytes, fault: MailFault | None = None) -> MailSaid:
    """What the mail says; whatever reading it stumbles over becomes its fault."""
    limits = MailLimits()
    try:
        return read_headers(source, fault, limits) if fault else read_mail(source, limits)
    except Unreadable as error:
        return said_by_nobody(source, fault or error.fault)
    except MemoryError:
        return said_by_nobody(source, fault or MailFault.TOO_COSTLY)
    except Exception:  # whatever a hostile mail makes the reader stumble over
        return said_by_nobody(source, fault or MailFault.BROKEN)


def said_by_nobody(source: mmap.mmap | bytes, fault: MailFault) -> MailSaid:
    """A mail of which nothing could be read but its bytes."""
    return MailSaid(
        content_key=sha256(source).digest(),
        message_id=None,
        sender="",
        sender_name="",
        subject="",
        sent_at=None,
        is_automatic=False,
        fault=fault,
    )
