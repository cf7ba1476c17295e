"""Which rows are read together.

A batch holds as many tokens as fit the budget. Rows of like length go together, padded; or, where the model
allows it, rows of one length as a tree, whose shared prefixes are read once. Whichever costs fewer tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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

    Rows of one length are a tree if that saves more tokens than its steps cost to start; the rest is padded.
    """
    start = START.get(device, START["cuda"])
    lengths = [len(row) + extra for row in rows]
    alone: list[int] = []
    found: list[Batch | Tree] = []
    for length in sorted(set(lengths), reverse=True):
        alike = [i for i, n in enumerate(lengths) if n == length]
        grown = trees([rows[i] for i in alike], extra, budget, start) if reusable else []
        if reusable and sum(tree.cost(start) for tree in grown) < len(alike) * length:
            found += [Tree([alike[i] for i in tree.rows], tree.steps) for tree in grown]
        else:
            alone += alike
    padded = padded_batches([lengths[i] for i in alone], budget, together)
    return [*found, *(Batch([alone[i] for i in batch.rows]) for batch in padded)]


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
