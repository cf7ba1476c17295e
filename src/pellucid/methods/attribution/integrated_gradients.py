"""Integrated gradients: the target's gradient, added up along the way from a baseline to the input."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr

from pellucid.core.errors import BadOption
from pellucid.core.protocols import Gradients, WhiteBox
from pellucid.core.registry import method
from pellucid.core.target import Target
from pellucid.core.text import Text

__all__ = ["integrated_gradients"]

FIRST_STEPS, MOST_STEPS = 16, 512
GAP, MOVE = 0.01, 0.02

Credit = Callable[[np.ndarray], np.ndarray]


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
    if steps is not None and steps < 1:
        raise BadOption(f"steps={steps}: at least one step is needed.")
    gradients = model.gradients(text, target)
    kind = baseline or gradients.default_baseline
    difference, credit_at = _path(gradients, kind, per_output)
    if steps is None:
        credit, used, settled = _doubled(credit_at, difference)
    else:
        credit, used, settled = _trapezoid(credit_at, steps), steps, True
    dims = ("output", "input") if per_output else ("input",)
    gap = float(credit.sum() - difference)
    data = {"attribution": (dims, credit), "completeness_gap": gap, "difference": difference}
    attributes = {
        "primary": "attribution",
        "signed": True,
        "units": str(target.scale),
        "options": {"baseline": kind, "steps": used},
        "notes": () if settled else (_unsettled(gap, difference),),
    }
    return xr.Dataset(data, attrs=attributes)


def _path(gradients: Gradients, kind: str, per_output: bool) -> tuple[float, Credit]:
    """f(input) - f(baseline), and the integrand: credits at points u, shape (point, ..., input)."""
    start = gradients.baseline(kind)
    way = gradients.inputs - start
    ends = way.new_tensor([0.0, 1.0])[:, None, None]
    values, _ = gradients(start + ends * way)

    def credit_at(u: np.ndarray) -> np.ndarray:
        a = way.new_tensor(u**2)[:, None, None]
        _, gradient = gradients(start + a * way, per_output=per_output)
        credit = gradients.per_feature((gradient * way).sum(-1))
        return credit * (2 * u).reshape(-1, *[1] * (credit.ndim - 1))  # da = 2u du

    return float((values[1] - values[0]).sum()), credit_at


def _trapezoid(credit_at: Credit, steps: int) -> np.ndarray:
    """Nodes k / steps, k = 1..steps; the node at 0 has weight 2u = 0."""
    found = credit_at(np.arange(1, steps + 1) / steps)
    return (found.sum(0) - found[-1] / 2) / steps


def _doubled(credit_at: Credit, difference: float) -> tuple[np.ndarray, int, bool]:
    """Double the steps until the credits have settled: credits, steps, and whether they have."""
    steps, credit = FIRST_STEPS, _trapezoid(credit_at, FIRST_STEPS)
    while steps < MOST_STEPS:
        between = credit_at((np.arange(steps) + 0.5) / steps).sum(0) / steps
        finer = (credit + between) / 2
        steps *= 2
        moved = np.abs(finer - credit).max()
        credit = finer
        if _closes(credit, difference) and moved <= MOVE * np.abs(credit).max():
            return credit, steps, True
    return credit, steps, False


def _closes(credit: np.ndarray, difference: float) -> bool:
    return abs(credit.sum() - difference) <= GAP * max(abs(difference), 0.1 * np.abs(credit).sum())


def _unsettled(gap: float, difference: float) -> str:
    return (
        f"The integral did not settle in {MOST_STEPS} steps: the credits miss the difference of {difference:.3g} "
        f"by {gap:.2g}. Another baseline may be easier."
    )
