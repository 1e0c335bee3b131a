"""Whatever docflow can say exists in Vietnamese and English, with the same facts in both."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from tests.architecture.source import (
    ROOT,
    assert_none,
    calls_of,
    classes_of,
    keyword_of,
    last_name_of,
    modules_of,
    plant,
)

LANGUAGES = ("vi", "en")
FAMILY = "DocflowError"

SAYS = {
    "invalid": (1, "code"),
    "FieldError": (1, "code"),
    "deny": (0, "reason"),
    "NotAllowed": (None, "reason"),
}
"""Calls that name a text: which positional argument, or which keyword, holds the code."""


def catalogue_of(root: Path, language: str) -> dict[str, str]:
    """All texts of one language by code. A code in two files fails."""
    texts: dict[str, str] = {}
    for path in sorted((root / "docflow" / "locale" / language).glob("*.json")):
        for code, text in json.loads(path.read_text("utf-8")).items():
            assert code not in texts, f"{path.name}: {code} is there twice"
            texts[code] = text
    return texts


def facts_of(text: str) -> set[str]:
    """The names in braces."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def codes_of_errors(root: Path) -> Iterator[tuple[str, str | None]]:
    """Every class of error with where it is and its own code; None when it has none."""
    classes = [(module, class_) for module in modules_of(root, "docflow") for class_ in classes_of(module)]
    family = {FAMILY}
    while grown := {
        class_.name
        for _, class_ in classes
        if class_.name not in family and family & {last_name_of(base) for base in class_.bases}
    }:
        family |= grown
    for module, class_ in classes:
        if class_.name in family:
            yield module.at(class_, class_.name), own_code_of(class_)


def own_code_of(class_: ast.ClassDef) -> str | None:
    for line in class_.body:
        targets = line.targets if isinstance(line, ast.Assign) else [getattr(line, "target", None)]
        value = getattr(line, "value", None)
        named = any(isinstance(target, ast.Name) and target.id == "code" for target in targets)
        if named and isinstance(value, ast.Constant) and isinstance(value.value, str):
            return value.value
    return None


def codes_said(root: Path) -> Iterator[tuple[str, str]]:
    """Codes written out in the calls of SAYS."""
    for module in modules_of(root, "docflow"):
        for call in calls_of(module.tree):
            place, keyword = SAYS.get(last_name_of(call), (None, ""))
            code = keyword_of(call, keyword)
            if place is not None and len(call.args) > place and isinstance(call.args[place], ast.Constant):
                code = ast.literal_eval(call.args[place])
            if isinstance(code, str):
                yield module.at(call, last_name_of(call)), code


def texts_that_are_missing(root: Path) -> Iterator[str]:
    """Errors without a code of their own, and codes without a text in some language."""
    catalogues = {language: catalogue_of(root, language) for language in LANGUAGES}
    for where, code in [*codes_of_errors(root), *codes_said(root)]:
        if code is None:
            yield f"{where} has no code of its own"
            continue
        for language, texts in catalogues.items():
            if not texts.get(code, "").strip():
                yield f"{where}: {code} has no text in {language}"


def texts_that_disagree(root: Path) -> Iterator[str]:
    """Codes that one language lacks, or whose facts differ."""
    first, second = (catalogue_of(root, language) for language in LANGUAGES)
    for code in sorted(first.keys() ^ second.keys()):
        yield f"{code} is in one language only"
    for code in sorted(first.keys() & second.keys()):
        if facts_of(first[code]) != facts_of(second[code]):
            yield f"{code}: {sorted(facts_of(first[code]))} in vi, {sorted(facts_of(second[code]))} in en"


def test_every_error_and_reason_has_a_text_in_both_languages() -> None:
    assert_none(texts_that_are_missing(ROOT))


def test_both_languages_have_the_same_texts_with_the_same_facts() -> None:
    assert_none(texts_that_disagree(ROOT))


def a_tree(root: Path, code: str, vi: dict[str, str], en: dict[str, str]) -> Path:
    texts = {
        f"docflow/locale/{language}/tasks.json": json.dumps(texts)
        for language, texts in (("vi", vi), ("en", en))
    }
    return plant(root, {"docflow/tasks/errors.py": code} | texts)


@pytest.mark.parametrize(
    ("code", "missing"),
    [
        ('class Ended(Conflict):\n    code = "ended"', 1),
        ("class Ended(Conflict):\n    pass", 1),
        ('class Ended(Conflict): code = "known"\nclass LongEnded(errors.Ended): code: str = "gone"', 2),
        ('def check(): raise invalid("due_on", "too_early")', 2),
        ('def decide(): return deny("not_lead")', 2),
        ('def decide(): raise NotAllowed(reason="not_lead")', 2),
        ('def check(): return FieldError(pointer="/due_on", code="too_early")', 2),
    ],
)
def test_a_planted_error_without_a_text_is_seen(tmp_path: Path, code: str, missing: int) -> None:
    family = (
        f"class {FAMILY}(Exception):\n    code = 'known'\nclass Conflict({FAMILY}):\n    code = 'known'\n"
    )
    tree = a_tree(tmp_path, family + code, {"known": "Có", "ended": "Hết"}, {"known": "Yes"})
    assert len(list(texts_that_are_missing(tree))) == missing


def test_a_planted_disagreement_of_languages_is_seen(tmp_path: Path) -> None:
    vi = {"late": "Trễ {days} ngày", "same": "{a} và {b}", "only": "Riêng"}
    en = {"late": "Late by {count} days", "same": "{b} and {a}"}
    assert list(texts_that_disagree(a_tree(tmp_path, "", vi, en))) == [
        "only is in one language only",
        "late: ['days'] in vi, ['count'] in en",
    ]
