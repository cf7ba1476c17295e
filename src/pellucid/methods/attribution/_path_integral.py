"""The integral of a gradient along a path from a baseline to the input, refined until it has settled.

For a path x(u), u in [0, 1], the credit of feature i is ``integral of df/dx_i (x(u)) . dx_i/du du``. The credits
add up to f(x(1)) - f(x(0)) whatever the path; how far a sum misses that shows how good it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from pellucid.core.errors import BadOption
from pellucid.core.protocols import Gradients
from pellucid.core.target import Target
from pellucid.methods.attribution._batches import in_batches

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Credit", "Integral", "difference_of", "halved", "line_integral", "refined"]

FIRST_STEPS, MOST_STEPS = 16, 512
GAP, MOVE = 0.01, 0.02

Credit = Callable[[np.ndarray], np.ndarray]
"""The integrand: credits at points u, shape (point, ..., input)."""


@dataclass(frozen=True)
class Integral:
    """Credits, shape (..., input), the difference that they should add up to, and the steps it took."""

    credit: np.ndarray
    difference: float
    steps: int
    settled: bool = True

    @property
    def gap(self) -> float:
        """By how much the credits miss the difference."""
        return float(self.credit.sum()) - self.difference

    def dataset(self, target: Target, options: dict[str, Any], **more: Any) -> xr.Dataset:
        """The arrays and attributes that every path method returns; ``more`` goes beside them."""
        dims = ("output", "input") if self.credit.ndim == 2 else ("input",)
        found = {"completeness_gap": self.gap, "difference": self.difference, **more}
        attributes = {
            "primary": "attribution",
            "signed": True,
            "units": str(target.scale),
            "options": options,
            "notes": () if self.settled else (self._unsettled(),),
        }
        return xr.Dataset({"attribution": (dims, self.credit), **found}, attrs=attributes)

    def _unsettled(self) -> str:
        return (
            f"The integral did not settle in {self.steps} steps: the credits miss the difference of "
            f"{self.difference:.3g} by {self.gap:.2g}. Another baseline may be easier."
        )


def line_integral(
    gradients: Gradients,
    start: Tensor,
    *,
    steps: int | None,
    per_output: bool = False,
    read: Callable[[Tensor], np.ndarray] | None = None,
) -> Integral:
    """The integral along the straight line from ``start`` to the input.

    It is a trapezoid sum over u with a = u^2: points lie closer together near the baseline, where models that
    normalise their embeddings turn sharply. ``steps`` None refines it. ``read`` turns credits of positions
    into those of features.
    """
    if steps is not None and steps < 1:
        raise BadOption(f"steps={steps}: at least one step is needed.")
    way = gradients.inputs - start
    read = read or gradients.per_feature

    def credit_at(u: np.ndarray) -> np.ndarray:
        def work(some: slice) -> np.ndarray:
            a = way.new_tensor(u[some] ** 2)[:, None, None]
            _, gradient = gradients(start + a * way, per_output=per_output)
            return read((gradient * way).sum(-1))

        credit = in_batches(gradients, len(u), work)
        return credit * (2 * u).reshape(-1, *[1] * (credit.ndim - 1))  # da = 2u du

    difference = difference_of(gradients, start)
    if steps is not None:
        return Integral(_trapezoid(credit_at, steps), difference, steps)
    return refined(credit_at, _trapezoid(credit_at, FIRST_STEPS), FIRST_STEPS, difference)


def difference_of(gradients: Gradients, start: Tensor) -> float:
    """f(input) - f(start)."""
    ends = gradients.values(start.new_tensor([0.0, 1.0])[:, None, None] * (gradients.inputs - start) + start)
    return float((ends[1] - ends[0]).sum())


def refined(credit_at: Credit, credit: np.ndarray, steps: int, difference: float) -> Integral:
    """A trapezoid sum of equal steps, its steps doubled, old points kept, until the credits have settled.

    They have when they add up to the difference within 1% of max(|difference|, sum|credit| / 10), and none
    moved by more than 2% of the largest.
    """
    while 2 * steps <= MOST_STEPS:
        finer = halved(credit_at, credit, steps)
        steps *= 2
        moved = np.abs(finer - credit).max()
        credit = finer
        if _closes(credit, difference) and moved <= MOVE * np.abs(credit).max():
            return Integral(credit, difference, steps)
    return Integral(credit, difference, steps, settled=False)


def _trapezoid(credit_at: Credit, steps: int) -> np.ndarray:
    """Nodes k / steps, k = 1..steps; the node at 0 has weight 2u = 0."""
    found = credit_at(np.arange(1, steps + 1) / steps)
    return (found.sum(0) - found[-1] / 2) / steps


def halved(credit_at: Credit, credit: np.ndarray, steps: int) -> np.ndarray:
    """The trapezoid sum of twice the steps: the old one and the midpoints' share it equally."""
    return (credit + credit_at((np.arange(steps) + 0.5) / steps).mean(0)) / 2


def _closes(credit: np.ndarray, difference: float) -> bool:
    return bool(abs(credit.sum() - difference) <= GAP * max(abs(difference), 0.1 * np.abs(credit).sum()))
