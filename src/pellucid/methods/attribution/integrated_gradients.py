"""Integrated gradients: the target's gradient, added up along the way from a baseline to the input."""

from __future__ import annotations

import xarray as xr

from pellucid.core.protocols import WhiteBox
from pellucid.core.registry import method
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.attribution._path_integral import line_integral

__all__ = ["integrated_gradients"]


@method(
    cost="16 to 512 forwards and backwards", paper="Sundararajan, Taly and Yan 2017, arXiv:1703.01365, eq. 1"
)
def integrated_gradients(
    model: WhiteBox,
    text: Text,
    target: Target,
    *,
    baseline: str | None = None,
    steps: int | None = None,
    per_output: bool = False,
) -> xr.Dataset:
    """Share f(input) - f(baseline) out over the features, by the gradient along the straight line between.

    ``credit_i = (x_i - b_i) . integral over a in [0, 1] of df/dx_i (b + a (x - b))``, summed over the
    embedding and the tokens of a feature. Special tokens stay as they are. The credits add up to the
    difference f(x) - f(b); how far they miss it is returned as ``completeness_gap``.

    The integral is a trapezoid sum over u with a = u^2: points lie closer together near the baseline, where
    models that normalise their embeddings turn sharply. The steps are doubled, keeping the old points,
    until the gap is at most 1% of max(|difference|, sum|credit| / 10) and no credit moves by more than 2%
    of the largest; a note says so if 512 steps do not suffice.

    Returns ``attribution``, dims (input), or (output, input) with ``per_output``, and the scalars
    ``completeness_gap`` and ``difference``; signed, in the target's units.

    :param baseline: the absent input: mask, zero, pad or mean; by default the mask token, else zero.
    :param steps: a fixed number of steps instead of doubling.
    :param per_output: one row per token of the answer instead of their sum.
    """
    gradients = model.gradients(text, target)
    kind = baseline or gradients.default_baseline
    found = line_integral(gradients, gradients.baseline(kind), steps=steps, per_output=per_output)
    return found.dataset(target, {"baseline": kind, "steps": found.steps})
