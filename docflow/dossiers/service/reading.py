"""Opening a dossier to read it."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.dossiers.models import Dossier
from docflow.dossiers.queries.dossiers import get_dossier


async def read_dossier(session: AsyncSession, actor: Actor, dossier_id: UUID) -> Dossier:
    """Record that the actor read the dossier. Raises NotFound."""
    dossier = await get_dossier(session, actor, dossier_id)
    await audit.record(session, actor, Tag.DOSSIER_READ, "dossier", dossier.id)
    return dossier
