"""Batches: whole documents packed into rows, and rows of random tokens that repeat.

Repeated random tokens teach copying. A model of this size does not find it in the documents alone (after four
million tokens it still names either friend), while half a batch of short repetitions makes it appear in minutes;
hence the bootstrap at the start, and a small share of such rows throughout.
"""

import math
from collections.abc import Iterator

import numpy as np
import torch

from training.demo_lm.corpus import Corpus
from training.demo_lm.recipe import Recipe

Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]

_LENGTHS, _LENGTH_SHARES = (64, 128, 256), (0.5, 0.3, 0.2)


def _documents(corpus: Corpus) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    while True:
        for start, stop in zip(corpus.offsets[:-1], corpus.offsets[1:], strict=True):
            yield corpus.ids[start:stop], corpus.weights[start:stop]


def _random_row(
    rng: np.random.Generator, length: int, vocabulary: int, longest: int, even_share: float
) -> tuple[np.ndarray, np.ndarray]:
    """Random tokens repeated, the period even on a log scale or (a share) simply even; the first round is muted."""
    if rng.random() < even_share:
        period = int(rng.integers(2, longest + 1))
    else:
        period = round(math.exp(rng.uniform(math.log(2), math.log(longest))))
    ids = np.resize(rng.integers(1, vocabulary, period), length)
    return ids, (np.arange(length) >= period).astype(np.float32)


def _packed_row(
    documents: Iterator[tuple[np.ndarray, np.ndarray]], length: int
) -> tuple[np.ndarray, np.ndarray]:
    """Documents end to end, the last one cut."""
    parts = [next(documents)]
    while sum(len(ids) for ids, _ in parts) < length:
        parts.append(next(documents))
    ids, weights = (np.concatenate(columns)[:length] for columns in zip(*parts, strict=True))
    return ids, weights.astype(np.float32)


def batches(corpus: Corpus, recipe: Recipe, vocabulary: int, end_of_text: int) -> Iterator[Batch]:
    """Endless batches of inputs, next tokens and their loss weights, each (rows, length).

    Half of the rows begin with end-of-text, half directly with a document, so that prompts work either way.
    The same recipe gives the same batches, so that an interrupted run can be resumed by skipping.
    """
    rng, documents, step = np.random.default_rng(recipe.run_seed), _documents(corpus), 0
    while True:
        booting = step < recipe.bootstrap_steps
        length = 64 if booting else int(rng.choice(_LENGTHS, p=_LENGTH_SHARES))
        share = recipe.bootstrap_random_share if booting else recipe.random_share
        # Short periods are learned first; long ones, later on, carry the copying far.
        longest, even_share = (recipe.bootstrap_longest_period, 0.0) if booting else (length // 2, 0.5)
        rows = []
        for _ in range(recipe.tokens_per_step // length):
            first = rng.random() < 0.5
            wanted = length + 1 - first
            if rng.random() < share:
                ids, weights = _random_row(rng, wanted, vocabulary, longest, even_share)
            else:
                ids, weights = _packed_row(documents, wanted)
            if first:
                ids, weights = np.append(end_of_text, ids), np.append(np.float32(0), weights)
            rows.append((ids, weights))
        all_ids = torch.from_numpy(np.stack([ids for ids, _ in rows]).astype(np.int64))
        all_weights = torch.from_numpy(np.stack([weights for _, weights in rows]).astype(np.float32))
        yield all_ids[:, :-1], all_ids[:, 1:], all_weights[:, 1:]
        step += 1
