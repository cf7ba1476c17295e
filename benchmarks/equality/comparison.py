"""One comparison: a peer's numbers beside ours, once everything that may differ by choice is made the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.peer import Peer, PeerFailed
from benchmarks.rows import apart

__all__ = ["TOLERANCE", "Both", "Comparison", "compared"]

TOLERANCE = 1e-4  # share of the largest number

Both = Callable[[Any], tuple[np.ndarray, np.ndarray]]
"""A peer's answer to its numbers and ours, two arrays of one shape."""


@dataclass(frozen=True)
class Comparison:
    """``theirs`` and ``ours`` name what is compared, ``same`` what was made equal for it.

    ``work`` is the peer's function that is asked, with ``task``.
    """

    peer: str
    theirs: str
    ours: str
    same: str
    work: str
    both: Both
    task: Mapping[str, Any] = field(default_factory=dict)


def compared(comparison: Comparison, peer: Peer | None) -> dict[str, Any]:
    """By how much the two differ, as a share of the largest; or why that is not known."""
    told: dict[str, Any] = {
        "peer": comparison.peer,
        "theirs": comparison.theirs,
        "ours": comparison.ours,
        "same": comparison.same,
    }
    if peer is None:
        return {**told, "skipped": f"{comparison.peer} is not installed here"}
    try:
        answer, _ = peer(comparison.work, **comparison.task)
    except PeerFailed as error:
        return {**told, "skipped": error.reason}
    theirs, ours = comparison.both(answer)
    if theirs.shape != ours.shape:
        return {**told, "equal": False, "largest_difference": None, "shapes": [theirs.shape, ours.shape]}
    differs = apart(theirs, ours)
    return {**told, "numbers": ours.size, "largest_difference": differs, "equal": differs <= TOLERANCE}
