"""Stopping when the top has settled: right as often as it says, early when it is clear, and said when not."""

import numpy as np
import pytest

from pellucid.core.errors import BadOption
from pellucid.methods.attribution._coalitions import affordable
from pellucid.methods.attribution._estimate import Estimate
from pellucid.methods.attribution._stopping import _settled
from pellucid.methods.attribution.banzhaf import banzhaf
from pellucid.methods.attribution.kernel_shap import kernel_shap
from pellucid.methods.attribution.lime import lime
from pellucid.methods.attribution.shapley_sampling import shapley_sampling
from tests.methods.attribution.game import TARGET, Game, additive, exact_banzhaf, exact_shapley, tangled

SEEDS = 50
SAMPLERS = [banzhaf, kernel_shap, lime, shapley_sampling]


def top(credit: np.ndarray, size: int) -> set[int]:
    return set(np.argsort(-credit)[:size].tolist())


@pytest.mark.parametrize("method", [banzhaf, shapley_sampling])
def test_a_top_that_is_said_to_have_settled_is_the_right_one(method):
    noise, lift = tangled(10, seed=5), 8.0 if method is banzhaf else 2.0
    game = Game(10, lambda m: noise._play(m) + lift * m[:, [3]])
    exact = exact_banzhaf(game) if method is banzhaf else exact_shapley(game)
    right = top(exact.sum(0), 1)
    samples = 1000 if method is banzhaf else 200
    stopped = []
    for seed in range(SEEDS):
        found = method(game, game.text, TARGET, samples=samples, until=1, seed=seed)
        if "had settled" in found.attrs["notes"][0]:
            stopped.append(top(found["attribution"].values.sum(0), 1) == right)
    assert len(stopped) > SEEDS / 4
    assert np.mean(stopped) >= 0.95


@pytest.mark.parametrize("method", SAMPLERS)
def test_what_is_clear_is_not_asked_further(method):
    game = additive([9.0, 0.1, 8.0, -0.2, 0.3, 0.0, 0.1, -0.1, 0.2, 0.1, 0.0, 0.0])
    samples = 600 if method is kernel_shap else 4000
    found = method(game, game.text, TARGET, samples=samples, until=2)
    assert "The top 2 had settled after" in found.attrs["notes"][0]
    assert top(found["attribution"].values[0], 2) == {0, 2}
    spent = game.forwards
    assert method(game, game.text, TARGET, samples=samples).attrs["notes"] == ()
    assert spent < game.forwards / 2


@pytest.mark.parametrize("method", SAMPLERS)
def test_equals_never_settle_and_that_is_said(method):
    game = tangled(10, seed=1)
    twins = Game(10, lambda m: game._play(m) + game._play(m[:, ::-1]))  # each feature has an equal
    found = method(twins, twins.text, TARGET, samples=100, until=1)
    assert "The top 1 have not settled after all" in found.attrs["notes"][0]


@pytest.mark.parametrize("method", SAMPLERS)
@pytest.mark.parametrize("until", [0, 8, -1])
def test_refuses_a_top_without_a_rest(method, until):
    game = additive(np.ones(8))
    with pytest.raises(BadOption, match="a top of 1 to 7 can settle"):
        method(game, game.text, TARGET, until=until)
    assert not game.forwards


@pytest.mark.parametrize("method", SAMPLERS)
def test_no_more_forwards_than_the_budget(method):
    game = tangled(11, seed=2)
    method(game, game.text, TARGET, budget=300)
    assert 150 < game.forwards <= 300


@pytest.mark.parametrize("method", SAMPLERS)
def test_refuses_a_budget_that_buys_too_little(method):
    game = tangled(11, seed=2)
    with pytest.raises(BadOption, match=r"budget=12: .* take \d+ forwards\. Give at least as many"):
        method(game, game.text, TARGET, budget=12)
    assert not game.forwards


@pytest.mark.parametrize("method", SAMPLERS)
def test_same_seed_same_numbers_other_seed_others(method):
    game = tangled(12, seed=3)

    def credit(seed: int) -> np.ndarray:
        return method(game, game.text, TARGET, samples=64, seed=seed)["attribution"].values

    np.testing.assert_array_equal(credit(1), credit(1))
    assert not np.array_equal(credit(1), credit(2))


@pytest.mark.parametrize("method", SAMPLERS)
def test_one_feature_gets_everything(method):
    game = additive([3.0])
    found = method(game, game.text, TARGET, samples=64, **({"ridge": 0.0} if method is lime else {}))
    assert found["attribution"].values[0, 0] == pytest.approx(3.0)


def test_the_nearest_of_the_rest_is_what_the_top_must_clear():
    def found(error: float) -> Estimate:
        return Estimate(np.array([[3.0, 0.0, 2.0]]), np.full((1, 3), error), 1000)

    assert _settled(found(0.1), 1, look=1)
    assert not _settled(found(0.3), 1, look=1)
    assert _settled(found(0.3), 2, look=1)


def test_a_budget_buys_whole_samples_only():
    assert affordable(99, 29, 1, each=10, fixed=2) == 2
    assert affordable(99, 32, 1, each=10, fixed=2) == 3
    assert affordable(2, 32, 1, each=10, fixed=2) == 2
