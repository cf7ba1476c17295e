"""What metrics share that compare credits with what the model does: ranks, random ablations, their intervals."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.stats import rankdata

from pellucid.core.errors import BadOption

__all__ = ["FEWEST", "bootstrapped", "check_samples", "pairs_agree", "ranks_agree", "steady", "stream"]

FEWEST = 10
RESAMPLES = 1000
_OWN = 2017  # keeps the ablations of metrics apart from those that methods draw from the same seed


def stream(seed: int) -> np.random.Generator:
    """Random numbers of metrics' own: an explanation fitted to the ablations it is tested on would look too good."""
    return np.random.default_rng([seed, _OWN])


def check_samples(samples: int) -> None:
    """Raise `BadOption` for so few ablations that their mean says nothing."""
    if samples < FEWEST:
        raise BadOption(f"samples={samples}: at least {FEWEST} ablations are needed, better 64.")


def steady(numbers: np.ndarray) -> np.ndarray:
    """Numbers in shares of the largest of their row, without the noise of sums: what is equal to a millionth ties."""
    largest = np.abs(numbers).max(-1, keepdims=True)
    return np.round(numbers / np.where(largest == 0, 1, largest), 6)


def ranks_agree(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Spearman's correlation of rows, shape (row,), ties sharing their mean rank; NaN where a row is constant."""
    x, y = (rankdata(numbers, axis=-1) for numbers in (a, b))
    x, y = (ranks - ranks.mean(-1, keepdims=True) for ranks in (x, y))
    size = np.sqrt((x * x).sum(-1) * (y * y).sum(-1))
    return np.where(size == 0, np.nan, (x * y).sum(-1) / np.where(size == 0, 1, size))


def pairs_agree(rows: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Kendall's tau-b of each row with one order, shape (row,); NaN where either is constant."""
    ours = np.sign(order[:, None] - order[None])[np.triu_indices(len(order), 1)]
    found = np.empty(len(rows))
    for i, row in enumerate(rows):  # one row at a time: pairs of a long text are many
        theirs = np.sign(row[:, None] - row[None])[np.triu_indices(len(row), 1)]
        untied = np.sqrt(np.count_nonzero(ours) * np.count_nonzero(theirs))
        found[i] = ours @ theirs / untied if untied else np.nan
    return found


def bootstrapped(
    statistic: Callable[[np.ndarray], np.ndarray], samples: int, seed: int
) -> tuple[float, float] | None:
    """The 95% interval of a number of random ablations, by drawing the ablations again.

    ``statistic`` is handed which ablations, shape (resample, sample), and gives a number for each resample.
    """
    numbers = statistic(stream(seed).integers(samples, size=(RESAMPLES, samples)))
    numbers = numbers[np.isfinite(numbers)]
    if not len(numbers):
        return None
    low, high = np.quantile(numbers, [0.025, 0.975])
    return float(low), float(high)
