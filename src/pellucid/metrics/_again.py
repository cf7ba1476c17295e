"""What metrics share that explain again: how far rankings agree with the new explanations."""

from __future__ import annotations

import numpy as np

from pellucid.metrics._agreement import ranks_agree, steady

__all__ = ["agreement", "seeds"]


def agreement(credits: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Spearman's correlation of each ranking with each of the others, shape (ranking, other); NaN of constant ones.

    ``credits``: shape (ranking, input); ``others``: shape (other, input).
    """
    ours, theirs = steady(credits), steady(others)
    return np.stack([ranks_agree(ours, np.broadcast_to(one, ours.shape)) for one in theirs], axis=1)


def seeds(seed: int, count: int) -> list[int]:
    """Seeds that follow from one, none of them near it: a method may have been asked with that."""
    return np.random.default_rng([seed, count]).integers(2**31, size=count).tolist()
