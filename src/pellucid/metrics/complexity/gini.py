"""Gini index: how unequally the credit is shared out."""

from __future__ import annotations

import numpy as np

from pellucid.core.explanation import Explanation
from pellucid.core.protocols import BlackBox
from pellucid.core.registry import metric
from pellucid.core.score import Measurement
from pellucid.metrics.complexity._shares import of_shares

__all__ = ["gini"]


@metric(
    better="higher",
    bounds=(0.0, 1.0),
    cost="none",
    paper="Hurley and Rickard 2009, arXiv:0811.4706, table I; Chalasani et al. 2020, arXiv:1810.06583",
)
def gini(why: Explanation, model: BlackBox) -> Measurement:
    """How unequally the sizes of the credits are shared out: 0 if all are alike, near 1 if one feature has it all.

    ``1 - 2 sum over k = 1 .. N of |c|_(k) / sum|c| . (N - k + 1/2) / N`` with sizes in rising order. Of one feature
    that has it all it is 1 - 1/N. Higher is sparser, which is easier to read and no more faithful. No chance stands
    beside it: a shuffle of the credits has the same number.
    """
    return of_shares(why, _gini)


def _gini(shares: np.ndarray) -> float:
    count = len(shares)
    weights = (count - np.arange(1, count + 1) + 0.5) / count
    return max(0.0, float(1 - 2 * np.sort(shares) @ weights))
