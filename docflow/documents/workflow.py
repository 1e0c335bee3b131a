"""What can be done with a document in the state it is in. Pure; who may do it is the business of ``policy``."""

from docflow.access.actions import Action
from docflow.access.actor import Secrecy
from docflow.core.errors import Conflict
from docflow.documents.errors import DocumentDestroyed, DocumentVoided, IssuedNeverEdited, StubNotGivenOn
from docflow.documents.models import Direction, Document

_GIVE = frozenset({Action.DOCUMENT_COMMENT, Action.DOCUMENT_DIRECT, Action.DOCUMENT_ROUTE})
_CHANGE = frozenset({Action.DOCUMENT_AMEND, Action.NUMBER_VOID}) | _GIVE


def hindrance(document: Document, action: Action) -> type[Conflict] | None:
    """The fact that makes this impossible, whoever asks; None when it can be done.

    A void number is never given back, and nothing is begun with its document. What was issued, to others or
    inside the house, is corrected, replaced or recalled by another document (domain §1.2). State secrets are
    handed over outside the system: a letter or a list of receivers would tell of them.
    """
    if document.voided_at is not None and action in _CHANGE:
        return DocumentVoided
    if document.destroyed_at is not None and action is Action.DOCUMENT_AMEND:
        return DocumentDestroyed
    if document.direction is not Direction.INCOMING and action is Action.DOCUMENT_AMEND:
        return IssuedNeverEdited
    if document.secrecy > Secrecy.NONE and action in _GIVE:
        return StubNotGivenOn
    return None


def require_possible(document: Document, action: Action) -> None:
    """Raises the Conflict that stands in the way."""
    fact = hindrance(document, action)
    if fact is not None:
        raise fact
