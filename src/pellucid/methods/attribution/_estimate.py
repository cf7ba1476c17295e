"""Credits known up to an error of sampling: what the estimators of this folder have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from scipy.special import stdtrit

__all__ = ["Estimate", "dataset", "mean_of", "with_total"]

DIMS = ("output", "input")


@dataclass(frozen=True)
class Estimate:
    """Credits and their standard errors, shape (output + 1, input); the last row is of the outputs' sum.

    The outputs share their draws, so the error of the sum has to be estimated beside theirs. ``degrees`` are
    those of Student's t; infinite where nothing was sampled.
    """

    credit: np.ndarray
    error: np.ndarray
    degrees: float

    def reach(self, risk: float) -> np.ndarray:
        """Half the width of the interval that misses with this probability."""
        if not self.error.any():
            return self.error
        return float(stdtrit(self.degrees, 1 - risk / 2)) * self.error


def with_total(scores: np.ndarray) -> np.ndarray:
    """Scores with their sum as one more output, the last; shape (draw, output, ...)."""
    return np.concatenate([scores, scores.sum(1, keepdims=True)], axis=1)


def mean_of(draws: np.ndarray) -> Estimate:
    """The mean of independent draws of shape (draw, output, input), each of them unbiased."""
    draws = with_total(draws)
    error = draws.std(0, ddof=1) / np.sqrt(len(draws))
    return Estimate(draws.mean(0), error, len(draws) - 1)


def dataset(
    found: Estimate, units: str, options: Mapping[str, Any], notes: tuple[str, ...] = (), **scalars: float
) -> xr.Dataset:
    """The four arrays of an estimate, with 95% intervals, and further numbers beside them."""
    reach = found.reach(0.05)
    arrays = {
        "attribution": found.credit,
        "standard_error": found.error,
        "lower": found.credit - reach,
        "upper": found.credit + reach,
    }
    data = {name: (DIMS, values[:-1]) for name, values in arrays.items()}
    attributes = {
        "primary": "attribution",
        "signed": True,
        "units": units,
        "options": dict(options),
        "notes": notes,
    }
    return xr.Dataset(data | scalars, attrs=attributes)
