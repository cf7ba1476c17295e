"""Layer integrated gradients: integrated gradients at the first layer, complete at every other."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid.core.errors import BadOption
from tests.families import question
from tests.methods.attribution.plain import CASES, opened, texts

STEPS = 40


@pytest.mark.parametrize("name", ["gpt2", "llama", "gemma3", "neox", "opt", "t5", "demo_lm"])
def test_at_the_first_layer_it_is_integrated_gradients(request, name):
    """Where nothing but positions, or nothing at all, comes between the embeddings and the first block."""
    text, target = texts(name) if name in CASES else (question(name).text, question(name).several)
    model, options = opened(request, name), {"steps": 16, "baseline": "zero", "per_output": True}
    plain = pellucid.explain(model, text, "integrated_gradients", target=target, **options)
    layer = pellucid.explain(model, text, "layer_integrated_gradients", target=target, layer=0, **options)
    ours, theirs = layer.data["attribution"].values, plain.data["attribution"].values
    np.testing.assert_allclose(ours, theirs, atol=2e-3 * np.abs(theirs).max())
    np.testing.assert_allclose(layer.data["elsewhere"], 0, atol=1e-6)
    assert float(layer.data["difference"]) == pytest.approx(float(plain.data["difference"]), abs=1e-3)


@pytest.mark.parametrize("name", ["demo_lm", "demo_sentiment", "bert-label", "t5"])
@pytest.mark.parametrize("layer", [0, 1, 2, -1])
def test_credits_and_elsewhere_add_up_within_the_tolerance(request, name, layer):
    text, target = texts(name)
    model = opened(request, name)
    why = pellucid.explain(
        model, text, "layer_integrated_gradients", target=target, layer=layer, baseline="mean"
    )
    assert why.provenance.notes == ()
    total = float(why.credit().sum()) + float(why.data["elsewhere"])
    difference, gap = float(why.data["difference"]), float(why.data["completeness_gap"])
    assert total - difference == pytest.approx(gap, abs=1e-9)
    credits = np.append(why.credit(), why.data["elsewhere"])
    assert abs(gap) <= 0.01 * max(abs(difference), 0.1 * np.abs(credits).sum())


@pytest.mark.parametrize("name", ["demo_lm", "bert-label"])
def test_equals_a_fine_riemann_sum(request, name):
    text, target = texts(name)
    model = opened(request, name)
    why = pellucid.explain(
        model, text, "layer_integrated_gradients", target=target, layer=1, baseline="zero", unit="word"
    )
    gradients = model.gradients(why.text, why.target, layer=1)
    start = gradients.baseline("zero")
    way, slow = gradients.inputs - start, 0.0
    for k in range(STEPS):
        u = (k + 0.5) / STEPS
        _, gradient = gradients((start + u**2 * way)[None])
        slow += gradients.per_feature((gradient * way).sum(-1))[0] * 2 * u / STEPS
    np.testing.assert_allclose(why.credit(), slow, atol=0.03 * np.abs(slow).max())


def test_behind_the_last_block_a_classifier_reads_its_own_token_alone(demo_sentiment):
    why = pellucid.explain(demo_sentiment, "a warm and funny film", "layer_integrated_gradients", layer=-1)
    np.testing.assert_allclose(why.credit(), 0, atol=1e-6)
    assert float(why.data["elsewhere"]) == pytest.approx(float(why.data["difference"]), rel=0.02)


def test_behind_the_last_block_a_writer_reads_its_last_token_alone(demo_lm):
    why = pellucid.explain(
        demo_lm, "The city of Rome is in", "layer_integrated_gradients", target=" London", layer=-1
    )
    np.testing.assert_allclose(why.credit()[:-1], 0, atol=1e-6)
    assert why.credit()[-1] == pytest.approx(float(why.data["difference"]), rel=0.02)


def test_rows_of_the_answer_add_up_to_the_sum(demo_lm):
    text, target = texts("demo_lm")
    options = {"target": target, "steps": 8, "layer": 2}
    whole = pellucid.explain(demo_lm, text, "layer_integrated_gradients", **options)
    rows = pellucid.explain(demo_lm, text, "layer_integrated_gradients", per_output=True, **options)
    assert rows.data["elsewhere"].dims == ("output",)
    close = 1e-3 * np.abs(whole.credit()).max()
    np.testing.assert_allclose(rows.credit(), whole.credit(), atol=close)


def test_refusals(demo_lm):
    with pytest.raises(BadOption, match="layers go from 0 to"):
        pellucid.explain(demo_lm, "Rome is in", "layer_integrated_gradients", layer=99)
    with pytest.raises(BadOption, match="at least one step"):
        pellucid.explain(demo_lm, "Rome is in", "layer_integrated_gradients", steps=0)
