"""LIME: a slow twin on the same texts, the limit of many texts, and the coverage of the intervals."""

from math import comb, exp, sqrt

import numpy as np
import pytest

import pellucid
from pellucid.core.errors import BadOption
from pellucid.methods.attribution._coalitions import every_subset
from pellucid.methods.attribution.lime import cosine_kernel, lime, neighbours
from tests.methods.attribution.game import TARGET, additive, covered, tangled

SEEDS = 50


def ridge_fit(masks: np.ndarray, scores: np.ndarray, weight: np.ndarray, ridge: float) -> np.ndarray:
    """Ordinary least squares on rows scaled by root weight, with the penalty as further rows; (output, input)."""
    n = masks.shape[1]
    design = np.column_stack([np.ones(len(masks)), masks]) * np.sqrt(weight)[:, None]
    shrink = np.column_stack([np.zeros(n), sqrt(ridge) * np.eye(n)])
    answers = np.concatenate([scores * np.sqrt(weight)[:, None], np.zeros((n, scores.shape[1]))])
    return np.linalg.lstsq(np.concatenate([design, shrink]), answers, rcond=None)[0][1:].T


def limit(game, samples: int, width: float, ridge: float) -> np.ndarray:
    """The fit to all texts, each as often as it is drawn on average, shape (output, input)."""
    n, masks = game.features, every_subset(game.features)
    drawn = np.array([0.0 if m.all() else (samples - 1) / n / comb(n, int(m.sum())) for m in masks])
    drawn[masks.all(1)] = 1  # the whole text itself
    return ridge_fit(masks, game(masks), drawn * cosine_kernel(masks, width), ridge)


def test_equals_asking_and_fitting_one_text_at_a_time(demo_sentiment):
    why = pellucid.explain(demo_sentiment, "a warm and funny film", "lime", samples=40, seed=2)
    value = demo_sentiment.value(why.text, why.target)
    masks = neighbours(value.features, 40, seed=2)
    scores = np.concatenate([value(mask[None]) for mask in masks])
    distances = [
        1 - np.dot(m, np.ones(len(m))) / (sqrt(m.sum()) * sqrt(len(m))) if m.any() else 1 for m in masks
    ]
    weight = np.array([exp(-(d**2) / (2 * 0.25**2)) for d in distances])
    np.testing.assert_allclose(why.data["attribution"], ridge_fit(masks, scores, weight, 1.0), atol=1e-5)


def test_a_word_that_stands_twice_is_two_features():
    game = additive([2.0, -1.0, 2.0, 0.0])
    words = pellucid.core.text.Text("good bad good film").cut("word")
    found = lime(game, words, TARGET, samples=200, ridge=0.0)["attribution"].values[0]
    np.testing.assert_allclose(found, [2, -1, 2, 0], atol=1e-9)
    split = tangled(4, seed=3)
    one, other = lime(split, words, TARGET)["attribution"].values[0][[0, 2]]
    assert one != pytest.approx(other, rel=1e-3)


def test_the_ridge_shrinks_less_with_more_texts():
    game = additive([2.0, -1.0, 0.5, 0.0, 1.0])
    misses = [
        np.abs(lime(game, game.text, TARGET, samples=s)["attribution"][0] - [2, -1, 0.5, 0, 1]).max()
        for s in (50, 500, 5000)
    ]
    assert misses[0] > 5 * misses[1] > 25 * misses[2]


def test_texts_start_with_the_whole_and_lose_every_number_of_features():
    masks = neighbours(6, 3000, seed=0)
    assert masks[0].all()
    removed = np.bincount((~masks[1:]).sum(1), minlength=7)
    assert removed[0] == 0
    np.testing.assert_allclose(removed[1:] / 2999, 1 / 6, atol=0.03)
    np.testing.assert_allclose(masks[1:].mean(0), 2.5 / 6, atol=0.03)


@pytest.mark.parametrize("samples", [60, 300])
def test_intervals_cover_the_limit_as_often_as_they_say(samples):
    game = tangled(8, seed=1, outputs=2)
    exact = limit(game, samples, 0.25, 1.0)
    found = [lime(game, game.text, TARGET, samples=samples, seed=s) for s in range(SEEDS)]
    assert 0.90 <= np.mean([covered(f, exact) for f in found]) <= 0.98


def test_refuses_what_cannot_be_fitted():
    game = tangled(12)
    with pytest.raises(BadOption, match="samples=10: at least 15 texts are needed"):
        lime(game, game.text, TARGET, samples=10)
    with pytest.raises(BadOption, match="kernel_width must be above 0"):
        lime(game, game.text, TARGET, kernel_width=0.0)
    with pytest.raises(BadOption, match="ridge at least 0"):
        lime(game, game.text, TARGET, ridge=-1.0)
