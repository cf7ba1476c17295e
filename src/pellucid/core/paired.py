"""Which of several is best over the same texts, and how sure that is."""

from __future__ import annotations

import numpy as np

from pellucid.core.score import Better

__all__ = ["PAIRED", "paired", "resampled"]

PAIRED = ("rank", "rank_low", "rank_high", "best", "behind", "behind_low", "behind_high")
# Numbers that differ by less are the same: rankings that agree are read in batches of other sizes.
SAME = 1e-6


def resampled(examples: int, draws: int, seed: int) -> np.ndarray:
    """The share of each text in each draw of texts with replacement, shape (draw, example)."""
    picked = np.random.default_rng(seed).integers(examples, size=(draws, examples))
    return np.apply_along_axis(np.bincount, 1, picked, minlength=examples) / examples


def paired(
    values: np.ndarray, better: Better, rivals: np.ndarray, *, draws: int = 1000, seed: int = 0
) -> dict[str, np.ndarray]:
    """Ranks of means over the texts on which all are measured, shape (method,) each, and those texts.

    ``values``, shape (method, example), NaN where there is no number; ``rivals``, bool: those that are ranked, the
    others are only held against the best of them. ``rank``: 1 is best, equals share the middle of their ranks.
    ``best``: the share of draws of texts (with replacement) in which this one is best. ``behind``: how much worse the
    mean is than that of the best. ``..._low`` and ``..._high``: 95% of the draws. All draws are of whole texts, so that
    what a text does to every method cancels. On one text what needs draws is NaN. ``texts`` is a number.
    """
    found = {name: np.full(len(values), np.nan) for name in PAIRED}
    known = ~np.isnan(values)
    there = known.any(1)
    shared = known[there].all(0) if there.any() else np.zeros(values.shape[1], bool)
    ranked = there & rivals
    found["texts"] = np.array(shared.sum() if ranked.any() else 0)
    if not found["texts"]:
        return found
    numbers = (1 if better == "higher" else -1) * values[:, shared]  # those not there stay NaN
    means = numbers.mean(1)
    top = np.flatnonzero(ranked)[np.argmax(means[ranked])]
    found["rank"][ranked] = _ranks(means[ranked])
    found["behind"] = means[top] - means
    if shared.sum() > 1:
        drawn = resampled(int(shared.sum()), draws, seed) @ numbers.T  # (draw, method)
        ranks = _ranks(drawn[:, ranked])
        found["rank_low"][ranked], found["rank_high"][ranked] = _middle(ranks)
        found["best"][ranked] = _best(drawn[:, ranked]).mean(0)
        found["behind_low"], found["behind_high"] = _middle(drawn[:, [top]] - drawn)
    return found


def _ranks(numbers: np.ndarray) -> np.ndarray:
    """1 for the largest of the last axis; equals share the middle of their ranks."""
    ahead = numbers[..., None, :] - numbers[..., :, None]
    slack = SAME * np.maximum(1.0, np.abs(numbers))[..., :, None]
    return 0.5 + (ahead > slack).sum(-1) + (np.abs(ahead) <= slack).sum(-1) / 2


def _best(numbers: np.ndarray) -> np.ndarray:
    """1 for the largest of the last axis; equals share it."""
    largest = numbers.max(-1, keepdims=True)
    top = largest - numbers <= SAME * np.maximum(1.0, np.abs(largest))
    return top / top.sum(-1, keepdims=True)


def _middle(drawn: np.ndarray) -> np.ndarray:
    """What holds 95% of the draws, shape (2, ...)."""
    return np.quantile(drawn, [0.025, 0.975], axis=0)
