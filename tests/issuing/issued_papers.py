"""Manuscripts that wait to be signed or issued, made without the way that leads there, and what the tests look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import select, text

from docflow.accounts.models import Person, Principal, Unit
from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.files.models import File
from docflow.files.service import FileStore
from docflow.issuing.letters import LetterFacts, Signer, make_pdf
from docflow.issuing.models import (
    Manuscript,
    ManuscriptRecipient,
    ManuscriptState,
    ManuscriptVersion,
    RecipientRole,
    VersionOrigin,
)
from docflow.issuing.service.sign import store_bytes

MANUSCRIPTS = "/api/v1/manuscripts"
DOCUMENTS = "/api/v1/documents"


@dataclass(frozen=True)
class To:
    """A recipient: the username of a person, the symbol of a unit, an address outside, or a name on paper."""

    name: str
    person: str = ""
    unit: str = ""
    email: str = ""
    by_link: bool = False
    role: RecipientRole = RecipientRole.ACT


def letter(subject: str = "Về việc báo cáo kết quả rà soát") -> bytes:
    """A report of a department as it is before it has its number."""
    facts = LetterFacts(
        kind_code="report",
        kind_name="Báo cáo",
        issuer="Sở Nội vụ",
        after_number="/BC-SNV",
        place="Hà Tiên",
        subject=subject,
        text="Sở Nội vụ báo cáo kết quả như sau.",
        signer=Signer(post="Giám đốc", name="Người Ký"),
    )
    return make_pdf(facts).content


async def manuscript(
    sessions: Sessions,
    files: FileStore,
    *,
    to: Sequence[To] = (),
    state: ManuscriptState = ManuscriptState.SIGNED,
    content: bytes | None = None,
    unit: str = "SNV",
    signer: str = "nguyetdtm",
    **facts: Any,
) -> UUID:
    """A manuscript of the department of home affairs: approved, or signed as somebody signed it elsewhere."""
    stored = await store_bytes(files, content or letter(), "bao-cao.pdf")
    async with transaction(sessions) as session:
        people = {one.username: one for one in await session.scalars(select(Person))}
        units = {one.symbol: one for one in await session.scalars(select(Unit))}
        principals = {
            one.person_id or one.unit_id: one.no for one in await session.scalars(select(Principal))
        }
        own, author = units[unit], people["maihtx"]
        made = Manuscript(
            unit_id=own.id,
            issuing_unit_id=own.id,
            author_id=author.id,
            kind_code="report",
            subject="Kết quả rà soát Chỉ số cải cách hành chính",
            signer_id=people[signer].id,
            signer_post="Giám đốc",
            readers=sorted(principals[people[name].id] for name in ("maihtx", signer)),
            collaborators=[],
            seats=[f"{own.no}:registry_clerk"],
            state=state,
            begun_at=clock.now(),
            approved_at=clock.now(),
            signed_at=clock.now() if state is ManuscriptState.SIGNED else None,
            signed_by=people[signer].id if state is ManuscriptState.SIGNED else None,
            round=1,
            **facts,
        )
        file = File(
            object_key=stored.object_key,
            filename=stored.filename,
            media_type=stored.media_type,
            size=stored.size,
            sha256=stored.sha256,
            stored_at=clock.now(),
            stored_by=author.id,
        )
        session.add_all([made, file])
        await session.flush()
        version = ManuscriptVersion(
            manuscript_id=made.id,
            number=1,
            file_id=file.id,
            origin=VersionOrigin.TEMPLATE,
            made_by=author.id,
            made_at=clock.now(),
        )
        session.add(version)
        for position, one in enumerate(to, 1):
            inside = people[one.person].id if one.person else units[one.unit].id if one.unit else None
            session.add(
                ManuscriptRecipient(
                    manuscript_id=made.id,
                    position=position,
                    role=one.role,
                    principal_no=principals[inside] if inside else None,
                    name=one.name,
                    email=one.email or None,
                    by_link=one.by_link,
                )
            )
        await session.flush()
        return made.id


async def version_of(sessions: Sessions, manuscript_id: UUID) -> dict[str, str]:
    """The header of somebody who has just read the manuscript."""
    async with sessions() as session:
        found = await session.scalar(select(Manuscript.version).where(Manuscript.id == manuscript_id))
        return {"If-Match": f'"{found}"'}


async def issue(
    clerk: httpx.AsyncClient, sessions: Sessions, manuscript_id: UUID, **body: Any
) -> dict[str, Any]:
    """Issue it over the API; the document's row."""
    headers = await version_of(sessions, manuscript_id)
    answer = await clerk.post(f"{MANUSCRIPTS}/{manuscript_id}/issue", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    document: dict[str, Any] = answer.json()["document"]
    return document


async def copies(clerk: httpx.AsyncClient, document: dict[str, Any]) -> list[dict[str, Any]]:
    answer = await clerk.get(f"{DOCUMENTS}/{document['id']}/dispatches")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def letters_to(sessions: Sessions, address: str) -> list[Any]:
    """The letters to an address, the first first."""
    async with sessions() as session:
        rows = await session.execute(
            text("SELECT subject, content, effect, thread FROM letter WHERE recipient = :to ORDER BY no"),
            {"to": address},
        )
        return list(rows.all())


async def link_to(sessions: Sessions, address: str) -> str:
    """The path of the personal link in the newest letter to an address."""
    from email import message_from_bytes, policy

    (*_, newest) = await letters_to(sessions, address)
    mail = message_from_bytes(newest.content, policy=policy.default)
    body = mail.get_body(("plain",))
    assert body is not None
    (line,) = [word for word in body.get_content().split() if "/d/" in word]
    return "/d/" + str(line.rpartition("/d/")[2])
