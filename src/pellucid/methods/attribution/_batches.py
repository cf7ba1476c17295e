"""Many points of one text, as many at a time as a model takes: the embeddings of all at once might not fit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pellucid.core.progress import meter
from pellucid.core.protocols import Gradients

__all__ = ["in_batches"]


def in_batches(gradients: Gradients, points: int, work: Callable[[slice], np.ndarray]) -> np.ndarray:
    """``work`` on slices of ``points`` points, joined along the first dim."""
    found = []
    for at in range(0, points, gradients.at_once):
        some = slice(at, min(at + gradients.at_once, points))
        found.append(work(some))
        meter().advance(some.stop, points, "gradients")
    return np.concatenate(found)
