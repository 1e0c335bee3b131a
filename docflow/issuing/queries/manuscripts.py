"""Manuscripts, their versions and whoever works on them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.core.errors import NotFound
from docflow.files.models import File
from docflow.issuing.models import Manuscript, ManuscriptRecipient, ManuscriptStep, ManuscriptVersion
from docflow.issuing.policy import visible_to


async def get_manuscript(
    session: AsyncSession, actor: Actor, manuscript_id: UUID, *, lock: bool = False
) -> Manuscript:
    """A manuscript that the actor sees. Raises NotFound. ``lock`` until the end of the transaction.

    Everything about one manuscript is serialised by its row: whoever changes it, its versions or its steps locks it.
    """
    statement = select(Manuscript).where(Manuscript.id == manuscript_id, visible_to(actor))
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    manuscript = await session.scalar(statement)
    if manuscript is None:
        raise NotFound
    return manuscript


async def find_newest(session: AsyncSession, manuscript_id: UUID) -> tuple[ManuscriptVersion, File] | None:
    """The newest version and its file; the caller has checked that the actor sees the manuscript."""
    found = await session.execute(
        select(ManuscriptVersion, File)
        .join(File, File.id == ManuscriptVersion.file_id)
        .where(ManuscriptVersion.manuscript_id == manuscript_id)
        .order_by(ManuscriptVersion.number.desc())
        .limit(1)
    )
    row = found.one_or_none()
    return (row[0], row[1]) if row else None


async def get_version(
    session: AsyncSession, actor: Actor, manuscript_id: UUID, number: int
) -> tuple[ManuscriptVersion, File]:
    """A version of a manuscript that the actor sees, with its file. Raises NotFound."""
    found = await session.execute(
        select(ManuscriptVersion, File)
        .join(File, File.id == ManuscriptVersion.file_id)
        .join(Manuscript, Manuscript.id == ManuscriptVersion.manuscript_id)
        .where(Manuscript.id == manuscript_id, ManuscriptVersion.number == number, visible_to(actor))
    )
    row = found.one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


async def list_recipients(session: AsyncSession, manuscript_id: UUID) -> Sequence[ManuscriptRecipient]:
    """To whom it will be sent, in order; the caller has checked that the actor sees the manuscript."""
    found = await session.scalars(
        select(ManuscriptRecipient)
        .where(ManuscriptRecipient.manuscript_id == manuscript_id)
        .order_by(ManuscriptRecipient.position)
    )
    return found.all()


async def list_steps_of_round(session: AsyncSession, manuscript: Manuscript) -> Sequence[ManuscriptStep]:
    """The steps of its present round, in order, as they are in the database now."""
    found = await session.scalars(
        select(ManuscriptStep)
        .where(ManuscriptStep.manuscript_id == manuscript.id, ManuscriptStep.round == manuscript.round)
        .order_by(ManuscriptStep.position, ManuscriptStep.id)
        .execution_options(populate_existing=True)
    )
    return found.all()
