"""Hierarchical Shapley: Owen values when all is opened, sums that hold, and a sentence found in a long text."""

import itertools

import numpy as np
import pytest

import pellucid
from pellucid.core.errors import BadOption
from pellucid.core.text import Text
from pellucid.methods.attribution.hierarchical_shapley import hierarchical_shapley, labels_of, opened
from tests.methods.attribution.game import TARGET, Game, covered, mean_gain, tangled

THREE = "One two. Three four five! Six seven?"
SEEDS = 50


def orders_of(labels: np.ndarray, start: int, stop: int) -> list[tuple[int, ...]]:
    """Every order of these features in which no unit is broken up."""
    if stop - start == 1:
        return [(start,)]
    inside = [orders_of(labels, *part) for part in opened(labels, start, stop)]
    return [sum(chosen, ()) for turn in itertools.permutations(inside) for chosen in itertools.product(*turn)]


def text_of(string: str) -> Text:
    return Text(string).cut("word")


def test_a_text_falls_into_sentences_words_and_features():
    text = text_of(THREE)
    labels = labels_of(text)
    assert opened(labels, 0, 10) == [(0, 3), (3, 7), (7, 10)]
    assert opened(labels, 3, 7) == [(3, 4), (4, 5), (5, 6), (6, 7)]
    assert opened(labels, 4, 5) == [(4, 5)]


def test_many_sentences_come_in_blocks_of_neighbours():
    text = text_of("A b. " * 30)
    parts = opened(labels_of(text), 0, 90)
    assert len(parts) == 8
    assert [a for a, _ in parts[1:]] == [b for _, b in parts[:-1]]
    assert all(a % 3 == 0 for a, _ in parts)  # no sentence is cut
    assert {b - a for a, b in parts} <= {9, 12}


def test_tokens_of_one_word_are_opened_last(demo_sentiment):
    text = demo_sentiment.cut("a lugubriousness, unfathomable", "token")
    labels = labels_of(text)
    assert len(text.features) > len(set(labels[1].tolist()))
    longest = max(opened(labels, 0, len(text.features)), key=lambda part: part[1] - part[0])
    assert len(opened(labels, *longest)) == longest[1] - longest[0] > 1


def test_frozen_parts_do_not_merge_their_sentences():
    text = Text(THREE).freeze("Three").cut("word")
    assert len(opened(labels_of(text), 0, len(text.features))) == 3


def test_many_orders_come_near_the_owen_values():
    game = tangled(7, seed=2, outputs=2)
    text = text_of("One two. Three four? Six")
    exact = mean_gain(game, orders_of(labels_of(text), 0, 7))
    found = hierarchical_shapley(game, text, TARGET, threshold=0.0, samples=2000)
    np.testing.assert_allclose(found["attribution"], exact, atol=0.1)
    assert np.abs(exact).max() > 1
    assert (np.abs(found["attribution"] - exact) < 4 * found["standard_error"] + 1e-9).all()


@pytest.mark.parametrize("samples", [16, 64])
def test_intervals_cover_the_owen_values_as_often_as_they_say(samples):
    text = text_of("One two. Three four? Six")
    game = tangled(7, seed=4, outputs=2)
    exact = mean_gain(game, orders_of(labels_of(text), 0, 7))
    found = [
        hierarchical_shapley(game, text, TARGET, threshold=0.0, samples=samples, seed=s) for s in range(SEEDS)
    ]
    assert 0.90 <= np.mean([covered(f, exact) for f in found]) <= 0.98


@pytest.mark.parametrize("threshold", [0.0, 0.1, 0.5, 1.0])
@pytest.mark.parametrize("budget", [None, 40])
def test_credits_add_up_wherever_opening_stops(threshold, budget):
    text = text_of(THREE)
    game = tangled(10, seed=3, outputs=2)
    found = hierarchical_shapley(game, text, TARGET, threshold=threshold, samples=4, budget=budget)
    ends = game(np.array([[True] * 10, [False] * 10]))
    np.testing.assert_allclose(found["attribution"].sum("input"), ends[0] - ends[1], atol=1e-9)
    assert budget is None or game.forwards <= budget


