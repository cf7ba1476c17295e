"""Attention times gradient, against transformers' own patterns and autograd through them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import pellucid
from pellucid.core.errors import UnsupportedModel
from pellucid.core.progress import metered
from pellucid.core.target import Target
from pellucid.models.huggingface.model import HuggingFaceModel
from pellucid.models.huggingface.rows import whole
from tests.families import family, fresh, question

SOME = ("gpt2", "llama", "qwen3", "gemma3", "neox", "opt", "bert-label", "gpt2-label", "t5", "bart")


def slowly(name: str, answer: str, positive: bool = False) -> tuple[np.ndarray, float]:
    """Every pattern asked of transformers, kept, and differentiated by autograd; then the sum, entry by entry."""
    model = fresh(name)
    model.module.set_attn_implementation("eager")
    text = model.cut(question(name).text, "token")
    target = model.resolve(text, Target(answer=answer, scale="logit"))
    encoding = model.encoding(text)
    inputs = model.head.inputs([whole(encoding)], target.ids)
    said = model.module(**inputs, output_attentions=True)
    if model.module.config.is_encoder_decoder:
        patterns = [*said.encoder_attentions, *said.cross_attentions]
    else:
        patterns = list(said.attentions)
    logits = said.logits if said.logits.ndim == 3 else said.logits[:, None]
    value = sum(logits[0, i - len(target.ids), token] for i, token in enumerate(target.ids))
    credit = np.zeros(encoding.features)
    other = 0.0
    for pattern, gradient in zip(patterns, torch.autograd.grad(value, patterns), strict=True):
        slopes = gradient.clamp(min=0) if positive else gradient
        for key, amount in enumerate((pattern * slopes).detach().double().sum((0, 1, 2)).tolist()):
            owner = encoding.feature_of[key] if key < len(encoding.ids) else -1
            if owner >= 0:
                credit[owner] += amount
            else:
                other += amount
    return credit, other


def quickly(model: HuggingFaceModel, answer: str, **given: Any) -> pellucid.Explanation:
    text = question(model.name).text
    return pellucid.explain(
        model, text, by="attention_x_gradient", target=answer, scale="logit", unit="token", **given
    )


@pytest.mark.parametrize("positive", [False, True])
@pytest.mark.parametrize("name", SOME)
def test_it_is_the_sum_of_patterns_times_their_gradients(name: str, positive: bool) -> None:
    q = question(name)
    answer = q.several if name in ("gpt2", "llama", "t5", "bart") else q.one
    credit, other = slowly(name, answer, positive)
    why = quickly(family(name), answer, positive=positive)
    np.testing.assert_allclose(why.credit(), credit, atol=1e-5)
    assert float(why.data["unassigned"]) == pytest.approx(other, abs=1e-5)
    assert np.abs(credit).max() > 1e-3
    assert why.data.attrs["signed"] is (not positive)
    assert not positive or (why.credit() >= 0).all()


@pytest.mark.parametrize("name", ["gpt2", "bart"])
def test_a_contrast_is_a_difference(name: str) -> None:
    """Two answers of different length are read with the same text in front."""
    q, model = question(name), family(name)
    both = quickly(model, q.several, against=q.one)
    one, other = quickly(model, q.several), quickly(model, q.one)
    np.testing.assert_allclose(both.credit(), one.credit() - other.credit(), atol=1e-5)
    assert float(both.data["unassigned"]) == pytest.approx(
        float(one.data["unassigned"]) - float(other.data["unassigned"]), abs=1e-5
    )


def test_what_nobody_looks_at_gets_nothing() -> None:
    """First order in attention: where values are zero, looks change nothing."""
    model = fresh("llama")
    with torch.no_grad():
        for layer in model.module.model.layers:
            layer.self_attn.v_proj.weight.zero_()
    why = quickly(HuggingFaceModel(model.module, model.tokenizer, "llama"), " the")
    np.testing.assert_array_equal(why.credit(), 0)


@pytest.mark.parametrize("name", ["gpt2", "gemma3", "t5", "bert-label"])
def test_the_model_is_as_it_was(name: str) -> None:
    model = fresh(name)
    kernels = [p.config._attn_implementation for p in model.module.modules() if hasattr(p, "config")]
    wanted = [p.requires_grad for p in model.module.parameters()]
    text = model.cut(question(name).text, "token")
    target = model.resolve(text, Target(answer=question(name).one))

    def breaks(pattern: Tensor, gradient: Tensor) -> Tensor:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model.attention_gradients(text, target, breaks)
    assert [p.config._attn_implementation for p in model.module.modules() if hasattr(p, "config")] == kernels
    assert [p.requires_grad for p in model.module.parameters()] == wanted
    assert not any(p._forward_hooks or p._forward_pre_hooks for p in model.module.modules())


def test_it_costs_one_forward_and_one_backward() -> None:
    model = fresh("gpt2")
    text = model.cut(question("gpt2").text, "token")
    target = model.resolve(text, Target(answer=" the"))
    with metered() as spent:
        model.attention_gradients(text, target, lambda a, g: (a * g).sum((0, 1)))
    assert (spent.forwards, spent.backwards) == (1, 1)


def test_attention_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(UnsupportedModel, match="bloom"):
        quickly(family("bloom"), " the")
