"""Sets of features to keep: all of them, those of some sizes, and random ones that come with their complements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np

from pellucid.core.errors import BadOption

__all__ = ["Coalitions", "affordable", "coalitions", "complement_pairs", "every_subset"]

FEWEST_PAIRS = 8  # of random subsets, for their spread to tell their error


@dataclass(frozen=True)
class Coalitions:
    """Subsets by size: the outer sizes whole (``fixed``), the inner ones sampled (``drawn``).

    ``fixed``: bool, shape (coalition, input); its first row is empty, its last whole. ``drawn``: bool, shape
    (pair, 2, input), each subset beside its complement. ``chance``: how likely a draw is of each size, shape
    (input + 1); 0 for the sizes that are fixed.
    """

    fixed: np.ndarray
    drawn: np.ndarray
    chance: np.ndarray

    @property
    def exact(self) -> bool:
        """Whether every subset is there, so that nothing is left to chance."""
        return not len(self.drawn)


def affordable(
    samples: int, budget: int | None, least: int, *, each: int = 1, fixed: int = 0, noun: str = "subsets"
) -> int:
    """How many samples of ``each`` forwards, and ``fixed`` more, can be drawn; at least ``least`` must be."""
    if samples < least:
        raise BadOption(f"samples={samples}: at least {least} {noun} are needed.")
    if budget is None:
        return samples
    fit = (budget - fixed) // each
    if fit < least:
        raise BadOption(
            f"budget={budget}: {least} {noun} take {least * each + fixed} forwards. "
            "Give at least as many, or a coarser unit."
        )
    return min(samples, fit)


def every_subset(features: int) -> np.ndarray:
    """All subsets, bool, shape (2^input, input); the first is empty, the last is whole."""
    numbers = np.arange(2**features)[:, None]
    return (numbers >> np.arange(features) & 1).astype(bool)


def complement_pairs(rng: np.random.Generator, sizes: np.ndarray, features: int) -> np.ndarray:
    """A uniformly drawn subset of each size, and its complement, bool, shape (pair, 2, input)."""
    places = rng.permuted(np.tile(np.arange(features), (len(sizes), 1)), axis=1)
    kept = places < np.asarray(sizes)[:, None]
    return np.stack([kept, ~kept], axis=1)


def coalitions(features: int, samples: int, seed: int) -> Coalitions:
    """``samples`` subsets for a fit with Shapley's kernel, whose sizes s weigh ``1 / (s (n - s))``.

    All subsets if they are no more. Else all of the sizes 0, 1, n - 1 and n, then of 2 and n - 2 and so on
    for as long as there are fewer than the samples their weight would get; the rest is drawn by weight.
    """
    inner = np.arange(features + 1)
    chance = np.zeros(features + 1)
    if 2**features <= samples:
        return Coalitions(every_subset(features), np.zeros((0, 2, features), bool), chance)
    fixed, left = [0, features], samples - 2
    for size in range(1, features // 2 + 1):
        inner = np.arange(size, features - size + 1)
        weight = 1 / (inner * (features - inner))
        shell = sorted({size, features - size})
        cost = sum(comb(features, s) for s in shell)
        if size > 1 and cost > left * weight[np.isin(inner, shell)].sum() / weight.sum():
            break
        fixed += shell
        left -= cost
    chance[inner] = weight / weight.sum()
    rng = np.random.default_rng(seed)
    drawn = complement_pairs(rng, rng.choice(features + 1, left // 2, p=chance), features)
    return Coalitions(_of_sizes(features, sorted(fixed)), drawn, chance)


def _of_sizes(features: int, sizes: Sequence[int]) -> np.ndarray:
    """All subsets of these sizes, in the order of the sizes, bool, shape (coalition, input)."""
    kept = [members for size in sizes for members in combinations(range(features), size)]
    masks = np.zeros((len(kept), features), bool)
    for mask, members in zip(masks, kept, strict=True):
        mask[list(members)] = True
    return masks
