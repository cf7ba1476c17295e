"""ContextCite: the lasso's own conditions, its twin elsewhere, sparsity, and spans that cost nothing."""

import numpy as np
import pytest

import pellucid
from pellucid.core.errors import BadOption, TargetImpossible
from pellucid.core.progress import metered
from pellucid.methods.attribution._lasso import lasso
from pellucid.methods.attribution.context_cite import context_cite, halves, standardised_lasso
from tests.methods.attribution.game import TARGET, Game

TEXT = "The Eiffel Tower is located in the city of"
SPANS = ("Paris", ".")


def log_odds(logprob: np.ndarray) -> np.ndarray:
    return np.log(np.exp(logprob) / (1 - np.exp(logprob)))


@pytest.mark.parametrize("penalty", [0.0, 0.05, 0.5])
def test_the_lasso_meets_the_conditions_of_its_minimum(penalty):
    """The slope of the squares is -penalty times the sign of each weight, and within the penalty at 0."""
    rng = np.random.default_rng(0)
    design = rng.normal(size=(60, 12)) + rng.normal(size=(60, 1))
    answers = design[:, :3] @ [2.0, -1.0, 0.5] + rng.normal(size=60)
    weights, intercept = lasso(design, answers, penalty)
    misses = answers - design @ weights - intercept
    slope = design.T @ misses / 60
    on = weights != 0
    np.testing.assert_allclose(slope[on], penalty * np.sign(weights[on]), atol=1e-8)
    assert (np.abs(slope[~on]) <= penalty + 1e-8).all()
    assert misses.mean() == pytest.approx(0, abs=1e-9)
    assert on.all() == (penalty == 0)


def test_rare_and_common_features_are_treated_alike():
    """The penalty is on features of spread 1: the slopes at the minimum are those of standardised features."""
    rng = np.random.default_rng(2)
    masks = rng.random((200, 6)) < [0.5, 0.05, 0.95, 0.5, 0.1, 0.9]
    scores = masks @ [1.0, 1.0, 1.0, -1.0, -1.0, -1.0]
    weights, intercept = standardised_lasso(masks, scores, 1, 0.05)
    scaled = (masks - masks.mean(0)) / masks.std(0)
    slope = scaled.T @ (scores - masks @ weights - intercept) / 200
    np.testing.assert_allclose(slope, 0.05 * np.sign(weights), atol=1e-8)


def test_the_lasso_equals_that_of_scikit_learn():
    from sklearn import linear_model

    rng = np.random.default_rng(1)
    masks = rng.random((64, 30)) < 0.5
    scores = masks[:, :4] @ [3.0, -2.0, 1.0, 0.5] + 0.1 * rng.normal(size=64)
    scaled = (masks - masks.mean(0)) / masks.std(0)
    theirs = linear_model.Lasso(alpha=0.05, tol=1e-10).fit(scaled, scores / 3)
    weights, intercept = standardised_lasso(masks, scores, 3, 0.05)
    np.testing.assert_allclose(weights, 3 * theirs.coef_ / masks.std(0), atol=1e-5)
    expected = 3 * (theirs.intercept_ - masks.mean(0) / masks.std(0) @ theirs.coef_)
    assert intercept == pytest.approx(expected, abs=1e-5)


def test_equals_asking_and_fitting_one_text_at_a_time(demo_lm):
    why = pellucid.explain(demo_lm, TEXT, "context_cite", target=" Paris", samples=20, seed=3, penalty=0.0)
    value = demo_lm.value(why.text, why.target.on("logprob"))
    masks = halves(value.features, 20, seed=3)
    scores = log_odds(np.array([value(mask[None])[0].sum() for mask in masks]))
    design = np.column_stack([masks, np.ones(20)])
    plain = np.linalg.lstsq(design, scores, rcond=None)[0]
    np.testing.assert_allclose(why.credit(), plain[:-1], atol=1e-3)
    assert float(why.data["intercept"]) == pytest.approx(plain[-1], abs=1e-3)


def test_another_span_of_the_answer_needs_no_forwards(demo_lm):
    demo_lm.memo.clear()
    whole = pellucid.explain(demo_lm, TEXT, "context_cite", answer_tokens=2, seed=1)
    assert whole.provenance.forwards > 0
    assert len(whole.target.ids) == 2
    asked = {"target": whole.target, "seed": 1}
    with metered() as meter:
        parts = [pellucid.explain(demo_lm, TEXT, "context_cite", span=span, **asked) for span in SPANS]
        again = pellucid.explain(demo_lm, TEXT, "context_cite", span=(0, 7), **asked)
    assert meter.forwards == 0
    np.testing.assert_array_equal(again.credit(), whole.credit())
    assert not np.allclose(parts[0].credit(), parts[1].credit())
    demo_lm.memo.clear()
    fresh = pellucid.explain(demo_lm, TEXT, "context_cite", span=".", **asked)
    assert fresh.provenance.forwards > 0
    np.testing.assert_allclose(fresh.credit(), parts[1].credit(), atol=1e-4)
    assert fresh.target.part == "."
    drawn = fresh.figure()
    assert drawn.title == "Why “.” in “Paris.”?"


def test_few_features_are_found_among_many_with_fewer_texts_than_features():
    def play(m: np.ndarray) -> np.ndarray:
        odds = 2 * m[:, 7] - 1.5 * m[:, 90] + m[:, 150] - 1
        return -np.log1p(np.exp(-odds))  # the log-probability of these odds

    game = Game(200, play)
    found = context_cite(game, game.text, TARGET, samples=100, penalty=0.1)["attribution"].values
    assert set(np.argsort(-np.abs(found))[:3].tolist()) == {7, 90, 150}
    assert (found == 0).mean() > 0.8
    assert found[90] < 0


def test_answer_a_rather_than_b_is_fitted_too(demo_lm):
    why = pellucid.explain(demo_lm, TEXT, "context_cite", target=" Paris", against=" London")
    turned = pellucid.explain(demo_lm, TEXT, "context_cite", target=" London", against=" Paris")
    np.testing.assert_allclose(why.credit(), -turned.credit(), atol=1e-6)
    assert why.data.attrs["units"] == "logodds"


def test_same_seed_same_numbers_other_seed_others(demo_sentiment):
    def credit(seed: int) -> np.ndarray:
        return pellucid.explain(demo_sentiment, "a warm and funny film", "context_cite", seed=seed).credit()

    np.testing.assert_array_equal(credit(1), credit(1))
    assert not np.array_equal(credit(1), credit(2))


def test_certainty_is_finite():
    game = Game(5, lambda m: 0.0 * m[:, 0])
    assert np.isfinite(context_cite(game, game.text, TARGET)["intercept"])


def test_refuses_what_cannot_be_fitted(demo_lm):
    for scale in ("entropy", "kl"):
        with pytest.raises(TargetImpossible, match="context_cite follows the probability of an answer"):
            pellucid.explain(demo_lm, TEXT, "context_cite", target=" Paris", scale=scale)
    with pytest.raises(BadOption, match="penalty=-1"):
        pellucid.explain(demo_lm, TEXT, "context_cite", target=" Paris", penalty=-1.0)
    with pytest.raises(BadOption, match="samples=3: at least 4 texts"):
        pellucid.explain(demo_lm, TEXT, "context_cite", target=" Paris", samples=3)
