"""What chance would score: rankings that know nothing of the model."""

from __future__ import annotations

import numpy as np

__all__ = ["POSITION_BLOCKS", "position_matched_credits", "random_credits", "shuffled_credits"]

POSITION_BLOCKS = 4


def random_credits(features: int, draws: int, seed: int) -> np.ndarray:
    """Credits in uniformly random order, shape (draw, input)."""
    rng = np.random.default_rng(seed)
    return np.stack([rng.permutation(features) for _ in range(draws)]).astype(np.float64)


def shuffled_credits(credit: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """The same credits in the order of `random_credits`, shape (draw, input): for what their sizes mean."""
    order = random_credits(len(credit), draws, seed).astype(int)
    return np.sort(credit)[order]


def position_matched_credits(credit: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """The same credits, shuffled within quarters of the text, shape (draw, input).

    Beginnings and ends of a text matter more to many models whatever they say. A ranking that only knows
    this scores well against `random_credits`, and not against these.
    """
    rng = np.random.default_rng(seed)
    blocks = np.array_split(np.arange(len(credit)), max(1, min(POSITION_BLOCKS, len(credit) // 2)))
    return np.stack(
        [np.concatenate([rng.permutation(credit[block]) for block in blocks]) for _ in range(draws)]
    )
