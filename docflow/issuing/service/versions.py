"""Adding versions of a manuscript's text. All of them stay, and no version is the same bytes as the one before."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.accounts.models import Person
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.errors import invalid
from docflow.core.jobs import enqueue
from docflow.files.models import File
from docflow.files.service import Received, add_file
from docflow.issuing.errors import NewerVersionThere, TextNotChanged
from docflow.issuing.models import Manuscript, ManuscriptVersion, VersionOrigin
from docflow.issuing.policy import decide
from docflow.issuing.queries.manuscripts import find_newest, get_manuscript
from docflow.issuing.schemas.manuscript_versions import AddVersion
from docflow.issuing.service.working_copies import require_free
from docflow.issuing.workflow import Move, next_state


async def upload_version(
    session: AsyncSession, actor: Actor, manuscript_id: UUID, data: AddVersion, received: Received
) -> ManuscriptVersion:
    """Add an uploaded text. Whoever has the working copy returns it by this.

    Raises NotFound, NotAllowed, CheckedOutBySomebody, NewerVersionThere, TextNotChanged, Invalid for a version that it
    cannot be based on, and what ``workflow`` says is in the way.
    """
    manuscript = await get_manuscript(session, actor, manuscript_id, lock=True)
    decide(actor, Action.MANUSCRIPT_WRITE, manuscript).require()
    next_state(manuscript.state, Move.EDIT)
    return await add_version(
        session,
        actor,
        manuscript,
        received,
        origin=VersionOrigin.UPLOADED,
        note=data.note,
        based_on=data.based_on,
        newest=data.newest,
    )


async def add_version(
    session: AsyncSession,
    actor: Actor,
    manuscript: Manuscript,
    paper: Received | File,
    *,
    origin: VersionOrigin,
    note: str = "",
    based_on: int | None = None,
    newest: int | None = None,
) -> ManuscriptVersion:
    """Add a version to a manuscript that is locked, for verbs that have decided who may do it in this state.

    ``paper`` is a stored object or, when its row was written already, its file. ``based_on`` is the version that it was
    made from: with a newer one there, which ``newest`` does not name, nothing is lost without being looked at. A signed
    text is always made from the newest. Raises CheckedOutBySomebody, NewerVersionThere, TextNotChanged, Invalid.
    """
    copy = await require_free(session, actor, manuscript.id)
    before = await find_newest(session, manuscript.id)
    number = before[0].number if before else 0
    if based_on is not None and based_on > number:
        raise invalid("based_on", "version_not_there", newest=number)
    if before is not None:
        await _require_known(session, before[0], based_on, newest)
        if before[1].sha256 == paper.sha256:
            raise TextNotChanged(number=number)
    if copy is not None:
        await session.delete(copy)
    file = paper if isinstance(paper, File) else await add_file(session, actor, paper)
    version = ManuscriptVersion(
        manuscript_id=manuscript.id,
        number=number + 1,
        file_id=file.id,
        origin=origin,
        base_number=based_on,
        made_by=actor.person_id,
        made_at=clock.now(),
        note=note,
    )
    session.add(version)
    await session.flush()
    await _record(session, actor, version, file, returned=copy is not None)
    return version


async def _record(
    session: AsyncSession, actor: Actor, version: ManuscriptVersion, file: File, *, returned: bool
) -> None:
    """Have it read, and tell of it in the trail."""
    of = str(version.manuscript_id)
    await enqueue(session, "issuing.read_version", manuscript_id=of, number=version.number)
    await audit.record(
        session,
        actor,
        Tag.MANUSCRIPT_VERSION_ADDED,
        "manuscript",
        version.manuscript_id,
        number=version.number,
        file=file.filename,
        file_id=str(file.id),
        sha256=file.sha256.hex(),
        origin=version.origin.value,
        based_on=version.base_number,
        note=version.note,
        returned=returned,
    )


async def _require_known(
    session: AsyncSession, there: ManuscriptVersion, based_on: int | None, newest: int | None
) -> None:
    """What is added was made from the newest version, or its author says which one is left aside."""
    if there.number in (based_on, newest):
        return
    maker = await session.get_one(Person, there.made_by)
    raise NewerVersionThere(number=there.number, name=maker.full_name)
