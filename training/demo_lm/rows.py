"""Batches: whole documents packed into rows, and rows of random tokens that come back.

Random tokens that come back teach copying. A model of this size does not find it in the documents alone (after four
million tokens it still names either friend); nor on random rows alone, where it learns to look a fixed way back. It
does once it can read a little: hence a lesson of copying after a first reading of documents, and a small share of
such rows from then on.
"""

from collections.abc import Iterator

import numpy as np
import torch

from training.demo_lm.corpus import Corpus
from training.demo_lm.recipe import Recipe

Row = tuple[np.ndarray, np.ndarray]
Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]

_LENGTHS, _LENGTH_SHARES = (64, 128, 256), (0.5, 0.3, 0.2)
# Twice an ordinary token: a lesson of copying is then about half of a batch's loss, as it is half of its rows.
_COPIED = np.float32(2.0)


def _documents(corpus: Corpus) -> Iterator[Row]:
    while True:
        for start, stop in zip(corpus.offsets[:-1], corpus.offsets[1:], strict=True):
            yield corpus.ids[start:stop], corpus.weights[start:stop]


def _phrases(rng: np.random.Generator, length: int, vocabulary: int) -> Row:
    """A few phrases of random tokens in random order, again and again.

    Trained on: every token but the first of a phrase that was read before. Unlike a period, a phrase comes back at
    no fixed distance, so that looking a fixed way back (which a model learns first, and stays with) is of no use.
    """
    pool = [rng.integers(1, vocabulary, rng.integers(2, 9)) for _ in range(rng.integers(1, 6))]
    ids, weights, read = [], [], set[int]()
    while sum(map(len, ids)) < length:
        number = int(rng.integers(len(pool)))
        ids.append(pool[number])
        weights.append(np.full(len(pool[number]), _COPIED * (number in read), np.float32))
        weights[-1][0] = 0
        read.add(number)
    return np.concatenate(ids)[:length], np.concatenate(weights)[:length]


def _periodic(rng: np.random.Generator, length: int, vocabulary: int) -> Row:
    """Random tokens repeated; short periods are as frequent as long ones. The first round is not trained on."""
    period = round(float(np.exp(rng.uniform(np.log(2), np.log(length // 2)))))
    ids = np.resize(rng.integers(1, vocabulary, period), length)
    return ids, _COPIED * (np.arange(length) > period).astype(np.float32)


def _packed_row(documents: Iterator[Row], length: int) -> Row:
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
        copying = recipe.copying_from <= step < recipe.copying_to
        length = 64 if copying else int(rng.choice(_LENGTHS, p=_LENGTH_SHARES))
        share = recipe.copying_random_share if copying else recipe.random_share
        rows = []
        for _ in range(recipe.tokens_per_step // length):
            first = rng.random() < 0.5
            wanted = length + 1 - first
            if rng.random() < share:
                kind = _phrases if rng.random() < 0.5 else _periodic
                ids, weights = kind(rng, wanted, vocabulary)
            else:
                ids, weights = _packed_row(documents, wanted)
            if first:
                ids, weights = np.append(end_of_text, ids), np.append(np.float32(0), weights)
            rows.append((ids, weights))
        all_ids = torch.from_numpy(np.stack([ids for ids, _ in rows]).astype(np.int64))
        all_weights = torch.from_numpy(np.stack([weights for _, weights in rows]).astype(np.float32))
        yield all_ids[:, :-1], all_ids[:, 1:], all_weights[:, 1:]
        step += 1
