"""Our fits on subsets that a peer drew."""

from __future__ import annotations

import numpy as np

from pellucid.methods.attribution._coalitions import Coalitions
from pellucid.methods.attribution._estimate import with_total
from pellucid.methods.attribution.kernel_shap import _Fit
from pellucid.methods.attribution.lime import cosine_kernel, weighted_ridge

__all__ = ["kernel_shap_of", "lime_of"]


def kernel_shap_of(masks: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Credits of `kernel_shap`, shape (output, input), from any subsets and their scores, shape (subset, output).

    The empty subset and the whole are what holds exactly; all others count as drawn by Shapley's kernel.
    """
    n = masks.shape[1]
    sizes = masks.sum(1)
    inner = (sizes > 0) & (sizes < n)
    drawn = masks[inner]
    if len(drawn) % 2:
        raise ValueError(f"{len(drawn)} subsets were drawn; our fit takes an even number of them.")
    ends = [int(np.flatnonzero(sizes == size)[0]) for size in (0, n)]
    chance = np.where(np.isin(np.arange(n + 1), (0, n)), 0.0, 1.0)
    chosen = Coalitions(masks[ends], drawn.reshape(-1, 2, n), chance)
    fit = _Fit(chosen, with_total(scores[ends]))
    return fit(scores[inner].reshape(-1, 2, scores.shape[1])).credit[: scores.shape[1]]


def lime_of(masks: np.ndarray, scores: np.ndarray, kernel_width: float, ridge: float = 1.0) -> np.ndarray:
    """Credits of `lime`, shape (output, input), from any subsets and their scores."""
    return weighted_ridge(masks, scores, cosine_kernel(masks, kernel_width), ridge).credit
