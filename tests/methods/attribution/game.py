"""A model that is a known game: its value function is a given set function, so that answers are known exactly."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import permutations

import numpy as np

from pellucid.core.target import Target
from pellucid.core.text import Feature, Text
from pellucid.methods.attribution._coalitions import every_subset

Play = Callable[[np.ndarray], np.ndarray]

TARGET = Target("it", scale="logprob", ids=(1,), outputs=("it",))


class Game:
    """A GreyBox and its ValueFunction in one: ``play`` maps masks (draw, input) to scores (draw, output)."""

    name, fingerprint, ablate = "game", "", "delete"

    def __init__(self, features: int, play: Play) -> None:
        self.features, self._play = features, play
        self.seen: set[bytes] = set()
        self.outputs = len(self(np.ones((1, features), bool))[0])
        self.seen.clear()

    @property
    def forwards(self) -> int:
        """How many different subsets were asked about."""
        return len(self.seen)

    def value(self, text, target, ablate=None):
        return self

    def __call__(self, masks: np.ndarray) -> np.ndarray:
        assert masks.dtype == bool
        assert masks.shape[1] == self.features
        self.seen |= {mask.tobytes() for mask in masks}
        scores = np.asarray(self._play(masks.astype(float)), float)
        return scores.reshape(len(masks), -1)

    def total(self, masks: np.ndarray) -> np.ndarray:
        return self(masks).sum(1)

    @property
    def text(self) -> Text:
        """A text of as many one-letter words."""
        spans = tuple(Feature(2 * i, 2 * i + 1) for i in range(self.features))
        return Text("a " * self.features, "word", spans)


def additive(weights) -> Game:
    return Game(len(weights), lambda m: m @ np.asarray(weights, float))


def tangled(features: int, seed: int = 0, outputs: int = 1) -> Game:
    """Single features, pairs, triples and a saturating sum, of random strength: nothing additive about it."""
    rng = np.random.default_rng(seed)
    single = rng.normal(size=(features, outputs))
    pair = rng.normal(size=(features, features, outputs)) / 2
    triple = rng.normal(size=(features, features, features, outputs)) / features

    def play(m: np.ndarray) -> np.ndarray:
        twos = np.einsum("di,dj,ijo->do", m, m, pair)
        threes = np.einsum("di,dj,dk,ijko->do", m, m, m, triple, optimize=True)
        return m @ single + twos + threes + 3 * np.tanh(m @ single)

    return Game(features, play)


def exact(game, weight: Callable[[int, int], float]) -> np.ndarray:
    """The sum over S without i of weight(|S|, n) (v(S and i) - v(S)), shape (output, input), one S at a time."""
    n = game.features
    scores = {tuple(m): v for m, v in zip(every_subset(n).tolist(), game(every_subset(n)), strict=True)}
    credit = np.zeros((n, len(next(iter(scores.values())))))
    for mask, score in scores.items():
        for i in range(n):
            if not mask[i]:
                joined = (*mask[:i], True, *mask[i + 1 :])
                credit[i] += weight(sum(mask), n) * (scores[joined] - score)
    return credit.T


def exact_shapley(game) -> np.ndarray:
    return exact(game, lambda s, n: math.factorial(s) * math.factorial(n - s - 1) / math.factorial(n))


def exact_banzhaf(game) -> np.ndarray:
    return exact(game, lambda s, n: 2.0 ** (1 - n))


def mean_gain(game, orders) -> np.ndarray:
    """Mean gain of each feature over these orders, walked one step at a time, shape (output, input)."""
    credit = np.zeros((game.features, game.outputs))
    for order in orders:
        kept = np.zeros((1, game.features), bool)
        before = game(kept)[0]
        for feature in order:
            kept[0, feature] = True
            after = game(kept)[0]
            credit[feature] += (after - before) / len(orders)
            before = after
    return credit.T


def every_order(features: int) -> list[tuple[int, ...]]:
    return list(permutations(range(features)))


def covered(found, exact: np.ndarray, noise: float = 1e-9) -> np.ndarray:
    """Whether each interval holds the exact number."""
    low, high = found["lower"].values, found["upper"].values
    return (low - noise <= exact) & (exact <= high + noise)
