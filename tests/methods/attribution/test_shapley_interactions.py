"""Shapley interactions: enumeration, the best fit that Faith-SHAP is, the axioms, and the intervals."""

import itertools
import math

import numpy as np
import pytest

import pellucid
from pellucid.core.errors import BadOption
from pellucid.methods.attribution import shapley_interactions as shapley_module
from pellucid.methods.attribution._coalitions import every_subset
from pellucid.methods.attribution.shapley_interactions import shapley_interactions, size_weights
from tests.methods.attribution.game import TARGET, Game, additive, covered, tangled

SEEDS = 50


def exact_interactions(game, index: str = "shapley") -> np.ndarray:
    """The sum over S of p(s) times the second difference, one S at a time, shape (input, input)."""
    n = game.features
    scores = dict(zip(map(tuple, every_subset(n).tolist()), game.total(every_subset(n)), strict=True))
    found = np.zeros((n, n))
    for i, j in itertools.combinations(range(n), 2):
        rest = [k for k in range(n) if k not in (i, j)]
        for s in range(n - 1):
            p = math.factorial(s) * math.factorial(n - s - 2) / math.factorial(n - 1)
            if index == "faith":
                p = 6 * math.factorial(s + 1) * math.factorial(n - s - 1) / math.factorial(n + 1)
            for others in itertools.combinations(rest, s):
                both, one, other, none = (
                    scores[tuple(k in (*others, *joined) for k in range(n))]
                    for joined in ((i, j), (i,), (j,), ())
                )
                found[i, j] += p * (both - one - other + none)
    return found + found.T


def best_fit(game) -> np.ndarray:
    """The pairs of the weighted least squares that defines Faith-SHAP; v(none) and v(all) weigh a billion."""
    n, masks = game.features, every_subset(game.features)
    i, j = np.triu_indices(n, 1)
    sizes = masks.sum(1)
    weight = np.array([1 / (math.comb(n, s) * s * (n - s)) if 0 < s < n else 1e9 for s in sizes])
    design = (
        np.column_stack([np.ones(len(masks)), masks, masks[:, i] & masks[:, j]]) * np.sqrt(weight)[:, None]
    )
    fitted = np.linalg.lstsq(design, game.total(masks) * np.sqrt(weight), rcond=1e-15)[0]
    found = np.zeros((n, n))
    found[i, j] = fitted[-len(i) :]
    return found + found.T


@pytest.mark.parametrize("index", ["shapley", "faith"])
@pytest.mark.parametrize("features", [2, 3, 6])
def test_all_subsets_give_the_exact_index(index, features):
    game = tangled(features, seed=features, outputs=2)
    found = shapley_interactions(game, game.text, TARGET, index=index)
    np.testing.assert_allclose(found["interaction"], exact_interactions(game, index), atol=1e-9)
    assert found["interaction"].dims == ("input", "input_b")
    assert not found["standard_error"].values.any()


def test_faith_is_the_best_fit_by_pairs():
    game = tangled(6, seed=1)
    found = shapley_interactions(game, game.text, TARGET, index="faith")["interaction"]
    np.testing.assert_allclose(found, best_fit(game), atol=1e-4)
    assert np.abs(found - shapley_interactions(game, game.text, TARGET)["interaction"]).max() > 0.01


@pytest.mark.parametrize("index", ["shapley", "faith"])
def test_the_weights_of_all_companies_add_up_to_one(index):
    weights = size_weights(9, index)
    assert sum(math.comb(7, s) * w for s, w in enumerate(weights)) == pytest.approx(1)


def test_equals_enumeration_on_a_model(demo_sentiment):
    why = pellucid.explain(demo_sentiment, "not a good film", "shapley_interactions", unit="word")
    exact = exact_interactions(demo_sentiment.value(why.text, why.target))
    np.testing.assert_allclose(why.data["interaction"], exact, atol=1e-4)
    np.testing.assert_array_equal(why.data["interaction"], why.data["interaction"].T)
    with pytest.raises(BadOption, match="no attribution"):
        why.credit()


