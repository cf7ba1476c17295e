"""Token IOU: how far the top features and the gold ones cover each other."""

from __future__ import annotations

import numpy as np

from pellucid.core.explanation import Explanation
from pellucid.core.protocols import BlackBox
from pellucid.core.registry import metric
from pellucid.core.score import Measurement
from pellucid.metrics._ranked import Rank
from pellucid.metrics.gold import Rationale, gold_at_top
from pellucid.metrics.plausibility._beside_gold import beside_gold

__all__ = ["token_iou"]


@metric(
    better="higher",
    bounds=(0.0, 1.0),
    cost="none",
    paper="DeYoung et al. 2020 (ERASER), arXiv:1911.03429, section 4.1",
)
def token_iou(
    why: Explanation,
    model: BlackBox,
    *,
    rationale: Rationale = (),
    rank: Rank = "signed",
    draws: int = 99,
    seed: int = 0,
) -> Measurement:
    """Intersection over union of the k features of highest credit and the gold ones, k being how many are gold.

    ``|top and gold| / |top or gold|``, of features, not of whole spans. Equal credits at the border count by their
    expected value. Higher is better; chance is measured beside it.

    :param rationale: the ranges of characters that decide, e.g. 4:10,12:20; a feature that touches one is gold.
    :param rank: signed, those that support the answer first; or size, whatever their sign.
    :param draws: how many random rankings, and as many position-matched ones, stand for chance.
    :param seed: of the random rankings.
    """
    return beside_gold(why, rationale, _overlap, rank=rank, draws=draws, seed=seed)


def _overlap(credit: np.ndarray, gold: np.ndarray) -> float:
    found, chance = gold_at_top(credit, gold)
    return float((found / (2 * int(gold.sum()) - found)) @ chance)
