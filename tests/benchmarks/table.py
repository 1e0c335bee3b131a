"""Rows of the report and how they are printed. A target without a figure has its row too."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.figures import milliseconds, percentile

TARGETS: Mapping[str, tuple[str, str]] = {
    "D1": ("1 GiB upload through the API", "≥ 0.90 of the SDK; ≤ 48 MiB per upload; others p95 ≤ 25 ms"),
    "D2": ("1 GiB download, and Range", "≥ 0.60 of the SDK; ≤ 16 MiB"),
    "D3": ("register a 200 KB document", "≥ 0.50 of one put plus one commit; no gap"),
    "D4": ("newest 25, clerk of one unit", "≤ 2.5 × the bare endpoint; database p95 ≤ 10 ms"),
    "D5": ("search with total", "≤ 2.5 × the bare endpoint; database p95 ≤ 50 ms, widest ≤ 150 ms"),
    "D6": ("facets with counts", "≤ 150 ms for a unit, ≤ 500 ms for the widest reader"),
    "D7": ("growth of D4 and D5 with the number of documents", "≤ 2 ×"),
    "D8": ("visible after commit: text of a 10-page PDF", "≤ 1 s"),
    "D9": ("from nothing to serving", "≤ 3 s"),
    "C1": ("a leader's queue of 10,000, one page of it", "database p95 ≤ 15 ms"),
    "C2": ("a trail of 1,000,000 events, sealed and verified", "rows per second"),
    "C3": ("export of a dossier with 1,000 documents", "MiB/s and memory"),
    "T1": ("board of a unit, 1,000,000 tasks", "p95 ≤ 15 ms"),
    "T2": ("four-way statistic of a year by unit", "≤ 300 ms"),
    "T3": ("the minute's sweep", "≤ 10 ms; ≤ 5 s when 10,000 are due"),
    "T4": ("direct one document to 2,000 units", "≤ 1 s, one transaction"),
    "M1": ("conflict check for 150 sites", "p95 ≤ 15 ms"),
    "M2": ("find a time", "≤ 150 ms"),
    "M3": ("invitations built, and queued", "≥ 1,000 per second of CPU; 2,000 queued ≤ 2 s"),
    "M4": ("feed of 1,000 events; week view", "≤ 50 ms; p95 ≤ 20 ms"),
    "M5": ("booking contention, 8 writers", "≥ 200 decisions per second, never oversold"),
    "S1": ("session and actor around a request", "≤ 1 ms over the bare endpoint"),
    "S2": ("memory of one web process", "≤ 200 MiB idle; growth ≤ 5 % after 100,000 requests"),
    "S3": ("kill -9 of each part, 50 times under load", "nothing acknowledged is lost"),
    "S4": ("schemathesis over the whole description", "no 5xx"),
}
"""Every target: what, and the figure to reach."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One figure. ``met`` is None for a figure that has no target and only explains another."""

    target: str
    what: str
    figure: str
    limit: str = ""
    """The limit or peer that was measured beside it."""
    ratio: float | None = None
    wanted: str = ""
    met: bool | None = None
    times: Sequence[float] = ()
    """Seconds of each run."""
    runs: int = 0
    """How many there were, where they were not timed one by one."""

    @property
    def verdict(self) -> str:
        return "" if self.met is None else "met" if self.met else "MISSED"

    def told(self) -> dict[str, Any]:
        """The row as JSON values."""
        times = sorted(self.times)
        spread = {"p50_s": percentile(times, 50), "p95_s": percentile(times, 95)} if times else {}
        facts = {name: value for name, value in asdict(self).items() if name != "times"}
        return {**facts, **spread, "runs": len(times) or self.runs, "verdict": self.verdict}

    def cells(self) -> list[str]:
        """The row as it is printed."""
        times = [milliseconds(percentile(self.times, part)) if self.times else "" for part in (50, 95)]
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        count = len(self.times) or self.runs
        runs = f"{count:,}" if count else ""
        return [
            self.target,
            self.what,
            self.figure,
            self.limit,
            ratio,
            self.wanted,
            self.verdict,
            *times,
            runs,
        ]


HEAD = ["", "what", "figure", "limit, measured beside it", "ratio", "target", "", "p50", "p95", "runs"]


def not_measured(target: str, why: str) -> Row:
    """The row of a target without a figure."""
    what, wanted = TARGETS[target]
    return Row(target=target, what=what, figure=f"not measured: {why}", wanted=wanted)


def complete(rows: Iterable[Row], why: Mapping[str, str]) -> list[Row]:
    """The rows in the order of the targets, with one for every target that has none."""
    measured = list(rows)
    known = {row.target for row in measured}
    missing = [
        not_measured(target, why.get(target, "no benchmark yet")) for target in TARGETS if target not in known
    ]
    order = list(TARGETS)
    return sorted([*measured, *missing], key=lambda row: order.index(row.target))


def render(rows: Sequence[Row]) -> str:
    """The table as text; a row without a figure takes the columns up to its target."""
    lines = [HEAD, *(row.cells() for row in rows)]
    counted = [line for line in lines if not line[2].startswith("not measured")]
    widths = [max(len(line[column]) for line in counted) for column in range(len(HEAD))]
    widths[1] = max(len(line[1]) for line in lines)
    rule = "  ".join("─" * width for width in widths)
    text = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
    return "\n".join([text[0], rule, *text[1:]])


def save(rows: Sequence[Row], path: Path) -> None:
    """The rows as JSON: a list of objects, times in seconds."""
    path.write_text(json.dumps([row.told() for row in rows], ensure_ascii=False, indent=1) + "\n", "utf-8")
