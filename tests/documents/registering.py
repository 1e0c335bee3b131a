"""Registering as the tests do it: small papers, and forms with every field that is needed."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from sqlalchemy import select

from docflow.accounts.models import Person, Unit
from docflow.core import clock
from docflow.core.db import Sessions
from docflow.documents.schemas import RegisterIncoming
from docflow.files.service import Received

INCOMING = "/api/v1/documents/incoming"
OUTGOING = "/api/v1/documents/outgoing"
DOCUMENTS = "/api/v1/documents"

PAPER = b"Chi thi cua Uy ban nhan dan tinh.\n"
Files = dict[str, tuple[str, bytes, str]]


def paper(content: bytes = PAPER, name: str = "chi-thi.txt", media_type: str = "text/plain") -> Files:
    """The file field of a form."""
    return {"file": (name, content, media_type)}


def incoming(**fields: Any) -> dict[str, Any]:
    """The text fields of a form for an incoming document; None leaves a field out."""
    form = {
        "symbol": "05/CT-UBND",
        "issued_on": "2024-01-12",
        "issuer": "Ủy ban nhân dân tỉnh",
        "subject": "Về việc nâng cao Chỉ số cải cách hành chính",
        **fields,
    }
    return {name: value for name, value in form.items() if value is not None}


def outgoing(**fields: Any) -> dict[str, Any]:
    """The text fields of a form for an outgoing document."""
    form = {"kind": "report", "subject": "Kết quả rà soát Chỉ số cải cách hành chính", **fields}
    return {name: value for name, value in form.items() if value is not None}


async def register(
    clerk: httpx.AsyncClient, files: Files | None = None, headers: dict[str, str] | None = None, **fields: Any
) -> dict[str, Any]:
    """Register an incoming document over the API; the answer's body."""
    answer = await clerk.post(INCOMING, data=incoming(**fields), files=files or paper(), headers=headers)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def issue(clerk: httpx.AsyncClient, files: Files | None = None, **fields: Any) -> dict[str, Any]:
    """Register an outgoing document over the API; the answer's body."""
    answer = await clerk.post(OUTGOING, data=outgoing(**fields), files=files or paper())
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def unit_id(sessions: Sessions, symbol: str) -> str:
    """The unit with a symbol or, as communes share theirs, an agency code."""
    async with sessions() as session:
        found = await session.scalars(select(Unit.id).where((Unit.symbol == symbol) | (Unit.code == symbol)))
        return str(found.one())


async def person_id(sessions: Sessions, username: str) -> str:
    async with sessions() as session:
        found = await session.scalars(select(Person.id).where(Person.username == username))
        return str(found.one())


def received(number: int = 0) -> Received:
    """What the intake hands to the verbs, for tests that need no object."""
    return Received(
        object_key=f"made-up/{uuid4()}",
        filename=f"{number}.txt",
        media_type="text/plain",
        size=number + 1,
        sha256=number.to_bytes(32, "big"),
    )


def to_register(**fields: Any) -> RegisterIncoming:
    """The same form as ``incoming``, for verbs."""
    form = RegisterIncoming(
        symbol="05/CT-UBND",
        issued_on=clock.today(),
        issuer="Ủy ban nhân dân tỉnh",
        subject="Về việc nâng cao Chỉ số cải cách hành chính",
    )
    for name, value in fields.items():
        setattr(form, name, value)
    return form


def sample(samples: Path, name: str, media_type: str) -> Files:
    """One of the directives that the demonstration carries, as a form's file."""
    return paper((samples / name).read_bytes(), name, media_type)
