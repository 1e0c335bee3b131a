"""Books with everything that a number can be, entered straight into the tables: moments and names are the test's."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.accounts.models import Person, Principal, Unit
from docflow.documents.models import (
    Authority,
    Direction,
    Document,
    Receipt,
    ReceiptRole,
    Register,
    RegisterEntry,
    Urgency,
)
from tests.printing.printed import W, document_of, text_within

NOON = 5
"""In UTC."""


def at(month: int, day: int, hour: int = NOON) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


@dataclass
class Bound:
    """A book under the test's hands."""

    session: AsyncSession
    register_id: UUID
    unit: Unit
    clerk: Person
    direction: Direction

    async def number(self, number: int, taken_at: datetime, suffix: str = "", **facts: Any) -> None:
        """A number without a document."""
        await self.session.execute(
            insert(RegisterEntry).values(
                register_id=self.register_id,
                number=number,
                suffix=suffix,
                taken_at=taken_at,
                taken_by=self.clerk.id,
                **facts,
            )
        )

    async def void(self, number: int, taken_at: datetime, reason: str, voided_at: datetime) -> None:
        await self.number(number, taken_at, voided_at=voided_at, void_reason=reason, voided_by=self.clerk.id)

    async def document(self, number: int, taken_at: datetime, suffix: str = "", **facts: Any) -> UUID:
        """A number with its document."""
        entry: dict[str, Any] = {
            name: facts.pop(name) for name in ("voided_at", "void_reason") if name in facts
        }
        if entry:
            entry["voided_by"] = self.clerk.id
        await self.number(number, taken_at, suffix, **entry)
        own = await self.session.scalar(select(Principal.no).where(Principal.unit_id == self.unit.id))
        incoming = self.direction is Direction.INCOMING
        values = {
            "direction": self.direction,
            "unit_id": self.unit.id,
            "register_id": self.register_id,
            "register_number": number,
            "register_suffix": suffix,
            "registered_at": taken_at,
            "registered_by": self.clerk.id,
            "arrived_on": taken_at.date() if incoming else None,
            "kind_code": "directive",
            "symbol": f"{number:02d}{suffix}/CT-UBND",
            "symbol_key": f"{number}{suffix}/CT-ubnd",
            "issued_on": taken_at.date(),
            "issuer": "Ủy ban nhân dân tỉnh Trường Giang",
            "issuer_key": "uy ban nhan dan tinh truong giang",
            "subject": "Về việc nâng cao Chỉ số cải cách hành chính",
            "language": "vi",
            "note": "",
            "signer_name": "Nguyễn Văn Ánh",
            "signer_post": "Phó Chủ tịch",
            "signer_authority": Authority.KT,
            "recipients": "",
            "urgency": Urgency.NORMAL,
            "readers": [own],
            "search_vector": "",
            **facts,
        }
        created = await self.session.scalar(insert(Document).values(**values).returning(Document.id))
        assert isinstance(created, UUID)
        return created

    async def give(self, document_id: UUID, to: Unit | Person, sent_at: datetime, **facts: Any) -> None:
        """A receipt; ``acknowledged_at`` may say when, always by the clerk."""
        column = Principal.unit_id if isinstance(to, Unit) else Principal.person_id
        principal = await self.session.scalar(select(Principal.no).where(column == to.id))
        if facts.get("acknowledged_at"):
            facts["acknowledged_by"] = self.clerk.id
        await self.session.execute(
            insert(Receipt).values(
                document_id=document_id,
                principal_no=principal,
                role=ReceiptRole.INFORMATION,
                sent_by=self.clerk.id,
                sent_at=sent_at,
                note="",
                **facts,
            )
        )


async def bind(session: AsyncSession, clerk: str, unit: str, direction: Direction, **facts: Any) -> Bound:
    """A book of 2026 of the unit with this agency code, kept by this clerk."""
    owner = await unit_of(session, unit)
    keeper = await person_of(session, clerk)
    values = {
        "unit_id": owner.id,
        "direction": direction,
        "starts_on": date(2026, 1, 1),
        "ends_on": date(2027, 1, 1),
        **facts,
    }
    register_id = await session.scalar(insert(Register).values(**values).returning(Register.id))
    assert register_id is not None
    return Bound(session, register_id, owner, keeper, direction)


async def unit_of(session: AsyncSession, code: str) -> Unit:
    return (await session.scalars(select(Unit).where(Unit.code == code))).one()


async def person_of(session: AsyncSession, username: str) -> Person:
    return (await session.scalars(select(Person).where(Person.username == username))).one()


def text_form(docx: bytes) -> str:
    """A printed DOCX as plain lines: cells between bars, ``~`` around what is struck, code and checksum left out."""
    lines: list[str] = []
    for block in next(document_of(docx).iter(f"{W}body")):
        if block.tag == f"{W}p":
            lines.append(text_within(block))
        rows = (map(_cell, line.iter(f"{W}tc")) for line in block.iter(f"{W}tr"))
        lines.extend("| " + " | ".join(cells) + " |" for cells in rows)
    text = "\n".join(lines).strip() + "\n"
    text = re.sub(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){2}", "(code)", text)
    return re.sub(r"[0-9a-f]{8}( [0-9a-f]{8}){7}", "(checksum)", text)


def _cell(cell: Any) -> str:
    said = ""
    for run in cell.iter(f"{W}r"):
        text = text_within(run)
        struck = run.find(f"{W}rPr/{W}strike") is not None
        said += f"~{text}~" if struck and text else text
    return said.replace("\n", " / ")
