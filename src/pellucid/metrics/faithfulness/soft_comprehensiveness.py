"""Soft comprehensiveness: how far the answer falls when each embedding is thinned out, the more its credit the more."""

from __future__ import annotations

from math import inf

from pellucid.core.explanation import Explanation
from pellucid.core.protocols import WhiteBox
from pellucid.core.registry import metric
from pellucid.core.score import Measurement
from pellucid.metrics._ranked import Rank
from pellucid.metrics.faithfulness._soft import soft

__all__ = ["soft_comprehensiveness"]


@metric(
    better="higher",
    bounds=(0.0, inf),
    cost="samples x (1 + 2 x draws) forwards, and two",
    paper="Zhao & Aletras 2023, arXiv:2305.10496",
)
def soft_comprehensiveness(
    why: Explanation,
    model: WhiteBox,
    *,
    samples: int = 10,
    rank: Rank = "signed",
    draws: int = 99,
    seed: int = 0,
) -> Measurement:
    """Share of the answer that goes when each number of a feature's embeddings goes with its credit's share.

    ``max(0, p(x) - p(x')) / (1 - S0)`` with ``S0 = 1 - max(0, p(x) - p(x0))`` of a text x0 whose features are all
    zeros, and x' drawn: a number of feature i becomes 0 with probability a_i. a are the credits, scaled so that the
    lowest is 0 and the highest 1. Special tokens stay whole. Above 1 the answer is less probable than of zeros.
    Mean over draws, with the interval of their mean. Chance is the same credits, shuffled, under the same
    draws: they lose as much.

    :param samples: draws of what is kept.
    :param rank: signed, the credits themselves; or size, whatever their sign.
    :param draws: how many shuffles of the credits, and as many position-matched ones, stand for chance.
    :param seed: of the draws and the shuffles.
    """
    return soft(why, model, sufficiency=False, samples=samples, rank=rank, draws=draws, seed=seed)
