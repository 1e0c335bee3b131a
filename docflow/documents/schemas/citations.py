"""What goes out about citations."""

from datetime import date
from typing import Any, ClassVar, Literal
from uuid import UUID

from docflow.documents.linking import Link
from docflow.documents.models import Relation
from docflow.documents.schemas.documents import DocumentRow
from docflow.documents.schemas.fields import ID
from docflow.web.schemas import Out


class CitationOut(Out, frozen=True, kw_only=True):
    """A document named in another's subject or text, as the words say it."""

    id: UUID
    written: str
    """The symbol as it stands there."""
    issued_on: date | None
    """The date of the document named, where it is said."""
    issuer: str
    """Whose it is, in the words of the text; empty where that is not said."""
    relation: Relation
    place: Literal["subject", "text"]
    page: int | None
    """From 1, where the text has pages; null in an annex and in the subject."""
    excerpt: str
    """The words around it: plain text."""

    example: ClassVar[dict[str, Any]] = {
        "id": ID,
        "written": "711-QĐ/TU",
        "issued_on": "2018-05-11",
        "issuer": "Tỉnh ủy",
        "relation": "basis",
        "place": "text",
        "page": 1,
        "excerpt": "…Căn cứ Quyết định số 711-QĐ/TU ngày 11 tháng 5 năm 2018 của Tỉnh ủy và Kế hoạch…",
    }


class LinkedCitationOut(CitationOut, frozen=True, kw_only=True):
    """A citation and where it leads you. What you may not see is told as what is not here."""

    link: Link
    documents: list[DocumentRow]
    """Resolved: the document, once for each register in which you see it; ambiguous: those that it may be."""
    date_differs: bool
    """The documents have the symbol and another date than the citation says."""

    example: ClassVar[dict[str, Any]] = {
        **CitationOut.example,
        "link": "resolved",
        "documents": [{**DocumentRow.example, "symbol": "711-QĐ/TU", "issued_on": "2018-05-11"}],
        "date_differs": False,
    }


class CitingOut(Out, frozen=True, kw_only=True):
    """A document that cites another, and where."""

    document: DocumentRow
    citations: list[CitationOut]

    example: ClassVar[dict[str, Any]] = {
        "document": DocumentRow.example,
        "citations": [CitationOut.example],
    }
