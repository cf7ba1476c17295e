"""AUPRC: does the ranking put the gold features first, wherever one stops."""

from __future__ import annotations

import numpy as np
from scipy.integrate import trapezoid

from pellucid.core.explanation import Explanation
from pellucid.core.protocols import BlackBox
from pellucid.core.registry import metric
from pellucid.core.score import Measurement
from pellucid.metrics._ranked import Rank
from pellucid.metrics.gold import Rationale
from pellucid.metrics.plausibility._beside_gold import beside_gold, curve

__all__ = ["auprc"]


@metric(
    better="higher",
    bounds=(0.0, 1.0),
    cost="none",
    paper="DeYoung et al. 2020 (ERASER), arXiv:1911.03429, section 4.1",
)
def auprc(
    why: Explanation,
    model: BlackBox,
    *,
    rationale: Rationale = (),
    rank: Rank = "signed",
    draws: int = 99,
    seed: int = 0,
) -> Measurement:
    """Area under the curve of precision over recall, as the credit that counts as important is lowered.

    By the trapezoid rule from recall 0, with precision 1, as in the code of ERASER (the auc of the
    precision_recall_curve of scikit-learn). That flatters a little; `average_precision` does not. Higher is better;
    chance is measured beside it.

    :param rationale: the ranges of characters that decide, e.g. 4:10,12:20; a feature that touches one is gold.
    :param rank: signed, those that support the answer first; or size, whatever their sign.
    :param draws: how many random rankings, and as many position-matched ones, stand for chance.
    :param seed: of the random rankings.
    """
    return beside_gold(why, rationale, _area, rank=rank, draws=draws, seed=seed)


def _area(credit: np.ndarray, gold: np.ndarray) -> float:
    precision, recall = curve(credit, gold)
    return float(trapezoid(np.append(1.0, precision), np.append(0.0, recall)))