def test_what_opens_keeps_the_sum_of_the_unit():
    text = text_of(THREE)
    game = tangled(10, seed=3)
    closed, open_ = (
        hierarchical_shapley(game, text, TARGET, threshold=t, samples=4)["attribution"].values[0]
        for t in (1.0, 0.0)
    )
    for start, stop in [(0, 3), (3, 7), (7, 10)]:
        assert closed[start:stop].sum() == pytest.approx(open_[start:stop].sum())
        assert np.ptp(closed[start:stop]) < 1e-12
        assert np.ptp(open_[start:stop]) > 1e-3


def test_units_are_numbered_and_what_stayed_closed_is_said():
    text = text_of(THREE)
    game = Game(10, lambda m: m[:, 4])
    found = hierarchical_shapley(game, text, TARGET)
    assert found["group"].values.tolist() == [0, 0, 0, 1, 2, 3, 4, 5, 5, 5]
    assert "not opened: 2, of 6 features in all" in found.attrs["notes"][0]
    np.testing.assert_allclose(found["attribution"][0], np.eye(10)[4], atol=1e-12)


def test_a_planted_sentence_in_4000_tokens_takes_under_a_tenth_of_leave_one_out():
    """The game is worth what the planted sentence is worth, and a little noise from everywhere."""
    sentences = ["The quick brown fox sees another lazy dog in the old garden today."] * 286
    sentences[201] = "The secret word of the castle is heliotrope."
    text = text_of(" ".join(sentences))
    n = len(text.features)
    assert n > 3900
    planted = [i for i, f in enumerate(text.features) if text.slice(f) in ("secret", "castle", "heliotrope")]
    dust = np.random.default_rng(0).normal(size=n) / n
    game = Game(n, lambda m: 3 * m[:, planted].prod(1) + m @ dust)
    found = hierarchical_shapley(game, text, TARGET, samples=4)
    assert game.forwards < n / 10
    credit = found["attribution"].values[0]
    sentence = credit[planted[0] - 1 : planted[-1] + 2]
    assert set(np.argsort(-credit)[:2].tolist()) <= set(planted)
    assert sentence.sum() == pytest.approx(3, abs=0.3)


def test_equals_flat_orders_on_a_model_when_there_is_one_level(demo_sentiment):
    """Four words are one level: the credits are mean gains over some orders, so they add up as on the model."""
    why = pellucid.explain(
        demo_sentiment, "a warm funny film", "hierarchical_shapley", unit="word", samples=64
    )
    value = demo_sentiment.value(why.text, why.target)
    ends = value.total(np.array([[True] * 4, [False] * 4]))
    assert why.credit().sum() == pytest.approx(ends[0] - ends[1], abs=1e-5)
    exact = mean_gain(value, list(itertools.permutations(range(4))))
    assert (np.abs(why.data["attribution"] - exact) < 5 * why.data["standard_error"] + 1e-4).all()


def test_same_seed_same_numbers_other_seed_others():
    game, text = tangled(10, seed=3), text_of(THREE)

    def credit(seed: int) -> np.ndarray:
        return hierarchical_shapley(game, text, TARGET, seed=seed)["attribution"].values

    np.testing.assert_array_equal(credit(1), credit(1))
    assert not np.array_equal(credit(1), credit(2))


def test_one_feature_gets_everything():
    game = Game(1, lambda m: 3 * m[:, 0])
    assert hierarchical_shapley(game, text_of("One"), TARGET)["attribution"].values.tolist() == [[3.0]]


def test_refuses_bad_options():
    game, text = tangled(10), text_of(THREE)
    with pytest.raises(BadOption, match="an even number from 4 on"):
        hierarchical_shapley(game, text, TARGET, samples=5)
    with pytest.raises(BadOption, match=r"threshold=1\.5: it is a share"):
        hierarchical_shapley(game, text, TARGET, threshold=1.5)
    with pytest.raises(BadOption, match="the first level takes 18 forwards"):
        hierarchical_shapley(game, text, TARGET, budget=10)
