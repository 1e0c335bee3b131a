"""Year's lists and dossiers as the tests make them: at the Department of Home Affairs, where datcv keeps the registry,
maihtx does the work and nguyetdtm is the head."""

from datetime import date
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import select, update

from docflow.access.roles import Role
from docflow.accounts.models import Person, RoleHeld
from docflow.core.db import Sessions, transaction
from docflow.documents.models import Document
from tests.documents.registering import person_id, register, unit_id

HEADINGS = "/api/v1/dossier-headings"
DOSSIERS = "/api/v1/dossiers"
YEAR = 2026


def if_match(thing: dict[str, Any]) -> dict[str, str]:
    return {"If-Match": f'"{thing["version"]}"'}


async def heading(
    clerk: httpx.AsyncClient, sessions: Sessions, code: str = "01.TCCB", **fields: Any
) -> dict[str, Any]:
    """A heading of the department's list."""
    body = {
        "unit_id": await unit_id(sessions, "SNV"),
        "year": YEAR,
        "code": code,
        "title": "Hồ sơ tuyển dụng công chức năm 2026",
        "retention": "years_70",
        **fields,
    }
    answer = await clerk.post(HEADINGS, json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def open_dossier(keeper: httpx.AsyncClient, under: dict[str, Any], **fields: Any) -> dict[str, Any]:
    answer = await keeper.post(DOSSIERS, json={"heading_id": under["id"], **fields})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def put_in(
    keeper: httpx.AsyncClient, dossier: dict[str, Any], *documents: dict[str, Any], **fields: Any
) -> Any:
    body = {"document_ids": [one["id"] for one in documents], **fields}
    answer = await keeper.post(f"{DOSSIERS}/{dossier['id']}/documents", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def a_document(clerk: httpx.AsyncClient, number: int, **fields: Any) -> dict[str, Any]:
    """An incoming document of its own."""
    facts = {"symbol": f"{number}/CT-UBND", "subject": f"Về việc thứ {number}", **fields}
    name = facts.pop("name", f"van-ban-{number}.txt")
    content = facts.pop("content", f"Noi dung van ban so {number}.\n".encode())
    kind = facts.pop("media_type", "text/plain")
    return await register(clerk, {"file": (name, content, kind)}, **facts)


async def now(client: httpx.AsyncClient, dossier: dict[str, Any]) -> dict[str, Any]:
    answer = await client.get(f"{DOSSIERS}/{dossier['id']}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def step(
    client: httpx.AsyncClient, dossier: dict[str, Any], name: str, body: dict[str, Any] | None = None
) -> httpx.Response:
    """A step on the present version of the dossier, read by whoever may."""
    return await client.post(
        f"{DOSSIERS}/{dossier['id']}/{name}", json=body or {}, headers=if_match(await now(client, dossier))
    )


async def give_role(sessions: Sessions, username: str, role: Role, unit: str) -> None:
    async with transaction(sessions) as session:
        session.add(
            RoleHeld(
                person_id=UUID(await person_id(sessions, username)),
                unit_id=UUID(await unit_id(sessions, unit)),
                role=role,
                valid_from=date(2020, 1, 1),
            )
        )


async def clear(sessions: Sessions, username: str) -> None:
    """Clear somebody for secrets."""
    async with transaction(sessions) as session:
        await session.execute(update(Person).where(Person.username == username).values(clearance=1))


async def hide(sessions: Sessions, document: dict[str, Any]) -> None:
    """Leave a document to nobody at all."""
    async with transaction(sessions) as session:
        await session.execute(update(Document).where(Document.id == UUID(document["id"])).values(readers=[]))


async def tags_of(sessions: Sessions, subject: str) -> list[tuple[str, dict[str, Any]]]:
    """What the trail says of a thing, in order."""
    from docflow.audit.models import AuditEvent

    async with sessions() as session:
        rows = await session.execute(
            select(AuditEvent.tag, AuditEvent.details)
            .where(AuditEvent.subject_id == UUID(subject))
            .order_by(AuditEvent.id)
        )
        return [(row.tag.value, row.details) for row in rows]
