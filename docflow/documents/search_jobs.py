"""What the worker does for searches that people keep."""

from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.documents.service.searches import tell_next
from docflow.notifications.service import Postman


async def tell_searches(sessions: Sessions, postman: Postman) -> None:
    """Look for what came to every kept search; each in a transaction of its own. Running it twice does no harm."""
    before = clock.now()
    told = True
    while told:
        async with transaction(sessions) as session:
            told = await tell_next(session, postman, before)
