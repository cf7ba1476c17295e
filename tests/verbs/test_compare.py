"""A comparison is many explanations and scores made by hand, each at the cost it has alone."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid.core.errors import BadOption, NeedsAccess, TextTooLong, UnknownLabel, UnknownName
from pellucid.core.progress import metered
from pellucid.core.target import Target
from pellucid.models.huggingface.value import HuggingFaceValue
from pellucid.verbs.compare import compare
from tests.metrics.linear import MaskModel, linear

TEXTS = ["A slow start, but the ending is wonderful.", "The film is a mess, dull and far too long."]
METHODS = ("leave_one_out", "saliency", ("lime", {"samples": 40}))
METRICS = ("comprehensiveness", "sufficiency")


@pytest.fixture(scope="module")
def found(demo_sentiment):
    return compare(demo_sentiment, TEXTS, METHODS, METRICS, unit="word", draws=9, seed=3)


@pytest.fixture
def no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(*args: object, **options: object) -> None:
        raise AssertionError("a model was loaded")

    monkeypatch.setattr("pellucid.models.load.load", load)


def test_every_number_is_that_of_explaining_and_evaluating(found, demo_sentiment) -> None:
    whys = {
        "leave_one_out": [pellucid.explain(demo_sentiment, t, "leave_one_out", unit="word") for t in TEXTS],
        "saliency": [pellucid.explain(demo_sentiment, t, "saliency", unit="word") for t in TEXTS],
        "lime (samples=40)": [
            pellucid.explain(demo_sentiment, t, "lime", unit="word", samples=40, seed=3) for t in TEXTS
        ],
    }
    data = found.measured
    assert found.methods == tuple(whys)
    assert data["target"].values.tolist() == ["POSITIVE", "NEGATIVE"]
    for (m, method), (k, metric) in [(a, b) for a in enumerate(whys) for b in enumerate(METRICS)]:
        scores = [pellucid.evaluate(w, demo_sentiment, by=metric, draws=9, seed=3)[0] for w in whys[method]]
        np.testing.assert_allclose(
            data["value"].values[m, k], [s.value for s in scores], rtol=1e-4, atol=1e-6
        )


def test_chance_is_the_mean_of_its_draws_over_the_methods(found, demo_sentiment) -> None:
    whys = [
        pellucid.explain(demo_sentiment, TEXTS[0], by, unit="word") for by in ("leave_one_out", "saliency")
    ]
    whys.append(pellucid.explain(demo_sentiment, TEXTS[0], "lime", unit="word", samples=40, seed=3))
    scores = [pellucid.evaluate(why, demo_sentiment, by=METRICS[0], draws=9, seed=3)[0] for why in whys]
    names = found.measured["method"].values[found.measured["baseline"].values].tolist()
    assert names == [c.name for c in scores[0].controls] == ["random ranking", "position-matched"]
    for number, name in enumerate(names):
        beside = np.mean([score.controls[number].mean for score in scores])
        row = found.measured["value"].values[3 + number, 0, 0]
        np.testing.assert_allclose(row, beside, rtol=1e-4, err_msg=name)
    for cost in ("seconds", "forwards", "backwards", "tokens"):
        assert (found.measured[cost].values[3:] == 0).all()


def test_a_method_costs_what_it_costs_alone(demo_sentiment) -> None:
    """Leave-one-out asks only what Banzhaf values by all coalitions have asked: here it pays for it."""
    text = "slow but wonderful"
    costs = {}
    for by in ("kernel_shap", "leave_one_out"):
        demo_sentiment.memo.clear()
        costs[by] = pellucid.explain(demo_sentiment, text, by, unit="word").provenance
    for order in (("kernel_shap", "leave_one_out"), ("leave_one_out", "kernel_shap")):
        measured = compare(demo_sentiment, text, order, METRICS, unit="word", draws=5).measured
        assert measured["forwards"].values[:2, 0].tolist() == [costs[by].forwards for by in order]
        assert measured["tokens"].values[:2, 0].tolist() == [costs[by].tokens for by in order]


def test_nothing_is_read_twice_for_the_measuring(demo_sentiment, monkeypatch) -> None:
    """After explaining, only masks that no method has asked are read, those of chance once for all methods."""
    phase, asked = ["explaining"], {"explaining": set(), "measuring": set()}
    ask, real = HuggingFaceValue.__call__, pellucid.evaluate
    spent: list[int] = []

    def noted(self, masks):
        asked[phase[0]].update(mask.tobytes() for mask in np.atleast_2d(np.asarray(masks, bool)))
        return ask(self, masks)

    def measuring(*given, **options):
        phase[0] = "measuring"
        with metered() as meter:
            scores = real(*given, **options)
        spent.append(meter.forwards)
        return scores

    monkeypatch.setattr(HuggingFaceValue, "__call__", noted)
    monkeypatch.setattr("pellucid.verbs.compare.evaluate", measuring)
    demo_sentiment.memo.clear()
    compare(demo_sentiment, TEXTS[0], ["leave_one_out", "saliency", "shapley_sampling"], METRICS, draws=20)
    assert len(spent) == 6
    assert sum(spent) == len(asked["measuring"] - asked["explaining"])
    # At most the whole text and, of five bins that are three in ten words, of 41 rankings a method, two metrics each.
    assert 0 < sum(spent) <= 1 + 3 * 2 * (20 + 3 * 21)


def test_the_same_seed_gives_the_same_numbers(found, demo_sentiment) -> None:
    again = compare(demo_sentiment, TEXTS, METHODS, METRICS, unit="word", draws=9, seed=3)
    timeless = [name for name in found.data if name != "seconds"]
    assert again.data[timeless].identical(found.data[timeless])
    other = compare(demo_sentiment, TEXTS, METHODS, METRICS, unit="word", draws=9, seed=4)
    assert not np.array_equal(other.data["value"], found.data["value"])
    assert found.provenance.seed == 3
    assert found.provenance.options["by"] == ["leave_one_out", "saliency", "lime (samples=40)"]


def test_a_text_that_is_refused_keeps_its_reason(demo_sentiment) -> None:
    texts = [TEXTS[0], "Wonderful", ("A film.", "HAPPY"), "word " * 600]
    found = compare(demo_sentiment, texts, ["leave_one_out", "saliency"], METRICS, unit="word", draws=5)
    value, reason = (found.measured[name].values for name in ("value", "reason"))
    assert not np.isnan(value[:, :, 0]).any()
    assert np.isnan(value[:, :, 1:]).all()
    assert all("one feature" in words for words in reason[:2, :, 1].ravel())
    assert all("HAPPY" in words for words in reason[:2, :, 2].ravel())
    assert all("reads at most" in words for words in reason[:2, :, 3].ravel())
    forwards = found.measured["forwards"].values[:2]
    assert np.isnan(forwards[:, 2:]).all()
    assert (forwards[:, :2] > 0).all()
    assert found.data["texts"].values[0].tolist() == [1, 1]
    assert found.measured["target"].values.tolist()[2] == "HAPPY"
    said = str(found)
    assert "1 of 4" in said
    assert '"HAPPY" is not a label' in said


def test_one_method_may_refuse_where_another_does_not(demo_lm) -> None:
    """On the scale kl the gradient at the text is 0: saliency refuses, leave-one-out does not."""
    asked = [("The Eiffel Tower is located in the city of", Target(" Paris", scale="kl"))]
    found = compare(demo_lm, asked, ["leave_one_out", "saliency"], METRICS, draws=5)
    assert not np.isnan(found.measured["value"].values[0]).any()
    assert np.isnan(found.measured["value"].values[1]).all()
    assert "its gradient there is 0" in found.measured["reason"].values[1, 0, 0]
    assert found.pareto("sufficiency") == ("leave_one_out",)
    assert found.ranks["rank"].values[0].tolist() == [1, 1]


def test_what_is_wrong_with_every_text_is_an_error(demo_sentiment) -> None:
    with pytest.raises(UnknownLabel):
        compare(demo_sentiment, TEXTS, target="HAPPY")
    with pytest.raises(TextTooLong):
        compare(demo_sentiment, "word " * 600)
    with pytest.raises(BadOption, match="samples=3"):
        compare(demo_sentiment, TEXTS, [("lime", {"samples": 3})])


def test_answers_of_each_text_and_of_all(demo_lm) -> None:
    tower, colosseum = "The Eiffel Tower is located in the city of", "The Colosseum is located in the city of"
    subjects = [(tower, " Paris"), (colosseum, " Rome", " London"), tower]
    found = compare(
        demo_lm, subjects, "leave_one_out", "sufficiency", target=" London", against=" Berlin", draws=3
    )
    assert found.measured["target"].values.tolist() == [" Paris", " Rome", " London"]
    assert found.measured["against"].values.tolist() == [" Berlin", " London", " Berlin"]
    assert found.measured["text"].values.tolist() == [tower, colosseum, tower]
    alone = compare(demo_lm, (tower, " Paris", " Berlin"), "leave_one_out", "sufficiency", draws=3)
    np.testing.assert_allclose(
        alone.measured["value"].values[0, 0, 0], found.measured["value"].values[0, 0, 0], rtol=1e-5
    )


def test_the_truth_is_best_where_it_is_known() -> None:
    """Of a linear model leave-one-out is exact: nothing ranks better, chance far worse."""
    model = linear([3.0, -1.0, 0.5, 0.0, 2.0, -2.0])
    found = compare(
        model, ["w0 w1 w2 w3 w4 w5"] * 3, ["leave_one_out", "shapley_sampling"], METRICS, draws=50
    )
    behind = found.ranks["behind"].values
    assert (behind[2:] > 0.05).all()  # both kinds of chance
    np.testing.assert_allclose(behind[0], 0, atol=1e-9)


def test_an_answer_that_does_not_move_is_no_number() -> None:
    model = MaskModel(lambda masks: masks @ np.arange(3.0) * 0 - 1)
    found = compare(model, "a b c", ["leave_one_out"], METRICS, draws=3)
    assert np.isnan(found.measured["value"].values).all()
    assert set(found.measured["method"].values) == {"leave_one_out"}
    assert "no order" in str(found)


@pytest.mark.usefixtures("no_model")
@pytest.mark.parametrize(
    ("asked", "error", "says"),
    [
        ({"by": ["leave_on_out"]}, UnknownName, "leave_one_out"),
        ({"metrics": ["sufficency"]}, UnknownName, "sufficiency"),
        ({"by": []}, BadOption, "no method to compare"),
        ({"by": ["lime", "lime"]}, BadOption, "lime is asked for twice"),
        ({"by": [("lime", {"sample": 3})]}, BadOption, 'no option "sample"'),
        ({"metrics": [("sufficiency", {"level": 3})]}, BadOption, 'no option "level"'),
        ({"subjects": []}, BadOption, "no texts"),
        ({"subjects": [("a", "b", "c", "d")]}, BadOption, "4 parts"),
        ({"draws": 0}, BadOption, "draws=0"),
        ({"resamples": 0}, BadOption, "resamples=0"),
        ({"seed": -1}, BadOption, "seed=-1"),
    ],
)
def test_mistakes_are_found_before_a_model_is_loaded(asked, error, says) -> None:
    with pytest.raises(error, match=says):
        compare("demo-lm", **{"subjects": "a text"} | asked)


def test_a_method_that_the_model_does_not_allow_is_refused_before_any_work() -> None:
    model = linear([1.0, 2.0])
    with pytest.raises(NeedsAccess, match="integrated_gradients"):
        compare(model, "a b", ["leave_one_out", "integrated_gradients"])
    assert model.calls == 0


def test_the_default_metrics_are_as_far_as_the_access_goes(monkeypatch) -> None:
    monkeypatch.setattr("pellucid.verbs.compared.DEFAULT_METRICS", (*METRICS, "soft_sufficiency"))
    assert compare(linear([1.0, 2.0, 0.5]), "a b c", "leave_one_out", draws=3).metrics == METRICS
    with pytest.raises(NeedsAccess, match="soft_sufficiency"):
        compare(linear([1.0, 2.0, 0.5]), "a b c", "leave_one_out", ["soft_sufficiency"], draws=3)


def test_chance_that_is_not_drawn_says_so() -> None:
    model = MaskModel(lambda masks: masks @ np.arange(1.0, 1 + masks.shape[1]) - 9)
    found = compare(model, ["a b c", "a"], "leave_one_out", ["gini", "sufficiency"], draws=3)
    assert found.measured["method"].values.tolist() == ["leave_one_out", "random ranking", "position-matched"]
    reasons = found.measured["reason"].values[1]
    assert reasons[0].tolist() == ["This metric has no such control.", "No method was measured."]
    assert reasons[1].tolist() == ["", "No method was measured."]


def test_a_long_comparison_says_how_far_it_is(demo_sentiment) -> None:
    seen = []
    with metered(lambda meter: seen.append((meter.done, meter.total))):
        compare(demo_sentiment, TEXTS, ["leave_one_out", "saliency"], METRICS, draws=3)
    told = [pair for pair in seen if pair[1] == 12]
    assert [done for done, _ in told if done] == sorted(done for done, _ in told if done)
    assert told[-1] == (12, 12)
