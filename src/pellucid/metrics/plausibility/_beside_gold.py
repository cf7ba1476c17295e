"""What metrics against a rationale share: gold features, chance beside the number, and when it says nothing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pellucid.core.explanation import Explanation
from pellucid.core.score import Measurement
from pellucid.metrics._ranked import Measured, Rank, beside_chance
from pellucid.metrics.gold import Rationale, gold_features

__all__ = ["beside_gold", "curve"]


def beside_gold(
    why: Explanation,
    rationale: Rationale,
    number: Callable[[np.ndarray, np.ndarray], float],
    *,
    rank: Rank,
    draws: int,
    seed: int,
) -> Measurement:
    """``number(credit, gold)`` of the explanation's credits, and of those of chance."""
    gold = gold_features(why.text, rationale)
    if gold.all():
        return Measurement.does_not_apply("The rationale is the whole text: every ranking finds it.")

    def measure(credits: np.ndarray) -> Measured:
        return Measured(
            np.array([number(credit, gold) for credit in credits]), parts={"gold": (float(gold.sum()),)}
        )

    return beside_chance(why, measure, rank=rank, draws=draws, seed=seed)


def curve(credit: np.ndarray, gold: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Precision and recall of the features above each credit, the highest first; equal credits come together."""
    order = np.argsort(-credit, kind="stable")
    last = np.append(np.diff(credit[order]) != 0, True)  # of each run of equal credits
    taken, found = np.flatnonzero(last) + 1, np.cumsum(gold[order])[last]
    return found / taken, found / gold.sum()
