"""Mails that came to a registry, above all those that could not be read."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.core.paging import Page, page_of
from docflow.documents.api.answers import AnyRequest
from docflow.documents.draft_rendering import mail_out, mail_row
from docflow.documents.models import MailMessage, MailState
from docflow.documents.queries import drafts as queries
from docflow.documents.schemas.drafts import MailOut, MailRow, SettleMail
from docflow.documents.service.mailbox import settling
from docflow.files.downloads import download
from docflow.files.service import FileStore
from docflow.web.etags import etag_of

_READ = {"action": Action.DRAFT_READ}
_SETTLE = {"action": Action.DRAFT_SETTLE}


@get("/mails", opt=_READ)
async def list_mails(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    limit: NamedDependency[int],
    cursor: FromQuery[str | None] = None,
    mail_state: Annotated[MailState | None, QueryParameter(name="state")] = None,
) -> Page[MailRow]:
    """Mails to your registries: those set aside first, the oldest first; then the others, the newest first."""
    rows = await queries.list_mails(session, actor, state=mail_state, cursor=cursor, limit=limit)
    kept, following = page_of(rows, limit, queries.run_of)
    return Page([mail_row(row, actor) for row in kept], following)


@get("/mails/{mail_id:uuid}", opt=_READ)
async def get_mail(
    mail_id: FromPath[UUID], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Response[MailOut]:
    """What is known of a mail, and why it was set aside."""
    return await _answer(session, actor, await queries.get_mail(session, actor, mail_id))


@get("/mails/{mail_id:uuid}/content", opt={**_READ, "answers": "message/rfc822"})
async def download_mail(
    mail_id: FromPath[UUID],
    request: AnyRequest,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    file_store: NamedDependency[FileStore],
) -> Response[Any]:
    """The mail as it came, to be opened in a mail program. That you took it is recorded."""
    mail, file = await queries.get_mail_file(session, actor, mail_id)
    answer = await download(request, file_store, file)
    if answer.status_code != 304:
        await settling.note_mail_taken(session, actor, mail)
    return answer


@post("/mails/{mail_id:uuid}/settlement", opt=_SETTLE, status_code=200)
async def settle(
    mail_id: FromPath[UUID],
    data: JSONBody[SettleMail],
    version: NamedDependency[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> Response[MailOut]:
    """Say that a mail that was set aside has been dealt with."""
    mail = await settling.settle(session, actor, mail_id, version, data.note)
    return await _answer(session, actor, mail)


@post("/mails/{mail_id:uuid}/retry", opt=_SETTLE, status_code=202)
async def retry(
    mail_id: FromPath[UUID],
    version: NamedDependency[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> Response[MailOut]:
    """Have a mail that was set aside read once more, by the worker; fetched once more when it is not kept here."""
    mail = await settling.ask_again(session, actor, mail_id, version)
    return await _answer(session, actor, mail, status_code=202)


@post("/mails/fetch", opt=_SETTLE, status_code=202)
async def fetch(session: NamedDependency[AsyncSession]) -> None:
    """Have the registry's mailbox looked at now; a worker does so each minute by itself."""
    await settling.ask_to_fetch(session)


async def _answer(
    session: AsyncSession, actor: Actor, mail: MailMessage, *, status_code: int = 200
) -> Response[MailOut]:
    body = await mail_out(session, actor, mail)
    return Response(body, status_code=status_code, headers={"ETag": etag_of(mail.version)})


router = Router(
    "", route_handlers=[list_mails, get_mail, download_mail, settle, retry, fetch], tags=["drafts"]
)
