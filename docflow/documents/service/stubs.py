"""State secrets: named in a register of their own, and nothing of them kept (domain §1.3)."""

from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor, Secrecy
from docflow.core.errors import FieldError, Invalid, invalid
from docflow.core.messages import Language, text_of
from docflow.documents.models import Direction, Document, Source
from docflow.documents.policy import decide_stub
from docflow.documents.schemas import IssueOutgoing, RegisterIncoming, RegisterStub
from docflow.documents.service.filing import Filed
from docflow.documents.service.intake import enter_incoming, enter_issued

_ARRIVED = ("symbol", "issued_on", "issuer")
_OF_INCOMING = frozenset({*_ARRIVED, "issuer_unit_id", "arrived_on"})
_OF_ISSUED = frozenset({"field", "answers_id", "copy_kept_by"})


async def register_stub(
    session: AsyncSession, actor: Actor, data: RegisterStub, source: Source = Source.UPLOAD
) -> Document:
    """Enter a state secret into the unit's secret series: a stub that never has a file.

    For a clerk who is cleared for its class; whoever is not never learns of it, but for its number in the book.
    Raises NotAllowed, Invalid, and as ``service.intake`` does.
    """
    return (await file_stub(session, actor, data, source)).document


async def file_stub(
    session: AsyncSession, actor: Actor, data: RegisterStub, source: Source = Source.UPLOAD
) -> Filed:
    """``register_stub`` for whoever shows what was registered at once."""
    secrecy = Secrecy[data.secrecy.upper()]
    decide_stub(actor, secrecy).require()
    fields = {name: value for name, value in msgspec.structs.asdict(data).items() if name not in _OWN}
    fields["subject"] = data.subject or _in_its_place(data)
    if data.direction is Direction.INCOMING:
        _refuse(data, _OF_ISSUED)
        _require_arrival(data)
        form = RegisterIncoming(**_only(fields, RegisterIncoming))
        return await enter_incoming(session, actor, form, (), source, secrecy)
    _refuse(data, _OF_INCOMING)
    issued = IssueOutgoing(**_only(fields, IssueOutgoing))
    return await enter_issued(session, actor, issued, data.direction, (), source, secrecy)


_OWN = frozenset({"direction", "secrecy", "subject"})


def _in_its_place(data: RegisterStub) -> str:
    """`(mật)`: what stands for a subject that is secret itself, in the document's language."""
    language = Language.VI if data.language == Language.VI else Language.EN
    return text_of(f"subject_{data.secrecy}", language)


def _only(fields: dict[str, Any], form: type[msgspec.Struct]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name in form.__struct_fields__}


def _require_arrival(data: RegisterStub) -> None:
    missing = [FieldError(f"/{name}", "field_missing") for name in _ARRIVED if not getattr(data, name)]
    if missing:
        raise Invalid(*missing)


def _refuse(data: RegisterStub, names: frozenset[str]) -> None:
    """A field of the other direction says that something is mistaken."""
    for name in sorted(names):
        if getattr(data, name):
            raise invalid(name, "field_of_other_direction")
