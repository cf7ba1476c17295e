"""Hierarchical Shapley: blocks of sentences, sentences, words, tokens; only what carries credit is opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import xarray as xr

from pellucid.core.errors import BadOption
from pellucid.core.protocols import Ablation, GreyBox, ValueFunction
from pellucid.core.registry import method
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.attribution._estimate import dataset, mean_of

__all__ = ["hierarchical_shapley", "labels_of", "opened"]

MOST_PARTS = 8  # parts a unit is opened into; more sentences or words than that come in blocks first


@method(
    cost="samples x (parts - 1) forwards for each unit that is opened, and two",
    paper="Enouen et al. 2024, TextGenSHAP, arXiv:2312.01279; Owen 1977",
)
def hierarchical_shapley(
    model: GreyBox,
    text: Text,
    target: Target,
    *,
    threshold: float = 0.1,
    samples: int = 8,
    budget: int | None = None,
    seed: int = 0,
    ablate: Ablation | None = None,
) -> xr.Dataset:
    """Find the sentences that matter, then the words in them, then the tokens: for long texts.

    The text is a tree: at most 8 blocks of neighbouring sentences, their blocks in turn, sentences, words,
    features. ``credit_i = E over orders of v(before i, and i) - v(before i)``, over orders in which every
    unit joins without a break (Owen values). The orders of the blocks come first; a unit is opened, its
    parts ordered within its place in every order, only if the size of its credit is at least ``threshold``
    of the sizes of all credits, the largest first. So the parts' credits add up to the unit's, and all
    together to v(all) - v(none), exactly. A unit that is not opened shares its credit, and its error, equally
    among its features; ``group`` numbers the units that were told apart.

    Orders come in pairs, one and its reverse; the spread of the pairs gives the standard error.

    Returns ``attribution``, ``standard_error``, ``lower`` and ``upper``, dims (output, input), signed, in
    the target's units, and ``group``, dims (input).

    :param threshold: the share of all credit, by size, that a unit needs to be opened; 0 opens all.
    :param samples: how many orders, an even number from 4 on.
    :param budget: the most forwards; opening stops before it is passed.
    :param seed: of the orders; the same seed gives the same numbers.
    :param ablate: how a feature is removed; by default as the model and the text prefer.
    """
    if samples < 4 or samples % 2:
        raise BadOption(f"samples={samples}: orders come in pairs, so give an even number from 4 on.")
    if not 0 <= threshold <= 1:
        raise BadOption(f"threshold={threshold}: it is a share, from 0 to 1.")
    value = model.value(text, target, ablate)
    tree = _Tree(value, labels_of(text), samples, np.random.default_rng(seed))
    if budget is not None and budget < 2 + tree.cost(0, value.features):
        raise BadOption(
            f"budget={budget}: the first level takes {2 + tree.cost(0, value.features)} forwards. "
            "Give at least as many."
        )
    units = _opened_by_size(tree, threshold, budget)
    draws = np.concatenate([unit.shared() for unit in units], axis=2)
    group = np.repeat(np.arange(len(units)), [unit.stop - unit.start for unit in units])
    data = dataset(mean_of(draws), str(target.scale), {"ablate": value.ablate}, _closed(units))
    return data.assign(group=("input", group))


@dataclass(frozen=True)
class _Unit:
    """The features start to stop; what is kept before them in each order, and the scores before and after.

    ``before``: bool, shape (order, input); ``low`` and ``high``: shape (order, output). The second half of the
    orders is the first half reversed.
    """

    start: int
    stop: int
    before: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @property
    def size(self) -> float:
        """The magnitude of the credit."""
        return abs(float((self.high - self.low).sum(1).mean()))

    def shared(self) -> np.ndarray:
        """The mean gain of each pair of orders, in equal shares to the features, shape (pair, output, input)."""
        gain = (self.high - self.low).reshape(2, -1, self.low.shape[1]).mean(0)
        features = self.stop - self.start
        return np.repeat(gain[:, :, None] / features, features, axis=2)


@dataclass(frozen=True)
class _Tree:
    """How units fall into parts, and what the orders of the parts are worth."""

    value: ValueFunction
    labels: np.ndarray
    samples: int
    rng: np.random.Generator

    def root(self) -> _Unit:
        n = self.value.features
        ends = self.value(np.array([[False] * n, [True] * n]))
        none, everything = (np.tile(end, (self.samples, 1)) for end in ends)
        return _Unit(0, n, np.zeros((self.samples, n), bool), none, everything)

    def cost(self, start: int, stop: int) -> int:
        """The forwards that opening takes at most."""
        return self.samples * (len(opened(self.labels, start, stop)) - 1)

    def open(self, unit: _Unit) -> list[_Unit]:
        """The parts of a unit, each beside what joins before it in each order."""
        parts = opened(self.labels, unit.start, unit.stop)
        orders = np.stack([self.rng.permutation(len(parts)) for _ in range(self.samples // 2)])
        orders = np.concatenate([orders, orders[:, ::-1]])
        kept = [unit.before]  # one mask per order, after 0, 1, 2 ... parts have joined
        for joining in orders.T:
            mask = kept[-1].copy()
            for order, part in enumerate(joining):
                mask[order, slice(*parts[part])] = True
            kept.append(mask)
        masks = np.stack(kept, axis=1)  # (order, joined, input)
        between = self.value(masks[:, 1:-1].reshape(-1, masks.shape[2]))
        between = between.reshape(self.samples, len(parts) - 1, -1)
        scores = np.concatenate([unit.low[:, None], between, unit.high[:, None]], axis=1)
        places, each = np.argsort(orders, axis=1), np.arange(self.samples)
        return [
            _Unit(*part, masks[each, place], scores[each, place], scores[each, place + 1])
            for part, place in zip(parts, places.T, strict=True)
        ]


def labels_of(text: Text) -> np.ndarray:
    """For each feature the number of its sentence and of its word, int, shape (2, input)."""
    plain = Text(text.string)  # frozen parts are parts of sentences too
    starts = [f.start for f in text.features]
    levels = [[f.start for f in plain.cut(unit).features] for unit in ("sentence", "word")]
    return np.stack([np.searchsorted(level, starts, side="right") for level in levels])


def opened(labels: np.ndarray, start: int, stop: int) -> list[tuple[int, int]]:
    """The parts of the unit of these features: blocks of its sentences, or else of words, or of features."""
    for level in [*labels, np.arange(labels.shape[1])]:
        edges = [start, *(start + 1 + np.flatnonzero(np.diff(level[start:stop]))), stop]
        if len(edges) > 2:
            parts = min(MOST_PARTS, len(edges) - 1)
            at = np.linspace(0, len(edges) - 1, parts + 1).round().astype(int)
            return [(int(edges[a]), int(edges[b])) for a, b in pairwise(at)]
    return [(start, stop)]


def _opened_by_size(tree: _Tree, threshold: float, budget: int | None) -> list[_Unit]:
    """Units that make up the text, in its order: the root opened, then the largest again and again."""
    root = tree.root()
    if root.stop == 1:
        return [root]
    units, spent = tree.open(root), 2 + tree.cost(0, root.stop)
    while True:
        least = threshold * sum(unit.size for unit in units)
        large = [
            unit
            for unit in units
            if unit.stop - unit.start > 1
            and (unit.size >= least > 0 or threshold == 0)
            and (budget is None or spent + tree.cost(unit.start, unit.stop) <= budget)
        ]
        if not large:
            return sorted(units, key=lambda unit: unit.start)
        unit = max(large, key=lambda unit: unit.size)
        spent += tree.cost(unit.start, unit.stop)
        units = [other for other in units if other is not unit] + tree.open(unit)


def _closed(units: Sequence[_Unit]) -> tuple[str, ...]:
    closed = [unit for unit in units if unit.stop - unit.start > 1]
    if not closed:
        return ()
    features = sum(unit.stop - unit.start for unit in closed)
    return (
        f"Units that were not opened: {len(closed)}, of {features} features in all; each shares its credit equally "
        "among its features.",
    )
