"""Letters made from the record: by the layout of the decree, or by a province's own, which are added and retired here."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.accounts.listing import get_unit
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import require_version
from docflow.core.errors import FieldError, invalid
from docflow.core.filenames import safe_filename
from docflow.documents.models import DocumentKind
from docflow.files.models import File
from docflow.files.service import FileStore, Received, add_file
from docflow.files.storing import store_file
from docflow.issuing.errors import TemplateFieldsMissing, TemplateRefused, TemplateRetired
from docflow.issuing.letters import LetterFacts, fields, make_docx, make_pdf, own
from docflow.issuing.models import LetterTemplate, Manuscript, ManuscriptVersion, VersionOrigin
from docflow.issuing.policy import decide
from docflow.issuing.queries import templates as queries
from docflow.issuing.queries.manuscripts import get_manuscript
from docflow.issuing.schemas.templates import AddTemplate, LetterFormat, MakeLetter
from docflow.issuing.service.templates_facts import letter_facts
from docflow.issuing.service.templates_office import pdf_of
from docflow.issuing.service.versions import add_version
from docflow.issuing.workflow import Move, next_state

MEDIA_TYPES: dict[str, str] = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
}


class Made(msgspec.Struct, frozen=True):
    """A letter that was made and is not kept."""

    content: bytes
    filename: str
    media_type: str


async def add_template(
    session: AsyncSession, actor: Actor, files: FileStore, data: AddTemplate, received: Received
) -> LetterTemplate:
    """Add a layout. Raises NotFound, NotAllowed, Invalid, and TemplateRefused with everything that is wrong in it."""
    unit = await get_unit(session, data.unit_id)
    queries.decide(actor, unit.lineage).require()
    if unit.valid_to is not None and unit.valid_to <= clock.today():
        raise invalid("unit_id", "unit_not_known", ids=str(unit.id))
    if data.kind is not None and await session.get(DocumentKind, data.kind) is None:
        raise invalid("kind", "kind_not_known")
    named = await _fields(files, received)
    file = await add_file(session, actor, received)
    template = LetterTemplate(
        unit_id=unit.id,
        kind_code=data.kind,
        title=data.title,
        file_id=file.id,
        fields=named,
        added_by=actor.person_id,
        added_at=clock.now(),
    )
    session.add(template)
    await session.flush()
    await audit.record(
        session,
        actor,
        Tag.TEMPLATE_ADDED,
        "template",
        template.id,
        on_behalf_of=unit.id,
        title=data.title,
        kind=data.kind,
        file_id=str(file.id),
        sha256=received.sha256.hex(),
        fields=named,
    )
    return template


async def retire_template(session: AsyncSession, actor: Actor, template_id: UUID, version: int) -> None:
    """Take a layout out of use; letters made with it stay. Raises NotFound, NotAllowed, Stale, TemplateRetired."""
    template, lineage = await queries.get_template(session, actor, template_id, lock=True)
    queries.decide(actor, lineage).require()
    require_version(template.version, version)
    if template.retired_at is not None:
        raise TemplateRetired
    template.retired_at = clock.now()
    await session.flush()
    await audit.record(session, actor, Tag.TEMPLATE_RETIRED, "template", template.id, title=template.title)


async def preview(
    session: AsyncSession,
    actor: Actor,
    files: FileStore,
    office: str,
    manuscript_id: UUID,
    wanted: LetterFormat,
) -> Made:
    """The letter as the record has it now, kept nowhere. That it was read is recorded.

    Raises NotFound, TemplateFieldsMissing, OfficeMissing, OfficeFailed.
    """
    manuscript = await get_manuscript(session, actor, manuscript_id)
    made = await _made(session, files, office, manuscript, wanted)
    await audit.record(session, actor, Tag.MANUSCRIPT_READ, "manuscript", manuscript.id, preview=wanted)
    return made


async def make_version(
    session: AsyncSession,
    actor: Actor,
    files: FileStore,
    office: str,
    manuscript_id: UUID,
    data: MakeLetter,
) -> ManuscriptVersion:
    """Keep the letter as a new version. Raises as ``preview`` and ``versions.add_version``."""
    manuscript = await get_manuscript(session, actor, manuscript_id, lock=True)
    decide(actor, Action.MANUSCRIPT_WRITE, manuscript).require()
    next_state(manuscript.state, Move.EDIT)
    made = await _made(session, files, office, manuscript, data.format)

    received = await store_file(files, _once(made.content), made.filename, made.media_type)
    return await add_version(
        session,
        actor,
        manuscript,
        received,
        origin=VersionOrigin.TEMPLATE,
        note=data.note,
        newest=data.newest,
    )


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def _made(
    session: AsyncSession, files: FileStore, office: str, manuscript: Manuscript, wanted: LetterFormat
) -> Made:
    facts = await letter_facts(session, manuscript)
    template = await session.get(LetterTemplate, manuscript.template_id) if manuscript.template_id else None
    if template is not None:
        content = await _filled(session, files, template, facts)
        if wanted == "pdf":
            content = await pdf_of(office, content)
    elif wanted == "pdf":
        content = (await asyncio.to_thread(make_pdf, facts)).content
    else:
        content = await asyncio.to_thread(make_docx, facts)
    return Made(content, safe_filename(f"{facts.kind_name}.{wanted}"), MEDIA_TYPES[wanted])


async def _filled(
    session: AsyncSession, files: FileStore, template: LetterTemplate, facts: LetterFacts
) -> bytes:
    values = fields.values_of(facts)
    if lacking := fields.missing(template.fields, values):
        known = fields.names()
        raise TemplateFieldsMissing(fields=", ".join(known[name].vi for name in lacking))
    file = await session.get_one(File, template.file_id)
    content = b"".join([piece async for piece in files.read(file)])
    return await asyncio.to_thread(own.fill, content, values)


async def _fields(files: FileStore, received: Received) -> list[str]:
    """English names of the layout's fields. It is read in memory: small, and every size is bounded before unpacking."""
    if received.size > own.MAX_BYTES:
        raise TemplateRefused(FieldError("/file", "template_too_large"))
    content = b"".join([piece async for piece in files.store.read(received.object_key)])
    try:
        return await asyncio.to_thread(own.fields_of, content)
    except own.LayoutRefused as refused:
        wrong = [
            FieldError("/file", fault.code, {"what": fault.what, "near": fault.near or "…"})
            for fault in refused.faults[:20]
        ]
        raise TemplateRefused(*wrong) from None
