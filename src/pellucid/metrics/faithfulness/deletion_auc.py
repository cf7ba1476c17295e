"""Deletion: how soon the answer falls as features are removed, the most important first."""

from __future__ import annotations

from pellucid.core.explanation import Explanation
from pellucid.core.protocols import Ablation, GreyBox
from pellucid.core.registry import metric
from pellucid.core.score import Measurement
from pellucid.metrics._ranked import Rank
from pellucid.metrics.faithfulness._curve import area_under

__all__ = ["deletion_auc"]


@metric(
    better="lower",
    bounds=(0.0, 1.0),
    cost="up to steps x (1 + 2 x draws) forwards, fewer for short texts",
    paper="Petsiuk et al. 2018 (RISE), arXiv:1806.07421",
)
def deletion_auc(
    why: Explanation,
    model: GreyBox,
    *,
    steps: int = 20,
    rank: Rank = "signed",
    ablate: Ablation | None = None,
    draws: int = 99,
    seed: int = 0,
) -> Measurement:
    """Area under the answer's probability as features are removed, the most important first.

    ``integral over s from 0 to 1 of p(x without the top share s of its features)``, by the trapezoid rule. Lower is
    better: the answer falls early. Chance is measured beside it.

    :param steps: into how many steps the way is cut; a text of fewer features takes one a feature.
    :param rank: signed, those that support the answer first; or size, whatever their sign.
    :param ablate: how a feature is removed; by default as the model and the text prefer.
    :param draws: how many random rankings, and as many position-matched ones, stand for chance.
    :param seed: of the random rankings.
    """
    return area_under(
        why, model, keep_top=False, steps=steps, rank=rank, ablate=ablate, draws=draws, seed=seed
    )
