"""The games' Shapley values, against a slow twin over orders and against closed forms."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

import pellucid
from pellucid.core.text import Text
from pellucid.truth.enumerated import enumerated
from pellucid.truth.known import ANSWER, GAMES, Game, exact_shapley, known
from pellucid.truth.study import Credits


@pytest.mark.parametrize("name", GAMES)
def test_exact_values_are_the_mean_gain_over_all_orders(name: str):
    n = 5
    play = GAMES[name](np.random.default_rng(1), n)
    gains = np.zeros(n)
    orders = list(permutations(range(n)))
    for order in orders:
        kept = np.zeros((1, n), bool)
        for player in order:
            before = play(kept)[0]
            kept[0, player] = True
            gains[player] += play(kept)[0] - before
    assert exact_shapley(play, n) == pytest.approx(gains / len(orders), abs=1e-12)


def test_exact_values_of_closed_forms():
    assert exact_shapley(lambda kept: kept @ np.array([1.0, -2, 3]), 3) == pytest.approx([1, -2, 3])
    assert exact_shapley(lambda kept: kept.all(1).astype(float), 4) == pytest.approx([0.25] * 4)
    assert exact_shapley(lambda kept: kept[:, :2].any(1).astype(float), 3) == pytest.approx([0.5, 0.5, 0])


def test_a_game_is_a_model_that_can_be_explained():
    game = Game("sum", 3, lambda kept: kept @ np.array([1.0, -2, 3]))
    why = pellucid.explain(game, "ant bee cat", "leave_one_out", target=ANSWER)
    assert why.credit() == pytest.approx([1, -2, 3])
    assert why.provenance.forwards == 4


def test_questions_mark_errors_and_intervals():
    question = known(1, seed=0).questions[0]
    n = question.model.features
    exact = exact_shapley(question.model._play, n)
    text = Text.of(question.text).cut("word")
    assert len(text.features) == n
    assert question.mark(text, Credits(exact)) == {"max_error": 0, "mean_error": 0}
    off = question.mark(text, Credits(exact + np.eye(n)[0] / 2))
    assert off == pytest.approx({"max_error": 0.5, "mean_error": 0.5 / n})


def test_every_subset_of_a_short_text_of_a_transformer_is_read() -> None:
    """Kernel SHAP over all subsets is exact, by another way."""
    study = enumerated(2, seed=0)
    assert len(study.questions) == 2
    for question in study.questions:
        why = pellucid.explain(
            question.model, question.text, "kernel_shap", target=question.target, unit="word", budget=512
        )
        assert 6 <= len(why.text.features) <= 8
        marks = question.mark(why.text, Credits(why.credit(), why.data))
        assert marks["max_error"] < 1e-3 * np.abs(why.credit()).max()
        wrong = question.mark(why.text, Credits(-why.credit()))
        assert wrong["max_error"] > np.abs(why.credit()).max()
