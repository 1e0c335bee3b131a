"""Registering: incoming, outgoing and internal documents with their file, and stubs of state secrets without."""

from litestar import Response, Router, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.documents.api.answers import FORM, filed_answer
from docflow.documents.models import Direction
from docflow.documents.schemas import DocumentOut, IssueOutgoing, RegisterIncoming, RegisterStub
from docflow.documents.service import intake, stubs
from docflow.files.uploads import Uploads


@post(
    "/documents/incoming",
    opt={"action": Action.DOCUMENT_REGISTER, "form": RegisterIncoming, **FORM},
    request_max_body_size=None,
)
async def register_incoming(
    uploads: NamedDependency[Uploads], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Response[DocumentOut]:
    """Register an incoming document with its file; the answer holds its arrival number."""
    data, received = await uploads.receive(RegisterIncoming)
    filed = await intake.file_incoming(session, actor, data, (received,))
    return await filed_answer(session, actor, filed)


@post(
    "/documents/outgoing",
    opt={"action": Action.DOCUMENT_REGISTER, "form": IssueOutgoing, **FORM},
    request_max_body_size=None,
)
async def issue_outgoing(
    uploads: NamedDependency[Uploads], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Response[DocumentOut]:
    """Register an outgoing document with its file; number, symbol and date are given here."""
    data, received = await uploads.receive(IssueOutgoing)
    filed = await intake.enter_issued(session, actor, data, Direction.OUTGOING, (received,))
    return await filed_answer(session, actor, filed)


@post(
    "/documents/internal",
    opt={"action": Action.DOCUMENT_REGISTER, "form": IssueOutgoing, **FORM},
    request_max_body_size=None,
)
async def issue_internal(
    uploads: NamedDependency[Uploads], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Response[DocumentOut]:
    """Register a document that the unit issues for itself, in a series of its own; as an outgoing one."""
    data, received = await uploads.receive(IssueOutgoing)
    filed = await intake.enter_issued(session, actor, data, Direction.INTERNAL, (received,))
    return await filed_answer(session, actor, filed)


@post("/documents/stubs", opt={"action": Action.DOCUMENT_REGISTER})
async def register_stub(
    data: JSONBody[RegisterStub], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Response[DocumentOut]:
    """Enter a state secret into the unit's secret series, if you are cleared for it; no file of it is kept."""
    return await filed_answer(session, actor, await stubs.file_stub(session, actor, data))


router = Router(
    "",
    route_handlers=[register_incoming, issue_outgoing, issue_internal, register_stub],
    tags=["documents"],
)
