"""Top-k drop: how far the answer's log-probability falls without the one, three or five top features."""

from __future__ import annotations

from functools import partial

import numpy as np

from pellucid.core.errors import BadOption
from pellucid.core.explanation import Explanation
from pellucid.core.protocols import Ablation, GreyBox
from pellucid.core.registry import metric
from pellucid.core.score import Measurement
from pellucid.metrics._answer import log_probability, no_answer
from pellucid.metrics._ranked import Measured, Rank, beside_chance
from pellucid.metrics.faithfulness._along import along

__all__ = ["top_k_drop"]


@metric(
    better="higher",
    bounds=(-np.inf, np.inf),
    cost="up to 3 x (1 + 2 x draws) forwards, and one",
    paper="Cohen-Wang et al. 2024 (ContextCite), arXiv:2409.00729",
)
def top_k_drop(
    why: Explanation,
    model: GreyBox,
    *,
    k: tuple[int, ...] = (1, 3, 5),
    rank: Rank = "signed",
    ablate: Ablation | None = None,
    draws: int = 99,
    seed: int = 0,
) -> Measurement:
    """Fall of the answer's log-probability, in nats, when the top k features are removed; the mean over k.

    ``log p(x) - log p(x without the top k features)``, each k among the parts. Of an answer of several tokens it is
    the sum over them. A k that would remove the whole text is left out: every ranking removes that. Higher is better;
    chance is measured beside it.

    :param k: how many features are removed, one number or several.
    :param rank: signed, those that support the answer first; or size, whatever their sign.
    :param ablate: how a feature is removed; by default as the model and the text prefer.
    :param draws: how many random rankings, and as many position-matched ones, stand for chance.
    :param seed: of the random rankings.
    """
    if not k or min(k) < 1:
        raise BadOption(f"k={list(k)}: at least one feature is removed, e.g. 1,3,5.")
    counts = [count for count in k if count < len(why.text.features)]
    if not counts:
        return Measurement.does_not_apply(
            f"Removing {min(k)} features leaves nothing of a text of {len(why.text.features)}: take a smaller k."
        )
    ask = partial(log_probability, why, model, ablate=ablate)

    def measure(credits: np.ndarray) -> Measured:
        whole, changed = along(ask, credits, counts, keep_top=False)
        falls = whole - changed
        parts = {"k": tuple(map(float, counts)), "fall": tuple(falls[0].tolist()), "whole": (whole,)}
        return Measured(falls.mean(1), parts=parts)

    return no_answer(why) or beside_chance(why, measure, rank=rank, draws=draws, seed=seed)
