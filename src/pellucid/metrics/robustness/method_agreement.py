"""Method agreement: do other methods rank the features alike."""

from __future__ import annotations

import numpy as np

from pellucid.core.errors import AblationImpossible, BadOption, NotFinite, TargetImpossible, UnsupportedModel
from pellucid.core.explanation import Explanation
from pellucid.core.progress import meter
from pellucid.core.protocols import Explain, GreyBox, access_of
from pellucid.core.registry import metric
from pellucid.core.score import Measurement
from pellucid.metrics._again import agreement
from pellucid.metrics._ranked import Measured, Rank, Unmoved, beside_chance, top_features, unfit

__all__ = ["method_agreement"]

OTHERS = {
    "GreyBox": ("leave_one_out",),
    "WhiteBox": ("leave_one_out", "saliency", "integrated_gradients", "lrp"),
}
"""Methods of different kinds, by what the model gives access to."""


@metric(
    better="higher",
    bounds=(-1.0, 1.0),
    cost="those of the other methods",
    paper="Krishna et al. 2022, arXiv:2202.01602; Neely et al. 2021, arXiv:2105.03287",
)
def method_agreement(
    why: Explanation,
    model: GreyBox,
    explain: Explain,
    *,
    others: tuple[str, ...] = (),
    top: float = 0.2,
    draws: int = 99,
    seed: int = 0,
) -> Measurement:
    """Mean of Spearman's correlation of the credits with those of other methods, for the same answer.

    By size where either method's credits have no sign. ``parts`` holds for each other method its correlation, and the
    share of the top features that both have; NaN where it cannot be asked of this model. Methods that agree
    can be wrong together, and disagreement does not say which one is. Chance is what random rankings have in common
    with the same other explanations.

    :param others: names of methods; by default one that removes and, with access, three that use gradients.
    :param top: the share of the features that are the top.
    :param draws: how many random rankings, and as many position-matched ones, stand for chance.
    :param seed: of the random rankings.
    """
    if not 0 < top <= 1:
        raise BadOption(f"top={top}: a share of the features, in (0, 1].")
    rank: Rank = "signed" if why.data.attrs.get("signed", True) else "size"
    if (problem := unfit(why, rank, draws)) is not None:
        return Measurement.does_not_apply(problem)
    asked = [
        by for by in others or OTHERS.get(access_of(model), OTHERS["GreyBox"]) if others or by != why.method
    ]
    found, refused = _asked(explain, asked)
    if not found:
        return Measurement.does_not_apply(f"No other method answers. {' '.join(refused.values())}".strip())

    def measure(credits: np.ndarray) -> Measured:
        alike = {by: _alike(credits, other, rank == "signed") for by, other in found.items()}
        each = {by: agreement(rows, other[None])[:, 0] for by, (rows, other) in alike.items()}
        known = [numbers for numbers in each.values() if np.isfinite(numbers[0])]
        if not known:
            raise Unmoved("The other methods give all features the same credit.")
        parts = {by: (float(each[by][0]), _overlap(*alike[by], top)) for by in found}
        unasked = {by: (float("nan"), float("nan")) for by in refused}
        return Measured(np.mean(known, axis=0), parts=parts | unasked)

    return beside_chance(why, measure, rank=rank, draws=draws, seed=seed)


def _asked(explain: Explain, methods: list[str]) -> tuple[dict[str, Explanation], dict[str, str]]:
    """The explanations of other methods, and for those that cannot be asked the reason."""
    found: dict[str, Explanation] = {}
    refused: dict[str, str] = {}
    for done, by in enumerate(methods, start=1):
        try:
            found[by] = explain(by=by)
        except (AblationImpossible, NotFinite, TargetImpossible, UnsupportedModel) as problem:
            refused[by] = str(problem)
        meter().advance(done, len(methods), "other methods")
    return found, refused


def _alike(credits: np.ndarray, other: Explanation, signed: bool) -> tuple[np.ndarray, np.ndarray]:
    """Rankings and the credits of another explanation, by size unless both have a sign."""
    if signed and other.data.attrs.get("signed", True):
        return credits, other.credit()
    return np.abs(credits), np.abs(other.credit())


def _overlap(credits: np.ndarray, other: np.ndarray, top: float) -> float:
    """The share of the top features that the first ranking and the other have in common."""
    count = int(np.ceil(top * len(other)))
    ours, theirs = (top_features(c[None], count)[0] for c in (credits[0], other))
    return float((ours & theirs).sum() / count)
