"""Rows as a tree of prefixes, each read once.

In a causal model a token's keys and values depend on what stands before it alone. Rows, sorted, branch off their
neighbours where they first differ: features that join one by one, or are left out one at a time, have about
half as many distinct prefixes as tokens. The tree is read in a few steps, each from one position to another and
over all of its rows that differ by then; where the steps end is what costs least. The last step reads the ends
of all rows, so that every answer's logits come from one batch.
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
    """Read the rows at ``places`` of a tree from position ``start`` to ``end``.

    ``new`` ones know by then what their ``parents`` (places as well) know; at position 0 there is nothing to know.
    """

    start: int
    end: int
    places: list[int]
    new: list[int]
    parents: list[int]

    @property
    def tokens(self) -> int:
        """How many tokens are read."""
        return (self.end - self.start) * len(self.places)


@dataclass(frozen=True)
class Tree:
    """Numbers of rows, each at its place, in the order in which they branch off; and the steps of reading."""

    rows: list[int]
    steps: list[Step]

    def cost(self, start: int) -> int:
        """Tokens, with what it costs to start the steps."""
        return sum(step.tokens + start for step in self.steps)


def trees(rows: Sequence[Row], extra: int, budget: int, start: int) -> list[Tree]:
    """Trees of rows that have ``extra`` same tokens behind them.

    A tree keeps the keys and values of all its rows to the end, so its rows have at most ``budget`` tokens, read,
    shared or padded; each step is then one batch. Starting it costs as much as reading ``start`` tokens.
    """
    keys = [(row.ids * 2 + row.attended).astype(">i8") for row in rows]
    order = sorted(range(len(rows)), key=[key.tobytes() for key in keys].__getitem__)
    most = max(1, budget // (max(map(len, rows)) + extra))
    groups = np.array_split(np.array(order), -(-len(order) // most))
    return [_tree(group, [keys[i] for i in group], extra, start) for group in groups]


def _tree(numbers: np.ndarray, keys: Sequence[np.ndarray], extra: int, start: int) -> Tree:
    lengths = np.array([len(key) for key in keys])
    shared = np.array([-1, *map(_shared, keys, keys[1:])])  # the first row has nobody to branch from
    longest = int(lengths.max()) + extra
    alike = bool((lengths == lengths[0]).all())
    # Rows of one length go on into the last step. Others meet there, each with its last token and the answer.
    known = np.full(len(keys), longest) if alike else lengths - 1
    stops = _cheapest(shared, known, start)
    stops = stops if alike else [*stops, longest]
    by_birth = np.argsort(shared, kind="stable")
    place_of = np.argsort(by_birth)
    born = np.zeros(len(keys), bool)
    steps = []
    for begin, end in pairwise(stops):
        read = (shared < end) & (known > begin) | (end == longest)
        new = [int(i) for i in by_birth if read[i] and not born[i]]
        parents = [_parent(shared, i, min(begin, int(known[i]))) for i in new] if begin else []
        places = np.sort(place_of[read]).tolist()
        steps.append(
            Step(begin, end, places, [int(place_of[i]) for i in new], [int(place_of[i]) for i in parents])
        )
        born |= read
    return Tree(numbers[by_birth].tolist(), steps)


def _shared(one: np.ndarray, other: np.ndarray) -> int:
    """How many first tokens two rows have in common; the last of each is always read anew."""
    most = min(len(one), len(other)) - 1
    differs = one[:most] != other[:most]
    return int(differs.argmax()) if differs.any() else most


def _parent(shared: np.ndarray, row: int, known: int) -> int:
    """The row that stands for the first ``known`` tokens of this one."""
    return int(np.flatnonzero(shared[: row + 1] < known)[-1]) if known else 0


def _cheapest(shared: np.ndarray, known: np.ndarray, start: int) -> list[int]:
    """Where to stop, from 0 on, so that tokens and batches cost least: at places where rows branch off or end."""
    stops = np.unique(np.concatenate([[0], shared[shared > 0], known]))
    # How many rows are read from one stop to another.
    rows = ((shared[:, None, None] < stops) & (known[:, None, None] > stops[:, None])).sum(0)
    cost, came_from = np.zeros(1), [0]
    for i in range(1, len(stops)):
        through = cost + (stops[i] - stops[:i]) * rows[:i, i] + start
        came_from.append(int(through.argmin()))
        cost = np.append(cost, through.min())
    path = [len(stops) - 1]
    while path[-1]:
        path.append(came_from[path[-1]])
    return [int(stops[i]) for i in reversed(path)]
