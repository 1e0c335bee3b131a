"""Validating what is inside files, and again when whom the settings trust has changed."""

from contextlib import aclosing
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import delete, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.core.jobs import LAST, enqueue
from docflow.files.models import File
from docflow.files.presence import find_absent
from docflow.files.service import FileStore
from docflow.signatures.desk import SigningDesk
from docflow.signatures.models import CheckState, FileSignature, SignatureCheck
from docflow.signatures.terms import Judged, Unreadable
from docflow.signatures.trust import Trust

AT_ONCE = 200
_PDF = "application/pdf"


async def want_check(session: AsyncSession, file_id: UUID) -> None:
    """Have the signatures of a file validated after the caller's commit; nothing when that is under way or done."""
    statement = insert(SignatureCheck).values(file_id=file_id, state=CheckState.WAITING)
    new = await session.scalar(statement.on_conflict_do_nothing().returning(SignatureCheck.file_id))
    if new is not None:
        await enqueue(session, "signatures.check", file_id=str(file_id))


async def check(sessions: Sessions, files: FileStore, desk: SigningDesk, *, file_id: str) -> None:
    """Validate every signature of a file and keep what was found. Running it twice does no harm.

    No transaction is open while the child runs. A certificate is judged at the moment when the file came here: what
    was right then stays right when the certificate has ended.
    """
    async with sessions() as session:
        file = await session.get(File, UUID(file_id))
    if file is None or file.destroyed_at is not None:
        return
    trust = await desk.trust()
    judged = await _judged(files, desk, file, trust)
    async with transaction(sessions) as session:
        if await session.get(File, file.id, with_for_update={"read": True}) is not None:
            await keep_judged(session, file.id, judged, trust.sha256, clock.now())


async def _judged(files: FileStore, desk: SigningDesk, file: File, trust: Trust) -> Judged:
    if await find_absent(files, [(file.object_key, file.size)]) is not None:
        return Judged(unreadable=Unreadable.CRASHED)
    async with aclosing(files.read(file)) as source:
        return await desk.judge_stream(source, trust.material, file.stored_at)


async def keep_judged(
    session: AsyncSession, file_id: UUID, judged: Judged, trust_sha256: bytes, at: datetime
) -> None:
    """Replace what was known of the signatures of a file."""
    values = {
        "state": CheckState.FAILED if judged.unreadable else CheckState.CHECKED,
        "reason": judged.unreadable.value if judged.unreadable else None,
        "signature_count": len(judged.found),
        "checked_at": at,
        "trust_sha256": trust_sha256,
    }
    statement = insert(SignatureCheck).values(file_id=file_id, **values)
    await session.execute(statement.on_conflict_do_update(index_elements=["file_id"], set_=values))
    await session.execute(delete(FileSignature).where(FileSignature.file_id == file_id))
    if judged.found:
        rows = [
            {"file_id": file_id, "position": position, **_columns(found)}
            for position, found in enumerate(judged.found, start=1)
        ]
        await session.execute(insert(FileSignature), rows)


def _columns(found: msgspec.Struct) -> dict[str, object]:
    columns = msgspec.structs.asdict(found)
    columns["reasons"] = [reason.value for reason in columns["reasons"]]
    return columns


_NEVER_CHECKED = text(
    """
    SELECT id FROM file
    WHERE 'signed' = ANY (marks) AND media_type = :pdf AND destroyed_at IS NULL
      AND NOT EXISTS (SELECT 1 FROM signature_check WHERE file_id = file.id)
    ORDER BY id
    LIMIT :rows
    """
)
_LEFT_WAITING = text(
    """
    SELECT file_id FROM signature_check
    WHERE state = 'waiting' AND NOT EXISTS (
        SELECT 1 FROM procrastinate_jobs AS job
        WHERE job.task_name = 'signatures.check' AND job.status IN ('todo', 'doing')
          AND job.args ->> 'file_id' = signature_check.file_id::text
    )
    LIMIT :rows
    """
)
_OUTDATED = text(
    """
    SELECT file_id FROM signature_check
    WHERE state <> 'waiting' AND file_id > :after AND (
        trust_sha256 IS DISTINCT FROM :trust
        OR EXISTS (
            SELECT 1 FROM file_signature AS found
            WHERE found.file_id = signature_check.file_id AND found.trust <> 'revoked'
              AND (found.valid_to BETWEEN signature_check.checked_at AND :now
                   OR found.valid_from BETWEEN signature_check.checked_at AND :now)
        )
    )
    ORDER BY file_id
    LIMIT :rows
    """
)


async def catch_up(sessions: Sessions) -> int:
    """Have files checked that carry a signature and that nobody was told of, or whose job was given up."""
    async with transaction(sessions) as session:
        rows = {"rows": AT_ONCE}
        new = (await session.scalars(_NEVER_CHECKED, {**rows, "pdf": _PDF})).all()
        for file_id in new:
            await want_check(session, file_id)
        left = [id_ for id_ in (await session.scalars(_LEFT_WAITING, rows)).all() if id_ not in set(new)]
        for file_id in left:
            await enqueue(session, "signatures.check", file_id=str(file_id))
    return len(new) + len(left)


async def recheck(sessions: Sessions, desk: SigningDesk, *, after: str = str(UUID(int=0))) -> int:
    """Have files checked again that were judged by other roots than today's, or whose certificates began or ended
    meanwhile: AT_ONCE of them, then it queues itself for those ``after``. The old verdict stays until the new one."""
    trust = await desk.trust()
    values = {"trust": trust.sha256, "now": clock.now(), "after": UUID(after), "rows": AT_ONCE}
    async with transaction(sessions) as session:
        outdated = (await session.scalars(_OUTDATED, values)).all()
        for file_id in outdated:
            await enqueue(session, "signatures.check", priority=LAST, file_id=str(file_id))
        if len(outdated) == AT_ONCE:
            await enqueue(session, "signatures.recheck", priority=LAST, alone=True, after=str(outdated[-1]))
    return len(outdated)
