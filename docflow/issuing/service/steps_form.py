"""The check of form of a manuscript as it stands: the program's findings, and the registry's word beside them."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.core.errors import FieldError, Invalid
from docflow.documents.models import DocumentKind
from docflow.files.service import text_of
from docflow.issuing.form import Finding, FormFacts, Layout, check_form, needs_word
from docflow.issuing.models import Manuscript
from docflow.issuing.queries.manuscripts import find_newest
from docflow.issuing.schemas.manuscript_steps import Checked
from docflow.issuing.service.templates_facts import letter_facts


async def look_at_form(session: AsyncSession, manuscript: Manuscript) -> list[Finding]:
    """What the program finds of the newest version now."""
    facts = await _facts(session, manuscript)
    newest = await find_newest(session, manuscript.id)
    if newest is None:
        return check_form(facts, None, None)
    version, file = newest
    layout = msgspec.convert(version.layout, Layout) if version.layout else None
    return check_form(facts, await text_of(session, file.id) or None, layout)


def checklist_of(
    findings: Sequence[Finding], said: Sequence[Checked], *, passing: bool
) -> list[dict[str, Any]]:
    """The checklist to be kept with a decision. Raises Invalid for a word on nothing that is checked, and when the form is
    passed without a word on what was not found in order."""
    words = {word.code: word for word in said}
    unknown = sorted(words.keys() - {finding.item.value for finding in findings})
    if unknown:
        raise Invalid(FieldError("/checklist", "form_item_not_known", {"items": ", ".join(unknown)}))
    silent = [item.value for item in needs_word(findings) if item.value not in words]
    if passing and silent:
        raise Invalid(FieldError("/checklist", "form_item_needs_word", {"items": ", ".join(silent)}))
    return [
        {
            "code": finding.item.value,
            "found": finding.found,
            "detail": finding.detail,
            "verdict": words[finding.item].verdict if finding.item in words else None,
            "note": words[finding.item].note if finding.item in words else "",
        }
        for finding in findings
    ]


async def _facts(session: AsyncSession, manuscript: Manuscript) -> FormFacts:
    """What its letter has to say: the same facts that every layout is filled with."""
    kind = await session.get_one(DocumentKind, manuscript.kind_code)
    letter = await letter_facts(session, manuscript)
    return FormFacts(
        kind_name=letter.kind_name,
        kind_symbol=kind.symbol,
        after_number=letter.after_number,
        issuer=letter.issuer,
        place=letter.place,
        subject=letter.subject,
        authority=letter.signer.authority,
        post=letter.signer.post,
        signer=letter.signer.name,
        recipients=len(letter.recipients),
    )
