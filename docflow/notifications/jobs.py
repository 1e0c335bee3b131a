"""What the worker does for notifications."""

from contextlib import aclosing

import structlog

from docflow.core.db import Sessions, transaction
from docflow.notifications import service
from docflow.notifications.smtp import Outcome, SmtpTransport

log = structlog.get_logger("docflow.notifications")


async def deliver(sessions: Sessions, mail: SmtpTransport, sender: str) -> None:
    """Send every due letter. Each one's fate is committed as soon as the server has answered for it.

    A crash between the server's answer and that commit sends the letter again with the same Message-ID: mail
    cannot be delivered exactly once, only recognised. Ends early when the server is not to be had: the clock
    comes back to it.
    """
    within = service.HANDED_OVER_WITHIN.total_seconds()
    while True:
        async with transaction(sessions) as session:
            envelopes = await service.take_due(session, sender)
        if not envelopes:
            return
        outcomes, detail = set[Outcome](), ""
        async with aclosing(mail.deliver(envelopes, within=within)) as deliveries:
            async for delivery in deliveries:
                outcomes.add(delivery.outcome)
                detail = delivery.detail
                async with transaction(sessions) as session:
                    await service.note_delivery(session, delivery)
        if Outcome.NOT_TRIED in outcomes and Outcome.SENT not in outcomes:
            log.warning("mail_server_unavailable", detail=detail)
            return
