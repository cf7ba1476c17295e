"""AOPC against hand computation and plain forwards."""

import numpy as np
import pytest
import torch

import pellucid
from pellucid.metrics.faithfulness.aopc import aopc
from tests.metrics.linear import explained, linear


def test_equals_the_hand_computed_mean():
    """p falls from 1 to 1/2, 1/8 and 1/8: the mean of the falls 0, 1/2, 7/8 and 7/8."""
    weights = np.log([4.0, 2.0, 1.0])
    found = aopc(explained([1, 2, 0]), linear(weights))
    assert found.value == pytest.approx((0 + 1 / 2 + 7 / 8 + 7 / 8) / 4)
    assert found.parts["removed"] == (0, 1, 2, 3)
    assert found.interval is None


def test_steps_are_how_many_go():
    found = aopc(explained([1, 2, 0]), linear(np.log([4.0, 2.0, 1.0])), steps=1)
    assert found.value == pytest.approx((0 + 1 / 2) / 2)


def test_equals_plain_forwards(demo_sentiment):
    review = "a warm and funny film that I loved"
    why = pellucid.explain(demo_sentiment, review, target="POSITIVE")
    ids = demo_sentiment.tokenizer(review)["input_ids"]

    def probability(removed: set[int]) -> float:
        changed = [demo_sentiment.tokenizer.mask_token_id if p in removed else i for p, i in enumerate(ids)]
        with torch.no_grad():
            return float(demo_sentiment.module(torch.tensor([changed])).logits[0].double().softmax(-1)[1])

    order = [int(i) + 1 for i in np.argsort(-why.credit())]  # positions after [CLS]
    falls = [probability(set()) - probability(set(order[:k])) for k in range(5)]
    (score,) = pellucid.evaluate(why, demo_sentiment, "aopc", steps=4)
    assert score.value == pytest.approx(np.mean(falls), abs=1e-5)
