"""Where a dossier is and what can be done with it then. Pure."""

from datetime import date

from docflow.dossiers.errors import (
    DossierHandedOver,
    DossierNotClosed,
    DossierNotHandedOver,
    DossierNotOpen,
    DossierNotProposed,
    DossierProposed,
)
from docflow.dossiers.models import Dossier, DossierState

NOTICE_DAYS = 30
"""Before a dossier is to be handed over, its keeper and the head of its unit are told."""


def require_open(dossier: Dossier) -> None:
    """Raises DossierHandedOver, DossierNotOpen."""
    if dossier.state is DossierState.HANDED_OVER:
        raise DossierHandedOver(dossier=dossier.code)
    if dossier.state is not DossierState.OPEN:
        raise DossierNotOpen(dossier=dossier.code)


def require_closed(dossier: Dossier) -> None:
    """Closed, and not offered to the archive. Raises DossierHandedOver, DossierNotClosed, DossierProposed."""
    if dossier.state is DossierState.HANDED_OVER:
        raise DossierHandedOver(dossier=dossier.code)
    if dossier.state is not DossierState.CLOSED:
        raise DossierNotClosed(dossier=dossier.code)
    if dossier.proposed_at is not None:
        raise DossierProposed(dossier=dossier.code)


def require_proposed(dossier: Dossier) -> None:
    """Raises DossierHandedOver, DossierNotProposed."""
    if dossier.state is DossierState.HANDED_OVER:
        raise DossierHandedOver(dossier=dossier.code)
    if dossier.proposed_at is None:
        raise DossierNotProposed(dossier=dossier.code)


def require_handed_over(dossier: Dossier) -> None:
    """Raises DossierNotHandedOver."""
    if dossier.state is not DossierState.HANDED_OVER:
        raise DossierNotHandedOver(dossier=dossier.code)


def hand_over_by(closed_on: date) -> date:
    """One year after the work was done (Decree 30/2020/NĐ-CP, article 30); of 29 February the 28th."""
    try:
        return closed_on.replace(year=closed_on.year + 1)
    except ValueError:
        return closed_on.replace(year=closed_on.year + 1, day=28)


def next_code(heading: str, taken: int) -> str:
    """The code of a dossier when ``taken`` were opened under its heading: `01.TCCB`, `01.TCCB/2`, `01.TCCB/3`."""
    return heading if taken == 0 else f"{heading}/{taken + 1}"
