"""Inseq, on the language model."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.equality.comparison import Both, Comparison
from benchmarks.equality.points import MANY, MANY_POINTS, OUR_POINTS, STEPS, our_points
from benchmarks.equality.setting import Setting

__all__ = ["with_inseq"]

# Behind the first answer token Inseq moves the answer's own earlier tokens as well.
FIRST = "; the first answer token"


def with_inseq(setting: Setting) -> list[Comparison]:
    """Removal, gradients and integrals, a row an answer token."""

    def one(theirs: str, ours: str, same: str, both: Both, **task: Any) -> Comparison:
        return Comparison("inseq", theirs, ours, same, theirs, both, {**setting.task, **task})

    def unsigned(theirs: Any) -> tuple[np.ndarray, np.ndarray]:
        return np.array(theirs), np.abs(setting.ours("leave_one_out", ablate="mask"))

    def first(steps: int) -> Both:
        def both(theirs: Any) -> tuple[np.ndarray, np.ndarray]:
            ours = setting.ours("integrated_gradients", baseline="mask", steps=steps, per_output=True)
            return np.array(theirs)[0], ours[0]

        return both

    integral = "integrated_gradients"
    norms = setting.beside("saliency", per_output=True)
    products = setting.beside("input_x_gradient", per_output=True)
    return [
        one("occlusion", "leave_one_out", "the mask token, no sign", unsigned),
        one("saliency", "saliency", "Euclidean norms", norms),
        one("input_x_gradient", "input_x_gradient", "products, added up", products),
        one(integral, integral, OUR_POINTS + FIRST, first(STEPS), steps=STEPS, **our_points(STEPS)),
        one(integral, integral, MANY_POINTS + FIRST, first(MANY), steps=MANY),
    ]
