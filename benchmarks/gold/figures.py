"""From one number an item to what is kept: means with bootstrap intervals, and what beats random rankings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.gold.measure import COSTS, SCORES, Found
from pellucid.truth.results import interval
from pellucid.truth.words import RANDOM

__all__ = ["kept_rows"]

BETTER = {"sufficiency": -1}  # lower is better; of all other scores higher


def kept_rows(found: Sequence[Found]) -> list[dict[str, Any]]:
    """Plain data of each row: mean and 95% interval of each score, whether it beats random ones, mean costs."""
    random = next(row for row in found if row.name == RANDOM).numbers
    return [_kept(row, random) for row in found]


def _kept(row: Found, random: dict[str, list[float]]) -> dict[str, Any]:
    kept: dict[str, Any] = {"name": row.name, "options": row.options}
    if row.refused:
        return kept | {"refused": row.refused}
    for score in SCORES:
        values, chance = np.array(row.numbers[score]), np.array(random[score])
        low, high = interval(row.numbers[score])
        gain = interval((BETTER.get(score, 1) * (values - chance)).tolist())
        kept[score] = {"mean": float(values.mean()), "low": low, "high": high, "beats_random": gain[0] > 0}
    return kept | {cost: float(np.mean(row.numbers[cost])) for cost in COSTS if cost in row.numbers}
