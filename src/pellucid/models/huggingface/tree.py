"""Rows as a tree of prefixes, each read once.

In a causal model a token's keys and values depend on what stands before it alone. Rows of one length, sorted,
branch off their neighbours where they first differ: features that join one by one, or are left out one at a
time, have about half as many distinct prefixes as tokens. The tree is read in a few steps, each from one
position to another and over all of its rows that differ by then; where the steps end is what costs least.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from pellucid.models.huggingface.rows import Row

__all__ = ["Step", "Tree", "trees"]


@dataclass(frozen=True)
class Step:
    """Read the first ``places`` rows of a tree from position ``start`` to ``end``.

    Those that no step before has read know what their ``parents`` (places) know; they take the last places.
    """

    start: int
    end: int
    places: int
    parents: list[int]

    @property
    def tokens(self) -> int:
        """How many tokens are read."""
        return (self.end - self.start) * self.places


@dataclass(frozen=True)
class Tree:
    """Numbers of rows, each at its place, in the order in which they branch off; and the steps of reading."""

    rows: list[int]
    steps: list[Step]

    def cost(self, start: int) -> int:
        """Tokens, with what it costs to start the steps."""
        return sum(step.tokens + start for step in self.steps)


def trees(rows: Sequence[Row], extra: int, budget: int, start: int) -> list[Tree]:
    """Trees of rows of one length, which have ``extra`` same tokens behind them.

    A tree keeps the keys and values of all its rows to the end, so its rows have at most ``budget`` tokens, read
    or shared; each step is then one batch. Starting it costs as much as reading ``start`` tokens.
    """
    keys = np.stack([row.ids * 2 + row.attended for row in rows])
    order = np.array(sorted(range(len(rows)), key=[key.astype(">i8").tobytes() for key in keys].__getitem__))
    length = keys.shape[1] + extra
    most = max(1, budget // length)
    groups = np.array_split(order, -(-len(order) // most))
    return [_tree(group, _shared(keys[group]), length, start) for group in groups]


def _shared(keys: np.ndarray) -> np.ndarray:
    """How many first tokens each row has in common with the one before it; its last is always read anew."""
    differs = keys[1:, :-1] != keys[:-1, :-1]
    first = np.where(differs.any(1), differs.argmax(1), keys.shape[1] - 1) if keys.shape[1] > 1 else 0
    return np.append(-1, np.broadcast_to(first, len(keys) - 1))  # the first row has nobody to branch from


def _tree(numbers: np.ndarray, shared: np.ndarray, length: int, start: int) -> Tree:
    by_birth = np.argsort(shared, kind="stable")
    place_of = np.argsort(by_birth)
    steps = []
    read = 0
    for begin, end in _cheapest(shared, length, start):
        places = int((shared < end).sum())
        parents = [int(place_of[_parent(shared, row, begin)]) for row in by_birth[read:places] if begin]
        steps.append(Step(begin, end, places, parents))
        read = places
    return Tree([int(i) for i in numbers[by_birth]], steps)


def _parent(shared: np.ndarray, row: int, known: int) -> int:
    """The row that stands for the first ``known`` tokens of this one."""
    return int(np.flatnonzero(shared[: row + 1] < known)[-1])


def _cheapest(shared: np.ndarray, length: int, start: int) -> list[tuple[int, int]]:
    """From where to where to read, so that tokens and batches cost least; steps end where rows branch off."""
    ends = np.unique(np.append(shared[shared > 0], (0, length)))
    rows = np.searchsorted(np.sort(shared), ends)  # how many differ before each end
    cost, came_from = [0.0], [0]
    for i in range(1, len(ends)):
        tokens = (ends[i] - ends[:i]) * rows[i]
        through = cost + tokens + start
        came_from.append(int(through.argmin()))
        cost.append(float(through.min()))
    path = [len(ends) - 1]
    while path[-1]:
        path.append(came_from[path[-1]])
    at = [int(ends[i]) for i in reversed(path)]
    return list(pairwise(at))
