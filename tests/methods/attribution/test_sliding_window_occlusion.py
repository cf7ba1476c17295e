"""Sliding windows: the definition written out, windows that cover the text, and what one feature hides."""

import numpy as np
import pytest

import pellucid
from pellucid.core.errors import BadOption
from pellucid.methods.attribution.sliding_window_occlusion import sliding_window_occlusion, windows
from tests.methods.attribution.game import TARGET, Game, tangled


@pytest.mark.parametrize(
    ("features", "window", "stride"), [(7, 3, 1), (7, 3, 2), (8, 3, 3), (5, 1, 1), (2, 4, 2)]
)
def test_equals_the_definition(features, window, stride):
    game = tangled(features, seed=1, outputs=2)
    found = sliding_window_occlusion(game, game.text, TARGET, window=window, stride=stride)
    starts = [s for s in range(0, features, stride) if s + window < features] + [max(0, features - window)]
    whole = game(np.ones((1, features), bool))[0]
    for i in range(features):
        losses = []
        for start in starts:
            if start <= i < start + window:
                kept = np.array([not start <= j < start + window for j in range(features)])
                losses.append(whole - game(kept[None])[0])
        np.testing.assert_allclose(found["attribution"][:, i], np.mean(losses, axis=0), atol=1e-12)


@pytest.mark.parametrize("features", range(1, 9))
@pytest.mark.parametrize(("window", "stride"), [(1, 1), (3, 1), (3, 3), (4, 2)])
def test_every_feature_is_in_a_whole_window(features, window, stride):
    found = windows(features, window, stride)
    assert found.any(0).all()
    assert (found.sum(1) == min(window, features)).all()
    assert len(np.unique(found, axis=0)) == len(found)


def test_a_window_of_one_is_leave_one_out(demo_sentiment):
    text = "a warm and funny film, not dull"
    one = pellucid.explain(demo_sentiment, text, "sliding_window_occlusion", window=1)
    np.testing.assert_allclose(one.credit(), pellucid.explain(demo_sentiment, text, "leave_one_out").credit())


def test_neighbours_that_say_the_same_are_seen_together():
    """Either of two features is enough: alone none is missed, together they are."""
    game = Game(5, lambda m: np.maximum(m[:, 1], m[:, 2]))
    alone = sliding_window_occlusion(game, game.text, TARGET, window=1)["attribution"][0]
    pairs = sliding_window_occlusion(game, game.text, TARGET, window=2)["attribution"][0]
    np.testing.assert_allclose(alone, 0)
    np.testing.assert_allclose(pairs, [0, 0.5, 0.5, 0, 0])


@pytest.mark.parametrize(("window", "stride"), [(0, 1), (2, 3), (3, 0)])
def test_refuses_windows_that_skip_features(demo_sentiment, window, stride):
    with pytest.raises(BadOption, match="a window moves by 1 to its own length"):
        pellucid.explain(
            demo_sentiment, "a warm film", "sliding_window_occlusion", window=window, stride=stride
        )
