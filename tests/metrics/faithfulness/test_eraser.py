"""Comprehensiveness and sufficiency against the definition, and on a model whose right answer is known."""

import math

import numpy as np
import pytest
import torch

import pellucid
from pellucid.core.errors import BadOption, MismatchedModel
from pellucid.core.progress import metered

LEVELS = (0.01, 0.05, 0.1, 0.2, 0.5)
BOTH = ("comprehensiveness", "sufficiency")
REVIEW = "a warm and funny film that I loved"


def probability(model, ids: list[int], label: int) -> float:
    with torch.no_grad():
        return float(model.module(torch.tensor([ids])).logits[0].double().softmax(-1)[label])


@pytest.fixture(scope="module")
def why(demo_sentiment):
    return pellucid.explain(demo_sentiment, REVIEW, "leave_one_out", target="POSITIVE")


@pytest.mark.parametrize(("metric", "keep_top"), [("comprehensiveness", False), ("sufficiency", True)])
def test_equals_the_definition(demo_sentiment, why, metric, keep_top):
    ids = demo_sentiment.tokenizer(REVIEW)["input_ids"]
    order = np.argsort(-why.credit())
    falls = []
    for level in LEVELS:
        top = {int(i) + 1 for i in order[: math.ceil(level * len(order))]}  # positions after [CLS]
        inside = range(1, len(ids) - 1)
        removed = {p for p in inside if (p not in top) == keep_top}
        changed = [demo_sentiment.tokenizer.mask_token_id if p in removed else i for p, i in enumerate(ids)]
        falls.append(probability(demo_sentiment, ids, 1) - probability(demo_sentiment, changed, 1))
    (score,) = pellucid.evaluate(why, demo_sentiment, metric)
    assert score.value == pytest.approx(np.mean(falls), abs=1e-5)
    assert score.parts["fall"] == pytest.approx(falls, abs=1e-5)


def test_every_score_stands_beside_99_draws_of_two_kinds_of_chance(demo_sentiment, why):
    for score in pellucid.evaluate(why, demo_sentiment, BOTH):
        assert [c.name for c in score.controls] == ["random ranking", "position-matched"]
        assert all(len(c.values) == 99 for c in score.controls)
        assert score.interval is None
        assert score.bounds[0] <= score.value <= score.bounds[1]


def test_a_ranking_by_what_decides_beats_its_reverse_and_chance(demo_sentiment):
    text = "it is a wonderful film that they made in the autumn of that year in a small town"
    why = pellucid.explain(demo_sentiment, text, "shapley_sampling", target="POSITIVE")
    backwards = type(why)(
        why.data.assign(attribution=-why.data["attribution"]), why.text, why.target, why.provenance
    )
    right = {s.metric: s for s in pellucid.evaluate(why, demo_sentiment, BOTH)}
    wrong = {s.metric: s for s in pellucid.evaluate(backwards, demo_sentiment, BOTH)}
    assert right["comprehensiveness"].value > wrong["comprehensiveness"].value
    assert right["sufficiency"].value < wrong["sufficiency"].value
    for control in ("random ranking", "position-matched"):
        assert right["sufficiency"].beats(control)
        assert not wrong["sufficiency"].beats(control)


def test_a_metric_after_a_metric_reads_little(demo_sentiment, why):
    pellucid.evaluate(why, demo_sentiment, BOTH)
    with metered() as again:
        pellucid.evaluate(why, demo_sentiment, BOTH)
    assert again.forwards == 0


def test_several_tokens_count_by_their_geometric_mean(demo_lm):
    why = pellucid.explain(demo_lm, "The city of Rome is in", answer_tokens=3)
    (score,) = pellucid.evaluate(why, demo_lm, "comprehensiveness")
    whole = demo_lm.value(why.text, why.target).total(np.ones((1, 6), bool))[0]
    assert score.parts["whole"][0] == pytest.approx(math.exp(whole / len(why.target.ids)), abs=1e-6)


def test_a_span_counts_by_its_own_tokens(demo_lm):
    """And measuring it needs nothing that measuring the whole answer has not read."""
    text = "The city of Rome is in"
    whole = pellucid.explain(demo_lm, text, target=" Italy. The city")
    part = pellucid.explain(demo_lm, text, target=whole.target, span="Italy")
    logprobs = demo_lm.value(part.text, whole.target)(np.ones((1, len(part.text.features)), bool))[0]
    (score,) = pellucid.evaluate(part, demo_lm, "comprehensiveness")
    assert len(logprobs) == len(whole.target.ids) > len(part.target.outputs)
    assert score.parts["whole"][0] == pytest.approx(math.exp(logprobs[part.target.tokens].mean()), abs=1e-6)


def test_of_a_divergence_it_is_the_fall_of_what_is_left_of_the_prediction(demo_lm):
    """exp(-KL), which for a model that is certain of its answer is the answer's probability."""
    text = "The Eiffel Tower is located in the city of"
    why = pellucid.explain(demo_lm, text, target=" Paris", scale="kl")
    answer = pellucid.explain(demo_lm, text, target=" Paris")
    for metric in ("comprehensiveness", "sufficiency"):
        (found,), (certain,) = (pellucid.evaluate(w, demo_lm, metric) for w in (why, answer))
        assert found.parts["whole"][0] == pytest.approx(1, abs=1e-6)
        np.testing.assert_allclose(found.parts["fall"], certain.parts["fall"], atol=5e-3)
        assert found.beats("random ranking") == certain.beats("random ranking")


def test_entropy_has_no_answer_that_could_fall(demo_lm):
    why = pellucid.explain(demo_lm, "The city of Rome is in", target=" Italy", scale="entropy")
    for score in pellucid.evaluate(why, demo_lm, BOTH):
        assert math.isnan(score.value)
        assert "how unsure the model is" in score.reason


def test_against_another_answer_it_is_a_choice_of_two(demo_lm):
    why = pellucid.explain(demo_lm, "The city of Rome is in", target=" Italy", against=" France")
    (score,) = pellucid.evaluate(why, demo_lm, "comprehensiveness")
    ids = demo_lm.tokenizer("The city of Rome is in")["input_ids"]
    italy, france = demo_lm.tokenizer(" Italy France")["input_ids"]
    with torch.no_grad():
        logits = demo_lm.module(torch.tensor([ids])).logits[0, -1].double()
    assert score.parts["whole"][0] == pytest.approx(float(logits[[italy, france]].softmax(-1)[0]), abs=1e-6)


def test_one_feature_has_no_ranking(demo_sentiment):
    why = pellucid.explain(demo_sentiment, "wonderful")
    for score in pellucid.evaluate(why, demo_sentiment, BOTH):
        assert math.isnan(score.value)
        assert score.reason == "A text of one feature has no ranking."


def test_refuses_other_weights_and_wrong_levels(demo_lm, demo_sentiment, why):
    with pytest.raises(MismatchedModel, match="made on demo-sentiment"):
        pellucid.evaluate(why, demo_lm, BOTH)
    with pytest.raises(BadOption, match=r"levels lie in \(0, 1\]"):
        pellucid.evaluate(why, demo_sentiment, BOTH, levels=(0.0, 2.0))
