"""Attention maps of each type, drawn at random: what the classifier learns from, and is measured on.

A map is a mixture of parts whose rows add up to 1: columns, diagonals, blocks, and what has no structure. The type
says which part has most of the weight; the rest of it is noise.
"""

from collections.abc import Callable

import numpy as np

from pellucid.methods.attention._map_types import TYPES

SMALLEST, LARGEST = 8, 128
Part = Callable[[np.random.Generator, np.ndarray], np.ndarray]


def drawn(rng: np.random.Generator, kind: str, size: int, causal: bool) -> np.ndarray:
    """One map of a type, shape (query, key)."""
    seen = np.tril(np.ones((size, size), bool)) if causal else np.ones((size, size), bool)
    return _by_words(rng, _MAPS[kind](rng, seen), seen)


def sample(rng: np.random.Generator, count: int) -> list[tuple[np.ndarray, bool, int]]:
    """So many maps of each type in turn: map, whether it is causal, number of its type."""
    found = []
    for number in range(count):
        size = int(np.exp(rng.uniform(np.log(SMALLEST), np.log(LARGEST + 1))))
        causal = bool(rng.random() < 0.5)
        kind = number % len(TYPES)
        found.append((drawn(rng, TYPES[kind], size, causal), causal, kind))
    return found


# Parts


