"""What the draws of chance keep, and what they shuffle."""

import numpy as np

from pellucid.metrics.controls import POSITION_BLOCKS, position_matched_credits, random_credits


def test_random_credits_are_permutations_with_every_place_equally_likely():
    draws = random_credits(5, 4000, seed=0)
    assert (np.sort(draws, axis=1) == np.arange(5)).all()
    np.testing.assert_allclose(draws.mean(0), 2.0, atol=0.1)


def test_position_matched_credits_stay_in_their_quarter():
    credit = np.arange(12.0)
    draws = position_matched_credits(credit, 200, seed=0)
    for block in np.array_split(np.arange(12), POSITION_BLOCKS):
        assert (np.sort(draws[:, block], axis=1) == credit[block]).all()
    assert len({tuple(d) for d in draws}) > 100


def test_short_texts_have_blocks_of_at_least_two():
    draws = position_matched_credits(np.array([1.0, 2.0, 3.0]), 50, seed=0)
    assert len({tuple(d) for d in draws}) == 6
