"""What metrics of sparseness share: the share of each feature in the credit, and what chance cannot say of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pellucid.core.explanation import Explanation
from pellucid.core.score import Measurement
from pellucid.metrics._ranked import no_credit

__all__ = ["of_shares"]


def of_shares(why: Explanation, number: Callable[[np.ndarray], float]) -> Measurement:
    """``number`` of ``|credit_i| / sum of |credit|``, shape (input,)."""
    if (problem := no_credit(why)) is not None:
        return Measurement.does_not_apply(problem)
    sizes = np.abs(why.credit())
    if len(sizes) < 2:
        return Measurement.does_not_apply("A text of one feature has all its credit there.")
    largest = sizes.max()
    if largest == 0:
        return Measurement.does_not_apply("All credits are 0: they rest on no feature.")
    scaled = sizes / largest  # so that credits near the ends of float64 neither vanish nor overflow
    return Measurement(number(scaled / scaled.sum()))
