"""What the worker does for notifications."""

from contextlib import aclosing

from docflow.core.db import Sessions, transaction
from docflow.notifications import service
from docflow.notifications.smtp import SmtpTransport


async def deliver(sessions: Sessions, mail: SmtpTransport, sender: str) -> None:
    """Send every due letter. Each one's fate is committed as soon as the server has answered for it.

    A crash between the server's answer and that commit sends the letter again with the same Message-ID: mail
    cannot be delivered exactly once, only recognised.
    """
    while True:
        async with transaction(sessions) as session:
            envelopes = await service.take_due(session, sender)
        if not envelopes:
            return
        async with aclosing(mail.deliver(envelopes)) as deliveries:
            async for delivery in deliveries:
                async with transaction(sessions) as session:
                    await service.note_delivery(session, delivery)
