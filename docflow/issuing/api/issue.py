"""Signing a manuscript, giving it number and date, and what documents do to earlier ones."""

from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.documents import queries as documents
from docflow.documents.api.answers import FORM
from docflow.documents.rendering import document_row
from docflow.files.uploads import Uploads
from docflow.issuing.issued_rendering import successions_out
from docflow.issuing.queries.issued import find_ending, list_earlier, list_later
from docflow.issuing.schemas.issued import (
    IssuedOut,
    IssueIn,
    PaperSignature,
    SignedOut,
    SignManuscript,
    SuccessionsOut,
)
from docflow.issuing.service import issue as issuing
from docflow.issuing.service import sign as signing
from docflow.issuing.service.issue import Desk
from docflow.web.etags import etag_of


def _signed(done: signing.SignedManuscript) -> Response[SignedOut]:
    manuscript, row = done
    out = SignedOut(
        manuscript_id=manuscript.id,
        number=row.number,
        signed_by=manuscript.signed_by or row.made_by,
        signed_at=manuscript.signed_at or row.made_at,
        on_paper=manuscript.signed_on_paper,
        version=manuscript.version,
    )
    place = f"/api/v1/manuscripts/{manuscript.id}"
    return Response(out, status_code=201, headers={"Location": place, "ETag": etag_of(manuscript.version)})


@post("/manuscripts/{manuscript_id:uuid}/signature", opt={"action": Action.MANUSCRIPT_SIGN})
async def sign(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    desk: NamedDependency[Desk],
    manuscript_id: FromPath[UUID],
    version: NamedDependency[int],
    data: JSONBody[SignManuscript],
) -> Response[SignedOut]:
    """Sign the newest version with your own certificate; the passphrase is used once and kept nowhere."""
    parts = (desk.files, desk.signing)
    return _signed(await signing.sign(session, actor, *parts, manuscript_id, version, data))


@post(
    "/manuscripts/{manuscript_id:uuid}/paper-signature",
    opt={"action": Action.DOCUMENT_ISSUE, "form": PaperSignature, **FORM},
    request_max_body_size=None,
)
async def sign_on_paper(
    uploads: NamedDependency[Uploads],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    manuscript_id: FromPath[UUID],
    version: NamedDependency[int],
) -> Response[SignedOut]:
    """Bring in the scan of the paper that was signed by hand."""
    data, received = await uploads.receive(PaperSignature)
    return _signed(await signing.sign_on_paper(session, actor, manuscript_id, version, received, data.note))


@post("/manuscripts/{manuscript_id:uuid}/issue", opt={"action": Action.DOCUMENT_ISSUE})
async def issue(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    desk: NamedDependency[Desk],
    manuscript_id: FromPath[UUID],
    version: NamedDependency[int],
    data: JSONBody[IssueIn],
) -> Response[IssuedOut]:
    """Give number and date, seal it with the office's certificate where one is named, and send it."""
    document = await issuing.issue(session, actor, desk, manuscript_id, version, data)
    out = IssuedOut(manuscript_id=manuscript_id, document=document_row(document))
    return Response(out, status_code=201, headers={"Location": f"/api/v1/documents/{document.id}"})


@get("/documents/{document_id:uuid}/succession", opt={"action": Action.DOCUMENT_READ})
async def get_succession(
    session: NamedDependency[AsyncSession], actor: NamedDependency[Actor], document_id: FromPath[UUID]
) -> SuccessionsOut:
    """Which documents correct, replace or recall this one, and which it did that to, as far as you see them."""
    document = await documents.get_document(session, actor, document_id)
    ended = await find_ending(session, document.id)
    later = await list_later(session, actor, document.id)
    return successions_out(document.id, ended, later, await list_earlier(session, actor, document.id))


router = Router("", route_handlers=[sign, sign_on_paper, issue, get_succession], tags=["issuing"])
