"""Soft sufficiency: how much of the answer is left when each embedding is thinned out, the less its credit the more."""

from __future__ import annotations

from pellucid.core.explanation import Explanation
from pellucid.core.protocols import WhiteBox
from pellucid.core.registry import metric
from pellucid.core.score import Measurement
from pellucid.metrics._ranked import Rank
from pellucid.metrics.faithfulness._soft import soft

__all__ = ["soft_sufficiency"]


@metric(
    better="higher",
    bounds=(0.0, 1.0),
    cost="samples x (1 + 2 x draws) forwards, and two",
    paper="Zhao & Aletras 2023, arXiv:2305.10496",
)
def soft_sufficiency(
    why: Explanation,
    model: WhiteBox,
    *,
    samples: int = 10,
    rank: Rank = "signed",
    draws: int = 99,
    seed: int = 0,
) -> Measurement:
    """Share of the answer that is left when each number of a feature's embeddings is kept with its credit's share.

    ``max(0, S - S0) / (1 - S0)`` with ``S = 1 - max(0, p(x) - p(x'))``, S0 the same of a text whose features are all
    zeros, and x' drawn: a number of feature i stays with probability a_i, else it is 0. a are the credits, scaled so
    that the lowest is 0 and the highest 1. Special tokens stay whole. (The published code of this keeps
    with 1 - a_i, which turns best and worst around.) Mean over draws, with the interval of their mean. Chance
    is the same credits, shuffled, under the same draws: they keep as much.

    :param samples: draws of what is kept.
    :param rank: signed, the credits themselves; or size, whatever their sign.
    :param draws: how many shuffles of the credits, and as many position-matched ones, stand for chance.
    :param seed: of the draws and the shuffles.
    """
    return soft(why, model, sufficiency=True, samples=samples, rank=rank, draws=draws, seed=seed)
