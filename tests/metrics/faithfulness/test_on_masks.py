"""Metrics that remove features: bounds, direction, chance, and when they say nothing, on models known in full."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pellucid
from pellucid.core.errors import BadOption
from pellucid.core.explanation import Explanation
from pellucid.core.registry import find
from tests.known.lookup import long_prompt, lookup_model
from tests.metrics.linear import MaskModel, explained, linear

RANKED = ("aopc", "deletion_auc", "insertion_auc", "log_odds", "top_k_drop", "loo_agreement")
OF_VALUES = ("linear_datamodeling_score", "infidelity")
ALL = (*RANKED, *OF_VALUES)
OPTION = {"linear_datamodeling_score": {"samples": 16}, "infidelity": {"samples": 16}}
# One that matters in each quarter, so that a shuffle within quarters seldom finds them all.
WEIGHTS = [0.1, 2.0, -1.0, 0.5, 0.0, 1.0, -0.3, 0.2, 0.05, -0.6, 0.9, 0.4, 1.5, -0.2, 0.3, -0.4]


def measured(name, why, model, **options):
    return find("metric", name).function(why, model, **options)


@pytest.mark.parametrize("name", [*ALL, "completeness_gap"])
@settings(max_examples=1000)
@given(seed=st.integers(0, 2**32 - 1))
def test_numbers_stay_in_their_bounds(name, seed):
    """Whatever the credits and whatever the model: sums, interactions, a constant, ties."""
    random = np.random.default_rng(seed)
    features = int(random.integers(1, 8))
    weights, pairs = random.normal(size=features), random.normal(size=(features, features))
    credit = random.choice(
        [random.normal(size=features), random.integers(-1, 2, features), np.zeros(features)]
    )
    model = MaskModel(lambda m: -np.abs(m @ weights + ((m @ pairs) * m).sum(1)) * random.integers(2))
    own = {} if name == "completeness_gap" else {"draws": 1, **OPTION.get(name, {})}
    found = measured(name, explained(credit), model, **own)
    low, high = find("metric", name).facts["bounds"]
    numbers = [found.value, *(v for c in found.controls for v in c.values), *(found.interval or ())]
    assert math.isnan(found.value) == bool(found.reason)
    assert all(low - 1e-9 <= n <= high + 1e-9 for n in numbers if not math.isnan(n))
    if found.interval:
        assert found.interval[0] <= found.interval[1]


@pytest.mark.parametrize("name", ALL)
def test_the_true_weights_beat_chance_and_chance_beats_their_opposite(name):
    (right,) = pellucid.evaluate(explained(WEIGHTS), linear(WEIGHTS), name)
    (wrong,) = pellucid.evaluate(explained(-np.array(WEIGHTS)), linear(WEIGHTS), name)
    sign = 1 if right.better == "higher" else -1
    assert [c.name for c in right.controls] == ["random ranking", "position-matched"]
    for control in right.controls:
        assert len(control.values) == 99
        assert sign * right.value > sign * control.mean > sign * wrong.value - 1e-9
        assert right.beats(control.name)
        assert not wrong.beats(control.name)


@pytest.fixture(scope="module")
def lookup():
    return lookup_model()


@pytest.mark.parametrize("name", RANKED)
def test_the_two_words_that_a_lookup_needs_beat_chance(lookup, name):
    """A transformer set by hand: the marker and the word behind it decide, whatever else is there."""
    why = pellucid.explain(lookup, long_prompt(6, 3), target="amber", unit="word")
    words = [why.text.slice(f) for f in why.text.features]
    credit = np.array([10.0 * (word in ("reads", "amber")) for word in words])
    credit += np.random.default_rng(0).random(len(words))
    sizes = why.data["attribution"].copy(data=np.reshape(credit, why.data["attribution"].shape))
    right, wrong = (
        Explanation(why.data.assign(attribution=sign * sizes), why.text, why.target, why.provenance)
        for sign in (1, -1)
    )
    # A random fifth of 67 words hits one of the two in every third draw: so log_odds is asked of two words.
    options = {"share": 2 / 67} if name == "log_odds" else {}
    (found,), (reverse,) = (pellucid.evaluate(w, lookup, name, **options) for w in (right, wrong))
    assert found.beats("random ranking")
    assert not reverse.beats("random ranking")


@pytest.mark.parametrize("name", ALL)
def test_all_rankings_are_asked_in_one_call(name):
    model = linear(WEIGHTS)
    measured(name, explained(WEIGHTS), model)
    assert model.calls == 1


@pytest.mark.parametrize("name", ALL)
def test_the_same_seed_gives_the_same_numbers(name):
    once, again, other = (
        measured(name, explained(WEIGHTS), linear(WEIGHTS), seed=seed) for seed in (3, 3, 4)
    )
    assert once == again
    assert once.controls != other.controls


@pytest.mark.parametrize("name", ALL)
def test_says_why_it_does_not_apply(name):
    constant = MaskModel(lambda masks: np.full(len(masks), -1.0))
    assert "does not move" in measured(name, explained([1, 2, 3, 4]), constant).reason
    assert "same credit" in measured(name, explained([1, 1, 1]), linear([1, 2, 3])).reason
    alone = "leaves nothing" if name == "top_k_drop" else "one feature"
    assert alone in measured(name, explained([1.0]), linear([1.0])).reason
    assert "not numbers" in measured(name, explained([1, math.nan, 0]), linear([1, 2, 3])).reason


@pytest.mark.parametrize("name", ["aopc", "deletion_auc", "insertion_auc", "log_odds", "top_k_drop"])
def test_of_an_entropy_no_answer_falls(name):
    assert "how unsure" in measured(name, explained([1, 2], scale="entropy"), linear([1, 2])).reason


@pytest.mark.parametrize("name", RANKED)
def test_by_size_is_an_option(name):
    """A feature that speaks against the answer comes first by size, last by sign."""
    why, model = explained([-5.0, 1.0, 0.5]), linear([-5.0, 1.0, 0.5])
    signed, size = (measured(name, why, model, rank=rank).value for rank in ("signed", "size"))
    if name == "loo_agreement":
        assert signed == pytest.approx(size) == pytest.approx(1)
    else:
        assert signed != pytest.approx(size)
    with pytest.raises(BadOption, match="Possible: signed, size"):
        measured(name, why, model, rank="both")


@pytest.mark.parametrize(
    ("name", "options", "says"),
    [
        ("aopc", {"steps": 0}, "at least one feature"),
        ("deletion_auc", {"steps": 0}, "at least one step"),
        ("log_odds", {"share": 0.0}, r"lies in \(0, 1\]"),
        ("log_odds", {"share": 1.5}, r"lies in \(0, 1\]"),
        ("top_k_drop", {"k": ()}, "e.g. 1,3,5"),
        ("top_k_drop", {"k": (0, 2)}, "e.g. 1,3,5"),
        ("infidelity", {"samples": 3}, "at least 10"),
        ("linear_datamodeling_score", {"samples": 3}, "at least 10"),
    ],
)
def test_options_that_mean_nothing_are_refused(name, options, says):
    with pytest.raises(BadOption, match=says):
        measured(name, explained([1, 2, 3]), linear([1, 2, 3]), **options)


TARGETS = [
    ("demo_sentiment", "a warm and funny film that I loved", {"target": "POSITIVE"}),
    ("demo_sentiment", "a warm and funny film", {"target": "POSITIVE", "against": "NEGATIVE"}),
    ("demo_lm", "The city of Rome is in", {"target": " Italy"}),
    ("demo_lm", "The city of Rome is in", {"target": " Italy", "against": " France"}),
    ("demo_lm", "The city of Rome is in", {"target": " Italy. The city"}),
    ("demo_lm", "The city of Rome is in", {"target": " Italy. The city", "span": "Italy"}),
    ("demo_lm", "The city of Rome is in", {"target": " Italy", "scale": "kl"}),
]


@pytest.mark.parametrize(("model", "text", "question"), TARGETS)
def test_of_labels_next_tokens_whole_answers_spans_and_contrasts(request, model, text, question):
    model = request.getfixturevalue(model)
    why = pellucid.explain(model, text, **question)
    for score in pellucid.evaluate(why, model, (*ALL, "completeness_gap")):
        assert score.applies, score.reason
        assert score.bounds[0] - 1e-9 <= score.value <= score.bounds[1] + 1e-9
