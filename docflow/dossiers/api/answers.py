"""What the addresses of dossiers share."""

from typing import Any
from uuid import UUID

from litestar import Response
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.core.errors import NotFound
from docflow.dossiers.rendering import dossier_out
from docflow.web.etags import etag_of


async def dossier_answer(
    session: AsyncSession, actor: Actor, dossier_id: UUID, *, created: bool = False
) -> Response[Any]:
    """The dossier as it is now; 204 for somebody who has just given away the right to see it."""
    try:
        body = await dossier_out(session, actor, dossier_id)
    except NotFound:
        return Response(None, status_code=204)
    headers = {"ETag": etag_of(body.version)}
    if created:
        headers["Location"] = f"/api/v1/dossiers/{body.id}"
    return Response(body, status_code=201 if created else 200, headers=headers)
