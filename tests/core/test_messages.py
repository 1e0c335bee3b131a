"""Texts in two languages, and which of them a caller wants."""

import json
from pathlib import Path
from string import Formatter

import pytest

from docflow.core import messages
from docflow.core.messages import LOCALE, Language, catalogue, language_from, text_of

VI, EN = Language.VI, Language.EN


@pytest.fixture
def locale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty catalogue of its own."""
    for language in Language:
        (tmp_path / language).mkdir()
    monkeypatch.setattr(messages, "LOCALE", tmp_path)
    monkeypatch.setattr(messages, "catalogue", catalogue.__wrapped__)
    return tmp_path


def facts_of(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, VI),
        ("", VI),
        (",", VI),
        ("*", VI),
        ("fr", VI),
        ("vi", VI),
        ("en", EN),
        ("EN-gb", EN),
        ("zh-Hant-TW, en-x-any", EN),
        ("en, vi", EN),
        ("vi, en", VI),
        ("en-US,en;q=0.9,vi;q=0.8", EN),
        ("en;q=0.5, vi;q=0.7", VI),
        ("en ; q=0.5 ,\tvi ;q=0.499", EN),
        ("vi;q=0.1, en;Q=1.000", EN),
        ("fr, en;q=0.001", EN),
    ],
)
def test_the_preferred_of_our_languages_is_spoken(header: str | None, language: Language) -> None:
    assert language_from(header) is language


@pytest.mark.parametrize("header", ["en;q=0", "en;q=0.000", "fr;q=1, en;q=0.0"])
def test_a_language_of_weight_zero_is_not_wanted(header: str) -> None:
    assert language_from(header) is VI


@pytest.mark.parametrize("header", ["en;q=1.5", "en;q=2", "en;q=-1", "en;q=", "en;q=0.1234", "en_GB", "e n"])
def test_what_the_standard_does_not_know_counts_for_nothing(header: str) -> None:
    assert language_from(f"{header}, vi;q=0.1") is VI


@pytest.mark.parametrize("header", ["", "fr", "en;q=0, fr"])
def test_the_persons_own_language_is_spoken_when_none_is_asked_for(header: str) -> None:
    assert language_from(header, VI) is VI
    assert language_from(header.replace("en", "vi"), EN) is EN


def test_an_endless_header_is_read_to_a_limit() -> None:
    assert language_from("en," + "x" * 1_000_000) is EN
    assert language_from("fr," * 1_000_000 + "en") is VI


def test_facts_fill_the_text_and_a_missing_one_is_an_ellipsis(locale: Path) -> None:
    for language, text in ((VI, "{unit} trễ {days} ngày"), (EN, "{unit} is {days} days late")):
        (locale / language / "tasks.json").write_text(json.dumps({"late": text}), "utf-8")
    assert text_of("late", VI, unit="Sở Nội vụ", days=3, more="x") == "Sở Nội vụ trễ 3 ngày"
    assert text_of("late", EN, unit="{days}") == "{days} is … days late"


def test_a_code_without_a_text_is_shown_as_it_is() -> None:
    assert text_of("no_such_code", EN, unit="Sở Nội vụ") == "no_such_code"


def test_a_code_in_two_files_is_refused(locale: Path) -> None:
    for name in ("documents", "tasks"):
        (locale / VI / f"{name}.json").write_text('{"late": "Trễ"}', "utf-8")
    with pytest.raises(ValueError, match="late is in the catalogue twice"):
        catalogue.__wrapped__(VI)


def test_both_languages_say_the_same_with_the_same_facts_in_the_same_files() -> None:
    vi, en = catalogue(VI), catalogue(EN)
    assert vi.keys() == en.keys()
    assert {code: facts_of(text) for code, text in vi.items()} == {
        code: facts_of(text) for code, text in en.items()
    }
    files = [{path.name for path in (LOCALE / language).glob("*.json")} for language in Language]
    assert files[0] == files[1] != set()


@pytest.mark.parametrize("language", Language)
def test_every_text_can_be_told_without_any_fact(language: Language) -> None:
    for code, text in catalogue(language).items():
        told = text_of(code, language)
        assert told.strip(), code
        assert ("…" in told) or not facts_of(text), code
