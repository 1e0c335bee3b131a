"""What the worker does for the trail."""

from docflow.audit import sealing
from docflow.core.db import Sessions


async def seal(sessions: Sessions) -> None:
    """Seal what was added since the last seal."""
    await sealing.seal(sessions)
