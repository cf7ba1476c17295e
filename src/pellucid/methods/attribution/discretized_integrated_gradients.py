"""Discretized integrated gradients: the way from the baseline leads past real words."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import numpy as np
import xarray as xr

from pellucid.core.errors import BadOption
from pellucid.core.progress import meter
from pellucid.core.protocols import Gradients, WhiteBox
from pellucid.core.registry import method
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.attribution._batches import in_batches
from pellucid.methods.attribution._path_integral import Integral, difference_of, halved, refined
from pellucid.methods.attribution._word_path import Strategy, word_path

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["discretized_integrated_gradients"]


@method(
    cost="steps + 2 to 512 forwards and backwards, and a search of the vocabulary for each token and step",
    paper="Sanyal and Ren 2021, arXiv:2108.13654, section 3 (EMNLP)",
)
def discretized_integrated_gradients(
    model: WhiteBox,
    text: Text,
    target: Target,
    *,
    baseline: str | None = None,
    steps: int = 30,
    strategy: Strategy = "greedy",
    neighbours: int = 500,
    factor: int | None = None,
) -> xr.Dataset:
    """Integrate the gradient along a monotone path whose points lie at or near embeddings of real words.

    ``credit_i = integral of df/dx_i . dx_i`` along straight pieces between the anchors of each token: from the
    baseline over ``steps`` words to the token itself, every coordinate moving one way only. So the credits add
    up to the difference f(x) - f(b), and the model is asked at inputs more like those it knows than the
    straight line's. Each token has a path of its own; special tokens stay as they are.

    The anchor behind a word is one of its nearest neighbours that no step took before: by ``greedy`` the one
    that has to be moved least to make the path monotone, by ``maxcount`` the one with most coordinates that
    need no move. The integral is a trapezoid sum over the anchors; each piece is halved until the credits have
    settled as in integrated_gradients. (The authors' code takes the gradient at one end of each piece.)

    Returns ``attribution``, dims (input), and the scalars ``completeness_gap`` and ``difference``; signed, in
    the target's units.

    :param baseline: the absent input: mask, zero, pad or mean; by default the mask token, else zero.
    :param steps: how many words each path passes.
    :param strategy: how the next word is chosen, greedy or maxcount.
    :param neighbours: among how many of the nearest words.
    :param factor: how often each piece is halved: 0 asks at the anchors alone; by default until it settles.
    """
    if strategy not in get_args(Strategy):
        raise BadOption(f'strategy="{strategy}" is not known. Strategies: {", ".join(get_args(Strategy))}.')
    if steps < 1 or neighbours < 1 or (factor or 0) < 0:
        raise BadOption(
            f"steps={steps}, neighbours={neighbours}, factor={factor}: steps and neighbours are 1 or more, "
            "factor 0 or more."
        )
    gradients = model.gradients(text, target)
    kind = baseline or gradients.default_baseline
    start, words = gradients.baseline(kind), gradients.vocabulary()
    path = start.expand(steps + 2, -1, -1).clone()
    positions = np.flatnonzero(gradients.feature_of >= 0)
    for done, position in enumerate(positions):
        meter().advance(done, len(positions), "paths")
        path[:, position] = word_path(
            gradients.inputs[position], start[position], words, steps=steps, strategy=strategy, neighbours=neighbours
        )  # fmt: skip
    found = _integral(gradients, path, factor)
    return found.dataset(target, {"baseline": kind, "factor": int(np.log2(found.steps // (steps + 1)))})


def _integral(gradients: Gradients, path: Tensor, factor: int | None) -> Integral:
    """The integral along straight pieces between the points of ``path``, shape (point, position, width)."""
    ways = path[1:] - path[:-1]
    pieces = len(ways)
    difference = difference_of(gradients, path[0])

    def credit_at(u: np.ndarray) -> np.ndarray:
        piece = np.minimum((u * pieces).astype(int), pieces - 1)
        within = path.new_tensor(u * pieces - piece)[:, None, None]

        def work(some: slice) -> np.ndarray:
            way = ways[piece[some]]
            _, gradient = gradients(path[piece[some]] + within[some] * way)
            return gradients.per_feature((gradient * way).sum(-1)) * pieces

        return in_batches(gradients, len(u), work)

    credit = _at_anchors(gradients, path)
    if factor is None:
        return refined(credit_at, credit, pieces, difference)
    for done in range(factor):
        credit = halved(credit_at, credit, pieces * 2**done)
    return Integral(credit, difference, pieces * 2**factor)


def _at_anchors(gradients: Gradients, path: Tensor) -> np.ndarray:
    """The trapezoid sum whose nodes are the anchors: half of the pieces before and behind each."""
    last = len(path) - 1

    def work(some: slice) -> np.ndarray:
        at = np.arange(some.start, some.stop)
        around = (path[np.minimum(at + 1, last)] - path[np.maximum(at - 1, 0)]) / 2
        _, gradient = gradients(path[some])
        return gradients.per_feature((gradient * around).sum(-1))

    return in_batches(gradients, last + 1, work).sum(0)
