"""What the shape of an attention map is told by, whatever its size: diagonals, columns, borders, and how rows change.

Rows from which fewer than `FEWEST` keys can be seen say nothing of a shape and are left out.
"""

from __future__ import annotations

import numpy as np

__all__ = ["FEATURES", "FEWEST", "features"]

FEWEST = 4
NEAR, AROUND = 2, 5  # offsets from the diagonal that belong to it, and to a band about it
FEATURES = (
    "best_diagonal", "second_diagonal", "near", "near_if_uniform", "around", "around_if_uniform",
    "first_column", "second_column", "third_column", "column_held", "far",
    "border", "border_mean", "far_border", "far_border_mean",
    "same", "same_least", "same_middle", "moved", "moved_least",
    "entropy", "largest", "size", "causal",
)  # fmt: skip


def features(maps: np.ndarray, *, causal: bool) -> np.ndarray:
    """The numbers of `FEATURES` of each map, shape (map, feature), from weights, shape (map, query, key).

    ``causal``: whether queries see only the keys up to their own position.
    """
    size = maps.shape[-1]
    query, key = np.indices((size, size))
    seen = (key <= query) if causal else np.ones((size, size), bool)
    rows = seen.sum(-1) >= FEWEST
    near, around = (np.abs(key - query) <= reach for reach in (NEAR, AROUND))
    uniform = seen / seen.sum(-1, keepdims=True)
    found = [
        *_diagonals(maps, rows),
        *_within(maps, uniform, near, rows),
        *_within(maps, uniform, around, rows),
        *_columns(maps * ~near, seen & ~near & rows[:, None]),
        (maps * ~near).sum(-1)[:, rows].mean(-1),
        *_borders(maps, uniform),
        *_borders(maps * ~near, _spread(maps * ~near, seen & ~near)),
        *_changes(maps, rows),
        *_spreads(maps, seen, rows),
        np.full(len(maps), np.log2(size) / 7),
        np.full(len(maps), float(causal)),
    ]
    return np.stack(found, -1)


def _within(maps: np.ndarray, uniform: np.ndarray, band: np.ndarray, rows: np.ndarray) -> list[np.ndarray]:
    """The weight within a band about the diagonal, and what it would be if rows were even."""
    even = float((uniform * band).sum(-1)[rows].mean())
    return [(maps * band).sum(-1)[:, rows].mean(-1), np.full(len(maps), even)]


def _diagonals(maps: np.ndarray, rows: np.ndarray) -> list[np.ndarray]:
    """The mean weights of the two strongest offsets near the diagonal."""
    means = []
    for offset in range(-NEAR, NEAR + 1):
        at = np.arange(max(0, -offset), min(len(rows), len(rows) - offset))
        at = at[rows[at]]
        means.append(maps[:, at, at + offset].mean(-1) if len(at) else np.zeros(len(maps)))
    ordered = np.sort(np.stack(means, -1), -1)
    return [ordered[:, -1], ordered[:, -2]]


def _columns(far: np.ndarray, counted: np.ndarray) -> list[np.ndarray]:
    """The mean weights of the three strongest keys away from the diagonal, and the lower quarter of the first."""
    often = counted.sum(0)
    enough = often >= max(2, len(often) // 8)
    means = np.where(enough, (far * counted).sum(1) / np.maximum(often, 1), 0.0)
    ordered = np.sort(means, -1)
    best = means.argmax(-1)
    held = [
        np.quantile(one[counted[:, at], at], 0.25) if often[at] else 0.0
        for one, at in zip(far, best, strict=True)
    ]
    return [ordered[:, -1], ordered[:, -2], ordered[:, -3], np.array(held)]


def _spread(weights: np.ndarray, where: np.ndarray) -> np.ndarray:
    """The same rows with their weight spread evenly over some keys."""
    return weights.sum(-1, keepdims=True) * where / np.maximum(where.sum(-1, keepdims=True), 1)


def _borders(weights: np.ndarray, expected: np.ndarray) -> list[np.ndarray]:
    """The weight that crosses a place between two positions, by what is expected: the least, and the mean."""
    found, even = (_crossing(each)[..., 2:-1] for each in (weights, expected))  # a part has two tokens
    ratio = (found + 0.01) / (even + 0.01)
    return [ratio.min(-1), ratio.mean(-1)]


def _crossing(weights: np.ndarray) -> np.ndarray:
    """The weight that rows on either side of each place give to keys on the other, divided by the size."""
    size = weights.shape[-1]
    summed = np.zeros((*weights.shape[:-2], size + 1, size + 1))
    summed[..., 1:, 1:] = weights.cumsum(-1).cumsum(-2)
    at = np.arange(size + 1)
    own = summed[..., at, at]
    back = summed[..., size, :] - own
    ahead = summed[..., :, size] - own
    return (back + ahead)[..., :size] / size


def _changes(maps: np.ndarray, rows: np.ndarray) -> list[np.ndarray]:
    """What neighbouring rows have in common: as they are (mean, least, middle), and moved by one (mean, least)."""
    both = rows[:-1] & rows[1:]
    same = np.minimum(maps[:, :-1], maps[:, 1:]).sum(-1)[:, both]
    moved = np.minimum(maps[:, :-1, :-1], maps[:, 1:, 1:]).sum(-1)[:, both]
    if not both.any():
        return [np.zeros(len(maps))] * 5
    return [
        same.mean(-1),
        np.quantile(same, 0.05, axis=-1),
        np.median(same, -1),
        moved.mean(-1),
        np.quantile(moved, 0.05, axis=-1),
    ]


def _spreads(maps: np.ndarray, seen: np.ndarray, rows: np.ndarray) -> list[np.ndarray]:
    """The mean entropy of a row, as a share of what it could be, and the mean of its largest weight."""
    entropy = -(maps * np.log(np.maximum(maps, 1e-30))).sum(-1) / np.log(np.maximum(seen.sum(-1), 2))
    return [entropy[:, rows].mean(-1), maps.max(-1)[:, rows].mean(-1)]
