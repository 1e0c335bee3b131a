"""What a manuscript's letter says, from its record: the facts that every layout is filled with."""

import re
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.accounts.models import Person, Unit
from docflow.core.messages import Language
from docflow.core.text import fold
from docflow.documents.models import Authority, DocumentKind
from docflow.documents.numbering import after_number
from docflow.issuing.letters import Annex, LetterFacts, Recipient, Signer
from docflow.issuing.letters.facts import INVITATION, OFFICIAL_LETTER
from docflow.issuing.models import Manuscript, ManuscriptRecipient, RecipientRole
from docflow.issuing.queries.manuscripts import list_recipients

_ADDRESSED = frozenset({OFFICIAL_LETTER, INVITATION, "submission", "report"})
"""Kinds that are addressed to somebody before their text (Decree 30, Appendix I, II.9 (a))."""
_WITHOUT_PARENT = (
    "uy ban nhan dan",
    "hoi dong nhan dan",
    "doan dai bieu quoc hoi",
    "people's committee",
    "people's council",
)
"""Bodies that name nobody above themselves (Appendix I, II.2)."""
_ANNEX = re.compile(r"^=== ?(.+)$", re.MULTILINE)
_DEPUTY = re.compile(r"^(?:phó|deputy|vice[- ])\s*", re.IGNORECASE)


async def letter_facts(session: AsyncSession, manuscript: Manuscript) -> LetterFacts:
    """The letter of a manuscript whose number and date are to come.

    A line `=== Title` in its text begins an annex. The post of a signer on somebody's behalf may name whose it is
    first: `Giám đốc / Trưởng phòng` with TL. is `TL. GIÁM ĐỐC` above `TRƯỞNG PHÒNG`.
    """
    issuer = await session.get_one(Unit, manuscript.issuing_unit_id)
    parent = await session.get(Unit, issuer.parent_id) if issuer.parent_id else None
    drafting = await session.get_one(Unit, manuscript.unit_id)
    kind = await session.get_one(DocumentKind, manuscript.kind_code)
    language = Language.EN if manuscript.language == "en" else Language.VI
    recipients = await list_recipients(session, manuscript.id)
    name = _name(issuer, language)
    text, annexes = annexes_of(manuscript.body)
    return LetterFacts(
        kind_code=kind.code,
        kind_name=kind.name_en if language is Language.EN else kind.name_vi,
        issuer=name,
        parent="" if parent is None or _stands_alone(name) else _name(parent, language),
        after_number=after_number(kind.symbol, issuer.symbol, manuscript.field or drafting.symbol),
        place=manuscript.place,
        subject=manuscript.subject,
        text=text,
        addressees=_addressees(kind.code, recipients),
        signer=signer_of(
            manuscript.signer_authority, manuscript.signer_post, await _signer_name(session, manuscript), name
        ),
        recipients=tuple(Recipient(one.name, one.role) for one in recipients),
        kept_by=manuscript.copy_kept_by,
        annexes=annexes,
        language=language,
    )


def annexes_of(body: str) -> tuple[str, tuple[Annex, ...]]:
    """The text without its annexes, and those."""
    text, *parts = _ANNEX.split(body)
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return text, tuple(Annex(title=title.strip(), text=part) for title, part in pairs)


def signer_of(authority: Authority | None, post: str, name: str, issuer: str) -> Signer:
    """What stands above the name (Appendix I, II.7 (b)): TM. a body that decides together, KT. its head by a deputy,
    TL. and TUQ. whoever charged the signer, Q. an acting head."""
    whose, _, own = (part.strip() for part in post.rpartition("/"))
    if authority is None:
        return Signer(authority=whose, post=own, name=name)
    if authority is Authority.Q:
        return Signer(post=f"{authority.value} {own}", name=name)
    if authority is Authority.TM:
        whose = whose or _collective(issuer)
    elif authority is Authority.KT:
        head = _DEPUTY.sub("", own)
        whose = whose or head[:1].upper() + head[1:]
    return Signer(authority=f"{authority.value} {whose}".strip() if whose else "", post=own, name=name)


def _collective(issuer: str) -> str:
    """`Ủy ban nhân dân` of `Ủy ban nhân dân tỉnh Trường Giang`."""
    words = issuer.split()
    known = next((one for one in _WITHOUT_PARENT if fold(issuer).startswith(one)), "")
    return " ".join(words[: len(known.split())]) if known else issuer


def _stands_alone(name: str) -> bool:
    return fold(name).startswith(_WITHOUT_PARENT)


def _name(unit: Unit, language: Language) -> str:
    return unit.name_en if language is Language.EN else unit.name_vi


def _addressees(kind_code: str, recipients: Sequence[ManuscriptRecipient]) -> tuple[str, ...]:
    if kind_code not in _ADDRESSED:
        return ()
    return tuple(one.name for one in recipients if one.role is RecipientRole.ACT)


async def _signer_name(session: AsyncSession, manuscript: Manuscript) -> str:
    if manuscript.signer_id is None:
        return ""
    name = await session.scalar(select(Person.full_name).where(Person.id == manuscript.signer_id))
    return name or ""
