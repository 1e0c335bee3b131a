"""What a document in a list is read from."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Row

from docflow.documents.models import Document

Rows = Sequence[Row[*tuple[Any, ...]]]

_D = Document.__table__.c
"""Columns, not attributes: statements of columns alone need nothing of the mapper when they run."""

ROW = (
    _D.id,
    _D.direction,
    _D.unit_id,
    _D.register_number,
    _D.register_suffix,
    _D.symbol,
    _D.kind_code,
    _D.issuer,
    _D.issued_on,
    _D.arrived_on,
    _D.subject,
    _D.urgency,
    _D.due_on,
    _D.registered_at,
)
"""A document as others than lists show it."""

CHOSEN: dict[str, tuple[ColumnElement[Any], ...]] = {
    "direction": (_D.direction,),
    "unit_id": (_D.unit_id,),
    "register_id": (_D.register_id,),
    "number": (_D.register_number, _D.register_suffix),
    "symbol": (_D.symbol,),
    "kind": (_D.kind_code,),
    "issuer": (_D.issuer,),
    "issued_on": (_D.issued_on,),
    "arrived_on": (_D.arrived_on,),
    "subject": (_D.subject,),
    "urgency": (_D.urgency,),
    "due_on": (_D.due_on,),
    "registered_at": (_D.registered_at,),
    "signer_name": (_D.signer_name,),
    "signer_post": (_D.signer_post,),
    "signer_authority": (_D.signer_authority,),
    "recipients": (_D.recipients,),
    "note": (_D.note,),
    "page_count": (_D.page_count,),
    "copies": (_D.copies,),
    "copy_kept_by": (_D.copy_kept_by,),
    "language": (_D.language,),
    "source": (_D.source,),
    "secrecy": (_D.secrecy,),
    "late_reason": (_D.late_reason,),
    "voided_at": (_D.voided_at,),
}
"""What a list may be asked for, by name, and what it is read from; ``id`` is always there."""

USUAL = (
    *("direction", "unit_id", "number", "symbol", "kind", "issuer", "issued_on", "arrived_on"),
    *("subject", "urgency", "due_on", "registered_at", "late_reason", "voided_at"),
)
"""What a list shows when nobody chose."""


@lru_cache(maxsize=1_000)
def read_columns(chosen: tuple[str, ...]) -> tuple[ColumnElement[Any], ...]:
    """The columns of the table that ``chosen`` are read from, each once, with the id."""
    return tuple(dict.fromkeys((_D.id, *(column for name in chosen for column in CHOSEN[name]))))
