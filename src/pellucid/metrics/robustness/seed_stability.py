"""Seed stability: does a method that draws at random find the same with other draws."""

from __future__ import annotations

import numpy as np

from pellucid.core.errors import BadOption
from pellucid.core.explanation import Explanation
from pellucid.core.progress import meter
from pellucid.core.protocols import Explain, GreyBox
from pellucid.core.registry import metric
from pellucid.core.score import Measurement
from pellucid.metrics._again import agreement, seeds
from pellucid.metrics._interval import mean_interval
from pellucid.metrics._ranked import Measured, Rank, Unmoved, beside_chance, unfit

__all__ = ["seed_stability"]


@metric(
    better="higher",
    bounds=(-1.0, 1.0),
    cost="runs explanations",
    paper="Visani et al. 2020, arXiv:2001.11757; Spearman 1904",
)
def seed_stability(
    why: Explanation,
    model: GreyBox,
    explain: Explain,
    *,
    runs: int = 5,
    rank: Rank = "signed",
    draws: int = 99,
    seed: int = 0,
) -> Measurement:
    """Mean of Spearman's correlation of the credits with those of the same method under other seeds.

    1 is the same ranking every time. ``parts["runs"]`` are the correlations, and the interval is that of their mean. A
    method without a seed draws nothing: it is the same every time, and nothing is measured. More samples make a
    method stabler, not more faithful. Chance is what random rankings have in common with the same explanations.

    :param runs: how many other seeds.
    :param rank: signed, those that support the answer first; or size, whatever their sign.
    :param draws: how many random rankings, and as many position-matched ones, stand for chance.
    :param seed: of the other seeds, and of the random rankings.
    """
    if runs < 1:
        raise BadOption(f"runs={runs}: at least one other seed.")
    if (problem := unfit(why, rank, draws)) is not None:
        return Measurement.does_not_apply(problem)
    if "seed" not in why.provenance.options:
        return Measurement.does_not_apply(f"{why.method} draws nothing at random: it is the same every time.")
    others = []
    for done, by in enumerate(seeds(seed, runs), start=1):
        credit = explain(seed=by).credit()
        others.append(np.abs(credit) if rank == "size" else credit)
        meter().advance(done, runs, "other seeds")

    def measure(credits: np.ndarray) -> Measured:
        found = agreement(credits, np.array(others))
        known = np.isfinite(found[0])
        if not known.any():
            raise Unmoved("Under other seeds all features have the same credit.")
        interval = mean_interval(found[0, known])
        return Measured(found[:, known].mean(1), interval, {"runs": tuple(found[0].tolist())})

    return beside_chance(why, measure, rank=rank, draws=draws, seed=seed)
