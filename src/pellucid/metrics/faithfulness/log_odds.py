"""Log-odds: how far the answer's log-probability moves without the top fifth of the features."""

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
from pellucid.metrics.faithfulness._along import along, count_of

__all__ = ["log_odds"]


@metric(
    better="lower",
    bounds=(-np.inf, np.inf),
    cost="up to 2 + 2 x draws forwards",
    paper="Shrikumar et al. 2017, arXiv:1704.02685; as in Sanyal and Ren 2021 (DIG), arXiv:2108.13654",
)
def log_odds(
    why: Explanation,
    model: GreyBox,
    *,
    share: float = 0.2,
    rank: Rank = "signed",
    ablate: Ablation | None = None,
    draws: int = 99,
    seed: int = 0,
) -> Measurement:
    """Change of the answer's log-probability, in nats, when the top share of the features is removed.

    ``log p(x without the top ceil(q N) of N features) - log p(x)``: the log of a ratio of probabilities, which its
    papers call log-odds. Of an answer of several tokens it is the sum over them. Lower is better; chance is measured
    beside it.

    :param share: the share of the features that is removed, q.
    :param rank: signed, those that support the answer first; or size, whatever their sign.
    :param ablate: how a feature is removed; by default as the model and the text prefer.
    :param draws: how many random rankings, and as many position-matched ones, stand for chance.
    :param seed: of the random rankings.
    """
    if not 0 < share <= 1:
        raise BadOption(f"share={share}: a share lies in (0, 1].")
    ask = partial(log_probability, why, model, ablate=ablate)

    def measure(credits: np.ndarray) -> Measured:
        count = count_of(share, credits.shape[1])
        whole, changed = along(ask, credits, [count], keep_top=False)
        return Measured(changed[:, 0] - whole, parts={"removed": (float(count),), "whole": (whole,)})

    return no_answer(why) or beside_chance(why, measure, rank=rank, draws=draws, seed=seed)
