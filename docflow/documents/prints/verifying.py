"""Whether a recorded print still says what the data says.

The print is made again from the data, without a reader: each line in every form that somebody may have seen. A line
agrees when one of its forms has the digest of eight bytes that was recorded for a row, so nothing need be kept of who
might see what on that day. When all lines agree, in order, the checksum over them must be the recorded one, all of
its 32 bytes. Numbers that were given after the print are left out.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.audit.models import AuditEvent
from docflow.audit.tags import Tag
from docflow.documents.models import PrintKind, RegisterPrint
from docflow.documents.prints.queries import asked_again
from docflow.documents.prints.sheets import Line, Sheet
from docflow.printing.checksum import ROW_BYTES, Checksum, canonical, row_digest
from docflow.printing.tables import printed_text

Sheets = Mapping[PrintKind, Sheet]

NAMED = 50
"""Of the numbers that changed so many are named with what changed them."""
AT_ONCE = timedelta(minutes=1)
"""What was being written while the print was made is told with what came after it."""
READING = (Tag.DOCUMENT_EXPORTED, Tag.DOCUMENT_DOWNLOADED, Tag.DOCUMENT_READ, Tag.REGISTER_PRINTED)
"""Events that change nothing."""
RENAMING = (Tag.UNIT_CHANGED, Tag.PERSON_CHANGED)
"""Changes that may show in rows of many documents."""
NAMES = ("name_vi", "name_en", "full_name")
"""What of a unit or a person does."""


class Change(msgspec.Struct, frozen=True):
    """A number whose row is no more as it was printed, and what the trail says about it; nothing: unexplained."""

    number: str
    tag: Tag | None = None
    by: str = ""
    at: datetime | None = None


@dataclass(slots=True)
class Verdict:
    """What became of a print. ``changed`` names the first of ``changed_rows``; ``missing`` rows are there no more;
    ``later`` numbers were given since. ``agrees``: every row is as it was printed, and so is the checksum."""

    record: RegisterPrint
    agrees: bool = False
    changed_rows: int = 0
    missing: int = 0
    later: int = 0
    changed: list[Change] = field(default_factory=list)

    @property
    def only_order(self) -> bool:
        """Every row is there, and all the same the checksum over them is another."""
        return not self.agrees and not self.changed_rows and not self.missing

    @property
    def unexplained(self) -> int:
        """Faults: rows of which no event of the trail tells why they changed or went, and a checksum that fails by
        itself."""
        return sum(change.tag is None for change in self.changed) + self.missing + int(self.only_order)


async def verify_print(session: AsyncSession, record: RegisterPrint, sheets: Sheets) -> Verdict:
    """Compare one print with the data."""
    asked = await asked_again(session, record)
    comparison = _Comparison(record, Checksum(*asked.head))
    async with aclosing(sheets[record.kind].lines(session, asked, None)) as batches:
        async for lines in batches:
            for line in lines:
                comparison.add(line)
    verdict = comparison.verdict()
    verdict.changed = await _explained(session, record, comparison.changed[:NAMED])
    return verdict


class _Comparison:
    def __init__(self, record: RegisterPrint, checksum: Checksum) -> None:
        self._record = record
        self._checksum = checksum
        recorded = record.row_digests
        self._left = Counter(
            recorded[place : place + ROW_BYTES] for place in range(0, len(recorded), ROW_BYTES)
        )
        self._later = 0
        self._hidden: set[UUID | None] = set()
        self.changed: list[Line] = []

    def add(self, line: Line) -> None:
        for row in line.forms:
            if row is None:
                # Left out, if of the rows of this document only the first was printed, saying that it is hidden.
                if line.document_id in self._hidden:
                    return
                continue
            digest = row_digest(canonical(row))
            if self._left[digest] > 0:
                self._left[digest] -= 1
                self._checksum.add(row)
                if row is line.forms[-1] and len(line.forms) > 1:
                    self._hidden.add(line.document_id)
                return
        if line.taken_at > self._record.printed_at:
            self._later += 1
        else:
            self.changed.append(line)

    def verdict(self) -> Verdict:
        """Every row that changed leaves a recorded digest over; more of those than changed rows are missing."""
        over = self._left.total()
        return Verdict(
            self._record,
            agrees=not over and not self.changed and self._checksum.digest() == self._record.digest,
            changed_rows=len(self.changed),
            missing=max(0, over - len(self.changed)),
            later=self._later,
        )


async def _explained(session: AsyncSession, record: RegisterPrint, lines: Collection[Line]) -> list[Change]:
    """The last event of each document and of those that answer it, or of the book where it names the number; else the
    last renaming to what the row says now."""
    if not lines:
        return []
    documents = {document for line in lines for document in (line.document_id, *line.also) if document}
    of_document = {event.subject_id: event for event in await _events(session, record, "document", documents)}
    of_number = {
        _plain(number): event
        for event in await _events(session, record, "register", {record.register_id})
        for number in _numbers(event)
    }
    renamings = await _renamings(session, record)
    found: list[Change] = []
    for line in lines:
        known = [of_document[one] for one in (line.document_id, *line.also) if one in of_document]
        event = max(known, key=lambda one: one.id, default=None) or of_number.get(_plain(line.number))
        event = event or next((one for one in renamings if _names(line, one)), None)
        told = (event.tag, event.actor_name, event.happened_at) if event is not None else ()
        found.append(Change(line.number, *told))
    return found


def _numbers(event: AuditEvent) -> list[str]:
    """Those that an event of a book names: one that was voided, several that were reserved."""
    named = [event.details.get("number", ""), *event.details.get("numbers", ())]
    return [str(number) for number in named]


def _names(line: Line, renaming: AuditEvent) -> bool:
    """Whether what the line says now holds a name that was given then."""
    whole = line.forms[0]
    texts = [printed_text(cell) for cell in whole.cells] if whole is not None else []
    changed = renaming.details.get("changed") or {}
    new = [printed_text(changed[name][1]) for name in NAMES if name in changed]
    return any(name in text for name in new for text in texts)


def _plain(number: str) -> str:
    return number.lstrip("0").lower()


async def _events(
    session: AsyncSession, record: RegisterPrint, kind: str, subjects: Collection[UUID]
) -> Sequence[AuditEvent]:
    """What was done to these since the print, in order."""
    statement = (
        select(AuditEvent)
        .where(
            AuditEvent.subject_kind == kind,
            AuditEvent.subject_id.in_(subjects),
            AuditEvent.happened_at > record.printed_at - AT_ONCE,
            AuditEvent.tag.not_in(READING),
        )
        .order_by(AuditEvent.id)
    )
    return (await session.scalars(statement)).all()


async def _renamings(session: AsyncSession, record: RegisterPrint) -> Sequence[AuditEvent]:
    """Units and people that got another name since the print, the last first; whatever else was changed about them
    shows in no row."""
    statement = (
        select(AuditEvent)
        .where(
            AuditEvent.subject_kind.in_(("unit", "person")),
            AuditEvent.tag.in_(RENAMING),
            AuditEvent.happened_at > record.printed_at - AT_ONCE,
            AuditEvent.details["changed"].has_any(array(NAMES)),
        )
        .order_by(AuditEvent.id.desc())
    )
    return (await session.scalars(statement)).all()
