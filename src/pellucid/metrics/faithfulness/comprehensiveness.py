"""Comprehensiveness: does the answer fall when the features called important are removed."""

from __future__ import annotations

from pellucid.core.explanation import Explanation
from pellucid.core.protocols import Ablation, GreyBox
from pellucid.core.registry import metric
from pellucid.core.score import Measurement
from pellucid.metrics._ranked import Rank
from pellucid.metrics.faithfulness._eraser import LEVELS, area

__all__ = ["comprehensiveness"]


@metric(
    better="higher",
    bounds=(-1.0, 1.0),
    cost="up to 5 x (1 + 2 x draws) forwards, fewer for short texts",
    paper="DeYoung et al. 2020 (ERASER), arXiv:1911.03429, eq. 1",
    does="Removing the top features",
)
def comprehensiveness(
    why: Explanation,
    model: GreyBox,
    *,
    levels: tuple[float, ...] = LEVELS,
    rank: Rank = "signed",
    ablate: Ablation | None = None,
    draws: int = 99,
    seed: int = 0,
) -> Measurement:
    """Mean fall of the answer's probability when the top features are removed.

    ``1/B sum over levels q of p(x) - p(x without the top ceil(q N) of N features)``. The mean is over the B
    levels, as in the code of ERASER (its paper divides by B + 1). Features that support the answer most come
    first. Higher is better; chance is measured beside it.

    :param levels: shares of the features that are removed.
    :param rank: signed, those that support the answer first; or size, whatever their sign.
    :param ablate: how a feature is removed; by default as the model and the text prefer.
    :param draws: how many random rankings, and as many position-matched ones, stand for chance.
    :param seed: of the random rankings.
    """
    return area(why, model, keep_top=False, levels=levels, rank=rank, ablate=ablate, draws=draws, seed=seed)
