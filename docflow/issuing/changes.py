"""How two texts differ, line by line. Pure, and bounded: a hostile text costs no more than a long one."""

from difflib import unified_diff
from itertools import islice

import msgspec

MOST_LINES = 4_000
"""Of each text, after what both begin and end with alike."""
MOST_LETTERS = 500
"""Of a line; a paragraph of an official document is shorter."""
MOST_SHOWN = 2_000


class Changes(msgspec.Struct, frozen=True):
    """A unified difference, how many lines came and went in it, and whether there is more than that."""

    lines: list[str]
    added: int
    removed: int
    is_cut: bool


def changes_between(before: str, after: str, name_before: str, name_after: str) -> Changes:
    """The unified difference with three lines around each change; no line ends with a line feed."""
    old, new = _lines(before), _lines(after)
    lead = _alike(old, new)
    tail = _alike(old[lead:][::-1], new[lead:][::-1])
    # What both have in common at either end need not be compared; three lines of it stay to be shown.
    skip, spare = max(0, lead - 3), max(0, tail - 3)
    old_part, new_part = old[skip : len(old) - spare], new[skip : len(new) - spare]
    cut = max(len(old_part), len(new_part)) > MOST_LINES
    told = unified_diff(old_part[:MOST_LINES], new_part[:MOST_LINES], name_before, name_after, lineterm="")
    lines = list(islice(told, MOST_SHOWN + 1))
    shown = lines[:MOST_SHOWN]
    body = shown[2:]
    return Changes(
        [_moved(line, skip) for line in shown],
        sum(line.startswith("+") for line in body),
        sum(line.startswith("-") for line in body),
        cut or len(lines) > MOST_SHOWN,
    )


def _lines(text: str) -> list[str]:
    return [line[:MOST_LETTERS].rstrip() for line in text.replace("\f", "\n").split("\n")]


def _alike(one: list[str], other: list[str]) -> int:
    """How many lines both begin with alike."""
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count


def _moved(line: str, by: int) -> str:
    """The head of a part with the numbers of lines in the whole texts."""
    if not by or not line.startswith("@@ -"):
        return line
    old, new = line.split(" ")[1:3]
    return f"@@ -{_shifted(old, by)} +{_shifted(new, by)} @@"


def _shifted(span: str, by: int) -> str:
    first, comma, length = span[1:].partition(",")
    return f"{int(first) + by}{comma}{length}"
