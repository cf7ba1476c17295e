"""ReAGent: against its update written out, its expectation by enumeration, and texts whose reason is known."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from scipy.special import expit, logit, softmax

import pellucid
from pellucid.core.errors import BadOption
from pellucid.core.target import Target
from pellucid.methods.attribution.reagent import reagent, sets
from tests.methods.attribution.game import TARGET, Game

SEEDS = 40


def probable(features: int, seed: int, outputs: int = 1) -> Game:
    """Log-probabilities in which features help and need each other."""
    rng = np.random.default_rng(seed)
    weights, pair = rng.normal(size=(features, outputs)), rng.normal(size=(features, features, outputs))

    def play(m: np.ndarray) -> np.ndarray:
        return np.log(expit(m @ weights + np.einsum("di,dj,ijo->do", m, m, pair) / 2))

    return Game(features, play)


def recursion(game: Any, replaced: np.ndarray, output: int) -> np.ndarray:
    """The importance after these sets, one after the other, as the paper updates it, from equal scores on."""
    importance = np.full(game.features, 1 / game.features)
    whole = np.exp(game(np.ones((1, game.features), bool))[0, output])
    for some in replaced:
        delta = whole - np.exp(game(~some[None])[0, output])
        score = np.log(importance)
        for i in range(game.features):
            score[i] += logit(((delta if some[i] else -delta) + 1) / 2)
        importance = softmax(score)
    return importance


@pytest.mark.parametrize("outputs", [1, 3])
def test_softmax_of_the_credit_is_the_papers_importance(outputs: int) -> None:
    game = probable(7, seed=outputs, outputs=outputs)
    found = reagent(game, game.text, TARGET, samples=40, seed=3)["attribution"]
    replaced = sets(7, 40, 0.3, seed=3)
    for output in range(outputs):
        np.testing.assert_allclose(
            softmax(40 * found[output].values), recursion(game, replaced, output), rtol=1e-9
        )
    np.testing.assert_allclose(found.sum("input"), 0, atol=1e-12)


def expected(game: Any, size: int) -> np.ndarray:
    """2 r/n (1 - r/n) times the mean shift of sets with a feature, less that of sets without; every set once."""
    n = game.features
    whole = np.exp(game(np.ones((1, n), bool))[0, 0])
    shifts: dict[tuple[int, ...], float] = {}
    for some in combinations(range(n), size):
        mask = np.array([[i not in some for i in range(n)]])
        shifts[some] = float(logit((1 + whole - np.exp(game(mask)[0, 0])) / 2))
    gap = [
        np.mean([s for some, s in shifts.items() if i in some])
        - np.mean([s for some, s in shifts.items() if i not in some])
        for i in range(n)
    ]
    return 2 * size / n * (1 - size / n) * np.array(gap)


def test_intervals_cover_the_expectation_as_often_as_they_say() -> None:
    game = probable(9, seed=5)
    exact = expected(game, 3)
    inside = []
    for seed in range(SEEDS):
        found = reagent(game, game.text, TARGET, samples=120, seed=seed)
        inside.append((found["lower"].values[0] <= exact) & (exact <= found["upper"].values[0]))
    assert 0.90 <= np.mean(inside) <= 0.99


def test_sets_are_of_one_size_and_each_feature_is_as_likely() -> None:
    for features, ratio, size in ((2, 0.9, 1), (2, 0.1, 1), (10, 0.3, 3), (5, 0.99, 4), (7, 0.5, 4)):
        drawn = sets(features, 4000, ratio, seed=0)
        assert (drawn.sum(1) == size).all()
        np.testing.assert_allclose(drawn.mean(0), size / features, atol=0.04)


def test_the_deciding_word_comes_first(demo_lm: Any) -> None:
    """Other words for Eiffel take Paris away; others for the fixed wording of the sentence do not."""
    text = "The Eiffel Tower is located in the city of"
    why = pellucid.explain(demo_lm, text, by="reagent", target=" Paris", unit="word")
    assert why.provenance.options["ablate"] == "infill"
    words = why.data["input_text"].values
    top = words[np.argsort(-why.credit())[:3]]
    alone = pellucid.explain(
        demo_lm, text, by="leave_one_out", target=" Paris", unit="word", ablate="infill", scale="prob"
    )
    falls = dict(zip(words, alone.credit(), strict=True))
    assert set(top[:2]) <= {word for word, fall in falls.items() if fall > 0.5}
    assert "Eiffel" in top


def test_a_planted_word_comes_first() -> None:
    game = Game(12, lambda m: np.log(0.05 + 0.9 * m[:, 4]))
    found = reagent(game, game.text, TARGET)
    credit = found["attribution"].values[0]
    assert credit.argmax() == 4
    assert found["lower"].values[0, 4] > np.delete(found["upper"].values[0], 4).max()


def test_stops_when_the_top_lies_apart() -> None:
    game = Game(12, lambda m: np.log(0.05 + 0.9 * m[:, 4]))
    found = reagent(game, game.text, TARGET, samples=1024, until=1)
    assert found.attrs["notes"][0].startswith("The top 1 had settled after")
    assert game.forwards < 300


def test_against_another_answer(demo_lm: Any) -> None:
    """The probability is that of the one if only the two were possible."""
    text = demo_lm.cut("The Eiffel Tower is located in the city of", "word")
    target = demo_lm.resolve(text, Target(" Paris", against=" Rome"))
    found = reagent(demo_lm, text, target, samples=16, ablate="delete")["attribution"]
    replaced = sets(len(text.features), 16, 0.3, 0)
    value = demo_lm.value(text, target.on("logprob"), "delete")
    falls = expit(value(np.ones((1, len(text.features)), bool))) - expit(value(~replaced))
    shift = logit((1 + falls) / 2)
    side = np.where(replaced, 1.0, -1.0)
    raw = (shift * side).mean(0)
    np.testing.assert_allclose(found[0], raw - raw.mean(), atol=1e-9)


def test_without_proposals_the_model_decides_and_says_so(demo_sentiment: Any) -> None:
    why = pellucid.explain(demo_sentiment, "a warm and funny film", by="reagent", samples=16)
    assert why.provenance.options["ablate"] == "mask"
    assert why.provenance.notes == ("Nothing proposes tokens here, so features were removed by mask.",)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"ratio": 1.0}, "ratio=1.0: a share"),
        ({"ratio": 0}, "ratio=0: a share"),
        ({"samples": 7}, "at least 8 sets"),
        ({"budget": 8}, "budget=8: 8 sets take 9 forwards"),
        ({"until": 5}, "until=5: of 5 features, a top of 1 to 4"),
    ],
)
def test_refusals(options: dict[str, Any], words: str) -> None:
    game = probable(5, seed=0)
    with pytest.raises(BadOption, match=words):
        reagent(game, game.text, TARGET, **options)
    assert not game.forwards


def test_a_text_of_one_feature_is_refused() -> None:
    game = probable(1, seed=0)
    with pytest.raises(BadOption, match="the text has one"):
        reagent(game, game.text, TARGET)


def test_the_budget_counts_the_whole_text() -> None:
    game = probable(16, seed=0)
    reagent(game, game.text, TARGET, budget=31)
    assert game.forwards <= 31
