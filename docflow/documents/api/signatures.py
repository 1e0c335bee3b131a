"""The signatures inside the files of a document."""

from uuid import UUID

from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.documents import queries
from docflow.signatures.queries import checks_of
from docflow.signatures.rendering import file_signatures_out
from docflow.signatures.schemas import SignaturesOut, Verdict


@get("/documents/{document_id:uuid}/signatures", opt={"action": Action.DOCUMENT_READ})
async def list_signatures(
    document_id: FromPath[UUID], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> SignaturesOut:
    """Who signed each version of the document's files, when, and whether that holds."""
    await queries.get_document(session, actor, document_id)
    versions = await queries.list_files(session, document_id)
    checks, found = await checks_of(session, [file.id for _, file in versions])
    files = [
        file_signatures_out(
            actor.language, file, (one.annex, one.version), checks.get(file.id), found.get(file.id, [])
        )
        for one, file in versions
    ]
    return SignaturesOut(files[0].verdict if files else Verdict.UNSIGNED, files)


router = Router("", route_handlers=[list_signatures], tags=["signatures"])
