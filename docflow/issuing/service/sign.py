"""Signing a manuscript: with a certificate, or on paper, whose scan the registry brings in.

Decree 30/2020/NĐ-CP, article 13: who is competent signs, or whoever they charged with it, who says so (KT., TUQ.).
"""

import io
from collections.abc import AsyncIterator
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.access.decision import Decision, allow, deny
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import require_version
from docflow.core.errors import invalid
from docflow.documents.models import Authority
from docflow.files.models import File
from docflow.files.service import FileStore, Received
from docflow.files.storing import store_file
from docflow.issuing.errors import NothingToSign
from docflow.issuing.models import Manuscript, ManuscriptState, ManuscriptVersion, VersionOrigin
from docflow.issuing.policy import decide
from docflow.issuing.queries.manuscripts import find_newest, get_manuscript
from docflow.issuing.schemas.issued import SignManuscript
from docflow.issuing.service.signing import sign_as_signer
from docflow.issuing.service.versions import add_version
from docflow.issuing.workflow import Move, next_state
from docflow.signatures.desk import SigningDesk

PDF = "application/pdf"
_SCANS = frozenset({PDF, "image/jpeg", "image/png", "image/tiff"})
"""What the scan of a signed paper can be: it becomes the issued document as it is."""
_CHARGED = frozenset({Authority.KT, Authority.TUQ})


class SignedManuscript(NamedTuple):
    """A manuscript that was signed, and the version that holds it."""

    manuscript: Manuscript
    version: ManuscriptVersion


async def sign(
    session: AsyncSession,
    actor: Actor,
    files: FileStore,
    desk: SigningDesk,
    manuscript_id: UUID,
    version: int,
    data: SignManuscript,
) -> SignedManuscript:
    """Sign the newest version, a PDF, with the actor's own certificate.

    Raises NotFound, NotAllowed, Stale, NothingToSign, what ``workflow`` says is in the way, and those of
    signing; then nothing is changed, and an object that was stored already is swept.
    """
    manuscript = await get_manuscript(session, actor, manuscript_id, lock=True)
    decide_signing(actor, manuscript).require()
    require_version(manuscript.version, version)
    state = next_state(manuscript.state, Move.SIGN)
    newest = await find_newest(session, manuscript.id)
    if newest is None or newest[1].media_type.partition(";")[0] != PDF:
        raise NothingToSign
    content = await content_of(files, newest[1])
    given = (data.credential_id, data.password)
    signed = await sign_as_signer(session, actor, desk, content, *given, manuscript.language)
    received = await store_bytes(files, signed, newest[1].filename)
    row = await add_version(
        session, actor, manuscript, received, origin=VersionOrigin.SIGNED, based_on=newest[0].number
    )
    manuscript.signed_by, manuscript.signed_on_paper = actor.person_id, False
    return await _signed(session, actor, manuscript, row, state, credential=str(data.credential_id))


async def sign_on_paper(
    session: AsyncSession, actor: Actor, manuscript_id: UUID, version: int, received: Received, note: str
) -> SignedManuscript:
    """Take in the scan of the paper that was signed by hand: the registry of the issuing unit. Raises as ``sign``."""
    manuscript = await get_manuscript(session, actor, manuscript_id, lock=True)
    decide(actor, Action.DOCUMENT_ISSUE, manuscript).require()
    require_version(manuscript.version, version)
    state = next_state(manuscript.state, Move.SIGN)
    if manuscript.signer_id is None:
        raise invalid("signer_id", "signer_missing")
    if received.media_type not in _SCANS:
        raise invalid("file", "scan_expected")
    newest = await find_newest(session, manuscript.id)
    row = await add_version(
        session,
        actor,
        manuscript,
        received,
        origin=VersionOrigin.SIGNED,
        note=note,
        based_on=newest[0].number if newest else None,
    )
    manuscript.signed_by, manuscript.signed_on_paper = manuscript.signer_id, True
    return await _signed(session, actor, manuscript, row, state, note=note)


def decide_signing(actor: Actor, manuscript: Manuscript) -> Decision:
    """May the actor sign? The signer, who is named; for KT. and TUQ. whoever stands in for them with the right to sign
    in the issuing unit."""
    if actor.person_id == manuscript.signer_id:
        return allow("named_as_signer")
    if (
        manuscript.signer_authority in _CHARGED
        and manuscript.signer_id in actor.persons
        and manuscript.issuing_unit_id in actor.units_for(Action.MANUSCRIPT_SIGN)
    ):
        return allow("stands_in_for_the_signer")
    return deny("only_the_signer_signs")


async def _signed(
    session: AsyncSession,
    actor: Actor,
    manuscript: Manuscript,
    row: ManuscriptVersion,
    state: ManuscriptState,
    **told: str,
) -> SignedManuscript:
    manuscript.state, manuscript.signed_at = state, clock.now()
    await session.flush()
    await audit.record(
        session,
        actor,
        Tag.MANUSCRIPT_SIGNED,
        "manuscript",
        manuscript.id,
        on_behalf_of=manuscript.issuing_unit_id,
        number=row.number,
        signed_by=str(manuscript.signed_by),
        on_paper=manuscript.signed_on_paper,
        **told,
    )
    return SignedManuscript(manuscript, row)


async def content_of(files: FileStore, file: File) -> bytes:
    """The bytes of a file, which a letter is small enough for."""
    return b"".join([piece async for piece in files.read(file)])


async def store_bytes(files: FileStore, content: bytes, filename: str) -> Received:
    """Bytes first, row second. Raises StoreDown."""

    async def pieces() -> AsyncIterator[bytes]:
        source = io.BytesIO(content)
        while piece := source.read(1024 * 1024):
            yield piece

    return await store_file(files, pieces(), filename, PDF)
