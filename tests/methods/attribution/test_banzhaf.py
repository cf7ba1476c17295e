"""Banzhaf values: enumeration, the axioms, and the coverage of the intervals."""

import numpy as np
import pytest

import pellucid
from pellucid.core.errors import BadOption
from pellucid.methods.attribution.banzhaf import banzhaf
from tests.methods.attribution.game import TARGET, Game, covered, exact_banzhaf, tangled

SEEDS = 50


@pytest.mark.parametrize("features", [1, 2, 5, 8])
def test_all_subsets_give_the_banzhaf_values(features):
    game = tangled(features, seed=features, outputs=2)
    found = banzhaf(game, game.text, TARGET)
    np.testing.assert_allclose(found["attribution"], exact_banzhaf(game), atol=1e-9)
    assert not found["standard_error"].values.any()


def test_equals_enumeration_on_a_model(demo_lm):
    why = pellucid.explain(
        demo_lm, "When Mary and John went, John gave", "banzhaf", target=" Mary", unit="word"
    )
    exact = exact_banzhaf(demo_lm.value(why.text, why.target))
    np.testing.assert_allclose(why.data["attribution"], exact, atol=1e-4)


def test_is_not_shapley_and_does_not_add_up():
    """All three together or nothing: each has a quarter by Banzhaf, a third by Shapley."""
    game = Game(3, lambda m: m.prod(1))
    np.testing.assert_allclose(banzhaf(game, game.text, TARGET)["attribution"][0], 0.25)


def test_equal_features_get_the_same_and_a_dummy_nothing():
    game = Game(4, lambda m: np.maximum(m[:, 0], m[:, 1]) + 2 * m[:, 2])
    np.testing.assert_allclose(
        banzhaf(game, game.text, TARGET)["attribution"][0], [0.5, 0.5, 2, 0], atol=1e-12
    )


def test_what_the_game_is_worth_at_all_adds_no_error():
    """A constant, however large, cancels within each pair."""
    plain, lifted = tangled(12, seed=7), tangled(12, seed=7)
    lifted._play = lambda m: plain._play(m) + 1e6
    found = [banzhaf(game, game.text, TARGET, samples=64) for game in (plain, lifted)]
    np.testing.assert_allclose(found[0]["standard_error"], found[1]["standard_error"], rtol=1e-6)


@pytest.mark.parametrize("samples", [40, 160])
def test_intervals_cover_the_exact_values_as_often_as_they_say(samples):
    game = tangled(10, seed=1, outputs=2)
    exact = exact_banzhaf(game)
    found = [banzhaf(game, game.text, TARGET, samples=samples, seed=s) for s in range(SEEDS)]
    assert 0.90 <= np.mean([covered(f, exact) for f in found]) <= 0.98


def test_refuses_too_few_samples():
    game = tangled(12)
    with pytest.raises(BadOption, match="samples=15: at least 16 subsets are needed"):
        banzhaf(game, game.text, TARGET, samples=15)
