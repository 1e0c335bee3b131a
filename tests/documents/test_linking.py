"""Which documents a citation means: one original however often it is registered, several, or nothing."""

from datetime import date
from types import SimpleNamespace

import pytest

from docflow.documents.issuers import same_issuer_key
from docflow.documents.linking import Link, linked

DAY, OTHER = date(2018, 5, 11), date(2019, 5, 11)


def row(key: str = "7/QĐ-tu", day: date = DAY, issuer: str = "Tỉnh ủy") -> SimpleNamespace:
    return SimpleNamespace(symbol_key=key, issued_on=day, issuer=issuer)


def test_nothing_found_is_not_here() -> None:
    assert linked(["7/QĐ-tu"], DAY, "", []).link is Link.NOT_HERE


def test_one_original_in_several_registers_is_resolved() -> None:
    found = [row(issuer="Uỷ ban nhân dân tỉnh"), row(issuer="UBND tỉnh"), row(issuer="UBND TỈNH")]
    answer = linked(["7/QĐ-tu"], None, "", found)
    assert (answer.link, answer.rows, answer.date_differs) == (Link.RESOLVED, found, False)


@pytest.mark.parametrize("other", [row(day=OTHER), row(issuer="Huyện ủy")])
def test_several_originals_are_ambiguous(other: SimpleNamespace) -> None:
    found = [row(), other]
    assert linked(["7/QĐ-tu"], None, "", found).link is Link.AMBIGUOUS
    assert linked(["7/QĐ-tu"], None, "", found).rows == found


def test_the_issuer_that_is_named_decides_between_originals() -> None:
    found = [row(), row(issuer="Huyện ủy")]
    answer = linked(["7/QĐ-tu"], DAY, "HUYỆN UỶ", found)
    assert (answer.link, answer.rows) == (Link.RESOLVED, found[1:])
    assert linked(["7/QĐ-tu"], DAY, "Thành ủy", found).link is Link.AMBIGUOUS
    twice = [*found, row(issuer="Huyện ủy", day=OTHER)]
    assert linked(["7/QĐ-tu"], None, "Huyện ủy", twice).link is Link.AMBIGUOUS


def test_of_several_symbols_only_a_date_makes_one_certain() -> None:
    keys = ["5/HD-syt", "5/HĐ-syt"]
    assert linked(keys, None, "", [row("5/HD-syt")]).link is Link.AMBIGUOUS
    assert linked(keys, DAY, "", [row("5/HD-syt")]).link is Link.RESOLVED


def test_one_issuer_written_differently_has_one_key() -> None:
    assert same_issuer_key("UBND tỉnh") == same_issuer_key("Ủy  ban nhân dân TỈNH.")
    assert same_issuer_key("Sở Nội vụ") != same_issuer_key("Sở Y tế")