def columns(rng: np.random.Generator, seen: np.ndarray) -> np.ndarray:
    """A few keys that every row looks at, all rows alike or each in its own shares; often the first is among them."""
    size = len(seen)
    others = rng.integers(0, max(3, size // 8) + 1)
    # Where only what came before is seen, a column is one if it begins early.
    begins = size if seen[0, -1] else size // 5 + 1
    leading = 0 if rng.random() < 0.6 else rng.integers(begins)
    keys = np.unique(np.append(rng.choice(size, others, replace=False), leading))
    even = rng.uniform(0.5, 3)
    weights = np.zeros(seen.shape)
    weights[:, keys] = rng.dirichlet(np.full(len(keys), even), len(seen) if rng.random() < 0.4 else 1)
    return _or_else(weights, seen, rng)


def diagonal(rng: np.random.Generator, seen: np.ndarray) -> np.ndarray:
    """The same small distance from the own position in every row, sharp or in a narrow band."""
    causal = not seen[0, -1]
    offset = rng.choice([0, -1, -1, -1, -2] if causal else [0, -1, -1, 1, 1, -2, 2])
    width = rng.choice([0.15, rng.uniform(0.3, 2.5)])
    keys = np.arange(len(seen))
    distance = keys[None] - keys[:, None] - offset - rng.normal(size=(len(seen), 1)) * rng.uniform(0, 0.3)
    return _or_else(np.exp(-((distance / width) ** 2) / 2), seen, rng)


def block(rng: np.random.Generator, seen: np.ndarray) -> np.ndarray:
    """Two to five parts of the text whose rows look at their own part, evenly or nearly so."""
    size = len(seen)
    parts = int(rng.integers(2, min(5, size // 4) + 1))
    least = max(3, size // (2 * parts))
    cuts = np.sort(rng.choice(size - parts * least + parts - 1, parts - 1, replace=False)) - np.arange(
        parts - 1
    )
    borders = cuts + least * np.arange(1, parts)
    number = np.searchsorted(borders, np.arange(size), side="right")
    within = number[:, None] == number[None]
    return _normalised(within * rng.gamma(rng.choice([2.0, 5.0, 50.0]), size=seen.shape), seen)


def unstructured(rng: np.random.Generator, seen: np.ndarray) -> np.ndarray:
    """What hangs on the words, of one kind or of two; at times some rows found one key, and no other."""
    share = rng.choice([1.0, rng.uniform(0.3, 0.7)])
    weights = share * _of_words(rng, seen) + (1 - share) * _of_words(rng, seen)
    if rng.random() < 0.3:
        size = len(seen)
        for row in rng.choice(size, rng.integers(1, max(2, size // 3)), replace=False):
            weights[row] = np.eye(size)[rng.choice(np.flatnonzero(seen[row]))]
    return weights


def _of_words(rng: np.random.Generator, seen: np.ndarray) -> np.ndarray:
    """Products of random codes, a few keys a row, words that are the same, a wide neighbourhood, or all about alike."""
    size = len(seen)
    way = rng.integers(5)
    if way == 0:
        width = rng.integers(2, 9)
        queries, keys = rng.normal(size=(2, size, width))
        sharp = rng.uniform(0.3, 2.5) * rng.uniform(0.5, 1.5, (size, 1))
        return _softmax(queries @ keys.T * sharp, seen)
    if way == 1:
        return _normalised(rng.gamma(rng.uniform(0.05, 0.5), size=seen.shape) + 1e-9, seen)
    if way == 2:
        words = rng.integers(0, max(2, size // rng.integers(2, 5)), size)
        same = (words[:, None] == words[None]) * rng.uniform(2, 5)
        return _softmax(same + rng.normal(size=seen.shape) * rng.uniform(0, 1), seen)
    if way == 3:
        distance = np.abs(np.subtract.outer(np.arange(size), np.arange(size)))
        reach = rng.uniform(max(6, size / 4), size)
        return _softmax(rng.normal(size=seen.shape) * rng.uniform(0, 1.5) - distance / reach, seen)
    return _normalised(rng.gamma(rng.uniform(2, 50), size=seen.shape), seen)


# Types


def _mostly(part: Part, least: float) -> Part:
    """A part with most of the weight, some of another, and noise."""

    def made(rng: np.random.Generator, seen: np.ndarray) -> np.ndarray:
        share = rng.choice([1.0, rng.uniform(least, 1)], p=[0.1, 0.9])
        own = _uneven(rng, part(rng, seen), share)
        rest = 1 - own.sum(-1, keepdims=True)
        other = rng.choice([0.0, rng.uniform(0, 0.25)])
        beside = columns if part is not columns else diagonal
        return own + rest * (other * beside(rng, seen) + (1 - other) * unstructured(rng, seen))

    return made


def _both(rng: np.random.Generator, seen: np.ndarray) -> np.ndarray:
    """Columns and a diagonal, neither below 3/10 of what both have."""
    share = rng.uniform(0.5, 1)
    of_columns = rng.uniform(0.3, 0.7)
    own = _uneven(rng, of_columns * columns(rng, seen) + (1 - of_columns) * diagonal(rng, seen), share)
    return own + (1 - own.sum(-1, keepdims=True)) * unstructured(rng, seen)


def _other(rng: np.random.Generator, seen: np.ndarray) -> np.ndarray:
    """No structure, or too little of any to be named after it."""
    share = rng.choice([0.0, rng.uniform(0, 0.2)])
    part = (columns, diagonal, block)[rng.integers(3)]
    return share * part(rng, seen) + (1 - share) * unstructured(rng, seen)


def _by_words(rng: np.random.Generator, weights: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Some keys get more or less than their place would give them, and so does every pair."""
    of_keys, of_pairs = rng.uniform(0, 0.5, 2)
    size = len(seen)
    gain = of_keys * rng.normal(size=size) + of_pairs * rng.normal(size=(size, size))
    return _normalised(weights * np.exp(gain), seen)


def _uneven(rng: np.random.Generator, rows: np.ndarray, share: float) -> np.ndarray:
    """Rows with a share of the weight on the average, some with more and some with less."""
    wobble = rng.choice([0.0, rng.uniform(0, 0.3)])
    return rows * np.clip(share + rng.normal(size=(len(rows), 1)) * wobble, 0.05, 1.0)


_MAPS: dict[str, Part] = {
    "vertical": _mostly(columns, 0.4),
    "diagonal": _mostly(diagonal, 0.33),
    "vertical+diagonal": _both,
    "block": _mostly(block, 0.75),
    "heterogeneous": _other,
}


def _normalised(weights: np.ndarray, seen: np.ndarray) -> np.ndarray:
    weights = weights * seen
    return weights / weights.sum(-1, keepdims=True)


def _softmax(scores: np.ndarray, seen: np.ndarray) -> np.ndarray:
    return _normalised(np.exp(scores - np.where(seen, scores, -np.inf).max(-1, keepdims=True)), seen)


def _or_else(weights: np.ndarray, seen: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Rows that see nothing of their part look at the first key, or at themselves."""
    weights = weights * seen
    lost = weights.sum(-1) < 1e-12
    weights[lost, 0 if rng.random() < 0.5 else np.flatnonzero(lost)] = 1.0
    return _normalised(weights, seen)
