"""The circulation sheet of a document (phiếu giải quyết văn bản): everything that was done with it, in time order.

Decree 30/2020/NĐ-CP, Appendix IV, has the form on which a leader's direction and what became of it are written. Here
it is read off the records: each line says when, what, by whom, to whom and with which words. A capability above adds
its lines by ``SheetSources``, which the application hands in.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.core.messages import Language
from docflow.documents.models import Document


class Receivers(msgspec.Struct, frozen=True):
    """To whom in which role; ``role`` is a value of ``ReceiptRole``, or None for whoever only got it."""

    role: str | None
    names: tuple[str, ...]


class SheetLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line. ``what`` is a code; its words are ``sheet_<what>`` of the catalogue."""

    at: datetime
    what: str
    by: str
    to: tuple[Receivers, ...] = ()
    text: str = ""
    due_at: datetime | None = None


SheetLines = Callable[[AsyncSession, Actor, Document, Language], Awaitable[list[SheetLine]]]
"""The lines about a document that the actor, who sees it, may see; names in the language asked for."""


@dataclass(frozen=True, slots=True)
class SheetSources:
    """Who else has lines for the sheet; wired where the application is."""

    more: tuple[SheetLines, ...] = ()


def in_order(lines: list[SheetLine]) -> list[SheetLine]:
    """By time; what was done at one moment stays in the order in which it was told."""
    return sorted(lines, key=lambda line: line.at)
