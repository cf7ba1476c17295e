"""AOPC: how far the answer has fallen, on average, as the top features go one by one."""

from __future__ import annotations

from functools import partial

import numpy as np

from pellucid.core.errors import BadOption
from pellucid.core.explanation import Explanation
from pellucid.core.protocols import Ablation, GreyBox
from pellucid.core.registry import metric
from pellucid.core.score import Measurement
from pellucid.metrics._answer import no_answer, probability
from pellucid.metrics._ranked import Measured, Rank, beside_chance
from pellucid.metrics.faithfulness._along import along

__all__ = ["aopc"]


@metric(
    better="higher",
    bounds=(-1.0, 1.0),
    cost="up to steps x (1 + 2 x draws) forwards, and one",
    paper="Samek et al. 2017, arXiv:1509.06321",
    does="Removing the top features one by one",
)
def aopc(
    why: Explanation,
    model: GreyBox,
    *,
    steps: int = 10,
    rank: Rank = "signed",
    ablate: Ablation | None = None,
    draws: int = 99,
    seed: int = 0,
) -> Measurement:
    """Mean fall of the answer's probability as the top features are removed one after another.

    ``1/(K + 1) sum over k = 0 .. K of p(x) - p(x without the top k features)``: the area over the perturbation curve,
    at one text. The step k = 0 counts, with no fall. Higher is better; chance is measured beside it.

    :param steps: how many features are removed, K; all of them in a text that has fewer.
    :param rank: signed, those that support the answer first; or size, whatever their sign.
    :param ablate: how a feature is removed; by default as the model and the text prefer.
    :param draws: how many random rankings, and as many position-matched ones, stand for chance.
    :param seed: of the random rankings.
    """
    if steps < 1:
        raise BadOption(f"steps={steps}: at least one feature is removed.")
    ask = partial(probability, why, model, ablate=ablate)
    counts = range(min(steps, len(why.text.features)) + 1)

    def measure(credits: np.ndarray) -> Measured:
        whole, changed = along(ask, credits, counts, keep_top=False)
        falls = whole - changed
        parts = {"removed": tuple(map(float, counts)), "fall": tuple(falls[0].tolist()), "whole": (whole,)}
        return Measured(falls.mean(1), parts=parts)

    return no_answer(why) or beside_chance(why, measure, rank=rank, draws=draws, seed=seed)
