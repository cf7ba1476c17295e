"""The lasso by coordinate descent, on few columns: too little to need another package for."""

from __future__ import annotations

import numpy as np

__all__ = ["lasso"]

CLOSE = 1e-10
MOST_SWEEPS = 10_000


def lasso(design: np.ndarray, answers: np.ndarray, penalty: float) -> tuple[np.ndarray, float]:
    """Weights, shape (column,), and intercept that minimise ``|y - X w - b|^2 / (2 rows) + penalty |w|_1``.

    Friedman, Hastie and Tibshirani 2010, eq. 5: column by column, each to its own minimum, until no weight
    moves. The columns are taken as they are; standardise them first if the penalty is to treat them alike.
    """
    middle, level = design.mean(0), answers.mean()
    centred = design - middle
    covariance = centred.T @ centred / len(design)
    pull = centred.T @ (answers - level) / len(design)
    weights = np.zeros(design.shape[1])
    free = np.flatnonzero(covariance.diagonal() > 0)
    for _ in range(MOST_SWEEPS):
        moved = 0.0
        for j in free:
            alone = pull[j] - covariance[j] @ weights + covariance[j, j] * weights[j]
            new = np.sign(alone) * max(abs(alone) - penalty, 0.0) / covariance[j, j]
            moved = max(moved, abs(new - weights[j]))
            weights[j] = new
        if moved <= CLOSE * max(1.0, np.abs(weights).max(initial=0.0)):
            break
    return weights, float(level - middle @ weights)
