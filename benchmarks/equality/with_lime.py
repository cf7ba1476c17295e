"""lime, on the classifier."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.equality.comparison import Comparison
from benchmarks.equality.same_samples import lime_of
from benchmarks.equality.setting import Setting

__all__ = ["with_lime"]

SAMPLES = 400
WIDTHS = (0.25, 0.1)
TIMES = 100  # lime measures cosine distances in hundredths


def with_lime(setting: Setting) -> list[Comparison]:
    """Our fit to the texts that lime drew, with kernels of two widths."""

    def one(width: float) -> Comparison:
        def both(theirs: Any) -> tuple[np.ndarray, np.ndarray]:
            masks = np.array(theirs["masks"], bool)
            return np.array(theirs["credit"]), lime_of(masks, setting.value(masks, "delete", "prob"), width)[
                0
            ]

        same = f"the {SAMPLES} texts that lime drew, kernel_width={width:g} (lime's {TIMES * width:g})"
        task = {**setting.task, "samples": SAMPLES, "kernel_width": TIMES * width}
        return Comparison("lime", "LimeTextExplainer", "lime", same, "lime", both, task)

    return [one(width) for width in WIDTHS]
