"""What is compared: one row is one piece of work, done by Pellucid and by those peers that can do it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["Ours", "Row", "Side", "apart"]

Ours = Callable[[str, str], np.ndarray]


@dataclass(frozen=True)
class Side:
    """A peer's way: the task it is given, and how far its numbers may lie from ours (share of the largest).

    ``compared`` turns its answer and ours into two arrays that should be equal; by default they are.
    """

    label: str
    peer: str
    work: str
    task: Mapping[str, Any] = field(default_factory=dict)
    tolerance: float = 1e-4
    compared: Callable[[Any, np.ndarray], tuple[np.ndarray, np.ndarray]] = lambda theirs, ours: (
        np.array(theirs),
        ours,
    )
    note: str = ""


@dataclass(frozen=True)
class Row:
    """One piece of work. ``ours`` takes text and target; ``small`` is a text and target to warm up with."""

    name: str
    work: str
    folder: str
    ours: Ours
    sides: tuple[Side, ...]
    text: str
    target: str
    small: tuple[str, str]


def apart(theirs: np.ndarray, ours: np.ndarray) -> float:
    """The largest difference of two arrays, as a share of the largest number; not a number if one is none."""
    return float(np.abs(theirs - ours).max() / np.abs(ours).max())
