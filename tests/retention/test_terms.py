"""How long something is kept, as a table that an archivist can check; and the same rule in the database."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from docflow.core.clock import LOCAL_ZONE
from docflow.dossiers.models import Retention
from docflow.retention.terms import InDossier, TermReason, ends_at, kept_until, term_of

RULE = UUID(int=1)
A, B, C = UUID(int=10), UUID(int=11), UUID(int=12)

TABLE = """
dossiers                              | rule       | dated      | arrived    | reason       | kept until | decides
                                      | years_10   | 2026-01-01 |            | rule         | 2036-12-31 | rule
                                      | years_10   | 2026-12-31 |            | rule         | 2036-12-31 | rule
                                      | years_5    | 2024-02-29 |            | rule         | 2029-12-31 | rule
                                      | years_5    | 2010-05-01 | 2026-03-01 | rule         | 2031-12-31 | rule
                                      | permanent  | 1976-01-01 |            | permanent    |            | rule
                                      |            | 2000-01-01 |            | no_rule      |            |
a years_5 2020-06-30                  | permanent  | 2019-01-01 |            | dossier      | 2025-12-31 | a
a years_5 2020-06-30                  | years_70   | 2019-01-01 |            | dossier      | 2025-12-31 | a
a years_5 2025-01-01, b years_10 2015-12-31 | years_5 | 2010-01-01 |          | dossier      | 2030-12-31 | a
a years_5 2015-01-01, b years_20 2015-12-31 | years_5 | 2010-01-01 |          | dossier      | 2035-12-31 | b
a years_5 2020-06-30, b years_5 open  | years_10   | 2010-01-01 |            | dossier_open |            | b
a permanent open                      | years_5    | 2010-01-01 |            | permanent    |            | a
a years_5 open, b permanent 2010-01-01 | years_5   | 2010-01-01 |            | permanent    |            | b
a years_70 2026-02-28, b years_50 2026-02-28 | years_5 | 2010-01-01 |         | dossier      | 2096-12-31 | a
"""
NAMES = {"a": A, "b": B, "c": C, "rule": RULE}


def cases() -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")] for line in TABLE.strip().splitlines()[1:]]


def in_dossiers(written: str) -> list[InDossier]:
    found = []
    for one in filter(None, written.split(", ")):
        name, retention, closed = one.split()
        closed_on = None if closed == "open" else date.fromisoformat(closed)
        found.append(InDossier(NAMES[name], Retention(retention), closed_on))
    return found


@pytest.mark.parametrize("case", cases(), ids=lambda case: " ".join(filter(None, case[:4])))
def test_a_document_is_kept_as_the_table_says(case: list[str]) -> None:
    written, retention, dated, arrived, reason, until, decides = case
    rule = (RULE, Retention(retention)) if retention else None
    term = term_of(
        in_dossiers(written),
        rule,
        date.fromisoformat(dated),
        date.fromisoformat(arrived) if arrived else None,
    )
    assert term.reason is TermReason(reason)
    assert term.kept_until == (date.fromisoformat(until) if until else None)
    assert (term.dossier_id or term.rule_id) == NAMES.get(decides)


def test_a_term_is_over_on_the_day_after_its_last() -> None:
    term = term_of([], (RULE, Retention.YEARS_5), date(2020, 3, 1), None)
    assert not term.is_over(date(2025, 12, 31))
    assert term.is_over(date(2026, 1, 1))
    assert ends_at(date(2025, 12, 31)) == datetime(2026, 1, 1, tzinfo=LOCAL_ZONE)
    assert ends_at(date(2025, 12, 31)) == datetime(2025, 12, 31, 17, tzinfo=UTC)


def test_what_is_permanent_never_ends() -> None:
    assert kept_until(Retention.PERMANENT, date(1000, 1, 1)) is None
    assert not term_of([], (RULE, Retention.PERMANENT), date(1000, 1, 1), None).is_over(date.max)
