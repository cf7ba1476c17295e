"""Agreement with leave-one-out: do features rank as they do when each is removed alone."""

from __future__ import annotations

import numpy as np

from pellucid.core.explanation import Explanation
from pellucid.core.protocols import Ablation, GreyBox
from pellucid.core.registry import metric
from pellucid.core.score import Measurement
from pellucid.metrics._agreement import pairs_agree, steady
from pellucid.metrics._ranked import Measured, Rank, Unmoved, beside_chance, check_moved

__all__ = ["loo_agreement"]


@metric(
    better="higher",
    bounds=(-1.0, 1.0),
    cost="one forward per feature, and one",
    paper="Jain and Wallace 2019, arXiv:1902.10186, section 4.1; Kendall 1945 (tau-b)",
)
def loo_agreement(
    why: Explanation,
    model: GreyBox,
    *,
    rank: Rank = "signed",
    ablate: Ablation | None = None,
    draws: int = 99,
    seed: int = 0,
) -> Measurement:
    """Kendall's tau-b between the credits and what the explained number loses without each feature alone.

    ``(C - D) / sqrt((C + D + T) (C + D + U))``: C pairs of features that both rank the same way, D that they rank
    the other way, T and U that only one of them ties. The losses are ``v(x) - v(x without i)`` on the scale that was
    explained, with the metric's own ``ablate``. Higher is better; chance is measured beside it.

    :param rank: signed, or size, of credits and losses alike.
    :param ablate: how a feature is removed; by default as the model and the text prefer.
    :param draws: how many random rankings, and as many position-matched ones, stand for chance.
    :param seed: of the random rankings.
    """

    def measure(credits: np.ndarray) -> Measured:
        features = credits.shape[1]
        masks = np.vstack([np.ones((1, features), bool), ~np.eye(features, dtype=bool)])
        values = model.value(why.text, why.target, ablate).total(masks)
        check_moved(values)
        falls = values[0] - values[1:]
        order = steady(np.abs(falls) if rank == "size" else falls)
        if np.ptp(order) == 0:
            raise Unmoved("Each feature alone is worth the same: no ranking is better than another.")
        return Measured(pairs_agree(steady(credits), order), parts={"fall": tuple(falls.tolist())})

    return beside_chance(why, measure, rank=rank, draws=draws, seed=seed)
