"""Shapley sampling: a slow twin on the same orders, the axioms, and the coverage of its intervals."""

import itertools
import math

import numpy as np
import pytest
import torch

import pellucid
from pellucid.core.errors import BadOption
from pellucid.core.target import Target
from pellucid.methods.attribution.shapley_sampling import permutation_pairs, shapley_sampling

SEEDS = 50


def exact_shapley(value) -> np.ndarray:
    """Shapley values of the summed outputs by enumeration of every subset."""
    n = value.features
    masks = np.array(list(itertools.product([False, True], repeat=n)))
    scores = dict(zip(map(tuple, masks), value.total(masks), strict=True))
    credit = np.zeros(n)
    for mask, score in scores.items():
        size = sum(mask)
        for i in np.flatnonzero(~np.array(mask)):
            joined = (*mask[:i], True, *mask[i + 1 :])
            weight = math.factorial(size) * math.factorial(n - size - 1) / math.factorial(n)
            credit[i] += weight * (scores[joined] - score)
    return credit


def test_equals_walking_the_same_orders_one_forward_at_a_time(demo_lm):
    text = "The city of Rome is in"
    why = pellucid.explain(demo_lm, text, "shapley_sampling", target=" Italy", samples=4, seed=3)
    ids = demo_lm.tokenizer(text)["input_ids"]
    (italy,) = demo_lm.tokenizer(" Italy")["input_ids"]

    def score(kept: set[int]) -> float:
        tokens = [i for position, i in enumerate(ids) if position in kept] or [demo_lm.start_id]
        with torch.no_grad():
            logits = demo_lm.module(torch.tensor([tokens])).logits[0, -1].double()
        return float(torch.log_softmax(logits, -1)[italy])

    slow = np.zeros(len(ids))
    orders = permutation_pairs(len(ids), 2, seed=3).reshape(4, -1)
    for order in orders:
        joined: set[int] = set()
        before = score(joined)
        for feature in order:
            joined.add(int(feature))
            after = score(joined)
            slow[feature] += (after - before) / len(orders)
            before = after
    np.testing.assert_allclose(why.credit(), slow, atol=1e-5)


def test_credits_add_up_to_everything_minus_nothing(demo_sentiment):
    why = pellucid.explain(demo_sentiment, "a warm and funny film, not dull", "shapley_sampling", samples=8)
    value = demo_sentiment.value(why.text, why.target)
    ends = value.total(np.array([[True] * value.features, [False] * value.features]))
    assert why.credit().sum() == pytest.approx(ends[0] - ends[1], abs=1e-5)


def test_orders_come_with_their_reverses():
    pairs = permutation_pairs(7, 5, seed=0)
    assert pairs.shape == (5, 2, 7)
    np.testing.assert_array_equal(pairs[:, 1], pairs[:, 0, ::-1])
    assert (np.sort(pairs, axis=2) == np.arange(7)).all()


def test_same_seed_same_numbers_other_seed_others(demo_sentiment):
    def credit(seed: int) -> np.ndarray:
        return pellucid.explain(
            demo_sentiment, "a warm and funny film", "shapley_sampling", samples=4, seed=seed
        ).credit()

    np.testing.assert_array_equal(credit(1), credit(1))
    assert not np.array_equal(credit(1), credit(2))


@pytest.mark.parametrize(
    ("name", "text", "answer"),
    [
        ("demo_lm", "When Mary and John went, John gave", " Mary"),
        ("demo_sentiment", "A stirring and funny film, not dull", "POSITIVE"),
        ("demo_sentiment", "the plot was not very good", "NEGATIVE"),
    ],
)
@pytest.mark.parametrize("samples", [32, 64])
def test_intervals_cover_the_exact_values_as_often_as_they_say(request, name, text, answer, samples):
    model = request.getfixturevalue(name)
    features = model.cut(text, "word")
    assert len(features.features) <= 8
    target = model.resolve(features, Target(answer))
    exact = exact_shapley(model.value(features, target))
    noise = 1e-5  # of float32 scores
    covered = []
    for seed in range(SEEDS):
        found = shapley_sampling(model, features, target, samples=samples, seed=seed)
        low, high = found["lower"].values.sum(0) - noise, found["upper"].values.sum(0) + noise
        covered.append((low <= exact) & (exact <= high))
    assert 0.90 <= np.mean(covered) <= 0.98


@pytest.mark.parametrize("samples", [0, 2, 5])
def test_refuses_orders_without_a_pair(demo_sentiment, samples):
    with pytest.raises(BadOption, match="an even number from 4 on"):
        pellucid.explain(demo_sentiment, "a warm film", "shapley_sampling", samples=samples)
