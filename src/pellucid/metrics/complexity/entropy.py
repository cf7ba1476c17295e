"""Entropy of the credit: over how many features it is spread."""

from __future__ import annotations

import numpy as np
from scipy.stats import entropy as entropy_of

from pellucid.core.explanation import Explanation
from pellucid.core.protocols import BlackBox
from pellucid.core.registry import metric
from pellucid.core.score import Measurement
from pellucid.metrics.complexity._shares import of_shares

__all__ = ["entropy"]


@metric(
    better="lower",
    bounds=(0.0, np.inf),
    cost="none",
    paper="Bhatt, Weller and Moura 2020, arXiv:2005.00631 (complexity)",
)
def entropy(why: Explanation, model: BlackBox) -> Measurement:
    """Over how many features the credit is spread: the entropy of the sizes of the credits, in nats.

    ``- sum over i of P_i log P_i`` with ``P_i = |c_i| / sum|c|``: from 0, all on one feature, to log N, the same on
    each of N. Its exponential reads as a number of features. Lower is easier to read and no more faithful. No chance
    stands beside it: a shuffle of the credits has the same number.
    """
    return of_shares(why, lambda shares: max(0.0, float(entropy_of(shares))))
