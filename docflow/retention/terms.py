"""How long something is kept: pure. A term ends on its last day; destroying is possible from the day after.

A dossier's term is counted from the end of the year in which it was closed, a document's own (that of its kind) from
1 January after the year of its date; of an incoming document the year in which it arrived, when that is later, so that
what is entered late is not over at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from docflow.core.clock import LOCAL_ZONE
from docflow.dossiers.models import Retention

YEARS: dict[Retention, int] = {
    Retention.YEARS_70: 70,
    Retention.YEARS_50: 50,
    Retention.YEARS_30: 30,
    Retention.YEARS_20: 20,
    Retention.YEARS_10: 10,
    Retention.YEARS_5: 5,
}
"""All but the first, which never ends."""


class TermReason(StrEnum):
    """What a term rests on."""

    PERMANENT = "permanent"
    """Its dossier, or its kind where it is in none, is kept for ever."""
    DOSSIER_OPEN = "dossier_open"
    """It is in a dossier that is still open: no end is known yet."""
    DOSSIER = "dossier"
    """The longest of the dossiers that it is in."""
    RULE = "rule"
    """The rule for its kind."""
    NO_RULE = "no_rule"
    """Nothing says how long: it is kept."""


@dataclass(frozen=True, slots=True)
class InDossier:
    """A dossier that a document is in."""

    dossier_id: UUID
    retention: Retention
    closed_on: date | None


@dataclass(frozen=True, slots=True)
class Term:
    """How long a document is kept and why; ``kept_until`` is the last day, None when no end is known.

    ``dossier_id`` is the dossier that decides, ``rule_id`` the rule.
    """

    reason: TermReason
    retention: Retention | None = None
    kept_until: date | None = None
    dossier_id: UUID | None = None
    rule_id: UUID | None = None

    def is_over(self, today: date) -> bool:
        """Whether it may be destroyed, as far as its term goes."""
        return self.kept_until is not None and self.kept_until < today


def kept_until(retention: Retention, counted_from: date) -> date | None:
    """The last day of a term that is counted from the end of the year of ``counted_from``; None: it never ends."""
    if retention is Retention.PERMANENT:
        return None
    return date(counted_from.year + YEARS[retention], 12, 31)


def term_of(
    dossiers: Sequence[InDossier],
    rule: tuple[UUID, Retention] | None,
    issued_on: date,
    arrived_on: date | None,
) -> Term:
    """The term of a document: the longest of the dossiers it is in, else the rule for its kind."""
    for dossier in dossiers:
        if dossier.retention is Retention.PERMANENT:
            return Term(TermReason.PERMANENT, dossier.retention, dossier_id=dossier.dossier_id)
    for dossier in dossiers:
        if dossier.closed_on is None:
            return Term(TermReason.DOSSIER_OPEN, dossier.retention, dossier_id=dossier.dossier_id)
    ends = [
        (ends_on, dossier)
        for dossier in dossiers
        if dossier.closed_on and (ends_on := kept_until(dossier.retention, dossier.closed_on))
    ]
    if ends:
        last, dossier = max(ends, key=lambda end: end[0])
        return Term(TermReason.DOSSIER, dossier.retention, last, dossier_id=dossier.dossier_id)
    if rule is None:
        return Term(TermReason.NO_RULE)
    rule_id, retention = rule
    if retention is Retention.PERMANENT:
        return Term(TermReason.PERMANENT, retention, rule_id=rule_id)
    dated = max(issued_on, arrived_on or issued_on)
    return Term(TermReason.RULE, retention, kept_until(retention, dated), rule_id=rule_id)


def ends_at(last_day: date) -> datetime:
    """The moment in which a term is over: midnight on the wall after its last day."""
    return datetime.combine(last_day + timedelta(days=1), time(), LOCAL_ZONE)
