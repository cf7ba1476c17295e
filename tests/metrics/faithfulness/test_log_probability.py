"""Log-odds and top-k drop: nats known by hand, sums over the tokens of an answer."""

import numpy as np
import pytest

import pellucid
from pellucid.metrics.faithfulness._along import count_of
from pellucid.metrics.faithfulness.log_odds import log_odds
from pellucid.metrics.faithfulness.top_k_drop import top_k_drop
from tests.metrics.linear import explained, linear

WEIGHTS = [3.0, 1.0, -1.0, 0.5, 0.25, 0.125]


def test_log_odds_are_what_the_top_fifth_carries():
    found = log_odds(explained(WEIGHTS), linear(WEIGHTS))
    assert found.value == pytest.approx(-(3 + 1))  # a fifth of six is two, rounded up
    assert found.parts["removed"] == (2,)
    assert log_odds(explained(WEIGHTS), linear(WEIGHTS), share=0.1).value == pytest.approx(-3)


@pytest.mark.parametrize(
    ("share", "features", "count"), [(0.05, 140, 7), (0.2, 6, 2), (0.01, 3, 1), (1.0, 9, 9)]
)
def test_shares_are_rounded_up_but_not_for_a_hair(share, features, count):
    assert count_of(share, features) == count


def test_top_k_drop_is_the_mean_over_k():
    found = top_k_drop(explained(WEIGHTS), linear(WEIGHTS))
    assert found.parts["fall"] == pytest.approx((3, 4.5, 4.875))
    assert found.value == pytest.approx(np.mean([3, 4.5, 4.875]))


def test_a_k_that_leaves_nothing_is_left_out():
    found = top_k_drop(explained([1, 2, 3]), linear([1, 2, 3]))
    assert found.parts["k"] == (1,)
    assert "leaves nothing" in top_k_drop(explained([1, 2, 3]), linear([1, 2, 3]), k=(3, 5)).reason


def test_tokens_of_an_answer_add_up(demo_lm):
    why = pellucid.explain(demo_lm, "The city of Rome is in", target=" Italy. The city", ablate="delete")
    best = int(np.argmax(why.credit()))
    kept = np.ones((2, 6), bool)
    kept[1, best] = False
    whole, without = demo_lm.value(why.text, why.target, "delete").total(kept)
    (drop,) = pellucid.evaluate(why, demo_lm, "top_k_drop", k=(1,), ablate="delete")
    (odds,) = pellucid.evaluate(why, demo_lm, "log_odds", share=0.1, ablate="delete")
    assert drop.value == pytest.approx(whole - without) == pytest.approx(why.credit()[best])
    assert odds.value == pytest.approx(-drop.value)
