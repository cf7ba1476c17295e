"""Which rows are read together.

A batch holds as many tokens as fit the budget. Rows of like length go together, padded; or, where the model
allows it, rows as a tree, whose shared prefixes are read once. Whichever costs fewer tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pellucid.models.huggingface.rows import Row, Together
from pellucid.models.huggingface.tree import Tree, trees

__all__ = ["START", "Batch", "batches", "padded_batches"]

# What starting one more batch costs, in tokens, about.
START = {"cpu": 32, "cuda": 512}


@dataclass(frozen=True)
class Batch:
    """Numbers of the rows to read together."""

    rows: list[int]


def batches(
    rows: Sequence[Row], extra: int, budget: int, together: Together, reusable: bool, device: str
) -> list[Batch | Tree]:
    """The cheapest way to read rows that have ``extra`` same tokens behind them.

    All are grown into trees, or those of each length into trees of their own, or none.
    """
    start = START.get(device, START["cuda"])
    lengths = [len(row) + extra for row in rows]
    everything = range(len(rows))
    by_length = [[i for i in everything if lengths[i] == length] for length in set(lengths)]
    ways: list[list[Sequence[int]]] = [[], [everything], [*by_length]] if reusable else [[]]

    def read(way: list[Sequence[int]]) -> list[Batch | Tree]:
        grown = [
            _of(group, tree)
            for group in way
            for tree in trees([rows[i] for i in group], extra, budget, start)
        ]
        # A tree must save what its steps cost to start; the rest is padded.
        kept = [tree for tree in grown if tree.cost(start) < sum(lengths[i] for i in tree.rows)]
        alone = sorted(set(everything).difference(*(tree.rows for tree in kept)))
        padded = padded_batches([lengths[i] for i in alone], budget, together)
        return [*kept, *(Batch([alone[i] for i in batch.rows]) for batch in padded)]

    def cost(batch: Batch | Tree) -> int:
        if isinstance(batch, Tree):
            return batch.cost(start)
        return len(batch.rows) * max(lengths[i] for i in batch.rows) + start

    return min(map(read, ways), key=lambda found: sum(map(cost, found)))


def _of(numbers: Sequence[int], tree: Tree) -> Tree:
    """A tree of some rows, with the numbers that they have among all."""
    return replace(tree, rows=[numbers[i] for i in tree.rows])


def padded_batches(lengths: Sequence[int], budget: int, together: Together) -> list[Batch]:
    """Batches of at most ``budget`` tokens, padding counted; at least one row a batch."""
    found: list[Batch] = []
    for i in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        longest = lengths[found[-1].rows[0]] if found else 0
        fits = bool(found) and (len(found[-1].rows) + 1) * longest <= budget
        alike = together == "any" or (together == "equal" and lengths[i] == longest)
        if fits and alike:
            found[-1].rows.append(i)
        else:
            found.append(Batch([i]))
    return found
