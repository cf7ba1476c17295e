"""How sure the mean of some draws is."""

from __future__ import annotations

import numpy as np
from scipy import stats

__all__ = ["mean_interval"]


def mean_interval(values: np.ndarray, share: float = 0.95) -> tuple[float, float] | None:
    """Student's interval of the mean of independent draws; None of fewer than two, which say nothing of it."""
    if len(values) < 2:
        return None
    middle, error = float(np.mean(values)), float(np.std(values, ddof=1)) / np.sqrt(len(values))
    reach = float(stats.t.ppf((1 + share) / 2, len(values) - 1) * error)
    return middle - reach, middle + reach
