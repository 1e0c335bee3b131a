"""Telling the sender of a mail that it arrived, the same day (domain §1.5)."""

import re

from sqlalchemy.ext.asyncio import AsyncSession

from docflow.accounts.models import Unit
from docflow.core.clock import LOCAL_ZONE
from docflow.core.messages import Language
from docflow.documents.models import Document, MailMessage
from docflow.documents.numbering import number_text
from docflow.notifications.mail import MailAddressNotValid, Mailbox, checked_address
from docflow.notifications.service import Draft, Postman

_ID = re.compile(r"<[!-;=?-~]{1,400}>")
"""What can stand in a header of ours; anything else of a stranger's cannot."""


async def tell(session: AsyncSession, postman: Postman, mail: MailMessage, document: Document) -> bool:
    """A letter to whoever sent the mail, with the arrival number; whether one was written.

    None to a program or a list (RFC 3834, 2), to ourselves, or to what is no address. A person has looked at the mail and
    registered it, so a forged sender is not written to by somebody's program alone.
    """
    if mail.is_automatic or mail.sender.lower() == postman.sender.address.lower():
        return False
    try:
        address = checked_address(mail.sender)
    except MailAddressNotValid:
        return False
    unit = await session.get_one(Unit, document.unit_id)
    language = Language.EN if document.language == Language.EN else Language.VI
    facts = {
        "recipient_name": mail.sender_name or address,
        "unit_name": unit.name_en if language is Language.EN else unit.name_vi,
        "arrival_number": number_text(document.register_number, document.register_suffix),
        "year": document.registered_at.astimezone(LOCAL_ZONE).year,
        "arrived_on": document.arrived_on,
        "symbol": document.symbol,
        "issued_on": document.issued_on,
        "subject": document.subject,
        "mail_subject": mail.subject or None,
    }
    replied = mail.message_id if mail.message_id and _ID.fullmatch(mail.message_id) else None
    letter = Draft(
        effect=f"mail/{mail.id}/arrived",
        thread=f"mail/{mail.id}",
        to=Mailbox(address, mail.sender_name),
        words=postman.words("documents/arrived", language, facts),
        about=("document", document.id),
        headers={"In-Reply-To": replied, "References": replied} if replied else None,
    )
    await postman.post(session, [letter])
    return True
