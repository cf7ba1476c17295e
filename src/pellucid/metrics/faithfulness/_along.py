"""The answer along the way, as the top features of rankings are removed, or kept alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from pellucid.metrics._ranked import top_features

__all__ = ["along", "count_of"]


def along(
    ask: Callable[[np.ndarray], np.ndarray], credits: np.ndarray, counts: Sequence[int], *, keep_top: bool
) -> tuple[float, np.ndarray]:
    """What ``ask`` says of the whole text, and of texts that lose the top features, or keep only them.

    ``credits``: shape (ranking, input). The second has shape (ranking, count). All masks are asked at once, so that
    those which rankings share are read once.
    """
    tops = np.stack([top_features(credits, count) for count in counts], axis=1)
    masks = (tops if keep_top else ~tops).reshape(-1, credits.shape[1])
    whole, *changed = ask(np.vstack([np.ones_like(masks[:1]), masks]))
    return float(whole), np.reshape(changed, tops.shape[:2])


def count_of(share: float, features: int) -> int:
    """So many features are a share of them, rounded up: 5% of 140 are 7, though 0.05 x 140 is a hair above."""
    return math.ceil(share * features - 1e-9)
