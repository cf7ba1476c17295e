"""Which rows are read together.

A batch holds as many tokens as fit the budget. Rows of like length go together, padded; or, where the model
allows it, rows of one length that share a prefix, which is then not read again. Whichever costs fewer tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pellucid.models.huggingface.rows import Together

__all__ = ["Batch", "batches", "padded_batches", "prefix_batches"]

# What starting one more batch costs, in tokens, about.
START = {"cpu": 32, "cuda": 512}
# Tokens of a batch that are known already still take memory for their keys and values.
KNOWN_TOKENS = 4


@dataclass(frozen=True)
class Batch:
    """Numbers of the rows to read together, and how many of their first tokens are known."""

    rows: list[int]
    known: int = 0


def batches(
    lengths: Sequence[int], shared: Sequence[int] | None, budget: int, together: Together, device: str
) -> list[Batch]:
    """The cheaper way to read rows of these lengths.

    ``shared``: the first tokens each row has in common with the whole text, or None where nothing can be
    reused. Reading the whole text first counts as a cost of reuse.
    """
    start = START.get(device, START["cuda"])
    padded = padded_batches(lengths, budget, together)
    if shared is None:
        return padded
    reusing = prefix_batches(lengths, shared, budget, start)

    def cost(found: list[Batch]) -> int:
        return sum(len(b.rows) * (max(lengths[i] for i in b.rows) - b.known) + start for b in found)

    return reusing if cost(reusing) + max(shared) + start < cost(padded) else padded


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


def prefix_batches(lengths: Sequence[int], shared: Sequence[int], budget: int, start: int) -> list[Batch]:
    """Batches of rows of one length, each continuing from the prefix that all of its rows share.

    A row joins the batch before it until the tokens read again for its sake cost more than a batch does.
    """
    found: list[Batch] = []
    again = 0
    for i in sorted(range(len(lengths)), key=lambda i: (-lengths[i], -shared[i])):
        if found:
            last = found[-1]
            rows = len(last.rows) + 1
            again += len(last.rows) * (last.known - shared[i])
            alike = lengths[last.rows[0]] == lengths[i] and again <= start
            unread, held = rows * (lengths[i] - shared[i]), rows * lengths[i]
            if alike and unread <= budget and held <= KNOWN_TOKENS * budget:
                found[-1] = Batch([*last.rows, i], shared[i])
                continue
        found.append(Batch([i], shared[i]))
        again = 0
    return found
