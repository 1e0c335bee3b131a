"""Numbers about numbers."""

import math
from collections.abc import Sequence
from statistics import median

MIB = 1024 * 1024


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent of the values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(math.ceil(len(ordered) * percent / 100) - 1, 0)]


def paired_ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of ours / theirs over pairs that were measured one after the other."""
    return median(mine / other for mine, other in zip(ours, theirs, strict=True))


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def mebibytes(size: float) -> str:
    return f"{size / MIB:.0f} MiB"
