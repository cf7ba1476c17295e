"""Sequential integrated gradients against the integral that its paper defines, one feature at a time."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import pellucid
from pellucid.core.errors import BadOption
from tests.methods.attribution.plain import CASES, opened, plain_of, texts

STEPS = 100


@pytest.mark.parametrize("name", ["demo_sentiment", "gpt2", "llama", "bert-label", "t5"])
def test_equals_the_integral_of_the_gradient(request, name):
    """The paper's sum over the way of one feature, taken with small steps where the model turns sharply."""
    text, target = texts(name)
    model = opened(request, name)
    why = pellucid.explain(
        model, text, "sequential_integrated_gradients", target=target, baseline="zero", unit="word"
    )
    plain = plain_of(request, name, why)
    feature = int(np.abs(why.credit()).argmax())
    start = plain.inputs.clone()
    start[[owner == feature for owner in plain.owners]] = 0
    way = plain.inputs - start
    slow = 0.0
    for k in range(STEPS):
        u = (k + 0.5) / STEPS
        slow += float((plain.gradient(start + u**2 * way) * way).sum()) * 2 * u / STEPS
    assert why.credit()[feature] == pytest.approx(slow, rel=0.02, abs=1e-3)


@pytest.mark.parametrize("name", CASES)
def test_each_output_equals_one_forward_a_feature(request, name):
    text, target = texts(name)
    why = pellucid.explain(
        opened(request, name), text, "sequential_integrated_gradients", target=target, baseline="mean"
    )
    plain = plain_of(request, name, why)
    mean = plain.embed.weight.detach().mean(0)
    with torch.no_grad():
        full, slow = plain.outputs(plain.inputs), []
        for feature in range(plain.features):
            without = plain.inputs.clone()
            without[[owner == feature for owner in plain.owners]] = mean
            slow.append((full - plain.outputs(without)).numpy())
    assert why.data["attribution"].dims == ("output", "input")
    np.testing.assert_allclose(why.data["attribution"].values, np.transpose(slow), atol=2e-4)


def test_is_leave_one_out_where_the_baseline_is_the_mask(demo_sentiment):
    text = "a warm and funny film, never dull"
    why = pellucid.explain(demo_sentiment, text, "sequential_integrated_gradients", unit="word")
    loo = pellucid.explain(demo_sentiment, text, "leave_one_out", ablate="mask", unit="word")
    np.testing.assert_allclose(why.data["attribution"].values, loo.data["attribution"].values, atol=1e-4)
    assert (why.provenance.forwards, why.provenance.backwards) == (len(why.text.features) + 1, 0)


def test_numbers_do_not_hang_on_the_size_of_a_batch(demo_sentiment, monkeypatch):
    text = "a warm and funny film"
    together = pellucid.explain(demo_sentiment, text, "sequential_integrated_gradients")
    monkeypatch.setattr(demo_sentiment, "batch_tokens", 32)
    apart = pellucid.explain(demo_sentiment, text, "sequential_integrated_gradients")
    assert apart.provenance.calls > together.provenance.calls
    np.testing.assert_allclose(apart.credit(), together.credit(), atol=1e-4)


def test_an_unknown_baseline_is_refused(demo_lm):
    with pytest.raises(BadOption, match="no mask token"):
        pellucid.explain(demo_lm, "Rome is in", "sequential_integrated_gradients", baseline="mask")
