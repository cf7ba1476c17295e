"""Average precision: the precision at each gold feature, on average."""

from __future__ import annotations

import numpy as np

from pellucid.core.explanation import Explanation
from pellucid.core.protocols import BlackBox
from pellucid.core.registry import metric
from pellucid.core.score import Measurement
from pellucid.metrics._ranked import Rank
from pellucid.metrics.gold import Rationale
from pellucid.metrics.plausibility._beside_gold import beside_gold, curve

__all__ = ["average_precision"]


@metric(
    better="higher",
    bounds=(0.0, 1.0),
    cost="none",
    paper="Manning, Raghavan and Schuetze 2008, Introduction to Information Retrieval, section 8.4",
)
def average_precision(
    why: Explanation,
    model: BlackBox,
    *,
    rationale: Rationale = (),
    rank: Rank = "signed",
    draws: int = 99,
    seed: int = 0,
) -> Measurement:
    """Mean precision at each gold feature, going down the ranking.

    ``sum over n of (R_n - R_(n-1)) P_n``, with precision P and recall R of the features above each credit; equal
    credits come together. The same as in scikit-learn. Higher is better; chance is measured beside it.

    :param rationale: the ranges of characters that decide, e.g. 4:10,12:20; a feature that touches one is gold.
    :param rank: signed, those that support the answer first; or size, whatever their sign.
    :param draws: how many random rankings, and as many position-matched ones, stand for chance.
    :param seed: of the random rankings.
    """
    return beside_gold(why, rationale, _mean, rank=rank, draws=draws, seed=seed)


def _mean(credit: np.ndarray, gold: np.ndarray) -> float:
    precision, recall = curve(credit, gold)
    return float(np.diff(recall, prepend=0.0) @ precision)
