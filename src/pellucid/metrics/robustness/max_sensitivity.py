"""Maximal sensitivity: how far an explanation moves when the embeddings of the text move a little."""

from __future__ import annotations

from math import inf

import numpy as np

from pellucid.core.errors import BadOption, NotFinite
from pellucid.core.explanation import Explanation
from pellucid.core.progress import meter
from pellucid.core.protocols import Explain, WhiteBox
from pellucid.core.registry import metric
from pellucid.core.score import Measurement
from pellucid.metrics._again import seeds
from pellucid.metrics._ranked import Measured, beside_chance, unfit

__all__ = ["max_sensitivity"]


@metric(
    better="lower",
    bounds=(0.0, inf),
    cost="samples explanations",
    paper="Yeh et al. 2019, arXiv:1901.09392",
)
def max_sensitivity(
    why: Explanation,
    model: WhiteBox,
    explain: Explain,
    *,
    samples: int = 10,
    radius: float = 0.1,
    draws: int = 99,
    seed: int = 0,
) -> Measurement:
    """Largest relative change of the credits when the text's tokens are embedded a little elsewhere.

    ``max over d of || phi(x + d) - phi(x) || / || phi(x) ||``, d uniform noise of up to ``radius`` standard
    deviations of the embeddings, the same wherever a token stands. 0 is an explanation that does not move. The largest
    of some draws grows with their number, so it has no interval; ``parts["change"]`` are all of them. Chance is the
    change to the same credits, shuffled: an explanation that has forgotten everything but their sizes.

    :param samples: how many draws of noise.
    :param radius: the reach of the noise, in standard deviations of the embeddings.
    :param draws: how many shuffles of the credits, and as many position-matched ones, stand for chance.
    :param seed: of the noise and the shuffles.
    """
    if samples < 1 or not radius > 0:
        raise BadOption(f"samples={samples}, radius={radius}: at least one draw of noise, of a size above 0.")
    if (problem := unfit(why, draws=draws)) is not None:
        return Measurement.does_not_apply(problem)
    nearby = []
    try:
        for done, by in enumerate(seeds(seed, samples), start=1):
            with model.noised(why.text, radius, seed=by):
                nearby.append(explain().credit())
            meter().advance(done, samples, "explanations nearby")
    except NotFinite as problem:
        return Measurement.does_not_apply(str(problem))

    def measure(credits: np.ndarray) -> Measured:
        own = credits[0]
        changes = _relative(np.array(nearby), own)
        chance = _relative(credits[1:], own)
        return Measured(np.concatenate([[changes.max()], chance]), parts={"change": tuple(changes.tolist())})

    return beside_chance(why, measure, draws=draws, seed=seed, of_values=True)


def _relative(others: np.ndarray, own: np.ndarray) -> np.ndarray:
    """How far each row is from the own credits, in shares of their length, shape (row,)."""
    return np.linalg.norm(others - own, axis=1) / np.linalg.norm(own)
