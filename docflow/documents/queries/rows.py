"""What a document in a list is read from."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    Row,
)

from docflow.documents.models import (
    Document,
)

Rows = Sequence[Row[*tuple[Any, ...]]]

_TABLE = Document.__table__
_D = _TABLE.c
"""Columns, not attributes: statements of columns alone need nothing of the mapper when they run."""

ROW = (
    _D.id,
    _D.direction,
    _D.unit_id,
    _D.register_number,
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