def test_features_that_add_up_do_not_interact():
    found = shapley_interactions(game := additive(np.arange(12.0)), game.text, TARGET, samples=400)
    np.testing.assert_allclose(found["interaction"], 0, atol=1e-9)


def test_needing_each_other_is_positive_and_standing_in_is_negative():
    game = Game(4, lambda m: m[:, 0] * m[:, 1] + np.maximum(m[:, 2], m[:, 3]))
    expected = np.zeros((4, 4))
    expected[0, 1] = expected[1, 0] = 1
    expected[2, 3] = expected[3, 2] = -1
    found = shapley_interactions(game, game.text, TARGET)["interaction"]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_pairs_among_many_features_are_found_without_error():
    """A game of single features and pairs is what is fitted first, so that sampling has nothing left to do."""
    rng = np.random.default_rng(0)
    pair = np.triu(rng.normal(size=(14, 14)), 1)
    game = Game(14, lambda m: np.einsum("di,dj,ij->d", m, m, pair) + m @ np.arange(14.0))
    found = shapley_interactions(game, game.text, TARGET, samples=500)
    np.testing.assert_allclose(found["interaction"], pair + pair.T, atol=1e-8)
    assert game.forwards <= 500


@pytest.mark.parametrize("index", ["shapley", "faith"])
def test_intervals_cover_the_exact_values_as_often_as_they_say(index):
    game = tangled(9, seed=1, outputs=2)
    exact, upper = exact_interactions(game, index), np.triu_indices(9, 1)
    found = [
        shapley_interactions(game, game.text, TARGET, index=index, samples=300, seed=s) for s in range(SEEDS)
    ]
    assert 0.90 <= np.mean([covered(f, exact)[upper] for f in found]) <= 0.98


def test_stops_when_the_top_pair_is_clear():
    noise = tangled(11, seed=2)
    game = Game(11, lambda m: noise._play(m) + 20 * m[:, [3]] * m[:, [8]])
    found = shapley_interactions(game, game.text, TARGET, samples=1500, until=1)
    assert "The top 1 had settled" in found.attrs["notes"][0]
    values = found["interaction"].values
    assert np.unravel_index(values.argmax(), values.shape) == (3, 8)
    with pytest.raises(BadOption, match="of 55 pairs, a top of 1 to 54"):
        shapley_interactions(game, game.text, TARGET, until=55)


def test_same_seed_same_numbers_other_seed_others():
    game = tangled(10, seed=3)

    def values(seed: int) -> np.ndarray:
        return shapley_interactions(game, game.text, TARGET, samples=300, seed=seed)["interaction"].values

    np.testing.assert_array_equal(values(1), values(1))
    assert not np.array_equal(values(1), values(2))


def test_refuses_what_has_no_answer():
    with pytest.raises(BadOption, match="the text has one feature"):
        shapley_interactions(game := additive([1.0]), game.text, TARGET)
    game = tangled(10)
    with pytest.raises(BadOption, match="Indices: shapley, faith"):
        shapley_interactions(game, game.text, TARGET, index="best")
    with pytest.raises(BadOption, match="samples=100: at least 184 subsets"):
        shapley_interactions(game, game.text, TARGET, samples=100)
    with pytest.raises(BadOption, match="184 subsets take 184 forwards"):
        shapley_interactions(game, game.text, TARGET, budget=100)


def test_more_pairs_than_fit_the_memory_are_refused_before_work(demo_lm, monkeypatch):
    monkeypatch.setattr(shapley_module, "MOST", 4)
    with pytest.raises(BadOption, match=r"9 features have 36 pairs.*up to 4 features"):
        pellucid.explain(demo_lm, "The Eiffel Tower is located in the city of", by="shapley_interactions")
