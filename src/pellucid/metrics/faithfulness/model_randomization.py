"""Model randomisation: does the explanation change when the model forgets what it has learned."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pellucid.core.errors import BadOption, NotFinite, TargetImpossible, UnsupportedModel
from pellucid.core.explanation import Explanation
from pellucid.core.progress import meter
from pellucid.core.protocols import Explain, WhiteBox
from pellucid.core.registry import metric
from pellucid.core.score import Measurement
from pellucid.metrics._again import agreement, seeds
from pellucid.metrics._interval import mean_interval
from pellucid.metrics._ranked import Measured, Unmoved, beside_chance, unfit

__all__ = ["model_randomization"]


@metric(
    better="lower",
    bounds=(-1.0, 1.0),
    cost="runs x levels explanations",
    paper="Adebayo et al. 2018, arXiv:1810.03292",
)
def model_randomization(
    why: Explanation,
    model: WhiteBox,
    explain: Explain,
    *,
    runs: int = 5,
    levels: int = 4,
    draws: int = 99,
    seed: int = 0,
) -> Measurement:
    """Spearman's correlation of credits, by size, with those for a model whose weights are shuffled.

    The weights of the head, then of the last blocks too, then of all blocks are shuffled, each tensor within itself;
    embeddings stay. The value is that of all blocks, the mean of ``runs`` shuffles with its interval;
    ``parts["agreement"]`` is the curve over ``parts["blocks"]``. An explanation of what the model has learned falls to
    chance. One that stays is of the text or of the architecture. Chance is no control here, for it is where the value
    should fall to, not what it should beat: what random rankings agree with the last explanations is
    ``parts["chance"]``, and ``parts["position-matched"]`` what shuffles within quarters of the text do.

    :param runs: how many shuffles at each level.
    :param levels: how many levels of the cascade at most, from the head alone to all blocks.
    :param draws: how many random rankings, and as many position-matched ones, stand for chance.
    :param seed: of the shuffles.
    """
    if runs < 1 or levels < 1:
        raise BadOption(f"runs={runs}, levels={levels}: both are at least 1.")
    if (problem := unfit(why, "size", draws)) is not None:
        return Measurement.does_not_apply(problem)
    try:
        deep = sum(map(len, model.blocks.values()))
        blocks = sorted({round(deep * (1 - step / max(1, levels - 1))) for step in range(levels)})
        asked = [(many, by) for many in blocks for by in seeds(seed, runs)]
        found = np.array([_credit(model, explain, *one, done, len(asked)) for done, one in enumerate(asked)])
    except (UnsupportedModel, TargetImpossible, NotFinite) as problem:
        return Measurement.does_not_apply(str(problem))
    by_level = found.reshape(len(blocks), runs, -1)

    def measure(credits: np.ndarray) -> Measured:
        last = agreement(credits, by_level[-1])  # (ranking, run)
        if np.isnan(last).all():
            raise Unmoved("With its weights shuffled the model gives all features the same credit.")
        curve = tuple(_mean(agreement(credits[:1], level)[0]) for level in by_level)
        known = last[0][np.isfinite(last[0])]
        parts = {"blocks": tuple(map(float, blocks)), "agreement": curve, "runs": tuple(last[0].tolist())}
        return Measured(np.nanmean(last, 1), mean_interval(known), parts)

    score = beside_chance(why, measure, rank="size", draws=draws, seed=seed)
    chance = {c.name.replace("random ranking", "chance"): c.values for c in score.controls}
    return replace(score, controls=(), parts={**score.parts, **chance})


def _credit(model: WhiteBox, explain: Explain, blocks: int, seed: int, done: int, of: int) -> np.ndarray:
    """The sizes of the credits when so many blocks are shuffled, shape (input,)."""
    with model.randomized(blocks, seed=seed):
        found = np.abs(explain().credit())
    meter().advance(done + 1, of, "shuffled models")
    return found


def _mean(numbers: np.ndarray) -> float:
    return float(np.nanmean(numbers)) if np.isfinite(numbers).any() else float("nan")
