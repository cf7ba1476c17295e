"""Sentences with parts missing, so that the model has an honest opinion on what explanations ask of it.

Attribution methods remove words or put [MASK] in their place. A model never trained on such inputs answers them at
random. Trained on the true label under every rate of masking, its answer tends to the label's probability given
the words that are left (Frye et al. 2021, arXiv:2006.01272, eq. 13; Covert et al. 2021, arXiv:2011.14878, sec. 8),
and with nothing left to the share of positive sentences, which is about one half.
"""

import random

import torch
from transformers import BatchEncoding

DROP_SHARE = 0.25
MASK_SHARE = 0.30
ALL_MASKED_SHARE = 0.04


def drop_words(sentence: str, rate: float, rng: random.Random) -> str:
    """The sentence with each word left out with probability `rate`; never an empty sentence."""
    words = sentence.split()
    left = [word for word in words if rng.random() >= rate]
    return " ".join(left or [rng.choice(words)])


def mask_words(encoded: BatchEncoding, rates: list[float], mask_id: int, rng: random.Random) -> torch.Tensor:
    """The ids of `encoded`, (row, position), each word of row i replaced by [MASK] with probability `rates[i]`."""
    ids = encoded["input_ids"].clone()
    for row, rate in enumerate(rates):
        words = encoded.word_ids(row)
        hidden = {word for word in sorted({w for w in words if w is not None}) if rng.random() < rate}
        ids[row, [position for position, word in enumerate(words) if word in hidden]] = mask_id
    return ids


def draw_rates(rng: random.Random) -> tuple[float, float]:
    """How much of one sentence goes missing in training: the rate of dropped and of masked words."""
    draw = rng.random()
    if draw < DROP_SHARE:
        return rng.uniform(0.05, 0.35), 0.0
    if draw < DROP_SHARE + MASK_SHARE:
        return 0.0, rng.random()
    if draw < DROP_SHARE + MASK_SHARE + ALL_MASKED_SHARE:
        return 0.0, 1.0
    return 0.0, 0.0
