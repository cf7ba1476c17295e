"""LRP with constant attention: where it must be AttnLRP, and where it must not."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import pellucid
from pellucid.models.huggingface.model import HuggingFaceModel
from tests.families import family, fresh, question


def credits(model: HuggingFaceModel, by: str, name: str, **given: object) -> np.ndarray:
    q = question(name)
    return pellucid.explain(model, q.text, by=by, target=q.one, scale="logit", **given).credit()


def test_without_attention_it_is_attn_lrp() -> None:
    """Where values are zero attention moves nothing, and the two rules have nothing to differ in."""
    model = fresh("llama")
    with torch.no_grad():
        for layer in model.module.model.layers:
            layer.self_attn.v_proj.weight.zero_()
    model = HuggingFaceModel(model.module, model.tokenizer, "llama")
    one, other = credits(model, "lrp", "llama"), credits(model, "attn_lrp", "llama")
    np.testing.assert_allclose(one, other, atol=1e-6)
    assert np.abs(one).max() > 1e-3


@pytest.mark.parametrize("name", ["llama", "gpt2", "bert-label", "t5"])
def test_with_attention_it_is_not(name: str) -> None:
    one, other = credits(family(name), "lrp", name), credits(family(name), "attn_lrp", name)
    assert np.abs(one - other).max() > 0.05 * np.abs(one).max()


@pytest.mark.parametrize("name", ["llama", "qwen3", "gemma3", "t5"])
def test_where_nothing_is_constant_all_of_it_arrives(name: str) -> None:
    q = question(name)
    why = pellucid.explain(family(name), q.text, by="lrp", target=q.one)
    size = float(np.abs(why.credit()).sum())
    assert abs(float(why.data["conservation_gap"])) < 1e-4 * size
    assert len(why.provenance.notes) == 1


def test_epsilon_takes_from_what_is_near_zero() -> None:
    small, large = (credits(family("llama"), "lrp", "llama", epsilon=e) for e in (1e-6, 1.0))
    none = credits(family("llama"), "lrp", "llama")
    np.testing.assert_allclose(small, none, atol=1e-3 * np.abs(none).max())
    assert np.abs(large).sum() < 0.5 * np.abs(none).sum()
