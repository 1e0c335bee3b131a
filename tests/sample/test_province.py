"""The sample province is whole: nothing in it points at what is not there."""

import json
import re
import unicodedata
from collections import Counter
from datetime import date
from importlib.resources import files
from typing import Any

import pytest

from docflow.access.roles import Role
from docflow.core.messages import Language

PROVINCE: dict[str, Any] = json.loads(files("docflow.sample").joinpath("province.json").read_text("utf-8"))
UNITS: dict[str, dict[str, Any]] = {unit["code"]: unit for unit in PROVINCE["units"]}


def people_with(role: Role, unit: str) -> list[str]:
    return [person["full_name"] for person in PROVINCE["people"] if [role.value, unit] in person["roles"]]


def test_the_province_has_the_size_that_was_asked_for() -> None:
    kinds = Counter(unit["kind"] for unit in PROVINCE["units"])
    assert kinds == {"peoples_committee": 1, "office": 1, "department": 5, "commune": 9}
    assert len(PROVINCE["people"]) >= 20
    assert len(PROVINCE["sites"]) == 10
    assert Counter(site["kind"] for site in PROVINCE["sites"])["central"] == 1


@pytest.mark.parametrize(
    ("rows", "key"),
    [
        ("units", "code"),
        ("units", "name_vi"),
        ("people", "username"),
        ("people", "full_name"),
        ("sites", "name"),
    ],
)
def test_what_names_a_thing_names_one_thing(rows: str, key: str) -> None:
    assert [name for name, times in Counter(row[key] for row in PROVINCE[rows]).items() if times > 1] == []


def test_every_address_is_used_once_and_can_never_be_delivered_to() -> None:
    addresses = [row["email"] for row in PROVINCE["units"] + PROVINCE["people"]]
    assert len(set(addresses)) == len(addresses)
    assert [one for one in addresses if not re.fullmatch(r"[a-z.]+@([a-z]+\.)+example", one)] == []


def test_every_parent_stands_before_its_children_and_only_the_committee_has_none() -> None:
    seen: set[str] = set()
    for unit in PROVINCE["units"]:
        assert unit["parent"] in seen or (unit["parent"] is None and unit["code"] == "H99")
        seen.add(unit["code"])


def test_codes_have_the_shape_of_agency_codes_and_dates_are_past() -> None:
    assert [code for code in UNITS if not re.fullmatch(r"H99(\.[0-9]{2})?", code)] == []
    assert all(date.fromisoformat(unit["valid_from"]) <= date(2025, 7, 1) for unit in PROVINCE["units"])


def test_every_kind_role_and_unit_that_is_named_exists() -> None:
    assert {unit["kind"] for unit in PROVINCE["units"]} == {kind["code"] for kind in PROVINCE["unit_kinds"]}
    assert {site["kind"] for site in PROVINCE["sites"]} == {kind["code"] for kind in PROVINCE["site_kinds"]}
    assert {site["unit"] for site in PROVINCE["sites"]} <= UNITS.keys()
    held = [(role, unit) for person in PROVINCE["people"] for role, unit in person["roles"]]
    assert {role for role, _ in held} == {role.value for role in Role}
    assert {unit for _, unit in held} <= UNITS.keys()


def test_everybody_has_a_role_a_language_we_speak_and_no_clearance() -> None:
    for person in PROVINCE["people"]:
        assert person["roles"], person
        assert person["language"] in set(Language)
        assert person["clearance"] == "none"
        assert re.fullmatch(r"[a-z]{4,}", person["username"])


def test_those_whom_the_main_job_needs_are_there() -> None:
    assert len(people_with(Role.LEADER, "H99")) >= 2
    assert people_with(Role.ADMINISTRATOR, "H99")
    assert people_with(Role.AUDITOR, "H99")
    for role in (Role.REGISTRY_CLERK, Role.UNIT_HEAD, Role.MEETING_ORGANIZER):
        assert people_with(role, "H99.01"), role
    for code, unit in UNITS.items():
        if unit["kind"] == "department":
            assert people_with(Role.REGISTRY_CLERK, code), code
            assert people_with(Role.UNIT_HEAD, code), code
    assert people_with(Role.SPECIALIST, "H99.02")
    clerks = [
        code
        for code, unit in UNITS.items()
        if unit["kind"] == "commune" and people_with(Role.REGISTRY_CLERK, code)
    ]
    assert len(clerks) == 2


def test_symbols_are_those_that_documents_of_the_units_carry() -> None:
    symbols = {unit["symbol"] for unit in PROVINCE["units"]}
    assert symbols == {"UBND", "VP", "SNV", "STC", "SKHCN", "STTTT", "SKHĐT"}


def test_the_sample_is_written_in_composed_letters() -> None:
    text = json.dumps(PROVINCE, ensure_ascii=False)
    assert unicodedata.is_normalized("NFC", text)


def test_sites_have_a_room_seats_and_somebody_to_call() -> None:
    for site in PROVINCE["sites"]:
        assert site["seats"] > 0
        assert all(site[field] for field in ("room", "address", "technician"))
        assert re.fullmatch(r"0100 000 [0-9]{3}", site["technician_phone"])
