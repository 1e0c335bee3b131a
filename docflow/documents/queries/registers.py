"""Kinds and registers."""

from collections.abc import Sequence

from sqlalchemy import (
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.documents.models import (
    DocumentKind,
    Register,
)


async def list_kinds(session: AsyncSession) -> Sequence[DocumentKind]:
    """Every kind, by code."""
    return (await session.scalars(select(DocumentKind).order_by(DocumentKind.code))).all()


async def list_registers(session: AsyncSession, actor: Actor) -> Sequence[Register]:
    """The registers of the actor's units, the newest year first."""
    return (
        await session.scalars(
            select(Register)
            .where(Register.unit_id.in_(actor.member_units))
            .order_by(Register.starts_on.desc(), Register.unit_id, Register.direction)
        )
    ).all()
