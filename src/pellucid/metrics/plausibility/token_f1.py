"""Token F1: how well the top features and the gold ones agree."""

from __future__ import annotations

from pellucid.core.explanation import Explanation
from pellucid.core.protocols import BlackBox
from pellucid.core.registry import metric
from pellucid.core.score import Measurement
from pellucid.metrics._ranked import Rank
from pellucid.metrics.gold import Rationale, precision_at_k
from pellucid.metrics.plausibility._beside_gold import beside_gold

__all__ = ["token_f1"]


@metric(
    better="higher",
    bounds=(0.0, 1.0),
    cost="none",
    paper="DeYoung et al. 2020 (ERASER), arXiv:1911.03429, section 4.1",
)
def token_f1(
    why: Explanation,
    model: BlackBox,
    *,
    rationale: Rationale = (),
    rank: Rank = "signed",
    draws: int = 99,
    seed: int = 0,
) -> Measurement:
    """F1 between the k features of highest credit and the gold ones, k being how many are gold.

    ``2 P R / (P + R)``; with as many chosen as there are gold ones, precision P, recall R and F1 are one number. Equal
    credits at the border count by their expected value. Higher is better; chance is measured beside it.

    :param rationale: the ranges of characters that decide, e.g. 4:10,12:20; a feature that touches one is gold.
    :param rank: signed, those that support the answer first; or size, whatever their sign.
    :param draws: how many random rankings, and as many position-matched ones, stand for chance.
    :param seed: of the random rankings.
    """
    return beside_gold(why, rationale, precision_at_k, rank=rank, draws=draws, seed=seed)
