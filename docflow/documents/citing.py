"""Citations as they go out."""

from typing import Any

from sqlalchemy import Row

from docflow.documents.queries.citations import CitationMade, CitedBy
from docflow.documents.rendering import document_row
from docflow.documents.schemas.citations import CitationOut, CitingOut, LinkedCitationOut


def linked_citation_out(made: CitationMade) -> LinkedCitationOut:
    """A citation with the documents that the asker sees it lead to."""
    return LinkedCitationOut(
        **_shared(made.citation),
        link=made.linked.link,
        documents=[document_row(row) for row in made.linked.rows],
        date_differs=made.linked.date_differs,
    )


def citing_out(one: CitedBy) -> CitingOut:
    """A document with its citations of another."""
    return CitingOut(
        document=document_row(one.document),
        citations=[CitationOut(**_shared(citation)) for citation in one.citations],
    )


def _shared(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id,
        "written": row.written,
        "issued_on": row.issued_on,
        "issuer": row.issuer,
        "relation": row.relation,
        "place": row.place,
        "page": row.page,
        "excerpt": row.excerpt,
    }
