"""Slots of the clock: a schedule fires once per cluster, for whichever worker writes the slot first."""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from docflow.core.db import Base, Moment

REMEMBERED = timedelta(days=1)


class Tick(Base):
    """A slot that was won."""

    __tablename__ = "tick"

    name: Mapped[str] = mapped_column(primary_key=True)
    slot: Mapped[Moment] = mapped_column(primary_key=True)


async def win(session: AsyncSession, name: str, slot: datetime) -> bool:
    """Whether this transaction is the one that fires ``name`` for ``slot``.

    Slots are remembered for a day, so that a worker whose clock is behind does not win one that is over.
    """
    won = await session.scalar(
        insert(Tick).values(name=name, slot=slot).on_conflict_do_nothing().returning(Tick.name)
    )
    if won is None:
        return False
    await session.execute(delete(Tick).where(Tick.name == name, Tick.slot < slot - REMEMBERED))
    return True
