"""What comprehensiveness and sufficiency share: the top features at five levels, and chance beside them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from pellucid.core.errors import BadOption
from pellucid.core.explanation import Explanation
from pellucid.core.protocols import Ablation, GreyBox
from pellucid.core.score import Measurement
from pellucid.metrics._answer import no_answer, probability
from pellucid.metrics._ranked import Measured, Rank, beside_chance
from pellucid.metrics.faithfulness._along import along, count_of

__all__ = ["LEVELS", "area"]

LEVELS = (0.01, 0.05, 0.1, 0.2, 0.5)


def area(
    why: Explanation,
    model: GreyBox,
    *,
    keep_top: bool,
    levels: Sequence[float],
    rank: Rank,
    ablate: Ablation | None,
    draws: int,
    seed: int,
) -> Measurement:
    """Mean over levels of p(text) - p(changed text), for the explanation and for draws of chance.

    The changed text keeps only the top features (``keep_top``) or loses them.
    """
    if not levels or not all(0 < level <= 1 for level in levels):
        raise BadOption(f"levels={list(levels)}: levels lie in (0, 1].")
    ask = partial(probability, why, model, ablate=ablate)

    def measure(credits: np.ndarray) -> Measured:
        counts = [count_of(level, credits.shape[1]) for level in levels]
        whole, changed = along(ask, credits, counts, keep_top=keep_top)
        falls = whole - changed
        parts = {"level": tuple(levels), "fall": tuple(falls[0].tolist()), "whole": (whole,)}
        return Measured(falls.mean(1), parts=parts)

    return no_answer(why) or beside_chance(why, measure, rank=rank, draws=draws, seed=seed)
