"""The whole trail of one document as a signed file: what was done to it, and to the manuscript that it came from."""

import asyncio
import io
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.audit import service as audit
from docflow.audit.digests import FACTS, event_digest
from docflow.audit.models import AuditEvent, AuditSeal, SealedEvent
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.messages import Language, text_of
from docflow.documents import queries as documents
from docflow.documents.models import Document
from docflow.documents.policy import decide
from docflow.issuing.models import Manuscript
from docflow.printing.tables import CellKind, Column, Row, Table, printed_text
from docflow.printing.writers import Format, open_writer
from docflow.signatures.house import HouseSigner

_COLUMNS = (
    ("trail_number", 0.5, CellKind.NUMBER),
    ("trail_when", 1.3, CellKind.MOMENT),
    ("trail_who", 1.6, CellKind.TEXT),
    ("trail_what", 1.6, CellKind.TEXT),
    ("trail_more", 4.0, CellKind.TEXT),
    ("trail_where", 1.0, CellKind.TEXT),
    ("trail_sealed", 0.7, CellKind.TEXT),
)
"""Title, share of the width, and what is in it."""


class SealOut(msgspec.Struct, frozen=True, kw_only=True):
    """A seal that holds events of the trail."""

    no: int
    sealed_at: datetime
    previous_digest: str
    digest: str


class TrailEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event with everything that its digest is over (``audit.digests``).

    ``seal`` is none while it waits for one. ``digest`` is the one in the seal; ``agrees`` tells whether the event still
    says what was sealed.
    """

    id: UUID
    happened_at: datetime
    tag: str
    actor_id: UUID | None
    actor_name: str
    on_behalf_of: UUID | None
    subject_kind: str
    subject_id: UUID | None
    address: str
    details: dict[str, Any]
    digest: str
    agrees: bool
    seal: int | None


class Trail(msgspec.Struct, frozen=True, kw_only=True):
    """A document's trail as it was at ``exported_at``."""

    document_id: UUID
    symbol: str
    issued_on: str
    subject: str
    exported_at: datetime
    exported_by: str
    events: list[TrailEvent]
    seals: list[SealOut]


class SignedTrail(msgspec.Struct, frozen=True, kw_only=True):
    """What the JSON file holds: ``signature`` is over the bytes of ``trail`` as they stand in the file."""

    trail: msgspec.Raw
    signature: bytes
    """Detached CMS, DER, in base64."""


async def export_trail(
    session: AsyncSession,
    actor: Actor,
    house: HouseSigner,
    document_id: UUID,
    format_: str,
    language: Language,
) -> tuple[str, bytes]:
    """Name and bytes of the file, a signed ``pdf`` or ``json``; recorded. Raises NotFound,
    NotAllowed, HouseCertificateMissing."""
    document = await documents.get_document(session, actor, document_id)
    decide(actor, Action.DOCUMENT_TRAIL, document, await documents.lineage_of(session, document)).require()
    trail = await _trail(session, actor, document)
    await audit.record(
        session,
        actor,
        Tag.DOCUMENT_TRAIL_EXPORTED,
        "document",
        document.id,
        format=format_,
        events=len(trail.events),
    )
    name = text_of("trail_file", language, symbol=document.symbol.replace("/", "-"))
    if format_ == "json":
        plain = msgspec.json.encode(trail)
        signed = SignedTrail(trail=msgspec.Raw(plain), signature=await house.sign_detached(plain))
        return f"{name}.json", msgspec.json.encode(signed)
    return f"{name}.pdf", await house.sign_pdf(await asyncio.to_thread(_pdf, trail, language))


async def _trail(session: AsyncSession, actor: Actor, document: Document) -> Trail:
    subjects = [("document", document.id)]
    manuscript = await session.scalar(select(Manuscript.id).where(Manuscript.document_id == document.id))
    if manuscript is not None:
        subjects.append(("manuscript", manuscript))
    rows = (
        await session.execute(
            select(
                *(getattr(AuditEvent, fact) for fact in FACTS),
                SealedEvent.seal_no,
                SealedEvent.digest.label("sealed_digest"),
            )
            .outerjoin(SealedEvent, SealedEvent.event_id == AuditEvent.id)
            .where(tuple_(AuditEvent.subject_kind, AuditEvent.subject_id).in_(subjects))
            .order_by(AuditEvent.id)
        )
    ).all()
    seals = await session.scalars(
        select(AuditSeal)
        .where(AuditSeal.no.in_({row.seal_no for row in rows} - {None}))
        .order_by(AuditSeal.no)
    )
    return Trail(
        document_id=document.id,
        symbol=document.symbol,
        issued_on=document.issued_on.isoformat(),
        subject=document.subject,
        exported_at=clock.now(),
        exported_by=actor.name,
        events=[_event(row) for row in rows],
        seals=[
            SealOut(
                no=seal.no,
                sealed_at=seal.sealed_at,
                previous_digest=seal.previous_digest.hex(),
                digest=seal.digest.hex(),
            )
            for seal in seals
        ],
    )


def _event(row: Any) -> TrailEvent:
    facts = dict(zip(FACTS, row, strict=False))
    digest = event_digest(facts.values())
    sealed = digest if row.sealed_digest is None else bytes(row.sealed_digest)
    return TrailEvent(**facts, digest=sealed.hex(), agrees=digest == sealed, seal=row.seal_no)


def _pdf(trail: Trail, language: Language) -> bytes:
    say = partial(_say, language)
    issued_on = "/".join(reversed(trail.issued_on.split("-")))
    about = say("trail_of", symbol=trail.symbol, issued_on=issued_on, subject=trail.subject)
    columns = tuple(Column(say(title), share, kind) for title, share, kind in _COLUMNS)
    out = io.BytesIO()
    writer = open_writer(Format.PDF, Table((say("trail_title"), about), columns, language), out)
    writer.write(_row(place, event, language) for place, event in enumerate(trail.events, 1))
    sealed = sum(event.seal is not None for event in trail.events)
    last = trail.seals[-1].no if trail.seals else 0
    count = say("trail_count", count=len(trail.events), sealed=sealed, seal=last)
    made = say("trail_made", moment=printed_text(trail.exported_at), name=trail.exported_by)
    writer.finish([count, made])
    return out.getvalue()


def _row(place: int, event: TrailEvent, language: Language) -> Row:
    seal = str(event.seal) if event.seal else _say(language, "trail_waiting")
    told = (place, event.happened_at, event.actor_name, _say(language, event.tag))
    note = "" if event.agrees else _say(language, "trail_differs")
    return Row((*told, said(event.details), event.address, seal), note=note)


def _say(language: Language, word: str, **facts: Any) -> str:
    return text_of(word, language, **facts)


def said(details: Any) -> str:
    """Details of an event for people: ``name: value`` a line, what is nested in brackets, keys left out of lists."""
    if isinstance(details, dict):
        return "\n".join(
            f"{name}: {_inline(value)}" for name, value in details.items() if value not in ("", [], None)
        )
    return _inline(details)


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "(" + ", ".join(f"{name}: {_inline(one)}" for name, one in value.items()) + ")"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "; ".join(map(_inline, value))
    return str(value)
