"""The points of our integrals, to be given to others."""

from __future__ import annotations

import numpy as np

__all__ = ["MANY", "MANY_POINTS", "OUR_POINTS", "STEPS", "our_points"]

STEPS, MANY = 24, 512
OUR_POINTS = f"our {STEPS} points and weights"
MANY_POINTS = f"the integral: {MANY} points each, at places of one's own"


def our_points(steps: int) -> dict[str, list[float]]:
    """The places a = u^2 of equal steps in u along the line, and their weights: da = 2u du, the last one half."""
    u = np.arange(1, steps + 1) / steps
    weights = 2 * u / steps
    weights[-1] /= 2
    return {"alphas": (u**2).tolist(), "weights": weights.tolist()}
