"""Completeness gap: do the credits add up to what they explain."""

from __future__ import annotations

import numpy as np

from pellucid.core.explanation import Explanation
from pellucid.core.protocols import Ablation, GreyBox
from pellucid.core.registry import metric
from pellucid.core.score import Measurement
from pellucid.metrics._ranked import no_credit

__all__ = ["completeness_gap"]

OWN_GAPS = ("completeness_gap", "conservation_gap", "gap")
OWN_WHOLES = ("difference", "entered")


@metric(
    better="lower",
    bounds=(0.0, np.inf),
    cost="two forwards; none where the method says how far its credits miss",
    paper="Sundararajan, Taly and Yan 2017, arXiv:1703.01365, section 3 (completeness)",
)
def completeness_gap(why: Explanation, model: GreyBox, *, ablate: Ablation | None = None) -> Measurement:
    """How far the sum of the credits misses what they should add up to, as a share of it.

    ``|sum of credits - (v(x) - v(nothing))| / max(|v(x) - v(nothing)|, 0.1 sum|credits|)``; the second keeps a
    difference near 0 from making every gap large. A method that measured its own gap is taken at its word, since its
    baseline need not be the metric's ``ablate``. 0 is best. No chance stands beside it: a sum is the same in every
    order, so no ranking changes it.

    :param ablate: how all features are removed; by default as the model and the text prefer.
    """
    if (problem := _not_a_sum(why)) is not None:
        return Measurement.does_not_apply(problem)
    credit = why.credit()
    total, gap = float(credit.sum()), _number_of(why, OWN_GAPS)
    if gap is None:
        masks = np.repeat([[True], [False]], len(credit), axis=1)
        everything, nothing = map(float, model.value(why.text, why.target, ablate).total(masks))
        whole, gap = everything - nothing, total - (everything - nothing)
    else:
        given = _number_of(why, OWN_WHOLES)
        whole = total - gap if given is None else given
    size = max(abs(whole), 0.1 * float(np.abs(credit).sum()))
    if size == 0:
        return Measurement.does_not_apply("There is nothing to share out: the answer does not move.")
    return Measurement(abs(gap) / size, parts={"gap": (gap,), "whole": (whole,)})


def _not_a_sum(why: Explanation) -> str | None:
    """Why the credits need not add up to anything, if so."""
    if (problem := no_credit(why)) is not None:
        return problem
    units, scale = why.data.attrs.get("units"), why.target.scale
    if units == scale:
        return None
    return (
        f"The credits are in {units}, and what was explained is on the scale {scale}: they add up to nothing."
    )


def _number_of(why: Explanation, names: tuple[str, ...]) -> float | None:
    """The number that a method gave under one of these names, summed over the outputs."""
    return next((float(np.sum(why.data[name].values)) for name in names if name in why.data), None)
