"""Partition SHAP: Owen values over a tree of neighbouring features, the largest groups' credit split first."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count

import numpy as np
import xarray as xr

from pellucid.core.errors import BadOption
from pellucid.core.protocols import Ablation, GreyBox, ValueFunction
from pellucid.core.registry import method
from pellucid.core.target import Target
from pellucid.core.text import Text

__all__ = ["partition_shap"]


@method(
    cost="budget forwards; all groups take about features x (features - 1)",
    paper="Owen 1977; Lundberg and Lee 2017, arXiv:1705.07874 (the partition explainer of shap)",
)
def partition_shap(
    model: GreyBox,
    text: Text,
    target: Target,
    *,
    budget: int = 500,
    at_once: int = 64,
    ablate: Ablation | None = None,
) -> xr.Dataset:
    """Halve the text again and again; at each split two groups of neighbours share their credit as by Shapley.

    A group with halves A and B, beside a context C, gives A
    ``1/2 (v(C and A) - v(C)) + 1/2 (v(C and A and B) - v(C and B))``, and B the rest; each half is then split in both
    of its contexts, with half the weight. To the end this gives the Owen values of the tree: the mean gain
    over all orders in which every group joins without a break. As in shap, the parts with the largest
    weighted gain are split first, and when the budget ends, the credit of a group that is still whole is
    shared equally among its features. The credits add up to v(all) - v(none) at any budget. Nothing is
    drawn at random.

    Returns ``attribution``, dims (output, input), signed, in the target's units.

    :param budget: the most forwards.
    :param at_once: forwards before the next look at which parts are largest; more fill a batch, fewer keep
        closer to splitting the largest first. With shap's batch_size and budget the numbers are shap's.
    :param ablate: how a feature is removed; by default as the model and the text prefer.
    """
    if budget < 2 or at_once < 1:
        raise BadOption(
            f"budget={budget}, at_once={at_once}: a budget is at least 2, and at_once at least 1."
        )
    value = model.value(text, target, ablate)
    credit, whole = _split(value, budget, at_once)
    attributes = {
        "primary": "attribution",
        "signed": True,
        "units": str(target.scale),
        "options": {"ablate": value.ablate},
        "notes": (_unsplit(whole, budget),) if whole else (),
    }
    return xr.Dataset({"attribution": (("output", "input"), credit)}, attrs=attributes)


@dataclass(frozen=True)
class _Part:
    """The features start to stop beside a context, the scores without and with them, and their weight."""

    context: np.ndarray
    without: np.ndarray
    with_it: np.ndarray
    start: int
    stop: int
    weight: float

    @property
    def gain(self) -> np.ndarray:
        return (self.with_it - self.without) * self.weight

    @property
    def middle(self) -> int:
        return (self.start + self.stop + 1) // 2

    def halves(self) -> tuple[np.ndarray, np.ndarray]:
        """The context with the first half, and with the second."""
        first, second = self.context.copy(), self.context.copy()
        first[self.start : self.middle] = True
        second[self.middle : self.stop] = True
        return first, second

    def parts(self, first: np.ndarray, second: np.ndarray) -> list[_Part]:
        """Each half without and with the other, given the scores of the two masks of `halves`."""
        one, other = self.halves()
        a, b, half = (self.start, self.middle), (self.middle, self.stop), self.weight / 2
        return [
            _Part(self.context, self.without, first, *a, half),
            _Part(self.context, self.without, second, *b, half),
            _Part(other, second, self.with_it, *a, half),
            _Part(one, first, self.with_it, *b, half),
        ]


def _split(value: ValueFunction, budget: int, at_once: int) -> tuple[np.ndarray, int]:
    """Credits, shape (output, input), and how many groups of several features are still whole."""
    n = value.features
    ends = np.array([[False] * n, [True] * n])
    none, everything = value(ends)
    credit = np.zeros((value.outputs, n))
    turn = count()  # of equal parts the older goes first
    queue: list[tuple[float, int, _Part]] = []
    heappush(queue, (0.0, next(turn), _Part(ends[0], none, everything, 0, n, 1.0)))
    spent = 2
    while queue:
        parts: list[_Part] = []
        while queue and 2 * len(parts) < at_once and spent + 2 * len(parts) + 2 <= budget:
            part = heappop(queue)[2]
            if part.stop - part.start > 1:
                parts.append(part)
            else:
                credit[:, part.start] += part.gain
        if not parts:
            break
        scores = value(np.stack([mask for part in parts for mask in part.halves()]))
        spent += len(scores)
        for part, first, second in zip(parts, scores[::2], scores[1::2], strict=True):
            for smaller in part.parts(first, second):
                heappush(queue, (-float(np.abs(smaller.gain).max()), next(turn), smaller))
    for _, _, part in queue:
        credit[:, part.start : part.stop] += part.gain[:, None] / (part.stop - part.start)
    return credit, len({(p.start, p.stop) for _, _, p in queue if p.stop - p.start > 1})


def _unsplit(groups: int, budget: int) -> str:
    return (
        f"The budget of {budget} forwards ended with groups of features left to split ({groups}): "
        "what was left of their credit is shared equally among their features."
    )
