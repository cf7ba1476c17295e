"""Games whose Shapley values are known exactly, as models: the words of a text are the players.

Each game is a closed form of which words are kept, so nothing about it is learned or estimated. Its Shapley values are
the sum over all subsets S of the other words of |S|! (n - |S| - 1)! / n! . (v(S and i) - v(S)), all 2^n of them.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from pellucid.core.progress import meter
from pellucid.core.protocols import Ablation
from pellucid.core.registry import catalogue
from pellucid.core.target import Target
from pellucid.core.text import Text, Unit
from pellucid.truth.study import Credits, Marks, Question, Study

__all__ = ["BUDGET", "GAMES", "Game", "equal_shares", "exact_shapley", "known", "marked", "shapley_methods"]

WORDS = "ant bee cat dog elk fox gnu hen".split()
ANSWER = "yes"
BUDGET = 60  # forwards: fewer than a game of 6 words has subsets, so that estimates are estimates
Play = Callable[[np.ndarray], np.ndarray]


class Game:
    """A GreyBox, and its own value function, whose score is ``play(kept)`` for masks of shape (draw, input).

    ``memo``: the subsets that were asked about; only new ones are counted as forwards.
    """

    continues, ablate, outputs = False, "delete", 1

    def __init__(self, name: str, features: int, play: Play) -> None:
        self.name, self.fingerprint, self.features, self._play = name, f"game {name}", features, play
        self.memo: set[bytes] = set()

    def cut(self, text: str | Text, unit: Unit | None = None) -> Text:
        """The text as words; there is no other unit."""
        return Text.of(text).cut("word")

    def generate(self, texts: Sequence[str], *, max_tokens: int = 64) -> list[str]:
        """The only answer."""
        return [ANSWER for _ in texts]

    def resolve(self, text: Text, target: Target) -> Target:
        """The only answer, on its only scale."""
        return replace(target, answer=ANSWER, scale="logit", ids=(0,), outputs=(ANSWER,))

    def value(self, text: Text, target: Target, ablate: Ablation | None = None) -> Game:
        """The game itself: whichever way a word goes, it is gone."""
        return self

    def __call__(self, masks: np.ndarray) -> np.ndarray:
        """The score of each subset, shape (draw, 1)."""
        new = {mask.tobytes() for mask in masks} - self.memo
        self.memo |= new
        meter().spend(forwards=len(new), tokens=len(new) * self.features)
        return self._play(np.asarray(masks, bool)).astype(np.float64)[:, None]

    def total(self, masks: np.ndarray) -> np.ndarray:
        """The score of each subset, shape (draw,)."""
        return self(masks)[:, 0]


def exact_shapley(play: Play, features: int) -> np.ndarray:
    """The Shapley values of a game of a few players, from all its subsets, shape (input,)."""
    subsets = (np.arange(2**features)[:, None] >> np.arange(features)) % 2 == 1
    scores, sizes = play(subsets), subsets.sum(1)
    with_or_without = np.array(
        [math.factorial(s) * math.factorial(features - s - 1) for s in range(features)]
    )
    weights = with_or_without / math.factorial(features)
    values = []
    for i in range(features):
        outside = ~subsets[:, i]
        rows = np.flatnonzero(outside)
        values.append(float(weights[sizes[rows]] @ (scores[rows + 2**i] - scores[rows])))
    return np.array(values)


def _sum(rng: np.random.Generator, n: int) -> Play:
    """Each word counts for itself."""
    weights = rng.normal(size=n)
    return lambda kept: kept @ weights


def _all_of(rng: np.random.Generator, n: int) -> Play:
    """A few words count only together, the others a little for themselves."""
    team, weights = _team(rng, n), rng.normal(size=n) / 4
    return lambda kept: kept[:, team].all(1) + kept @ weights


def _any_of(rng: np.random.Generator, n: int) -> Play:
    """One of a few words is enough, the others count a little for themselves."""
    team, weights = _team(rng, n), rng.normal(size=n) / 4
    return lambda kept: kept[:, team].any(1) + kept @ weights


def _majority(rng: np.random.Generator, n: int) -> Play:
    """Words have votes, and more than half of all votes win."""
    votes = rng.integers(1, 5, size=n)
    return lambda kept: (2 * (kept @ votes) > votes.sum()).astype(float)


def _tangled(rng: np.random.Generator, n: int) -> Play:
    """Sets of every size count, each by a number of its own."""
    teams = (np.arange(1, 2**n)[:, None] >> np.arange(n)) % 2 == 1
    worth = rng.normal(size=len(teams)) / 2.0 ** teams.sum(1)
    return lambda kept: (kept[:, None] >= teams[None]).all(2) @ worth


def _team(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.choice(n, size=min(n, int(rng.integers(2, 5))), replace=False)


GAMES: dict[str, Callable[[np.random.Generator, int], Play]] = {
    "sum": _sum, "all of": _all_of, "any of": _any_of, "majority": _majority, "tangled": _tangled,
}  # fmt: skip


def known(count: int, seed: int) -> Study:
    """``count`` games in turn, of 6 to 8 words, asked of the methods that estimate Shapley values."""
    rng = random.Random(f"known/{seed}")
    kinds = list(GAMES)
    questions, sizes = [], []
    for number in range(count):
        name, features = kinds[number % len(kinds)], rng.randint(6, len(WORDS))
        play = GAMES[name](np.random.default_rng(rng.getrandbits(32)), features)
        exact = exact_shapley(play, features)
        sizes.append(float(np.abs(exact).mean()))
        game = Game(name, features, play)
        questions.append(Question(game, " ".join(WORDS[:features]), Target(ANSWER), partial(marked, exact)))
    return Study(
        part="known",
        name="games",
        model=f"{len(set(kinds[:count]))} kinds of games",
        fingerprint="",
        questions=tuple(questions),
        methods=shapley_methods(),
        budget=BUDGET,
        checks={"mean size of the exact values": f"{np.mean(sizes):.2f}"},
        baselines={"equal shares": equal_shares},
    )


def shapley_methods() -> tuple[str, ...]:
    """The methods of the catalogue that estimate Shapley values."""
    return tuple(card.name for card in catalogue("method") if "shap" in card.name)


def marked(exact: np.ndarray, text: Text, credits: Credits) -> Marks:
    """How far the credits are from the exact values, and the share of these inside the method's own intervals."""
    errors = np.abs(credits.values - exact)
    marks = {"max_error": float(errors.max()), "mean_error": float(errors.mean())}
    if credits.data is not None and {"lower", "upper"} <= set(credits.data):
        low, high = (_row(credits.data[side].values) for side in ("lower", "upper"))
        inside = (low - 1e-9 <= exact) & (exact <= high + 1e-9)
        marks["inside"] = float(inside.mean())
    return marks


def _row(values: np.ndarray) -> np.ndarray:
    return values.reshape(-1, values.shape[-1])[0]


def equal_shares(question: Question, text: Text, seed: int) -> np.ndarray:
    """What all words change together, shared out evenly: what is known without asking about one of them."""
    n = len(text.features)
    value = question.model.value(text, question.model.resolve(text, question.target))
    every, none = value.total(np.array([[True] * n, [False] * n]))
    return np.full((1, n), (every - none) / n)
