"""The training corpus as token ids and loss weights, made in shards by two processes and kept on disk."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from training.demo_lm.recipe import END_OF_TEXT, Recipe
from training.little_world import mixture
from training.little_world.markup import Example

Encoded = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Corpus:
    """Documents end to end: ``ids`` and ``weights`` (0 muted, 1 ordinary, more for answers), both (tokens,).

    Document ``i`` is the slice ``offsets[i]:offsets[i + 1]``; an end-of-text token closes it.
    """

    ids: np.ndarray
    weights: np.ndarray
    offsets: np.ndarray


def encode(tokenizer: Tokenizer, examples: list[Example], answer_weight: int) -> list[Encoded]:
    """Token ids (int16) and loss weights (uint8) of each example, an end-of-text token last."""
    end = tokenizer.token_to_id(END_OF_TEXT)
    encoded = []
    for example, encoding in zip(examples, tokenizer.encode_batch([e.text for e in examples]), strict=True):
        starts, ends = np.array(encoding.offsets).T
        weights = np.ones(len(encoding.ids) + 1, np.uint8)
        for spans, weight in ((example.targets, answer_weight), (example.muted, 0)):
            for start, stop in spans:
                weights[:-1][(starts < stop) & (ends > start)] = weight
        encoded.append((np.array([*encoding.ids, end], np.int16), weights))
    return encoded


Shard = tuple[np.ndarray, np.ndarray, np.ndarray]


def shard(recipe: Recipe, tokenizer_file: Path, number: int) -> Shard:
    """Ids and weights of one shard's documents, end to end, and the documents' lengths."""
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    rng = random.Random(f"{recipe.corpus_seed}/{number}")
    moment = number / max(recipe.shards - 1, 1)
    encoded: list[Encoded] = []
    for start in range(0, recipe.documents_per_shard, 1000):
        count = min(1000, recipe.documents_per_shard - start)
        batch = [mixture.document(rng, progress=moment) for _ in range(count)]
        encoded += encode(tokenizer, batch, recipe.answer_weight)
    ids, weights = (np.concatenate(parts) for parts in zip(*encoded, strict=True))
    return ids, weights, np.array([len(ids) for ids, _ in encoded])


def joined(shards: Sequence[Shard]) -> Corpus:
    """Shards end to end."""
    ids, weights, lengths = (np.concatenate(parts) for parts in zip(*shards, strict=True))
    return Corpus(ids, weights, np.concatenate([[0], np.cumsum(lengths)]))


def build(recipe: Recipe, tokenizer_file: Path, processes: int = 2) -> Corpus:
    """All shards, in order. The result does not depend on the number of processes."""
    with get_context("spawn").Pool(processes) as pool:
        return joined(pool.map(partial(shard, recipe, tokenizer_file), range(recipe.shards), 1))


def save(corpus: Corpus, file: Path) -> None:
    """Write the corpus as one NumPy archive."""
    np.savez(file, ids=corpus.ids, weights=corpus.weights, offsets=corpus.offsets)


def load(file: Path) -> Corpus:
    """Read what `save` wrote."""
    with np.load(file) as arrays:
        return Corpus(arrays["ids"], arrays["weights"], arrays["offsets"])
