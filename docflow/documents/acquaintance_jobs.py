"""What the worker does for acquaintance lists."""

from docflow.core.db import Sessions, transaction
from docflow.documents.service.acquainting import AT_ONCE, list_due, remind
from docflow.notifications.service import Postman


async def remind_unread(sessions: Sessions, postman: Postman) -> None:
    """Remind whoever has not read what they are to read, on the working day before the last one, and after it.

    Once each, however often this runs: what says that somebody was reminded is the letter itself.
    """
    async with sessions() as session:
        due = await list_due(session)
    for acquaintance_id, turn in due:
        written = AT_ONCE
        while written == AT_ONCE:
            async with transaction(sessions) as session:
                written = await remind(session, postman, acquaintance_id, turn)
