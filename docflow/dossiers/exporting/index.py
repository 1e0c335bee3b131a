"""The list of the documents in a dossier (mục lục văn bản, tài liệu; Decree 30/2020/NĐ-CP, Appendix V)."""

import io
from collections.abc import Iterable
from typing import Any

from docflow.core.messages import Language, text_of
from docflow.dossiers.models import Dossier
from docflow.printing.tables import Cell, CellKind, Column, Row, Table, printed_text
from docflow.printing.writers import Format, open_writer

COLUMNS = (
    ("place", 13, CellKind.NUMBER),
    ("symbol", 34, CellKind.TEXT),
    ("issued_on", 22, CellKind.DATE),
    ("kind_and_subject", 90, CellKind.TEXT),
    ("issuer", 40, CellKind.TEXT),
    ("page_count", 14, CellKind.NUMBER),
    ("note", 30, CellKind.TEXT),
)


def index_file(
    dossier: Dossier, unit_name: str, rows: Iterable[Any], language: Language, format_: Format
) -> bytes:
    """The list as a file, of the rows of a plan in their order; a void document is struck through."""
    out = io.BytesIO()
    titles = (
        text_of("dossier_index_title", language),
        text_of("dossier_index_of", language, dossier=dossier.code, year=str(dossier.year)),
        dossier.title,
    )
    columns = tuple(
        Column(text_of(f"dossier_column_{word}", language), share, kind) for word, share, kind in COLUMNS
    )
    writer = open_writer(format_, Table(titles, columns, language, (unit_name.upper(),), numbered=True), out)
    documents = pages = 0
    for row in rows:
        documents += 1
        pages += row.page_count or 0
        writer.write([_row(documents, row, language)])
    foot = text_of("dossier_index_foot", language, documents=str(documents), pages=str(pages))
    writer.finish([foot])
    return out.getvalue()


def _row(place: int, row: Any, language: Language) -> Row:
    kind = row.name_en if language is Language.EN else row.name_vi
    cells: tuple[Cell, ...] = (
        place,
        row.symbol,
        row.issued_on,
        f"{kind}: {row.subject}",
        row.issuer,
        row.page_count,
        row.note,
    )
    if row.voided_at is None:
        return Row(cells)
    voided = text_of("dossier_index_voided", language, moment=printed_text(row.voided_at))
    return Row(cells, struck=True, note=voided)
